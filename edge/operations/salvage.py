"""Lines of another database that continue a backup's journal, taken over as they are, with what they changed.

Of a damaged one what can still be read; of a sound one, whose tables have the form of a newer release, all of them or nothing.
"""

import logging
import shutil
from collections.abc import Iterable
from pathlib import Path

from edge.errors import Corrupt
from edge.operations.verify import fact_of, verify
from edge.queueing.chain import Envelope, Head
from edge.queueing.evolve import evolve
from edge.store import salvage, soundness
from edge.store.database import Database

log = logging.getLogger(__name__)


def carry_on(copy: Path, head: Head, damaged: Path) -> int:
    """Let the database ``copy``, which ends with ``head``, go on with what a damaged one can still give; return how many lines.

    A sound database gives nothing: whoever restores over it wants to go back. The stamp of a copy stays: the damaged file may have had more lines
    than it can show, and numbers given then are in people's hands. Nothing that is in a damaged file stops the restore.
    """
    trial = copy.with_name(f"trial-{copy.name}")
    try:
        if not damaged.exists() or not soundness.wrong(damaged):
            return 0
        shutil.copyfile(copy, trial)
        adopted = _tried(trial, salvage.readable(damaged, head))
    except Exception:
        log.exception("no line was saved from %s", damaged)
        return 0
    if adopted:
        trial.replace(copy)
    return adopted


def follow(copy: Path, head: Head, sound: Path) -> int:
    """Let the database ``copy``, which ends with ``head``, go on with every line of a sound one; return how many.

    What no journal has comes along: remembered answers, passwords, logins. Nothing is missing then, so the stamp of a copy goes. Raises Corrupt
    when the other one is damaged, does not continue the copy, or has lines that this release does not know; the copy is then good for nothing and
    nothing else was touched.
    """
    end = salvage.end(sound)
    if end is None:
        raise Corrupt(f"{sound} cannot be read to its end: restore the backup without its lines, or go on with it as it is")
    database = Database(copy)
    try:
        database.open()
        adopted = _adopt(database, salvage.readable(sound, head))
        if database.committed.head != end:
            raise Corrupt(f"{sound} does not continue the backup: it ends with line {end.seq}, one can follow to {database.committed.head.seq}")
        if problems := verify(database).problems:
            raise Corrupt(f"what follows the backup is not sound: {problems[0]}")
        with database.write() as transaction:
            ours = {table: salvage.columns_of(transaction.connection, table) for table in salvage.OPERATIONAL}
            for table, found in salvage.operational(sound, ours):
                transaction.replace_rows(table, found)
            transaction.take_stamp_off()
    except (ValueError, KeyError, TypeError) as error:
        raise Corrupt(f"{sound} has journal lines that this release does not know: {error}") from error
    finally:
        database.close()
    return adopted


def _tried(trial: Path, lines: Iterable[Envelope]) -> int:
    """Adopt lines in a copy of its own; 0 when the result is not as clean as the backup was."""
    database = Database(trial)
    try:
        database.open()
        adopted = _adopt(database, lines)
        problems = verify(database).problems if adopted else []
    finally:
        database.close()
    if problems:
        log.warning("no line was saved: %s", problems[0])
    return 0 if problems else adopted


def _adopt(database: Database, lines: Iterable[Envelope]) -> int:
    adopted = 0
    with database.write() as transaction:
        for line in lines:
            fact = fact_of(line)
            hall, changed = evolve(transaction.hall, fact)
            transaction.adopt(line, fact, changed, hall)
            adopted += 1
    return adopted
