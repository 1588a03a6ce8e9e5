"""The auditor's own reading of the ordering rule finds what it must find; without this it could agree with anything."""

import json
from collections.abc import Mapping
from itertools import count
from typing import Any

from tests.journeys.chain import Line
from tests.journeys.rule import Replay

DESK = {"desk": "1", "zone": "a", "services": ["passport"], "reserved": [], "overflow_after": 0}
VETERAN = {"code": "veteran", "weight": 3000, "head": 600, "proof_first": False}


def journal(*events: tuple[str, Mapping[str, Any]]) -> list[Line]:
    """Return journal lines as the rule reads them, behind a day with one open desk."""
    begin = (
        ("setting.changed", {"key": "desks", "value": [DESK]}),
        ("setting.changed", {"key": "categories", "value": [VETERAN]}),
        ("day.opened", {"day": "2026-03-02", "tick": 0}),
        ("desk.opened", {"desk": "1", "tick": 0}),
    )
    numbers = count(1)
    return [
        {"type": type_, "seq": seq, "id": f"e{seq}", "payload": json.dumps(body)}
        for (type_, body), seq in zip((*begin, *events), numbers, strict=False)
    ]


def issued(ticket: str, tick: int, category: str | None = None) -> tuple[str, Mapping[str, Any]]:
    """A ticket for the one service."""
    return "ticket.issued", {"ticket": ticket, "number": ticket, "service": "passport", "category": category, "booking": None, "tick": tick}


def called(ticket: str, tick: int, why: str, scores: Mapping[str, int], run: int = 0) -> tuple[str, Mapping[str, Any]]:
    """A call by desk 1."""
    listed = [{"ticket": name, "score": score} for name, score in scores.items()]
    return "ticket.called", {"ticket": ticket, "desk": "1", "why": why, "scores": listed, "run": run, "tick": tick}


def finished(ticket: str, tick: int) -> tuple[str, Mapping[str, Any]]:
    """Desk 1 is free again."""
    return "ticket.finished", {"ticket": ticket, "desk": "1", "tick": tick}


def faults(*events: tuple[str, Mapping[str, Any]]) -> list[str]:
    """Return what the rule has against these events."""
    return Replay().feed(journal(*events)).faults


def test_calls_by_the_rule_are_explained() -> None:
    assert (
        faults(
            issued("A1", 0),
            issued("A2", 100, "veteran"),
            called("A2", 160, "category", {"A2": 780, "A1": 160}),
            finished("A2", 200),
            called("A1", 200, "order", {"A1": 200}, run=1),
        )
        == []
    )


def test_a_call_out_of_turn_is_found() -> None:
    (fault,) = faults(issued("A1", 0), issued("A2", 10), called("A2", 60, "order", {"A2": 50}))
    assert fault == "seq 7: desk 1 called A2, the rule calls A1"


def test_wrong_scores_a_wrong_reason_and_a_wrong_run_are_found() -> None:
    visitors = issued("A1", 0), issued("A2", 10)
    assert faults(*visitors, called("A1", 60, "order", {"A1": 60, "A2": 51}))
    assert faults(*visitors, called("A1", 60, "category", {"A1": 60, "A2": 50}))
    assert faults(*visitors, called("A1", 60, "order", {"A1": 60, "A2": 50}, run=2))
    assert faults(*visitors, called("A1", 60, "order", {"A1": 60, "A2": 50})) == []


def test_a_ticket_called_twice_is_found() -> None:
    call = called("A1", 60, "order", {"A1": 60})
    assert "which is called" in faults(issued("A1", 0), call, call)[0]


def test_after_three_priority_calls_an_ordinary_visitor_is_due() -> None:
    crowd = [issued("A0", 0), *(issued(f"V{n}", 0, "veteran") for n in range(4))]
    calls = []
    for n in range(3):
        left = [f"V{m}" for m in range(n, 4)]
        calls += [called(f"V{n}", 0, "category", dict.fromkeys(left[:3], 600) if len(left) > 2 else {**dict.fromkeys(left, 600), "A0": 0}, run=n)]
        calls += [finished(f"V{n}", 0)]
    assert faults(*crowd, *calls, called("A0", 0, "run-cap", {"A0": 0}, run=3)) == []
    assert "the rule calls A0" in faults(*crowd, *calls, called("V3", 0, "category", {"V3": 600, "A0": 0}, run=3))[0]


def test_what_was_undone_counts_as_never_done() -> None:
    call = called("A1", 60, "order", {"A1": 60, "A2": 50})
    undone = ("ticket.undone", {"event": "e7", "ticket": "A1", "desk": "1", "tick": 61})
    assert faults(issued("A1", 0), issued("A2", 10), call, undone, called("A1", 62, "order", {"A1": 62, "A2": 52})) == []
    assert faults(issued("A1", 0), issued("A2", 10), call, undone, called("A2", 62, "order", {"A2": 52}))
