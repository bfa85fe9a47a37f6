"""A run against what was known: appeared, changed, missing, returned, retired, superseded.

Pure functions. Absence is not deletion: only a part whose listing was read to its end can
make anything missing. `collect`, `conclude` and the rooms above may import this one.
"""
