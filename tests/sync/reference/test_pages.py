"""The booking pages: by links and plain forms alone, in four languages."""

import re
from collections.abc import Iterator
from http.cookies import SimpleCookie
from urllib.parse import urlencode

import pytest

from tests.sync.reference.box import Answer
from tests.sync.reference.town import NOON, Centre, Town, quoted, town

LANGS = ("ky", "ru", "kk", "en")


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    with town(tmp_path_factory.mktemp("town") / "national.db") as made:
        yield made


@pytest.fixture(scope="module")
def centre(place: Town) -> Centre:
    return place.centre().link()


def get(centre: Centre, path: str) -> Answer:
    return centre.box.call("GET", path)


def post(centre: Centre, path: str, /, **fields: str) -> Answer:
    return centre.box.call("POST", path, urlencode(fields).encode(), {"Content-Type": "application/x-www-form-urlencoded"})


def text(answer: Answer) -> str:
    return answer.raw.decode()


@pytest.mark.parametrize("lang", LANGS)
def test_every_page_speaks_four_languages_and_runs_no_script(centre: Centre, lang: str) -> None:
    slot = quoted(centre.slot(hours=30))
    for path in ("/", f"/c/{centre.box.centre}", f"/c/{centre.box.centre}/passport", f"/c/{centre.box.centre}/at/{slot}", "/booking", "/overview"):
        answer = get(centre, f"{path}?lang={lang}")
        assert answer.status == 200, path
        assert f'<html lang="{lang}">' in text(answer)
        assert "<script" not in text(answer)
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
        assert SimpleCookie(answer.headers["Set-Cookie"])["kezek-lang"].value == lang


def test_a_visitor_books_shows_moves_and_cancels(centre: Centre) -> None:
    slot, new, person = centre.slot(hours=31), centre.slot(hours=32), "AN 1112223"
    form = get(centre, f"/c/{centre.box.centre}/at/{quoted(slot)}?lang=en")
    key = re.search(r'name="key" value="([^"]+)"', text(form))
    assert key is not None
    booked = post(centre, f"/c/{centre.box.centre}/book?lang=en", slot=slot, key=key[1], person=person)
    assert booked.status == 201
    code = re.search(r'class="code tabular">([A-Z0-9]{6})<', text(booked))
    assert code is not None
    claim = {"centre": centre.box.centre, "code": code[1].lower(), "person": "an1112223"}
    assert "You are booked" in text(post(centre, "/booking?lang=en", **claim))
    assert new in text(post(centre, "/booking/move?lang=en", **claim))
    moved = post(centre, "/booking/move?lang=en", **claim, slot=new)
    assert "Tuesday, 3 March, 20:00" in text(moved)
    assert "This appointment is cancelled" in text(post(centre, "/booking/cancel?lang=en", **claim))
    assert post(centre, "/booking?lang=en", **{**claim, "person": "AN 0000000"}).status == 404


def test_what_cannot_be_booked_is_said_in_words(centre: Centre) -> None:
    refused = post(centre, f"/c/{centre.box.centre}/book?lang=en", slot=centre.slot(hours=-1), key="some-key-1", person="AN 5556667")
    assert refused.status in {409, 422}
    assert "Please choose another one" in text(refused)
    short = post(centre, f"/c/{centre.box.centre}/book?lang=en", slot=centre.slot(hours=30), key="some-key-2", person="A-1")
    assert (short.status, "A document number or phone has 4 to 64 characters" in text(short)) == (422, True)


def test_what_does_not_exist_is_a_page_too(centre: Centre) -> None:
    answer = get(centre, "/c/nowhere?lang=en")
    assert (answer.status, "There is no such page" in text(answer)) == (404, True)


def test_the_overview_shows_who_needs_a_person_first(place: Town, centre: Centre) -> None:
    silent = place.centre()
    page = text(get(centre, "/overview?lang=en"))
    assert "No box has said hello yet" in page
    assert page.index(silent.box.centre) < page.index(centre.box.centre)
    assert place.now == NOON


def test_what_is_wrong_with_the_equipment_is_in_the_overview_until_the_centre_says_that_it_is_over(place: Town) -> None:
    centre = place.centre().link()
    for what, about in (("paper-out", "kiosk-1"), ("paper-out", "kiosk-2"), ("disk", None), ("later", None)):
        centre.say("alert.raised", alert=f"{what}:{about}" if about else what, what=what, about=about, detail=None, tick=1)
    centre.push()
    page = text(get(centre, "/overview?lang=en"))
    assert "The disk of the box is nearly full; No paper: kiosk-1, kiosk-2; later" in page
    for alert in ("paper-out:kiosk-1", "paper-out:kiosk-2", "disk", "later", "never-raised"):
        centre.say("alert.cleared", alert=alert, what="?", about=None, why="well", tick=2)
    centre.push()
    assert "No paper" not in text(get(centre, "/overview?lang=en"))
