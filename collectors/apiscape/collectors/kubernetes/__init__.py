"""Kubernetes: how clusters are reached, and what reads them; README.md has the permissions.

Found by entry point; nobody imports this package by name.
"""
