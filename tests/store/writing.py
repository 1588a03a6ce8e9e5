"""Ways to write to a database in tests: decisions of the pure core, appended as the operations do it."""

from itertools import count

from edge.queueing import commands as c
from edge.queueing.decide import decide
from edge.queueing.turn import Stamp, Turn
from edge.store.database import Database
from tests.queueing import centre
from tests.queueing.scene import WALL, open_day

_ids = (f"id-{number:08d}" for number in count(1))


def do(database: Database, *commands: c.Command, tick: int = 0) -> Turn:
    """Decide on the commands in one write transaction and append what they gave."""
    with database.write() as transaction:
        turn = Turn(transaction.hall, tick, Stamp(WALL, "ntp", "system", lambda: next(_ids)))
        for command in commands:
            decide(turn, command)
        transaction.append(turn.facts, turn.changed, turn.hall)
    return turn


def open_centre(database: Database) -> None:
    """Put the test centre in force, open its day and its first desk."""
    do(database, c.ChangeSettings(centre.settings()), open_day(), c.Open("1"))


def issue(database: Database) -> str:
    """Issue one ticket and return its id."""
    ticket = f"t-{next(_ids)}"
    do(database, c.Issue(ticket, "passport", "ky", "kiosk-1"))
    return ticket
