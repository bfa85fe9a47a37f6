"""OpenTelemetry for the inventory and for ourselves.

Series of the inventory are bounded by default; runs are traces. `daemon`, `demo` and
`cli` may import this one; the rooms below it use the OpenTelemetry API only.
"""
