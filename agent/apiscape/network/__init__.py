"""The way out of this machine: by which proxy, and whose certificates are trusted (`ways`)."""

from __future__ import annotations
