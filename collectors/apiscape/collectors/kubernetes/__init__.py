"""Kubernetes. So far what reads a cluster: discovery, lists and watches; no product is collected yet.

Found by entry point; nobody will import this package by name.
"""
