"""The national feed on a real database: each item once, rights spent here alone, custody, requests, and everything again in a replay."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from edge.errors import BadRequest, Corrupt, Refused
from edge.operations import bookings, closures, national, restored, staff, views
from edge.operations.decision import deciding
from edge.operations.epochs import Issued, begin_epoch
from edge.operations.link_state import LinkState, State
from edge.operations.national import Item, Scope, apply_items, bind, swap
from edge.operations.verify import replay
from edge.queueing import events as e
from edge.queueing.booking import BookingState, Owner
from edge.queueing.policy import Mode
from edge.queueing.registry import Role
from edge.queueing.slots import rights_of
from edge.store import queries, sync_state
from tests.operations.box import Box
from tests.operations.test_bookings import TODAY, book, check_in, left
from tests.queueing.centre import named

TEN, ELEVEN, TOMORROW = (f"address@2026-03-0{at}:00.000Z" for at in ("2T04:00", "2T05:00", "3T05:00"))
ODD = "address@2026-03-02T05:07:00.000Z"  # no slot of the centre's own grid
versions = iter(range(1, 10_000))


def item(kind: str, key: str, payload: Any = None, *, op: str = "put", custody: str | None = None, version: int | None = None) -> Item:
    number = next(versions) if version is None else version
    return Item(number, kind, key, number, op, payload, custody)


def grant(slot: str, granted: int, *, capacity: int = 5, epoch: int = 1) -> Item:
    payload = {"slot": slot, "epoch": epoch, "service": "address", "start": slot[8:], "minutes": 15, "capacity": capacity, "granted": granted}
    return item("slot_grant", slot, payload)


def booked(booking: str, slot: str, *, state: str = "confirmed", custody: str = "national", **more: Any) -> Item:
    payload = {"booking": booking, "code": f"N{booking:A>5}".upper(), "service": "address", "slot": slot, "start": slot[8:], "minutes": 15}
    return item("booking", booking, {**payload, "person": f"person of {booking}", "lang": "ru", "state": state, **more}, custody=custody)


def asked(request: str, booking: str, slot: str | None = None) -> Item:
    return item("booking_request", request, {"booking": booking, "wish": "reschedule" if slot else "cancel", "slot": slot})


def feed(box: Box, *items: Item, cursor: str = "c") -> None:
    apply_items(box.ctx, items, cursor)


def national_events(box: Box) -> list[e.Event]:
    lines = (line for line in queries.all_lines(box.database) if line.actor == "national")
    return [e.read(line.type, line.payload or "") for line in lines]


def refusals(box: Box) -> list[str]:
    return [event.why for event in national_events(box) if isinstance(event, e.BookingRequestRefused)]


def state(box: Box, booking: str) -> BookingState:
    return bookings.find(box.ctx, f"N{booking:A>5}".upper()).state


@pytest.fixture
def bound(box: Box) -> Box:
    """A centre that a national server knows."""
    bind(box.ctx)
    return box


def is_sound(box: Box) -> bool:
    """What is in the tables follows from the journal, and so does the hall."""
    again = replay(queries.all_lines(box.database))
    assert box.verify().problems == []
    assert (again.slots, again.bookings, again.policy, again.epoch) == (box.hall.slots, box.hall.bookings, box.hall.policy, box.hall.epoch)
    return True


def test_a_bound_centre_sells_what_was_granted_and_nothing_before(bound: Box) -> None:
    assert left(bound, TEN) == 0
    with pytest.raises(BadRequest, match="does not exist"):
        book(bound)
    feed(bound, grant(TEN, 2), grant(ODD, 1))
    assert (left(bound, TEN), left(bound, ODD)) == (2, 1)
    book(bound, "p001")
    book(bound, "p002")
    with pytest.raises(Refused) as refused:
        book(bound, "p003")
    assert (refused.value.code, refused.value.reason) == ("rights_spent", "full")
    assert [each["slot"] for each in refused.value.more["slots"]] == [ODD]
    assert is_sound(bound)


def test_a_cancelled_booking_gives_its_right_back_to_the_centre(bound: Box) -> None:
    feed(bound, grant(TEN, 1))
    made = book(bound)
    assert left(bound, TEN) == 0
    bookings.cancel(bound.ctx, made["code"], by="visitor", actor="device:kiosk-1")
    assert left(bound, TEN) == 1
    assert is_sound(bound)


def test_an_item_counts_once_in_each_higher_version_and_a_grant_never_shrinks(bound: Box) -> None:
    first, second = grant(TEN, 2), grant(TEN, 3)
    feed(bound, first, first, second, first)
    feed(bound, second, first)
    assert left(bound, TEN) == 3
    feed(bound, grant(TEN, 1))
    assert left(bound, TEN) == 3
    assert bound.types().count("slot.granted") == 3
    assert is_sound(bound)


def test_grants_of_another_epoch_are_not_spent_and_wait_for_theirs(bound: Box) -> None:
    feed(bound, grant(TEN, 2, epoch=2))
    assert left(bound, TEN) == 0
    begin_epoch(bound.ctx, Issued(2, bound.database.head()), lambda _epoch, _after: ())
    assert bound.types().count("slot.granted") == 0
    feed(bound, grant(ELEVEN, 2, epoch=1))
    assert left(bound, TEN) == 2
    assert left(bound, ELEVEN) == 0
    bound.restart()
    assert (bound.hall.epoch, left(bound, TEN)) == (2, 2)


def test_a_restored_box_spends_no_right_of_its_epoch_confirmed_or_not_and_sells_again_in_the_next(bound: Box) -> None:
    feed(bound, grant(TEN, 2))
    with bound.database.write() as transaction:
        transaction.connection.execute("UPDATE box SET copied_at = '2026-03-02T03:00:00.000Z'")
    assert restored.recognise(bound.ctx, None)
    for _ in range(2):
        assert left(bound, TEN) == 0
        with pytest.raises(Refused) as refused:
            book(bound)
        assert refused.value.code == "epoch_awaited"
        if bound.hall.policy.restored:
            restored.confirm(bound.ctx, actor="staff:x")
    begin_epoch(bound.ctx, Issued(2, bound.database.head()), lambda _epoch, _after: ())
    feed(bound, grant(TEN, 1, epoch=2))
    assert left(bound, TEN) == 1


def test_a_recall_returns_what_is_unspent_and_what_was_returned_is_not_sold(bound: Box) -> None:
    feed(bound, grant(TEN, 3))
    book(bound, "p001")
    feed(bound, item("slot_recall", TEN, {"slot": TEN, "wanted": 9}))
    rights = rights_of(bound.hall.slots[TEN], 1)
    assert (rights.granted, rights.returned, rights.sold) == (3, 2, 1)
    assert left(bound, TEN) == 0
    feed(bound, grant(TEN, 4))
    assert left(bound, TEN) == 1
    assert is_sound(bound)


def test_the_tables_themselves_refuse_a_seat_without_a_right(bound: Box) -> None:
    feed(bound, grant(TEN, 1))
    sale: dict[str, Any] = {"slot": TEN, "service": "address", "start": TEN[8:], "minutes": 15, "lang": "ky", "right": "edge", "right_epoch": 1}

    def sell_unasked() -> None:
        with deciding(bound.ctx, "system") as decision:
            for name in ("b1", "b2"):
                decision.turn.emit(e.BookingMade(booking=name, code=f"AAAA{name.upper()}", person=name, capacity=5, tick=decision.turn.tick, **sale))

    with pytest.raises(Corrupt, match="no right of epoch 1 is left"):
        sell_unasked()
    assert left(bound, TEN) == 1
    assert is_sound(bound)


def test_a_capacity_lowered_below_what_is_sold_stops_sales_and_names_whom_to_tell(bound: Box) -> None:
    feed(bound, grant(TEN, 3, capacity=4))
    first, second = book(bound, "p001"), book(bound, "p002")
    feed(bound, booked("b1", TEN), grant(TEN, 3, capacity=2))
    assert left(bound, TEN) == 0
    told = [each.booking.id for each in closures.to_tell(bound.ctx, TODAY)]
    assert len(told) == 1
    assert told[0] not in (first["booking"], second["booking"])
    assert closures.days(bound.ctx) == [(TODAY, 1)]


def test_a_national_booking_is_known_checked_in_and_costs_no_right(bound: Box) -> None:
    feed(bound, grant(TEN, 1), booked("b1", TEN))
    assert left(bound, TEN) == 1
    found = bound.hall.bookings["b1"]
    assert (found.right, found.right_epoch, found.custody, found.person) == (Owner.NATIONAL, None, Owner.NATIONAL, "person of b1")
    bound.pass_by(30 * 60)
    check_in(bound, found.code)
    assert is_sound(bound)


def test_what_is_told_again_changes_nothing_and_a_deleted_booking_stays(bound: Box) -> None:
    told = booked("b1", TEN)
    feed(bound, told, replace(told, version=told.version + 500))
    feed(bound, item("booking", "b1", op="delete", version=told.version + 501))
    assert state(bound, "b1") is BookingState.CONFIRMED
    assert bound.types().count("booking.made") == 1
    assert is_sound(bound)


def test_the_national_side_moves_and_cancels_what_is_in_its_custody(bound: Box) -> None:
    feed(bound, booked("b1", TEN), booked("b1", ELEVEN, custody="national"))
    assert bound.hall.bookings["b1"].slot == ELEVEN
    assert [(each.national_sold, each.national_released) for each in bound.hall.slots.values()] == [(1, 1), (1, 0)]
    feed(bound, booked("b1", ELEVEN, state="cancelled"))
    assert state(bound, "b1") is BookingState.CANCELLED
    feed(bound, booked("b1", ELEVEN))
    assert state(bound, "b1") is BookingState.CANCELLED
    assert is_sound(bound)


def test_a_check_in_beats_a_cancellation(bound: Box) -> None:
    feed(bound, booked("b1", TEN))
    bound.pass_by(30 * 60)
    check_in(bound, bound.hall.bookings["b1"].code)
    feed(bound, booked("b1", TEN, state="cancelled"))
    feed(bound, asked("r1", "b1"))
    assert state(bound, "b1") is BookingState.CHECKED_IN
    assert refusals(bound) == ["checked_in"]


def test_until_custody_comes_the_centre_neither_cancels_nor_moves_a_booking_of_another_day(bound: Box) -> None:
    feed(bound, grant(ELEVEN, 1), booked("b1", TOMORROW))
    code = bound.hall.bookings["b1"].code
    with pytest.raises(Refused) as refused:
        bookings.cancel(bound.ctx, code, by="staff", actor="desk:1")
    assert refused.value.code == "national_custody"
    with pytest.raises(Refused) as refused:
        bookings.reschedule(bound.ctx, code, ELEVEN, actor="desk:1")
    assert refused.value.code == "national_custody"
    feed(bound, booked("b1", TOMORROW, custody="edge"))
    bookings.reschedule(bound.ctx, code, ELEVEN, actor="desk:1")
    moved = bound.hall.bookings["b1"]
    assert (moved.right, moved.right_epoch, left(bound, ELEVEN)) == (Owner.EDGE, 1, 0)
    assert bound.hall.slots[TOMORROW].national_released == 1
    assert is_sound(bound)


def test_cut_off_on_the_day_itself_a_national_booking_can_be_cancelled_here(bound: Box) -> None:
    feed(bound, booked("b1", TEN))
    bookings.cancel(bound.ctx, bound.hall.bookings["b1"].code, by="staff", actor="desk:1")
    assert state(bound, "b1") is BookingState.CANCELLED


def test_a_request_is_done_by_a_right_of_the_centre_or_refused_in_the_contracts_words(bound: Box) -> None:
    feed(bound, grant(TEN, 1), grant(ELEVEN, 1), booked("b1", TEN, custody="edge"), booked("b2", TEN, custody="edge"))
    feed(bound, asked("r1", "b1", ELEVEN), asked("r2", "b2", ELEVEN), asked("r3", "b3"), asked("r4", "b2", "address@nowhere"))
    assert bound.hall.bookings["b1"].slot == ELEVEN
    assert bound.hall.bookings["b1"].right is Owner.EDGE
    assert refusals(bound) == ["no_right", "unknown", "no_right"]
    feed(bound, asked("r5", "b1"), asked("r6", "b1"))
    assert state(bound, "b1") is BookingState.CANCELLED
    assert left(bound, ELEVEN) == 1
    assert refusals(bound) == ["no_right", "unknown", "no_right"]
    assert is_sound(bound)


def test_a_service_is_narrowed_and_comes_back_when_the_item_goes(bound: Box) -> None:
    key = "address"
    feed(bound, item("service", key, {"code": "address", "open": True, "mode": "appointment-only", "from": "2026-03-03"}))
    assert bound.hall.policy.services["address"].next_mode is Mode.APPOINTMENT_ONLY
    feed(bound, item("service", key, {"code": "address", "open": False, "mode": None, "from": None}))
    with pytest.raises(Refused) as refused:
        bound.issue("address")
    assert refused.value.reason == "closed"
    bound.restart()
    assert is_sound(bound)
    feed(bound, item("service", key, op="delete"))
    bound.issue("address")
    assert is_sound(bound)


def test_what_contradicts_the_centres_settings_is_seen_said_and_not_put_in_force(bound: Box) -> None:
    feed(bound, item("service", "passport", {"code": "passport", "open": False}))
    feed(bound, item("service", "passport", {"code": "passport", "open": True, "mode": "appointment-only"}), cursor="c2")
    assert bound.hall.policy.services["passport"].closed_from == ""
    found = national.not_in_force(bound.ctx)
    assert [(each.key, each.refused is not None) for each in found] == [("passport", True)]
    assert "no appointments" in (found[0].refused or "")
    assert sync_state.read(bound.database).cursor == "c2"
    bound.restart()
    assert bound.hall.policy.services["passport"].closed_from == ""
    assert is_sound(bound)


def test_a_day_of_the_national_calendar_closes_the_hall_and_names_whom_to_tell(bound: Box) -> None:
    feed(bound, grant(TOMORROW, 2))
    book(bound, "p001", TOMORROW)
    feed(bound, item("calendar", "2026-03-03", {"day": "2026-03-03", "hours": [], "closed": True, "why": {"ky": "Майрам", "ru": "Праздник"}}))
    assert bookings.slots(bound.ctx, "address", "2026-03-03") == []
    assert closures.days(bound.ctx) == [("2026-03-03", 1)]
    assert bound.hall.policy.calendar.days["2026-03-03"].why["kk"] == "Праздник"
    assert is_sound(bound)


def test_the_centre_narrows_a_national_day_and_never_widens_it(bound: Box) -> None:
    bound.make(calendar={"hours": {"tue": [["08:00", "18:00"]]}, "lunch": [], "days": [{"day": "2026-03-03", "hours": [["10:00", "20:00"]]}]})
    feed(bound, item("calendar", "x", {"day": "2026-03-03", "hours": [["09:00", "17:00"]], "closed": False}))
    hours = bound.hall.policy.calendar.days["2026-03-03"].hours
    assert [(each.start // 3600, each.end // 3600) for each in hours] == [(10, 17)]


def test_staff_come_without_a_password_and_whom_the_national_side_disabled_only_it_lets_in_again(bound: Box) -> None:
    staff.add(bound.ctx, login="boss", role=Role.ADMINISTRATOR, password="a long password", pin=None, actor="system")
    feed(bound, item("staff", "aida", {"login": "aida", "role": "operator", "active": True, "name": "Aida"}))
    feed(bound, item("staff", "boss", {"login": "boss", "role": "administrator", "active": False}))
    listed = {each.member.login: each.member.active for each in staff.listed(bound.ctx)}
    assert listed == {"aida": True, "boss": True}
    assert [each.key for each in national.not_in_force(bound.ctx)] == ["boss"]
    feed(bound, item("staff", "aida", {"login": "aida", "role": "operator", "active": False}))
    with pytest.raises(Refused) as refused:
        staff.enable(bound.ctx, login="aida", actor="staff:x")
    assert refused.value.code == "national_disabled"
    feed(bound, item("staff", "aida", {"login": "aida", "role": "operator", "active": True}))
    assert is_sound(bound)


def test_a_notice_is_on_the_boards_in_its_time_where_the_centre_has_none(bound: Box) -> None:
    feed(bound, item("notice", "n1", {"text": named("from the capital"), "from": "2026-03-02T03:30:00.000Z", "to": "2026-03-02T03:40:00.000Z"}))
    shown = []
    for seconds in (0, 35 * 60, 10 * 60):
        bound.pass_by(seconds)
        shown.append(bool(views.board(bound.hall, "a", bound.ctx.tick())["notice"]))
    assert shown == [False, True, False]


def test_nonsense_is_seen_with_its_reason_and_the_feed_goes_on(bound: Box) -> None:
    kinds = ["booking", "booking_request", "slot_grant", "slot_recall", "service", "calendar", "staff", "notice"]
    payloads: list[Any] = [None, 7, "x", [], {}, {"slot": 7}, {"slot": "address@noon", "granted": -1}, {"login": "x", "role": "king"}]
    feed(bound, *(item(kind, f"k{n}", payload) for kind in kinds for n, payload in enumerate(payloads)), grant(TEN, 2), cursor="on")
    assert left(bound, TEN) == 2
    assert sorted(each.item for each in national.not_in_force(bound.ctx)) == sorted(f"{kind}:k{n}" for kind in kinds for n in range(len(payloads)))
    assert sync_state.read(bound.database).cursor == "on"
    assert is_sound(bound)


def test_kinds_of_a_later_release_are_kept_as_they_came(bound: Box) -> None:
    feed(bound, item("weather", "frunze", {"wind": [1, {"a": None}]}))
    found = national.not_in_force(bound.ctx)
    assert [(each.kind, each.payload, each.refused) for each in found] == [("weather", {"wind": [1, {"a": None}]}, None)]
    assert is_sound(bound)


def test_a_snapshot_lowers_no_counter_removes_no_booking_and_drops_what_the_country_dropped(bound: Box) -> None:
    notice, day = item("notice", "n1", {"text": named("x")}), item("calendar", "d", {"day": "2026-03-05", "hours": [], "closed": True})
    feed(bound, grant(TEN, 3), grant(ELEVEN, 2), booked("b1", TEN), booked("b2", TEN), notice, day)
    kept = [booked("b2", TEN), booked("b9", ELEVEN)]
    swap(bound.ctx, Scope.BOOKINGS, kept, "s1", national.digest_of((each.kind, each.key, each.version) for each in kept))
    assert {"b1", "b2", "b9"} <= bound.hall.bookings.keys()
    lower = [grant(TEN, 1)]
    swap(bound.ctx, Scope.SLOTS, lower, "s2", national.digest_of((each.kind, each.key, each.version) for each in lower))
    assert (left(bound, TEN), left(bound, ELEVEN)) == (3, 2)
    swap(bound.ctx, Scope.CONFIG, [notice], "s3", national.digest_of([("notice", "n1", notice.version)]))
    assert "2026-03-05" not in bound.hall.policy.calendar.days
    everything = [*kept, *lower, notice]
    assert national.digests(bound.ctx)[Scope.ALL] == national.digest_of((each.kind, each.key, each.version) for each in everything)
    assert sync_state.read(bound.database).cursor == "s3"
    assert is_sound(bound)


def test_a_snapshot_that_is_not_what_was_announced_changes_nothing(bound: Box) -> None:
    with pytest.raises(BadRequest, match="digest"):
        swap(bound.ctx, Scope.ALL, [grant(TEN, 2)], "s", "0" * 64)
    assert left(bound, TEN) == 0


def test_the_digest_is_of_the_sorted_lines_of_kind_key_and_version() -> None:
    import hashlib

    assert national.digest_of([("b", "2", 1), ("a", "9", 10)]) == hashlib.sha256(b"a:9:10\nb:2:1\n").hexdigest()


def test_a_day_that_ends_settles_its_rights_and_no_item_opens_its_slots_again(bound: Box) -> None:
    feed(bound, grant(TEN, 3), grant(TOMORROW, 1))
    book(bound, "p001")
    second = book(bound, "p002")
    bookings.cancel(bound.ctx, second["code"], by="visitor", actor="device:kiosk-1")
    bound.clock.at += timedelta(hours=16)
    bound.clock.since_boot += 16 * 3600
    bound.pass_by(1)
    lines = [json.loads(line.payload or "") for line in queries.all_lines(bound.database) if line.type == "slot.settled"]
    assert [{key: each[key] for key in ("slot", "granted", "sold", "released", "unsold")} for each in lines] == [
        {"slot": TEN, "granted": 3, "sold": 2, "released": 1, "unsold": 2}
    ]
    feed(bound, grant(TEN, 9), booked("b1", TEN))
    assert TEN not in bound.hall.slots
    assert is_sound(bound)


@pytest.mark.parametrize("link", [State.IDLE, State.BLOCKED])
def test_two_days_before_its_day_a_slot_goes_back_but_for_one_seat_if_the_link_is_up(bound: Box, link: State) -> None:
    early, later = "address@2026-03-04T05:00:00.000Z", "address@2026-03-05T05:00:00.000Z"
    feed(bound, *(grant(slot, 4) for slot in (TOMORROW, early, later)))
    book(bound, "p001", early)
    bound.ctx.link.state = LinkState(link)
    bound.pass_by(16 * 3600)
    returned = {slot: rights_of(bound.hall.slots[slot], 1).returned for slot in (TOMORROW, early, later)}
    assert returned == {TOMORROW: 0, early: 2 if link is State.IDLE else 0, later: 0}
    assert is_sound(bound)


def test_one_person_booked_on_both_sides_is_named_once_and_nothing_is_cancelled(bound: Box) -> None:
    feed(bound, grant(TEN, 1))
    made = book(bound, "p001")
    person = bound.hall.bookings[made["booking"]].person
    feed(bound, booked("b1", ELEVEN, person=person))
    assert len(closures.to_tell(bound.ctx, TODAY)) == 1
    assert bound.hall.bookings["b1"].state is BookingState.CONFIRMED
