"""Events as they stand in the journal: payload keys of `contract/national.md`, and back again."""

import json
from dataclasses import fields
from typing import Any, get_args

import pytest

from edge.errors import Corrupt
from edge.queueing import events as e

TICKET: dict[str, Any] = {"ticket": "t1", "desk": "3", "tick": 7}
DESK: dict[str, Any] = {"desk": "3", "reason": None, "tick": 7}

# type: (an example, keys the contract names, keys that docs/decisions/0003 adds)
EXAMPLES: list[tuple[e.Event, str, str]] = [
    (
        e.DayOpened(day="2026-03-02", wall_at_tick0="2026-03-02T03:00:00.000Z", tz="Asia/Bishkek", utc_offset=21600, provisional=True),
        "day wall_at_tick0 tz tick",
        "utc_offset provisional timed",
    ),
    (e.DayClosed(day="2026-03-02", kept=("t1",), tick=7), "tick", "day kept"),
    (e.DayConfirmed(day="2026-03-04", was="2026-03-03", tick=7), "", "day was tick"),
    (e.ClockStepped(by=-7200, open_until=9, ends=60, tick=7), "by tick", "open_until ends"),
    (
        e.TicketIssued(
            ticket="t1", number="A001", day="2026-03-02", service="passport", category=None, lang="ky", booking="b1", via="kiosk-1", opens=9,
            appointment=60, promise="guaranteed", from_="2026-03-02T03:10:00.000Z", to="2026-03-02T03:30:00.000Z",
            cell="booked:2", expected=700, earliest=540, latest=900, steps=("photo", "passport"), arrived=3, tick=7,
        ),
        "ticket number day service category lang booking via opens promise tick",
        "appointment from to cell expected earliest latest steps arrived",
    ),
    (e.TicketPromiseRaised(ticket="t1", to="2026-03-02T03:40:00.000Z", why="longer", tick=7), "", "ticket to why tick"),
    (
        e.TicketCalled(**TICKET, why="manual", scores=({"ticket": "t1", "score": 5},), run=1, run_after=2, reason="asked", move="e1", first=True,
            absent_until=37),
        "ticket desk why scores run reason tick",
        "run_after move first absent_until",
    ),
    (e.TicketRecalled(**TICKET), "ticket desk tick", ""),
    (e.TicketStarted(**TICKET), "ticket desk tick", ""),
    (e.TicketFinished(**TICKET, outcome="done", waited=5, total=6), "ticket desk outcome tick", "waited total"),
    (e.TicketNoShow(**TICKET, until=907), "ticket desk tick", "until"),
    (e.TicketHeld(**TICKET, until=307, reason="copy"), "ticket desk until tick", "reason"),
    (e.TicketResumed(**TICKET, reason="came back", anew=True), "ticket desk tick", "reason anew"),
    (
        e.TicketTransferred(
            **TICKET, to_desk="4", return_=True, returns=({"desk": "3", "service": "photo"},), steps=("photo",), step=0, outcome="done"
        ),
        "ticket desk service to_desk return tick",
        "returns steps step outcome",
    ),
    (e.TicketStepAdded(**TICKET, service="photo"), "", "ticket desk service tick"),
    (e.TicketCancelled(**TICKET, reason="left"), "ticket tick", "desk reason"),
    (e.TicketCategory(**TICKET, category="veteran", confirmed=False, reason="no paper"), "ticket category confirmed desk tick", "reason"),
    (e.TicketUndone(**TICKET, event="e1"), "event tick", "ticket desk"),
    (
        e.BookingMade(
            booking="b1", code="AB2CD3", slot="passport@2026-03-02T04:00:00.000Z", service="passport", start="2026-03-02T04:00:00.000Z", minutes=15,
            person="6f", lang="ky", right="edge", right_epoch=1, capacity=4, via="kiosk-1", tick=7,
        ),
        "booking code slot service start minutes person lang right right_epoch tick",
        "capacity via version custody",
    ),
    (e.BookingCancelled(booking="b1", by="national", version=9, tick=7), "booking by tick", "version"),
    (
        e.BookingRescheduled(
            booking="b1", from_="passport@2026-03-02T04:00:00.000Z", slot="passport@2026-03-02T05:00:00.000Z", start="2026-03-02T05:00:00.000Z",
            minutes=15, right="edge", right_epoch=1, capacity=4, tick=7,
        ),
        "booking from slot right right_epoch tick",
        "start minutes capacity version",
    ),
    (e.BookingCheckedIn(booking="b1", ticket="t1", tick=7), "booking ticket tick", "expired"),
    (e.BookingNoShow(booking="b1", tick=7), "booking tick", ""),
    (e.BookingRequestRefused(booking="b1", request="r1", why="no_right", tick=7), "booking request why tick", ""),
    (
        e.SlotGranted(
            slot="passport@2026-03-02T04:00:00.000Z", epoch=2, granted=3, capacity=5, service="passport", start="2026-03-02T04:00:00.000Z",
            minutes=15, version=9, tick=7,
        ),
        "slot epoch granted tick",
        "capacity service start minutes version",
    ),
    (e.SlotReturned(slot="passport@2026-03-02T04:00:00.000Z", epoch=2, returned=1, tick=7), "slot epoch returned tick", ""),
    (
        e.SlotSettled(slot="passport@2026-03-02T04:00:00.000Z", epoch=2, granted=3, returned=1, sold=2, released=1, unsold=1, tick=7),
        "slot epoch granted returned sold released unsold tick",
        "",
    ),
    (
        e.NationalApplied(kind="notice", key="n1", version=9, op="put", payload={"text": {"ky": "a"}}, custody="national", refused="no text", tick=7),
        "",
        "kind key version op payload custody refused tick",
    ),
    (
        e.EpochStarted(epoch=2, parent_epoch=1, parent_seq=9, parent_hash="0" * 64, reason="restored", tick=7),
        "parent_epoch parent_seq parent_hash reason tick",
        "epoch tail",
    ),
    (e.PayloadErased(event="e1", why="asked", tick=7), "event why", "tick"),
    (e.BlockPrinted(letter="Z", first=1, last=200, tick=7), "", "letter first last tick"),
    (
        e.TicketPrintFailed(ticket="t1", printer="printer-1", why="paper-out", copy=1, sent=True, tick=7), "", "ticket printer why copy sent tick",
    ),
    (e.TicketReprinted(ticket="t1", printer="printer-1", copy=1, tick=7), "", "ticket printer copy tick"),
    (e.CohortAdmitted(upto=40, reason="the hall is empty", tick=7), "", "upto reason tick"),
    (e.DeskOpened(**DESK, by_hours=True), "desk reason tick", "by_hours"),
    (e.DeskPaused(**DESK), "desk reason tick", ""),
    (e.DeskClosed(**DESK, releases=("t1",)), "desk reason tick", "releases"),
    (e.SettingChanged(key="ordering", value={"cap": 3}, reason="tried"), "key value", "reason"),
    (
        e.DeviceRegistered(device="button-1", kind="button", desk="3", services=("a", "b"), generation=2, family="tasmota", address="t"),
        "",
        "device kind desk zone services generation active family address why",
    ),
    (e.AlertRaised(alert="battery:button-1", what="battery", about="button-1", detail="9", tick=7), "", "alert what about detail tick"),
    (e.AlertCleared(alert="battery:button-1", what="battery", about="button-1", why="well", tick=7), "", "alert what about why tick"),
    (e.DeviceTold(device="board-a", op="identify"), "", "device op"),
    (e.StaffAdded(staff="p1", login="aida", role="operator"), "", "staff login role active"),
    (e.StaffLoggedIn(staff="p1", by="pin", desk="3", tick=7), "", "staff by desk tick"),
    (e.StaffLoggedOut(staff="p1", why="moved", desk="3", tick=7), "", "staff why desk tick"),
    (e.StaffCredentialChanged(staff="p1", what="pin"), "", "staff what"),
]  # fmt: skip
IDS = [e.type_of(event) for event, _, _ in EXAMPLES]


def test_every_event_has_an_example_here() -> None:
    assert {type(event) for event, _, _ in EXAMPLES} == set(get_args(e.Event)) - {e.Unrecognised}


@pytest.mark.parametrize(("event", "named", "ours"), EXAMPLES, ids=IDS)
def test_a_payload_has_the_keys_of_the_contract_and_those_we_said_we_add(event: e.Event, named: str, ours: str) -> None:
    assert sorted(json.loads(e.payload_text(event))) == sorted((named + " " + ours).split())


@pytest.mark.parametrize(("event", "_named", "_ours"), EXAMPLES, ids=IDS)
def test_an_event_comes_back_from_its_payload_as_it_was(event: e.Event, _named: str, _ours: str) -> None:
    text = e.payload_text(event)
    back = e.read(e.type_of(event), text)
    assert back == event
    assert e.payload_text(back) == text


@pytest.mark.parametrize("value", [["a", {"b": [1, None]}], {"kk": "Ә"}, "text", None])
def test_a_setting_comes_back_with_the_same_payload_whatever_its_shape(value: Any) -> None:
    text = e.payload_text(e.SettingChanged(key="later", value=value))
    assert e.payload_text(e.read("setting.changed", text)) == text


@pytest.mark.parametrize(("event", "_named", "_ours"), EXAMPLES, ids=IDS)
def test_every_deciding_event_carries_its_tick(event: e.Event, _named: str, _ours: str) -> None:
    carries = "tick" in {field.name for field in fields(event)}
    without = e.SettingChanged | e.DeviceRegistered | e.DeviceTold | e.StaffAdded | e.StaffCredentialChanged
    assert carries == (not isinstance(event, without))


def test_an_unknown_type_is_kept_word_for_word() -> None:
    text = '{"slot" : "passport@2026-03-02T03:00:00.000Z"}'
    event = e.read("slot.borrowed", text)
    assert (e.type_of(event), e.payload_text(event)) == ("slot.borrowed", text)


def test_unknown_keys_are_ignored() -> None:
    assert e.read("clock.stepped", '{"by":3,"tick":1,"later":{}}') == e.ClockStepped(by=3, tick=1)


def test_a_missing_key_is_corrupt_and_named() -> None:
    with pytest.raises(Corrupt, match=r"event ticket\.started has no desk, tick"):
        e.read("ticket.started", '{"ticket":"t1"}')


def test_keys_that_came_later_have_defaults_so_that_the_contracts_own_examples_are_read() -> None:
    text = (
        '{"ticket":"t1","number":"A042","day":"2026-03-02","service":"passport","category":null,"lang":"ky","booking":null,"via":"kiosk-1","tick":4}'
    )
    event = e.read("ticket.issued", text)
    assert isinstance(event, e.TicketIssued)
    assert (event.opens, event.promise) == (None, None)


def test_text_is_written_as_it_is_not_escaped() -> None:
    assert "Күттү" in e.payload_text(e.DeskPaused(desk="3", reason="Күттү", tick=1))
