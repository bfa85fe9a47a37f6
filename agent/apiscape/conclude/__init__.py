"""Brings conclusions up to date along the change log.

For each change it asks `correlate`, `health` and `govern` what follows and hands the
answers to `store`. `schedule`, `serve` and the rooms above may import this one.
"""
