"""Which deployments are the same API, and the evidence for it.

Pure functions. Only an explicit id or the same native API unites by itself; the rest are
proposals that a person validates or rejects. `conclude` and the rooms above may import
this one.
"""
