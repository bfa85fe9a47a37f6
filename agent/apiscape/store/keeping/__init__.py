"""What keeps a store for years: backups, retention and what a person settles."""

from __future__ import annotations
