"""A month that nobody heard, sent when the link is back: `bash tests/long.sh drain [--events N]`.

Printed: events a second with the hall at work and with it closed, beside the floor of the same run; how long tickets take at rest and meanwhile;
memory.
"""

import argparse
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path

from edge.config import Paths
from edge.store.database import Database
from tests.sync import backlog, floor
from tests.sync.ends import EdgeBox, Mother, National, copied, edge_lines, made

PACE_S = 0.1  # between two tickets: a centre of 5,000 visitors has one in seven seconds, at its peak one in one
AT_REST = 600  # a minute: the 99th of a hundred is chance
WAITING = 30
WITHIN_S = 3300.0


@dataclass(frozen=True, slots=True)
class Figures:
    """Events a second; milliseconds within which 99 of a hundred tickets are given; KiB."""

    events: int
    rate: float
    at_rest_ms: float
    meanwhile_ms: float
    memory_before: int
    memory_most: int
    memory_after: int

    def __str__(self) -> str:
        return (
            f"{self.events} events at {self.rate:.0f}/s; a ticket p99 {self.at_rest_ms:.1f} ms at rest, {self.meanwhile_ms:.1f} ms meanwhile"
            f" ({self.meanwhile_ms / max(self.at_rest_ms, 0.001):.2f} times); memory {self.memory_before} KiB before, {self.memory_most} at most,"
            f" {self.memory_after} after"
        )


def prepared(root: Path, mother: Mother, events: int) -> EdgeBox:
    """Make a centre whose journal has so many lines that nobody has heard."""
    box = made(root / "box", mother)
    database = Database(Paths(box.data).database)
    database.open()
    backlog.fill(database, events)
    database.close()
    return box


def drained(box: EdgeBox, national: National, *, hall: bool, at_rest: int = AT_REST) -> Figures:
    """Let the link lead to the server and wait until everything is there. ``hall``: tickets are given meanwhile."""
    given = national.enrol()
    box.lead_to("", "")
    box.start()
    if hall:
        box.ask("issue", count=WAITING)
    rest = [taken for _ in range(at_rest // 10) for taken in box.ask("pace", count=10, each_s=PACE_S)["taken"]] if hall else [0.0]
    box.stop()
    box.lead_to(national.address, given["token"], given["person_key"])
    box.start()
    before = box.ask("memory")["VmRSS"]
    began, taken = time.perf_counter(), [0.0] if not hall else []
    while not _is_over(box):
        if hall:
            taken += box.ask("pace", count=10, each_s=PACE_S)["taken"]
        else:
            time.sleep(0.05)  # a look's step
        assert time.perf_counter() - began < WITHIN_S, box.ask("state")
    spent = time.perf_counter() - began
    memory = box.ask("memory")
    events = int(box.ask("state")["head"][1])
    return Figures(events, events / spent, _p99(rest), _p99(taken), before, memory["VmHWM"], memory["VmRSS"])


def _is_over(box: EdgeBox) -> bool:
    """Tell whether what was there is sent; what the hall writes meanwhile may be on its way."""
    state = box.ask("state")
    return bool(state["sent"] and state["head"][1] - state["sent"][1] < 50 and state["sent"][1])


def _p99(taken: Sequence[float]) -> float:
    return sorted(taken)[int(len(taken) * 0.99)] * 1000


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--events", type=int, default=1_000_000)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="drain-") as name, ExitStack() as stack:
        root = Path(name)
        mother = stack.enter_context(closing(Mother(root))).start()
        began = time.monotonic()
        box = stack.enter_context(closing(prepared(root, mother, given.events)))
        print(f"{given.events} events written in {time.monotonic() - began:.0f} s", flush=True)
        twin = stack.enter_context(closing(EdgeBox(copied(box.data, root / "twin"), mother)))
        for each, hall in ((box, True), (twin, False)):
            with closing(National(root / f"national-{hall}")) as national:
                national.start()
                print("hall at work:" if hall else "hall closed:", drained(each, national, hall=hall), flush=True)
                each.come_together()
                assert national.lines() == edge_lines(each.data), "the server's log is not the centre's"
            each.stop()
        print(f"floor: {floor.rate(Paths(twin.data).database, root / 'floor.db'):.0f} events/s", flush=True)


if __name__ == "__main__":
    main()
