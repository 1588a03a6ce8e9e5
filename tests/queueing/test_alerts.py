"""Alerts never flap: raised when bad for long enough, cleared when good for long enough, once each."""

import itertools
import random
from dataclasses import replace

import pytest

from edge.errors import Refused
from edge.queueing import commands as c
from edge.queueing import events as e
from edge.queueing.alerts import BATTERY_LOW, BATTERY_WELL, RULES, Sign, Streak, What, Why, followed, is_due, of_battery, of_trip, pressing
from edge.queueing.evolve import evolve
from tests.queueing.scene import Scene, replayed

BATTERY = RULES[What.BATTERY]


def days(signs: list[Sign], every_s: int, what: What = What.BATTERY) -> list[tuple[int, bool]]:
    """Return when the alert changed, and to what, as one look after the other says ``signs``."""
    streak: Streak | None = None
    raised, changes = False, []
    for look, sign in enumerate(signs):
        now_s = look * every_s
        streak = followed(streak, sign, now_s)
        if is_due(what, streak, now_s, raised=raised):
            raised = not raised
            changes.append((now_s, raised))
    return changes


def test_it_is_raised_once_when_it_was_bad_for_long_enough() -> None:
    looks = BATTERY.bad_s // 60
    assert days([Sign.BAD] * looks, 60) == []
    assert days([Sign.BAD] * looks * 5, 60) == [(BATTERY.bad_s, True)]


@pytest.mark.parametrize("other", [Sign.GOOD, Sign.UNCLEAR])
def test_a_moment_that_is_not_bad_begins_the_count_anew(other: Sign) -> None:
    looks = BATTERY.bad_s // 60
    assert days(([Sign.BAD] * looks + [other]) * 10, 60) == []


@pytest.mark.parametrize("other", [Sign.BAD, Sign.UNCLEAR])
def test_it_is_cleared_only_when_it_was_good_all_the_time(other: Sign) -> None:
    raised, looks = [Sign.BAD] * (BATTERY.bad_s // 60 + 1), BATTERY.good_s // 60
    assert len(days(raised + ([Sign.GOOD] * looks + [other]) * 10, 60)) == 1
    assert [to for _, to in days(raised + [Sign.GOOD] * (looks + 1), 60)] == [True, False]


@pytest.mark.parametrize("what", [what for what in What if RULES[what].good_s])
def test_whatever_is_seen_two_changes_are_as_far_apart_as_the_rule_says(what: What) -> None:
    chance = random.Random(7)
    signs = [chance.choice(list(Sign)) for _ in range(40) for _ in range(chance.choice([1, 3, 400]))]
    changes = days(signs, 5, what)
    for (before, _), (after, to) in itertools.pairwise(changes):
        assert after - before >= (RULES[what].bad_s if to else RULES[what].good_s)


def test_between_the_two_thresholds_nothing_is_said() -> None:
    assert [of_battery(value) for value in (None, BATTERY_LOW, BATTERY_LOW + 0.5, BATTERY_WELL - 1, BATTERY_WELL)] == [
        Sign.UNCLEAR, Sign.BAD, Sign.UNCLEAR, Sign.UNCLEAR, Sign.GOOD,
    ]  # fmt: skip
    assert [of_trip(value) for value in (None, 0.05, 1.5, 2.0, 15.0)] == [Sign.UNCLEAR, Sign.GOOD, Sign.UNCLEAR, Sign.BAD, Sign.BAD]


def test_the_same_alert_is_raised_once_and_cleared_once() -> None:
    at = Scene()
    for _ in range(2):
        at.do(c.RaiseAlert(What.GONE, "board-a", "lost"))
    assert list(at.hall.alerts) == ["gone:board-a"]
    for _ in range(2):
        at.do(c.ClearAlert(What.GONE, "board-a", Why.WELL))
    assert at.hall.alerts == {}
    assert [e.type_of(fact.event) for fact in at.facts][-2:] == ["alert.raised", "alert.cleared"]
    assert replayed(at.facts) == at.hall


def test_a_device_that_says_little_paper_is_left_has_paper() -> None:
    at = Scene()
    for what in (What.PAPER_OUT, What.PAPER_LOW):
        at.do(c.RaiseAlert(what, "kiosk-1"))
    assert list(at.hall.alerts) == ["paper-low:kiosk-1"]


def test_a_person_clears_only_what_never_ends_by_itself() -> None:
    at = Scene()
    at.do(c.RaiseAlert(What.PAPER_OUT, "kiosk-1"))
    at.do(c.RaiseAlert(What.BATTERY, "button-1", "9"))
    at.do(c.ClearAlert(What.PAPER_OUT, "kiosk-1", Why.SEEN))
    with pytest.raises(Refused, match="battery:button-1"):
        at.do(c.ClearAlert(What.BATTERY, "button-1", Why.SEEN))
    assert list(at.hall.alerts) == ["battery:button-1"]


def test_the_most_pressing_comes_first_and_a_word_of_a_later_version_last() -> None:
    at = Scene()
    for what in ("battery", "later", "broker"):
        at.do(c.RaiseAlert(what))
    assert [alert.what for alert in pressing(at.hall.alerts.values())] == ["broker", "battery", "later"]


def test_an_end_without_a_beginning_changes_nothing() -> None:
    at = Scene()
    cleared = e.AlertCleared(alert="gone:x", what="gone", about="x", why="well", tick=at.hall.tick)
    after, changed = evolve(at.hall, replace(at.facts[-1], event=cleared))
    assert (after.alerts, changed) == ({}, ())
