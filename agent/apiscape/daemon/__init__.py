"""The agent as a long-running process: start, reload, stop.

Only `cli` may import this one.
"""
