"""`kill -9` of server and broker under traffic: one round of each kind; `tests/long.sh kills` runs two hundred."""

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.kills import KINDS, KilledDemo, run_round
from tests.sampling import some

SEED = 20261124


@pytest.fixture(scope="module")
def killed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KilledDemo]:
    """One centre that dies again and again, made and stopped in order."""
    demo = KilledDemo(Path(tmp_path_factory.mktemp("kills")))
    demo.start().stop()
    yield demo
    demo.close()


@pytest.mark.timeout(120)
@pytest.mark.parametrize(("number", "kind"), some(list(enumerate(KINDS)), 0, 2, 5, 6, 7), ids=lambda value: str(value).replace(" ", "-"))
def test_every_promise_is_held_after_a_death(killed: KilledDemo, number: int, kind: str) -> None:
    """Acknowledged tickets, calls and presses are there, `edge verify` is clean, boards are right within five seconds."""
    held = run_round(killed, number, kind, random.Random(f"{SEED}-{number}"))
    print(f"seed {SEED}-{number}, {kind}: {dict(held)}")
    assert held.total() > 0, "the death came before any promise; nothing was tested"
