"""The self-test page as it leaves the server: what holds without JavaScript, in any language, for whoever stands before the box."""

import pytest

from tests.web.conftest import Web
from tests.web.surfing import Browser

LANGS = ("ky", "ru", "kk", "en")
WRONG = {
    "database": ("failed", "Nothing can be saved, so no tickets are issued."),
    "broker": ("failed", "Buttons and boards are not reached. Desks go on in their browsers."),
    "ticker": ("late", "What is due happens too late."),
    "data": ("restored", "From a backup: tickets issued after it are not known here."),
    "clock": ("unsynced", "but no time server has set it"),
    "disk": ("low", "There is little room left."),
    "new-check": ("odd", "Not working"),
}


def reporting(web: Web, monkeypatch: pytest.MonkeyPatch, **statuses: str) -> None:
    """Let the health report have these checks."""
    checks = {name: {"status": status, "since": "2026-03-02T03:15:00.120Z", "detail": None} for name, status in statuses.items()}
    found, well = web.vitals()
    monkeypatch.setattr(Web, "vitals", lambda _: (found | {"checks": checks}, well))


def page(web: Web, path: str = "/self-test", lang: str = "en") -> str:
    answer = Browser(web).get(f"{path}?lang={lang}")
    assert answer.status == 200
    return answer.text


@pytest.mark.parametrize("lang", LANGS)
def test_a_box_that_is_well_says_so_in_one_sentence_without_scripts(web: Web, lang: str) -> None:
    said = {"ky": "Сервер иштеп жатат.", "ru": "Сервер работает.", "kk": "Сервер жұмыс істеп тұр.", "en": "This box works."}
    assert f'<p class="sentence">{said[lang]}</p>' in page(web, lang=lang)


@pytest.mark.parametrize("name", WRONG)
def test_each_fault_is_named_in_the_sentence_and_comes_with_what_to_do(web: Web, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    status, words = WRONG[name]
    reporting(web, monkeypatch, **{name: status})
    text = page(web)
    assert '<p class="sentence">Something needs a person: ' in text
    assert words in text
    assert text.split(words)[1].partition("</li>")[0].count('class="todo"') == 1


def test_the_part_that_is_polled_costs_304_while_nothing_has_changed(web: Web) -> None:
    first = Browser(web).get("/self-test/live")
    again = Browser(web).get("/self-test/live", {"If-None-Match": first.headers["etag"]})
    assert (first.status, again.status, again.body) == (200, 304, b"")
    assert first.headers["cache-control"] == "no-store"


def test_the_page_allows_the_browser_to_try_the_port_of_the_broker(web: Web) -> None:
    answer = Browser(web).get("/self-test")
    assert "connect-src 'self' ws://127.0.0.1:8083;" in answer.headers["content-security-policy"]
    assert 'data-ws-port="8083"' in answer.text


def test_nothing_on_the_page_names_a_person_or_tells_a_secret(web: Web) -> None:
    text = page(web)
    names = [each for member in web.ctx.hall.members.values() for each in (member.login, member.pseudonym)]
    assert [each for each in (*names, web.ctx.boot_id) if each in text] == []


def test_the_operators_guide_is_on_the_box_and_the_page_leads_to_it(web: Web) -> None:
    assert 'href="/self-test/operations"' in page(web)
    guide = Browser(web).get("/self-test/operations")
    assert guide.headers["content-type"] == "text/plain; charset=utf-8"
    assert guide.text.startswith("# Operations")
