"""The way out of this machine: by which proxy and whose certificates (`ways`), and what is in the way (`trial`).

What goes out asks `read_ways(settings.network).to(url)`; where it fails, `find_fault(url, way)` says why.
"""

from __future__ import annotations
