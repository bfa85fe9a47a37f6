"""Active probes, the one edge of this room: asked for by the operator, few, polite, and kept off private ground.

A probe sends HEAD or OPTIONS, or GET to a path that was declared safe, says who it is, carries no
credential, follows no redirect, and connects only where the guard allows: checked at the socket.
"""

from __future__ import annotations
