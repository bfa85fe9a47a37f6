"""What is due, the queue port with its adapters, and the driver that has it visited or watched.

A scope is due by the clock, not by a message that could be lost. `serve`, `telemetry`,
`daemon` and `cli` may import this one.
"""
