"""Schema versions: `migrations/NNNN_*.sql`, applied in order, forward only, each in its own transaction.

The version is SQLite's `user_version`. A database of a newer release is refused, never touched.
"""

from importlib import resources

import apsw

from edge.errors import Corrupt


def steps() -> list[tuple[int, str]]:
    """Return (version, SQL) of every migration, in order."""
    files = sorted((f for f in resources.files("edge.store.migrations").iterdir() if f.name.endswith(".sql")), key=lambda f: f.name)
    return [(int(f.name[:4]), f.read_text(encoding="utf-8")) for f in files]


def up(connection: apsw.Connection) -> int:
    """Bring the schema to the newest version and return it. Raises Corrupt for a database of a newer release."""
    current = int(connection.pragma("user_version"))
    known = steps()
    if current > known[-1][0]:
        raise Corrupt(f"the database has schema {current}, this release knows up to {known[-1][0]}: install the newer release")
    for version, sql in known:
        if version > current:
            with connection:
                connection.execute(sql)
                connection.execute(f"PRAGMA user_version = {version}")
    return known[-1][0]
