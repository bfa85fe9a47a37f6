"""Facts, conclusions and every change, as of any day, on SQLite or PostgreSQL.

Schema, migrations, reads, writes and the compiler of views to SQL. `collect`,
`conclude` and the rooms above may import this one, except the terminal UI, which
speaks to an `Inventory`.
"""

from __future__ import annotations

from apiscape.errors import Fenced
from apiscape.store.opening import Store, StoreStatus, make_where_absent, open_store
from apiscape.store.overlay import Conclusion
from apiscape.store.writing.conclusions import Conclusions, Place, Touched, Visited
from apiscape.store.writing.deployments import native_api_key
from apiscape.store.writing.newcomers import Draw, Drawn, Member, Newcomers
from apiscape.store.writing.pointing import Holder, Pointing
from apiscape.store.writing.runs import OpenRun

__all__ = [
    "Conclusion",
    "Conclusions",
    "Draw",
    "Drawn",
    "Fenced",
    "Holder",
    "Member",
    "Newcomers",
    "OpenRun",
    "Place",
    "Pointing",
    "Store",
    "StoreStatus",
    "Touched",
    "Visited",
    "make_where_absent",
    "native_api_key",
    "open_store",
]
