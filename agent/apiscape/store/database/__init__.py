"""The database itself: connections, one writer, transactions, the lock and migrations."""

from __future__ import annotations
