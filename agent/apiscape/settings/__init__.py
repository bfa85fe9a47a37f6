"""The configuration: a YAML file, the environment, and the defaults.

Read strictly: an unknown key is an error with the nearest known one. `collect` and the
rooms above may import this one.
"""
