"""The `Inventory` protocol and its form over HTTP.

What a reader may ask of an inventory, whoever answers. The terminal UI and the reports
work on this protocol; it imports no store, no SDK and no HTTP server.
"""
