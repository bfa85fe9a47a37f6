"""One writer per format: tables, JSON lines, CSV, and those that follow.

A writer takes an `Inventory` or rows and gives text; it neutralises what its format would
execute. `serve`, `daemon` and `cli` may import this one.
"""
