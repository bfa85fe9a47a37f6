"""The command line: one module per command, loaded when the command runs.

This room wires all the others. Nobody imports it.
"""
