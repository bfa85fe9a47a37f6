"""One writer per format: JSON lines, JSON, CSV, Markdown, and those that follow.

A writer takes rows and gives text; it neutralises what its format would execute. `serve`, `daemon`,
`tui` and `cli` may import this one.
"""
