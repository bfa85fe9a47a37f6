"""The inventory and the agent itself in figures, for Prometheus and for OpenTelemetry.

`service.Telemetry` is the one way in.
"""
