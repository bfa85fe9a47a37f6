"""A local world of emulated gateways, which the real SDKs talk to.

`apiscape demo` shows it and the tests rest on it. Each emulated provider refuses any
operation outside its read allow-list and can throttle, cut, delay, corrupt and deny by
rule. Only `cli` may import this one.
"""
