"""Facts, conclusions and every change, as of any day, on SQLite or PostgreSQL.

Schema, migrations, reads, writes and the compiler of views to SQL. `collect`,
`conclude` and the rooms above may import this one, except the terminal UI, which
speaks to an `Inventory`.
"""
