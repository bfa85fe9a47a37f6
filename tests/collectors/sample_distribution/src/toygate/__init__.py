"""Reads a ToyGate, a gateway that tells of its APIs over HTTP."""
