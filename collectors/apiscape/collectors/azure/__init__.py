"""Microsoft Azure. Empty so far: no Azure gateway is read yet.

Found by entry point; nobody will import this package by name.
"""
