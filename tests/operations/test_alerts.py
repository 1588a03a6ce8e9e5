"""Equipment that fails: an alert in the journal after a while, over after a while, once each, whatever is restarted meanwhile."""

import pytest

from edge.errors import Refused, Unavailable
from edge.operations import alerts, desks, registry
from edge.operations.alerts import EVERY_S, Watch
from edge.operations.orders import LASTS_S, Op, Order
from edge.operations.presence import Attendance
from edge.operations.printing import Printers
from edge.operations.trips import EVERY_S as ASKED_EVERY_S
from edge.queueing.alerts import RULES, Reading, Sign, What
from edge.store import print_jobs
from tests.operations.box import Box


class Watched:
    """A box with a watch; `go` lets time pass with a look every few seconds."""

    def __init__(self, box: Box, printers: Printers | None = None) -> None:
        self.box = box
        self.signs: dict[What, Sign] = {}
        self.printers = printers or Printers()
        self.begin()

    def begin(self) -> None:
        """As at a start: nothing but journal and tables is left of before."""
        self.attendance = Attendance(self.box.ctx)
        self.watch = Watch(self.box.ctx, self.attendance, self.printers, lambda: [Reading(what, None, sign) for what, sign in self.signs.items()])

    def go(self, seconds: float) -> None:
        until = self.box.clock.since_boot + seconds
        while self.box.clock.since_boot < until:
            self.box.pass_by(EVERY_S)
            self.watch.look()

    @property
    def raised(self) -> list[str]:
        return sorted(self.box.hall.alerts)

    @property
    def told(self) -> list[str]:
        return [type_ for type_ in self.box.types() if type_.startswith("alert.")]


@pytest.fixture
def at(box: Box) -> Watched:
    return Watched(box)


def test_a_device_that_is_gone_for_minutes_is_an_alert_and_back_for_a_minute_it_is_none(at: Watched) -> None:
    at.attendance.status("kiosk-1", "ready", "b1", None)
    at.go(60)
    at.attendance.status("kiosk-1", "lost", "b1", None)
    at.go(RULES[What.GONE].bad_s - 10)
    assert at.raised == []
    at.go(20)
    assert at.raised == ["gone:kiosk-1"]
    at.attendance.status("kiosk-1", "ready", "b2", None)
    at.go(RULES[What.GONE].good_s + 10)
    assert at.raised == []
    assert at.told == ["alert.raised", "alert.cleared"]
    assert at.box.verify().problems == []


def test_a_link_that_comes_and_goes_makes_one_alert(at: Watched) -> None:
    for _ in range(30):
        for state, seconds in (("lost", 330), ("ready", 30)):
            at.attendance.status("kiosk-1", state, "b1", None)
            at.go(seconds)
    assert at.told == ["alert.raised"]


def test_a_device_that_never_said_a_word_is_not_missed(at: Watched) -> None:
    at.go(1000)
    assert at.raised == []


def test_while_the_hall_is_closed_nobody_misses_a_screen_that_was_switched_off(fresh: Box) -> None:
    fresh.make(calendar={"hours": {day: [["09:00", "18:00"]] for day in ("mon", "tue", "wed", "thu", "fri")}, "lunch": [], "days": {}})
    at = Watched(fresh)
    at.attendance.status("kiosk-1", "ready", "b1", None)
    at.go(60)
    fresh.pass_by(9 * 3600)
    at.attendance.status("kiosk-1", "lost", "b1", None)
    at.go(1000)
    assert at.raised == []


def test_an_alert_outlives_a_restart_and_is_not_raised_again(at: Watched) -> None:
    at.attendance.status("kiosk-1", "lost", "b1", None)
    at.go(400)
    at.box.restart()
    at.begin()
    assert at.raised == ["gone:kiosk-1"]
    at.go(1000)
    assert at.told == ["alert.raised"]
    at.attendance.status("kiosk-1", "ready", "b2", None)
    at.go(100)
    assert at.told == ["alert.raised", "alert.cleared"]
    assert at.box.verify().problems == []


def test_a_battery_is_low_until_it_is_well_above_that(at: Watched) -> None:
    for percent, seconds in ((12, 700), (20, 2000), (90, 300), (20, 100), (90, 700)):
        at.attendance.stat("button-1", {"battery": percent})
        at.go(seconds)
        assert at.raised == ([] if (percent, seconds) == (90, 700) else ["battery:button-1"])
    assert at.told == ["alert.raised", "alert.cleared"]


def test_what_is_revoked_is_nobodys_trouble_any_more(at: Watched) -> None:
    at.attendance.status("kiosk-1", "lost", "b1", None)
    at.go(400)
    registry.revoke(at.box.ctx, "kiosk-1", actor="system")
    at.go(10)
    assert at.raised == []


def test_paper_that_a_device_reports_is_an_alert_before_it_is_answered_and_over_when_a_person_says_so(at: Watched) -> None:
    for _ in range(2):
        desks.reported(at.box.ctx, "kiosk-1", "n1", "paper-out")
    assert at.raised == ["paper-out:kiosk-1"]
    at.go(1000)
    assert at.raised == ["paper-out:kiosk-1"]
    for _ in range(2):
        alerts.see_to(at.box.ctx, "paper-out:kiosk-1", actor="staff:p1")
    assert at.told == ["alert.raised", "alert.cleared"]


def test_a_person_cannot_talk_away_what_is_still_wrong(at: Watched) -> None:
    at.attendance.status("kiosk-1", "lost", "b1", None)
    at.go(400)
    with pytest.raises(Refused, match="gone:kiosk-1"):
        alerts.see_to(at.box.ctx, "gone:kiosk-1", actor="staff:p1")


def test_a_printer_that_did_not_print_its_last_ticket_is_an_alert_until_it_prints_again(box: Box) -> None:
    at = Watched(box, Printers(("paper-1",)))
    for job, (why, raised) in enumerate((("paper-out", ["unprinted:paper-1"]), (None, []))):
        with box.ctx.database.write():
            print_jobs.add(box.ctx.database, ticket=f"t{job}", copy=0, printer="paper-1", address=None, state="queued", at="2026-03-02T03:00:00.000Z")
            print_jobs.end(box.ctx.database, job + 1, state="failed" if why else "printed", why=why, at=f"2026-03-02T03:0{job}:00.000Z")
        at.go(100)
        assert at.raised == raised


def test_what_the_box_says_of_itself_is_an_alert_too(at: Watched) -> None:
    at.signs = {What.RULES: Sign.BAD, What.BROKER: Sign.BAD, What.CLOCK: Sign.GOOD}
    at.go(5)
    assert at.raised == ["rules"]
    at.go(60)
    assert at.raised == ["broker", "rules"]
    assert alerts.in_words(at.box.ctx) == "broker, rules"


def test_while_the_broker_is_down_no_device_is_missed(at: Watched) -> None:
    at.attendance.status("kiosk-1", "lost", "b1", None)
    at.signs = {What.BROKER: Sign.BAD}
    at.go(1000)
    assert at.raised == ["broker"]


def test_a_device_that_is_ready_is_asked_now_and_then_and_its_answer_measured(at: Watched) -> None:
    sent: list[Order] = []
    at.box.ctx.orders.carry_by(sent.append)
    for name in ("kiosk-1", "button-1"):
        at.attendance.status(name, "ready" if name == "kiosk-1" else "sleeping", "b1", None)
    at.go(ASKED_EVERY_S - 10)
    assert sent == []
    at.go(20)
    assert [(order.device, order.op) for order in sent] == [("kiosk-1", Op.RE_ANNOUNCE)]
    trips, now_s = at.box.ctx.trips, at.box.clock.since_boot
    assert trips.of("kiosk-1", now_s) is None
    trips.answered("kiosk-1", "another", now_s)
    trips.answered("kiosk-1", sent[0].id, sent[0].given_at + 0.25)
    assert trips.of("kiosk-1", now_s) == 0.25
    assert at.box.ctx.orders.newest("kiosk-1") is None, "nobody told it anything"
    at.go(ASKED_EVERY_S + LASTS_S + 10)
    assert trips.of("kiosk-1", at.box.clock.since_boot) == LASTS_S, "it answered before, and now does not"
    at.go(1000)
    assert at.raised == ["slow:kiosk-1"]


def test_a_device_that_answers_no_order_is_not_blamed(at: Watched) -> None:
    at.box.ctx.orders.carry_by(lambda _: None)
    at.attendance.status("kiosk-1", "ready", "b1", None)
    at.go(ASKED_EVERY_S * 4)
    assert at.raised == []


def test_what_cannot_be_written_now_is_raised_at_a_later_look(at: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    at.signs = {What.RULES: Sign.BAD}
    with monkeypatch.context() as full:
        full.setattr("edge.store.transaction.Transaction.append", _no_room)
        with pytest.raises(Unavailable):
            at.go(5)
    assert at.raised == []
    at.go(5)
    assert at.raised == ["rules"]


def _no_room(*_: object) -> None:
    raise Unavailable("the disk is full")
