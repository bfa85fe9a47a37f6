"""Kubernetes. Empty so far: no cluster is read yet.

Found by entry point; nobody will import this package by name.
"""
