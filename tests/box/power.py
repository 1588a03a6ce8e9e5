"""Part `power`: the power goes again and again while devices issue and press, and the hall is held to everything that it acknowledged.

A cut ends every process of the box at one instant; what the kernel had taken is kept. A disk that forgets what was not synced is another suite
(`tests.faults.power`).
"""

import json
import threading
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import median

from tests.box.hall import InstalledHall
from tests.box.machine import Box
from tests.box.network import STAFF
from tests.box.service import first_ticket, open_desks
from tests.box.stage import Stage
from tests.demo_process import wait_for
from tests.faults.traffic import Promise, Promises, Traffic, hold_to

CUTS = 20
BACK_WITHIN_S = 60.0
VERIFIED_WITHIN_S = 300.0


@dataclass(slots=True)
class Ledger:
    """What the whole run saw: every acknowledged ticket's number by its day and id, and how long the box was away."""

    numbers: dict[tuple[str, str], str] = field(default_factory=dict)
    away_s: list[float] = field(default_factory=list)
    held: Counter[str] = field(default_factory=Counter)

    def enter(self, posts: Sequence[Promise]) -> None:
        """Write the tickets down. Raises AssertionError when a number was given to two visitors."""
        for post in posts:
            if post.path == "tickets":
                ticket = json.loads(post.answer)
                there = self.numbers.setdefault((ticket["day"], ticket["number"]), ticket["id"])
                assert there == ticket["id"], f"number {ticket['number']} was given to {there} and to {ticket['id']}"


def play(stage: Stage, cuts: int = CUTS) -> None:
    """All of it."""
    with stage.installed() as (box, hall):
        ledger = Ledger()
        for number in range(cuts):
            cut(stage, box, hall, ledger, number)
        away = ledger.away_s
        stage.say(
            f"{cuts} power cuts: first ticket after {min(away):.1f} to {max(away):.1f} s, median {median(away):.1f}; "
            f"{len(ledger.numbers)} numbers, none twice; every promise held: {dict(ledger.held)}"
        )


def cut(stage: Stage, box: Box, hall: InstalledHall, ledger: Ledger, number: int) -> None:
    """One power cut under traffic, and everything that must hold after it."""
    rng = stage.rng
    rng.seed(f"{stage.seed}-cut-{number}")
    promises = Promises()
    with box.at(STAFF):
        open_desks(hall)
        traffic = Traffic(hall, promises, rng, f"cut{number}-{rng.getrandbits(24):x}")
    try:
        wait_for("traffic that is answered", lambda: len(promises.posts) > 20 and promises.presses, 30)
        threading.Event().wait(rng.uniform(0.0, 2.0))  # the instant of the cut is what the seed draws
        box.cut_power()
        box.boot()
        away_s, ticket = first_ticket(box, hall, BACK_WITHIN_S)
    finally:
        traffic.stop()
    with box.at(STAFF):
        held = hold_to(hall, promises)
    ledger.enter(promises.posts)
    verified = box.says("edge verify", within_s=VERIFIED_WITHIN_S).splitlines()[-1]
    ledger.away_s.append(away_s)
    ledger.held += held
    stage.say(f"cut {number + 1}: ticket {ticket} {away_s:.1f} s after power, held {dict(held)}; {verified}")
