"""All centres come back at once after a day's outage, to one server on PostgreSQL: `bash tests/long.sh herd [--centres N --events N --line B]`."""

import argparse
import tempfile
import time
from collections import Counter
from contextlib import ExitStack, closing
from pathlib import Path

from edge.config import Paths
from edge.store.database import Database
from tests.demo_process import wait_for
from tests.sync import backlog, postgres
from tests.sync.ends import EdgeBox, Mother, National, edge_lines, made
from tests.sync.meddler import Meddler
from tests.sync.proxy import Link, Weather

DURABLE = ("shared_buffers=128MB", "max_connections=100", "listen_addresses=")
WITHIN_S = 3300.0


def run(root: Path, url: str, centres: int, events: int, within_s: float = WITHIN_S, *, line: float | None = None) -> str:
    """Make the centres, let them all come at once, and wait until the server has everything of each, once. Returns the figures.

    ``line``: bytes a second that all of them share, each way; None: as many as they like.
    """
    with ExitStack() as stack:
        mother = stack.enter_context(closing(Mother(root))).start()
        national = stack.enter_context(closing(National(root / "national", url)))
        gate = stack.enter_context(closing(Meddler()))  # nobody is there
        link = stack.enter_context(closing(Link(gate.port, Weather(up=line, down=line, shared=True))))
        boxes = [stack.enter_context(closing(_away(root, mother, national, f"centre-{n:03}", events, link.url))) for n in range(centres)]
        national.start()
        gate.target = national.port
        began = time.monotonic()
        for box in boxes:
            box.ask("try_now")
        heads = [box.ask("state")["head"] for box in boxes]
        done: dict[int, float] = {}
        wait_for("every centre to be heard", lambda: len(_heard(boxes, heads, done, began)) == centres, within_s)
        spent = time.monotonic() - began
        for number, box in enumerate(boxes):
            box.come_together()
            wait_for("the server to have it all", lambda n=number, box=box: national.lines(f"centre-{n:03}") == edge_lines(box.data))  # type: ignore[misc]
        lines = sum(len(edge_lines(box.data)) for box in boxes)
        statuses = Counter(said.status for _, said in gate.seen if said)
        slowest = max(box.slowest_s for box in boxes) * 1000
        return (
            f"{centres} centres, {lines} events in {spent:.1f} s ({lines / spent:.0f}/s), the first after {min(done.values()):.1f} s;"
            f" {link.counts.up / 1e6:.1f} MB up, {link.counts.down / 1e6:.1f} MB down; {gate.asked.total()} calls,"
            f" answers {dict(statuses)}; slowest ticket {slowest:.0f} ms; nothing twice, nothing lost"
        )


def _away(root: Path, mother: Mother, national: National, centre: str, events: int, address: str) -> EdgeBox:
    """Make a centre that wrote for a day and finds nobody."""
    box = made(root / centre, mother, centre)
    database = Database(Paths(box.data).database)
    database.open()
    backlog.fill(database, events)
    database.close()
    given = national.enrol(centre)
    box.lead_to(address, given["token"], given["person_key"], centre)
    return box.start()


def _heard(boxes: list[EdgeBox], heads: list[list[int]], done: dict[int, float], began: float) -> dict[int, float]:
    """Note when everything that a centre brought was acknowledged; each gives a ticket now and then."""
    for number, box in enumerate(boxes):
        if number not in done:
            sent = box.ask("state")["sent"]
            if sent and sent >= heads[number]:
                done[number] = time.monotonic() - began
                box.issue()
    return done


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--centres", type=int, default=52)
    parser.add_argument("--events", type=int, default=5_000)
    parser.add_argument("--line", type=float, help="bytes a second that all of them share")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="herd-") as name, tempfile.TemporaryDirectory(prefix="pg-", ignore_cleanup_errors=True) as place:
        cluster = postgres.started(Path(place), DURABLE)
        try:
            print(run(Path(name), cluster.create(), given.centres, given.events, line=given.line), flush=True)
        finally:
            postgres.stopped(Path(place))


if __name__ == "__main__":
    main()
