"""How a deployment fares: a state, the basis it rests on, and its reasons in words.

Pure functions of previous state, signals, policy and clock; probes are the one edge.
Configuration alone never makes anything healthy. `conclude` and the rooms above may
import this one.
"""
