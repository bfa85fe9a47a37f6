"""Collectors: what reads the control planes of gateways.

`contract` says what a provider and a collector are, `registry` finds them by entry-point
name, `testing` is the conformance suite for any of them. The agent imports these three;
a provider's package is imported by entry point only.
"""
