"""Values to rows and back, through a real table: whatever the core can hold comes back equal."""

from collections.abc import Callable
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import apsw
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.queueing.day import Day
from edge.queueing.desk import Desk, DeskState, LastMove, Step
from edge.queueing.national import NationalItem
from edge.queueing.registry import Device, Family, Kind, Member, Role
from edge.queueing.ticket import Booked, Ticket, TicketState
from edge.store import hot, migrate, rows

T = TypeVar("T")
START = datetime(1970, 1, 1, tzinfo=UTC)

names = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=12)
ticks = st.integers(0, 2**40)
instants = st.integers(0, 10**14).map(lambda ms: START + timedelta(milliseconds=ms))
OWN = {
    "state": st.sampled_from(TicketState),
    "booked": st.none() | st.sampled_from(Booked),
    "confirmed": st.none() | st.booleans(),
    "called_at": st.none() | instants,
    "held_tick": st.none() | ticks,
    **dict.fromkeys(("held_until", "absent_until", "first_call"), st.none() | ticks),
    "steps": st.lists(names, max_size=3).map(tuple),
    "returns": st.lists(st.tuples(names, names), max_size=2).map(tuple),
    **dict.fromkeys(("expected", "earliest", "latest", "called_tick"), st.none() | ticks),
    **{name: st.booleans() for name in ("returned", "transferred", "inaccurate", "raised")},
    **dict.fromkeys(("issued_at", "state_at"), instants),
    **dict.fromkeys(("order", "arrival", "base", "ready_at", "shown", "recalls", "step"), ticks),
    **dict.fromkeys(("id", "number", "day", "service", "lang", "via", "last_event"), names),
}
tickets = st.fixed_dictionaries({field.name: OWN.get(field.name, st.none() | names) for field in fields(Ticket)}).map(lambda given: Ticket(**given))
steps = st.builds(Step, names, tickets, st.sampled_from(TicketState), st.none() | names, ticks, ticks)
moves = st.builds(LastMove, ticks, st.lists(steps, min_size=1, max_size=2).map(tuple))
desks = st.builds(Desk, names, st.sampled_from(DeskState), st.none() | names, st.none() | names, ticks, ticks, st.none() | moves)
devices = st.builds(
    Device,
    names,
    st.sampled_from(Kind),
    st.none() | names,
    st.none() | names,
    st.none() | st.lists(names).map(tuple),
    ticks,
    st.booleans(),
    st.none() | st.sampled_from(Family),
    st.none() | names,
)
members = st.builds(Member, names, names, st.sampled_from(Role), st.booleans())
payloads = st.none() | st.dictionaries(names, names | ticks | st.none() | st.lists(names, max_size=2), max_size=3)
items = st.builds(NationalItem, names, names, names, ticks, st.booleans(), payloads, st.none() | names, st.none() | names)
days = st.builds(Day, names, instants, names, st.integers(-50_000, 50_000), st.integers(-(2**40), 2**40), st.booleans())


@pytest.fixture(scope="module")
def connection(tmp_path_factory: pytest.TempPathFactory) -> apsw.Connection:
    connection = apsw.Connection(str(tmp_path_factory.mktemp("rows") / "edge.db"))
    connection.pragma("synchronous", 0)
    migrate.up(connection)
    return connection


def there_and_back(connection: apsw.Connection, put: str, get: str, row: rows.Row, read: Callable[[rows.Row], T]) -> T:
    connection.execute(put, row)
    found: list[Any] = [each for each in connection.execute(get) if each[0] == row[0]]
    assert len(found) == 1
    return read(found[0])


@given(ticket=tickets)
def test_a_ticket_comes_back_equal(connection: apsw.Connection, ticket: Ticket) -> None:
    connection.execute("DELETE FROM ticket")  # a number is unique in its day
    connection.execute(hot.PUT_TICKET, rows.ticket_row(ticket))
    assert [rows.ticket(row) for row in connection.execute(hot.ONE_TICKET, (ticket.id,))] == [ticket]


@given(desk=desks)
def test_a_desk_with_its_last_move_comes_back_equal(connection: apsw.Connection, desk: Desk) -> None:
    assert there_and_back(connection, hot.PUT_DESK, hot.GET_DESKS, rows.desk_row(desk), rows.desk) == desk


@given(device=devices)
def test_a_device_comes_back_equal(connection: apsw.Connection, device: Device) -> None:
    assert there_and_back(connection, hot.PUT_DEVICE, hot.GET_DEVICES, rows.device_row(device), rows.device) == device


@given(member=members)
def test_a_member_comes_back_equal(connection: apsw.Connection, member: Member) -> None:
    assert there_and_back(connection, hot.PUT_MEMBER, hot.GET_MEMBERS, rows.member_row(member), rows.member) == member


@given(item=items)
def test_an_item_of_the_national_feed_comes_back_equal(connection: apsw.Connection, item: NationalItem) -> None:
    get = f"SELECT {','.join(rows.NATIONAL_COLUMNS)} FROM national_item"
    assert there_and_back(connection, hot.PUT_NATIONAL, get, rows.national_row(item), rows.national) == item


@given(day=st.none() | days)
def test_a_day_comes_back_equal(day: Day | None) -> None:
    assert rows.day(rows.day_text(day)) == day
