"""The national link as people see it: every state in a sentence with what to do, on its own page, in the hall, the settings and on the front page."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from html import unescape

import pytest

from edge.link_switch import LinkSwitch
from edge.operations import national, node
from edge.operations.link_state import LinkState, State, Why
from edge.operations.national import Item
from edge.queueing.chain import Head
from edge.web.screens import link_words
from edge.web.site import EXTENSION
from tests.demo_process import free_ports
from tests.web.conftest import Web
from tests.web.pages import Page, Person

SAID = {
    Why.UNREACHABLE: ("The national server cannot be reached.", "Look at the network cable"),
    Why.CREDENTIAL: ("does not let this box in", "a wrong clock alone can be the cause"),
    Why.CONFIGURATION: ("but not as the national server does", "a login page of the network or a proxy"),
    Why.VERSION: ("speak different versions", "Update this box"),
    Why.FENCED: ("does not take this box for the centre", "Is there a second box"),
    Why.ENROL: ("does not know this box yet", "Tell the people of the national server"),
    Why.BATCH: ("found a fault in what it was sent", "takes it from the journal again"),
    Why.DISK: ("cannot keep what the national server says", "Make room on the disk"),
}


@pytest.fixture(autouse=True)
def _calm(web: Web) -> Iterator[None]:
    """Every test begins and ends with a centre that stands alone."""
    yield
    web.ctx.link.state = LinkState()
    web.ctx.link.serve(None)


@pytest.fixture(scope="module")
def sabina(web: Web) -> Person:
    """The supervisor, logged in."""
    return Person(web, "sabina")


@pytest.fixture(scope="module")
def asel(web: Web) -> Person:
    """The administrator, logged in."""
    return Person(web, "asel")


@pytest.fixture(scope="module")
def aibek(web: Web) -> Person:
    """The auditor, logged in."""
    return Person(web, "aibek")


def blocked(web: Web, why: Why, **more: object) -> None:
    since = web.ctx.clock.wall() - timedelta(hours=3)
    web.ctx.link.state = replace(LinkState(State.BLOCKED, why, since, "what was met", "https://national.example"), **more)  # type: ignore[arg-type]


def said(page: Page) -> str:
    return unescape(page.text)


@pytest.mark.parametrize("why", Why)
def test_every_reason_is_told_with_what_it_means_and_what_to_do(web: Web, sabina: Person, why: Why) -> None:
    blocked(web, why)
    page = said(sabina.open("/hall/national"))
    title, todo = SAID[why]
    assert title in page
    assert todo in page
    assert "The hall goes on" in page
    assert "what was met" in page
    assert node.name_of(web.ctx.keys) in page


def test_a_reason_that_nobody_knows_yet_is_told_in_general_words() -> None:
    assert str(link_words.saying({"state": "blocked", "why": "sunspots"}).title) == "The national link stands still."
    assert link_words.short({"state": "dreaming"}) == "dreaming"


def test_a_centre_without_a_national_server_says_so_and_offers_nothing_to_press(asel: Person) -> None:
    page = asel.open("/hall/national")
    assert "This box has no national server." in said(page)
    assert not page.has("do-try")


def test_what_is_not_told_yet_is_counted_in_events_age_and_size(web: Web, aibek: Person) -> None:
    head = web.ctx.database.committed.head
    web.ctx.link.state = LinkState(State.CATCHING_UP, sent=Head(head.epoch, head.seq - 5, "x"), acked=head.seq - 5, line_bytes=700)
    page = aibek.open("/hall/national")
    assert 'data-pending="5"' in page.body
    assert "4 KiB" in said(page)
    assert f"line {head.seq} of epoch 1" in said(page)


def test_try_now_wakes_the_link_and_an_auditor_may_only_look(web: Web, sabina: Person, aibek: Person) -> None:
    blocked(web, Why.UNREACHABLE)
    woken: list[bool] = []
    web.ctx.link.serve(lambda: woken.append(True))
    page = sabina.press(sabina.open("/hall/national"), "do-try")
    assert woken == [True]
    assert "tries to reach the national server now" in said(page)
    seen = aibek.open("/hall/national")
    assert not seen.has("do-try")
    assert "Your role may look here and change nothing." in said(seen)


def test_what_the_national_side_asked_for_and_is_not_in_force_is_told(web: Web, sabina: Person) -> None:
    blocked(web, Why.UNREACHABLE)
    unknown, unreadable = ("weather", {"mm": 3}), ("calendar", {"day": "tomorrow"})
    items = [Item(place, kind, kind, 1, "put", payload, "national") for place, (kind, payload) in enumerate((unknown, unreadable), 1)]
    national.apply_items(web.ctx, items, "2")
    page = said(sabina.open("/hall/national"))
    assert "Not put in force here" in page
    assert "weather" in page
    assert "unknown to this version" in page
    assert "tomorrow" in page


def test_the_hall_tells_of_a_link_that_stands_still_but_not_of_a_short_outage(web: Web, sabina: Person) -> None:
    head = web.ctx.database.committed.head
    blocked(web, Why.UNREACHABLE, sent=head)
    assert "cannot be reached" not in said(sabina.open("/hall"))
    blocked(web, Why.FENCED, sent=head)
    page = sabina.open("/hall")
    assert "does not take this box for the centre" in said(page)
    assert 'href="/hall/national"' in page.body


def test_the_settings_say_how_the_link_is(web: Web, asel: Person) -> None:
    blocked(web, Why.CREDENTIAL)
    page = asel.open("/settings")
    assert "does not let this box in" in said(page)
    assert 'href="/hall/national"' in page.body


def test_there_is_no_switch_but_in_a_demo_that_has_a_national_server(web: Web) -> None:
    nobody = Person(web)
    assert 'id="link-switch"' not in nobody.open("/").body
    assert nobody.open("/demo/link/live").status == 404


def test_the_switch_on_the_front_page_cuts_the_link_and_a_restored_one_is_tried_at_once(web: Web) -> None:
    port, target = free_ports(2)
    link = LinkSwitch(port, ("127.0.0.1", target), f"http://127.0.0.1:{target}")
    link.start()
    woken: list[bool] = []
    web.ctx.link.serve(lambda: woken.append(True))
    alone = web.app.extensions[EXTENSION]
    web.app.extensions[EXTENSION] = replace(alone, link_switch=link)
    try:
        nobody = Person(web)
        page = nobody.open("/")
        assert "Cut the link" in said(page)
        token = re.search(r'name="csrf_token" value="([^"]*)"', page.body)
        assert token
        page = nobody.post("/demo/link", [("csrf_token", token[1]), ("link", "cut")])
        assert link.is_cut
        assert "Restore the link" in said(page)
        assert woken == []
        nobody.post("/demo/link", [("csrf_token", token[1]), ("link", "restore")])
        assert not link.is_cut
        assert woken == [True]
    finally:
        web.app.extensions[EXTENSION] = alone
        link.stop()
