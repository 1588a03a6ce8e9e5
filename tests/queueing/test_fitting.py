"""Facts of two boxes of one centre, one behind the other: what fits is applied, what does not changes nothing, and nobody who waits is lost."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from edge.queueing import commands as c
from edge.queueing import events as e
from edge.queueing import evolve as fold
from edge.queueing.evolve import evolve
from edge.queueing.fitting import fits
from edge.queueing.hall import Hall
from edge.queueing.ticket import TicketState
from tests.queueing import centre, two_boxes
from tests.queueing.drive import History
from tests.queueing.scene import Scene

AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def later(hall: Hall, *events: e.Event) -> Hall:
    """The hall after facts of a second epoch."""
    hall, _ = evolve(hall, fact(e.EpochStarted(epoch=2, parent_epoch=1, parent_seq=1, parent_hash="", reason="fork", tick=0)))
    for event in events:
        hall, _ = evolve(hall, fact(event))
    return hall


def fact(event: e.Event) -> e.Fact:
    return e.Fact("e-late", AT, "ntp", "system", event)


def issued(ticket: str, number: str, **more: Any) -> e.TicketIssued:
    values = {"day": "2026-03-02", "service": "passport", "category": None, "lang": "ky", "booking": None, "via": "kiosk-1", "tick": 9}
    return e.TicketIssued(ticket=ticket, number=number, **{**values, **more})


def called(ticket: str, desk: str = "1") -> e.TicketCalled:
    return e.TicketCalled(ticket=ticket, desk=desk, why="order", scores=(), run=0, run_after=0, tick=9)


def test_whatever_one_box_decides_fits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Or a journal that was replayed yesterday would say something else today."""

    def strict(hall: Hall, event: e.Event) -> bool:
        assert fits(hall, event), event
        return True

    monkeypatch.setattr(fold, "fits", strict)
    history = History("fits")
    history.hall = history._replayed = replace(history.hall, epoch=2)
    history.run(1500)
    assert history.hall.epoch == 2
    assert history.book.judged > 60


def test_a_move_of_a_ticket_that_the_other_box_finished_changes_nothing() -> None:
    scene = Scene()
    ticket = scene.issue()
    before = scene.hall
    scene.next("1")
    scene.do(c.Finish("1"))
    hall = later(scene.hall, called(ticket, "2"), e.TicketStarted(ticket=ticket, desk="2", tick=9), e.TicketFinished(ticket=ticket, desk="2", tick=9))
    assert (hall.tickets, hall.desks) == (scene.hall.tickets, scene.hall.desks)
    assert hall.applied == scene.hall.applied + 3
    assert before.tickets


def test_a_visitor_of_the_other_box_who_is_still_at_the_desk_has_gone_when_it_calls() -> None:
    scene = Scene()
    theirs = scene.issue()
    scene.next("1")
    hall = later(scene.hall, issued("ours", "RA01"), called("ours"))
    assert hall.desks["1"].ticket == "ours"
    assert theirs not in hall.tickets
    hall, changed = evolve(later(scene.hall, issued("ours", "RA01")), fact(called("ours")))
    gone = next(value for value in changed if getattr(value, "id", None) == theirs)
    assert (gone.state, gone.inaccurate) == (TicketState.FINISHED, True)  # type: ignore[union-attr]  # a ticket by its id


def test_a_day_that_both_boxes_opened_is_one_day_and_who_waits_goes_on() -> None:
    scene = Scene()
    waiting, at_desk = scene.issue(), scene.issue()
    scene.next("1")
    opened = e.DayOpened(day="2026-03-02", wall_at_tick0="2026-03-02T05:00:00.000Z", tz="Asia/Bishkek", utc_offset=21600)
    assert scene.hall.desks["1"].ticket == waiting
    hall = later(scene.hall, e.DayClosed(day="2026-03-01", tick=0), opened, issued("ours", "A002"))
    assert set(hall.tickets) == {at_desk, "ours"}
    assert hall.desks["1"].ticket is None
    assert hall.counters["A"] == 2, "a number that either gave is not given again"
    assert hall.day is not None
    assert hall.day.day == "2026-03-02"


def test_a_day_that_only_the_other_box_opened_is_over_when_ours_opens() -> None:
    scene = Scene()
    scene.issue()
    opened = e.DayOpened(day="2026-03-03", wall_at_tick0="2026-03-03T03:00:00.000Z", tz="Asia/Bishkek", utc_offset=21600)
    hall = later(scene.hall, opened)
    assert not hall.tickets
    assert hall.day is not None
    assert (hall.day.day, hall.tick) == ("2026-03-03", 0)


@pytest.mark.parametrize(
    "event",
    [
        issued("t-new", "A009", service="gone"),
        called("unknown"),
        e.TicketPromiseRaised(ticket="unknown", to="12:00", tick=9),
        e.DeskOpened(desk="gone", tick=9),
        e.DeskClosed(desk="1", tick=9),
        e.TicketUndone(event="x", ticket="unknown", desk="gone", tick=9),
        e.DayClosed(day="2026-03-01", tick=9),
        e.DayConfirmed(day="2026-03-03", was="2026-03-01", tick=9),
        e.BookingCancelled(booking="unknown", by="visitor", tick=9),
        e.BookingCheckedIn(booking="unknown", ticket="unknown", tick=9),
        e.SlotReturned(slot="passport@2026-03-03T03:00:00.000Z", epoch=1, returned=1, tick=9),
        e.SettingChanged(key="desks", value=centre.settings()["desks"][1:]),
        e.SettingChanged(key="services", value=[]),
    ],
)
def test_a_fact_that_does_not_fit_counts_and_changes_nothing(event: e.Event) -> None:
    scene = Scene()
    scene.issue()
    scene.next("1")
    plain = later(scene.hall)
    hall = later(scene.hall, event)
    assert replace(hall, applied=plain.applied, tick=plain.tick) == plain
    assert hall.applied == plain.applied + 1


@pytest.mark.parametrize("seed", ["b:66", "two"])
def test_the_journal_of_one_box_can_be_laid_behind_that_of_another_and_the_hall_goes_on(seed: str) -> None:
    """`python -m tests.queueing.two_boxes` walks many pairs."""
    assert two_boxes.check(seed) > 10
