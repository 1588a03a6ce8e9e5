"""Rules broken on purpose, to see that the histories notice: `bash tests/long.sh mutants [NAME…]`.

Each mutant is one replacement in one file of `edge/queueing`. A copy of the tree with it is driven until something that must hold does not; a mutant
that survives is a rule that nobody watches.
"""

import argparse
import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
STEPS = 60_000


@dataclass(frozen=True, slots=True)
class Mutant:
    """``old`` stands exactly once in the file and becomes ``new``."""

    name: str
    file: str
    old: str
    new: str


MUTANTS = (
    Mutant("held tickets are called", "hall.py", "state is TicketState.WAITING]", "state in (TicketState.WAITING, TicketState.HELD)]"),
    Mutant("missed tickets are called", "hall.py", "state is TicketState.WAITING]", "state in (TicketState.WAITING, TicketState.MISSED)]"),
    Mutant("the last seat is sold twice", "slots.py", "return max(0, slot.capacity - ", "return max(0, 1 + slot.capacity - "),
    Mutant("one person books twice", "appointments.py", "if other is not None:", "if other is not None and other.slot == slot.slot:"),
    Mutant("a moved booking keeps its old seat", "booked.py", "freed = _freed(hall.slots, before)", "freed: dict[str, Ledger] = {}"),
    Mutant("who does not come is never missed", "due.py", "if clock.dated:", "if clock.dated and turn.tick < 0:"),
    Mutant("check-in never closes", "booking.py", "minutes=times.closes_after)", "minutes=times.closes_after + 60)"),
    Mutant("a hold never ends", "serving.py", "turn.hall.hold_ends <= turn.tick:", "turn.hall.hold_ends < 0:"),
    Mutant("time on hold counts as waiting", "evolve.py", '"base": ticket.base + held,', '"base": ticket.base,'),
    Mutant("a missed visitor keeps the place all day", "serving.py", "tick > ticket.held_until", "tick > ticket.held_until + 86_400"),
    Mutant("the run cap is one too many", "ordering.py", "desk.run >= policy.ordering.cap", "desk.run > policy.ordering.cap"),
    Mutant("of equals the later is called", "ordering.py", "tick), t.base, t.order,", "tick), t.base, -t.order,"),
    Mutant("who is sent on loses the place", "evolve.py", '"transferred": True,', '"transferred": True, "base": event.tick,'),
    Mutant("a right without proof counts", "ordering.py", "(confirmed or not category.proof_first)", "True"),
    Mutant("undo forgets the run", "evolve.py", "run=step.run,", "run=desk.run,"),
    Mutant("a desk closes over its visitor", "opening.py", "            if desk.ticket:\n", "            if desk.ticket and turn.tick % 2:\n"),
    Mutant("the day's end forgets who is on hold", "opening.py", "TicketState.WAITING, TicketState.HELD)", "TicketState.WAITING,)"),
    Mutant("a slip is printed twice", "paper.py", "turn.hall.blocks.get(letter, 0) + 1", "max(1, turn.hall.blocks.get(letter, 0))"),
    Mutant("a number comes again", "numbering.py", "range(issued + 1, LAST + 1)", "range(issued + (issued % 40 != 7), LAST + 1)"),
    Mutant("promises are lowered", "promising.py", "outlived(moment(ticket.promise_to), found)", "moment(ticket.promise_to) != found.end"),
    Mutant("a call depends on the wall clock", "calling.py", "return choose(hall.waiting(), hall.desks[desk], hall.plan(desk), hall.policy, tick)",
           "return choose(hall.waiting(), hall.desks[desk], hall.plan(desk), hall.policy, tick + (hall.day.stepped > 0 if hall.day else 0) * 600)"),
)  # fmt: skip


def drive(mutant: Mutant, steps: int) -> str | None:
    """Return what was noticed, None when the mutant survived ``steps`` steps."""
    with tempfile.TemporaryDirectory() as folder:
        for part in ("edge", "tests"):
            shutil.copytree(ROOT / part, Path(folder) / part, ignore=shutil.ignore_patterns("vendor", "released", "__pycache__", "translations"))
        path = Path(folder) / "edge/queueing" / mutant.file
        path.write_text(path.read_text(encoding="utf-8").replace(mutant.old, mutant.new), encoding="utf-8")
        command = [sys.executable, "-m", "tests.queueing.drive", "--steps", str(steps), "--seed", "mutant"]
        done = subprocess.run(command, cwd=folder, env={"PYTHONPATH": folder}, capture_output=True, text=True, check=False)
    if done.returncode == 0:
        return None
    found = re.search(r"Broken: seed '\w+:(\d+)' step (\d+): (.*)", done.stderr)
    return f"block {found[1]}, step {found[2]}: {found[3][:110]}" if found else done.stderr.strip().splitlines()[-1]


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("names", nargs="*", help="parts of names; all if none is given")
    parser.add_argument("--steps", type=int, default=STEPS)
    given = parser.parse_args()
    survived = 0
    for mutant in MUTANTS:
        if given.names and not any(name in mutant.name for name in given.names):
            continue
        found = drive(mutant, given.steps)
        survived += found is None
        print(f"{mutant.name}: {found or 'SURVIVED'}", flush=True)
    return 1 if survived else 0


if __name__ == "__main__":
    sys.exit(main())
