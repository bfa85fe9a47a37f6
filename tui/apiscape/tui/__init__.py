"""The terminal UI: a view of an `Inventory`, pushed, never polled.

It imports `client`, `query`, `model` and its toolkit; no SDK, no store and no HTTP
library before the first frame. Only `cli` may import this one.
"""
