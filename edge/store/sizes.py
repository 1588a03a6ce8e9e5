"""How much there is of each thing: rows by table, for a support bundle. Names and counts, never what is in a row."""

from edge.store import faults
from edge.store.database import Database

_TABLES = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name"


def rows(database: Database) -> dict[str, int]:
    """Return the number of rows of every table. Raises Corrupt, Unavailable."""
    connection = database.connection()
    try:
        names = [str(name) for (name,) in connection.execute(_TABLES)]
        return {name: sum(int(str(number)) for (number,) in connection.execute(f'SELECT count(*) FROM "{name}"')) for name in names}
    except (*faults.DAMAGE, *faults.DISK) as error:
        raise faults.of(error, f"cannot read {database.path}") from error
