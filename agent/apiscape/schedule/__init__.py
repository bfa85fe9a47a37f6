"""What is due, and the queue port with its adapters.

A scope is due by the clock, not by a message that could be lost. `serve`, `telemetry`,
`daemon` and `cli` may import this one.
"""
