"""The HTTP API, the change stream and who may ask; `local` gives the same without HTTP.

`tui`, `daemon`, `demo` and `cli` may import this one.
"""
