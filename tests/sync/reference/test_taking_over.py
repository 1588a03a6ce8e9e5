"""Stored lines are taken over once each, whatever they say, whenever this server died or was restored."""

import json
import random
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from edge.sync.reference import journal, payloads
from edge.sync.reference.books import Booking
from edge.sync.reference.models import Centre as Row
from tests.sync.reference.town import SETTINGS, Centre, Town, town

NONSENSE: list[Any] = [
    None,
    True,
    -1,
    2**60,
    1.5,
    "",
    "x" * 300,
    "a\x00b",
    "\ud800",
    [],
    {},
    ["a"],
    {"a": 1},
    "passport@0001-01-01T00:00:00.000Z",
    "A@B",
]


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def place(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    where = tmp_path_factory.mktemp("town") / "national.db" if request.param == "sqlite" else request.getfixturevalue("cluster").create()
    with town(where) as made:
        yield made


def is_all_taken(centre: Centre) -> bool:
    row = Row.get_by_id(centre.box.centre)
    return (row.applied_epoch, row.applied_seq) == journal.head(row.centre)


def test_no_payload_stops_the_events_behind_it(place: Town) -> None:
    centre, chance = place.centre().link(), random.Random(6)
    keys = [
        "booking",
        "slot",
        "epoch",
        "granted",
        "right",
        "right_epoch",
        "minutes",
        "person",
        "ticket",
        "number",
        "day",
        "desk",
        "key",
        "value",
        "by",
    ]
    for type_ in sorted(payloads.KNOWN | {"device.registered"}):
        for _ in range(1):
            said = {key: chance.choice(NONSENSE) for key in keys if chance.random() < 0.8}
            said |= {key: "name" for key in keys if chance.random() < 0.5}
            centre.box.write(type=type_, payload=json.dumps(said))
    for setting in SETTINGS:
        for value in NONSENSE:
            centre.say("setting.changed", key=setting, value=[value] if chance.random() < 0.5 else value)
            centre.say("setting.changed", key=setting, value=[dict.fromkeys(SETTINGS["services"][0], value)])
    for setting, value in SETTINGS.items():
        centre.say("setting.changed", key=setting, value=value)
    centre.push()
    assert is_all_taken(centre)
    slot = centre.slot(hours=9)
    centre.sell(slot)
    centre.push()
    centre.pull()
    assert centre.grant(slot)["granted"] == 4
    assert centre.left(slot) == 2


def test_settings_that_make_no_sense_give_no_appointments_and_no_error(place: Town) -> None:
    chance = random.Random(7)
    for _ in range(3):
        service = {name: chance.choice([value, *NONSENSE]) for name, value in SETTINGS["services"][0].items()}
        days = [{"day": chance.choice(NONSENSE), "hours": chance.choice(NONSENSE)}]
        calendar = {"hours": chance.choice([SETTINGS["calendar"]["hours"], *NONSENSE]), "days": days, "lunch": [chance.choice(NONSENSE)]}
        bookings = {"horizon_days": chance.choice(NONSENSE), "share_permille": chance.choice(NONSENSE)}
        centre = place.centre(centre={"tz": chance.choice(NONSENSE)}, services=[service], calendar=calendar, bookings=bookings)
        centre.link()
        assert is_all_taken(centre)


def test_what_was_stored_and_not_taken_over_is_taken_when_the_box_comes_again(place: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    centre = place.centre().link()
    slot = centre.slot(hours=9)
    monkeypatch.setattr(journal, "waiting", lambda _row, _limit: [])  # died after storing
    for _ in range(3):
        centre.sell(slot)
    centre.push()
    assert not is_all_taken(centre)
    monkeypatch.undo()
    place.later(seconds=10)
    centre.pull()
    assert is_all_taken(centre)
    assert (centre.grant(slot)["granted"], centre.left(slot)) == (5, 1)


def test_an_event_that_comes_again_in_a_new_epoch_has_had_its_effect(place: Town) -> None:
    centre = place.centre().link()
    slot = centre.slot(hours=9)
    booking = centre.sell(slot)
    centre.push()
    centre.box.lines.pop()  # the box is restored from before, and sells the same seat's right again to another
    centre.sell(slot)
    told = centre.box.hello().body
    assert told["action"] == "new_epoch"
    centre.box.begin(told)
    centre.sent = 0
    centre.push()
    assert Booking.select().where(Booking.centre == centre.box.centre, Booking.slot == slot).count() == 2
    assert booking in {each.booking for each in Booking.select().where(Booking.centre == centre.box.centre)}
    again = centre.box.hello()
    assert again.body["action"] == "resume"
    assert centre.left(slot) == 0  # four frozen with the old epoch, the rest is the new one's


def test_many_portals_at_once_sell_no_seat_twice(place: Town) -> None:
    centre = place.centre().link()
    slot = centre.slot(hours=9)
    answers: list[int] = []
    threads = [threading.Thread(target=lambda n=n: answers.append(centre.book(slot, person=f"AN {n}00000").status)) for n in range(1, 7)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert sorted(answers) == [201, 201, 409, 409, 409, 409]
