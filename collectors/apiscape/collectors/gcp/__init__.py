"""Google Cloud. Empty so far: no Google Cloud gateway is read yet.

Found by entry point; nobody will import this package by name.
"""
