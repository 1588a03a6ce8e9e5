"""What an operator may change, and who may look."""

from collections.abc import Iterator

import pytest

from edge.sync.reference import operators
from tests.sync.reference.town import Centre, Town, quoted, town


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    with town(tmp_path_factory.mktemp("town") / "national.db") as made:
        yield made


@pytest.fixture(scope="module")
def centre(place: Town) -> Centre:
    return place.centre().link()


@pytest.fixture(scope="module")
def token(place: Town, centre: Centre) -> str:
    assert centre.box.call("GET", "/portal/v1/overview").status == 200  # nobody is an operator yet, and this machine asks
    return operators.enrol("ministry", place.now)


def test_the_overview_is_the_operators_alone_once_there_is_one(centre: Centre, token: str) -> None:
    assert centre.box.call("GET", "/portal/v1/overview").status == 401  # a centre's token is none
    assert centre.box.call("GET", "/overview").status == 401
    (view,) = centre.box.call("GET", "/portal/v1/overview", extra={"Authorization": f"Bearer {token}"}).body
    assert (view["centre"], view["worst"], view["behind"]) == (centre.box.centre, "", 0)


def test_only_an_operator_changes_what_is_national(centre: Centre) -> None:
    for method, path, body in (
        ("PUT", "/items/notice/n1", {"text": {}}),
        ("DELETE", "/items/notice/n1", None),
        ("PUT", f"/slots/{quoted(centre.slot(hours=9))}", {"minutes": 60, "capacity": 9}),
        ("POST", "/epochs/1/end", {}),
        ("DELETE", "/concerns/clock/clock", None),
    ):
        assert centre.portal(method, path, body).status == 401


def test_a_calendar_item_goes_to_the_centre_and_counts_here_at_once(centre: Centre, token: str) -> None:
    slot = centre.slot(hours=30)
    assert centre.left(slot) == 2
    item = {"day": "2026-03-03", "hours": [], "closed": True, "why": "holiday"}
    assert centre.portal("PUT", "/items/calendar/2026-03-03", item, token=token).status == 200
    centre.town.later(seconds=10)
    centre.pull()
    assert centre.items["calendar", "2026-03-03"]["payload"] == item
    assert centre.left(slot) == 0
    assert centre.portal("DELETE", "/items/calendar/2026-03-03", token=token).status == 200
    centre.town.later(seconds=10)
    centre.pull()
    assert (centre.left(slot), centre.grant(slot)["capacity"]) == (2, 6)


def test_an_operator_sets_the_capacity_of_one_slot(centre: Centre, token: str) -> None:
    slot = centre.slot(hours=9)
    told = centre.portal("PUT", f"/slots/{quoted(slot)}", {"minutes": 60, "capacity": 10}, token=token)
    assert told.body["left"] == 6
    centre.pull()
    assert (centre.grant(slot)["capacity"], centre.grant(slot)["granted"]) == (10, 4)
    lowered = centre.portal("PUT", f"/slots/{quoted(slot)}", {"minutes": 60, "capacity": 1}, token=token)
    assert lowered.body["left"] == -3
    views = centre.box.call("GET", "/portal/v1/overview", extra={"Authorization": f"Bearer {token}"}).body
    assert [(need["kind"], need["detail"]) for need in views[0]["needs"]] == [("below-zero", {"slots": [slot]})]


def test_the_unsold_rights_of_an_older_epoch_come_back_when_an_operator_confirms(place: Town, token: str) -> None:
    centre = place.centre().link()
    slot = centre.slot(hours=12)
    centre.box.is_backup = True
    centre.box.begin(centre.box.hello().body)
    centre.sent = 0
    centre.push()
    centre.pull()
    assert centre.left(slot) == 1
    assert centre.portal("POST", "/epochs/2/end", {}, token=token).body["error"] == "epoch_present"
    assert centre.portal("POST", "/epochs/1/end", {}, token=token).status == 200
    assert centre.left(slot) == 2  # four came back, and three went to the nearly spent new epoch


def test_a_notice_is_on_the_page_while_it_holds(centre: Centre, token: str) -> None:
    said = {"text": {"ru": "Центр переехал", "en": "The centre has moved"}, "from": "2026-03-01", "to": "2026-04-01"}
    assert centre.portal("PUT", "/items/notice/n1", said, token=token).status == 200
    assert "The centre has moved" in centre.box.call("GET", f"/c/{centre.box.centre}?lang=en").raw.decode()
    assert centre.portal("PUT", "/items/slot_grant/n1", said, token=token).status == 422
