"""The terminal UI: a view of an `Inventory`, kept up to date by what its log of changes says every two seconds.

It imports `client`, `query`, `model` and its toolkit; no SDK, no store and no HTTP
library before the first frame. Only `cli` may import this one.
"""
