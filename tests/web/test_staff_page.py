"""The page of staff: what an administrator does there, and that secrets are shown once."""

import re

import pytest

from edge.store import queries
from tests.web.conftest import Answer, Web
from tests.web.surfing import Browser


@pytest.fixture
def asel(fresh: Web) -> Browser:
    """An administrator's browser at a centre of its own."""
    browser = Browser(fresh)
    browser.log_in("asel")
    return browser


def pseudonym(web: Web, login: str) -> str:
    return next(member.pseudonym for member in web.ctx.hall.members.values() if member.login == login)


def shown(page: Answer, what: str) -> str | None:
    """Return the new secret that a page shows."""
    found = re.search(rf'id="new-{what}">([^<]+)<', page.text)
    return found[1] if found else None


def add(browser: Browser, login: str, role: str = "operator", key: str | None = None) -> Answer:
    return browser.post("/staff", {"login": login, "role": role, "key": key or browser.key()})


def test_a_new_member_logs_in_with_what_was_shown_once(asel: Browser) -> None:
    key = asel.key()
    page = add(asel, "timur", key=key)
    password, pin = shown(page, "password"), shown(page, "pin")
    assert page.status == 200
    assert password
    assert pin
    assert Browser(asel.web).log_in("timur", password).status == 303
    assert Browser(asel.web).pair("desk-1").log_in_at("desk-1", "timur", pin).status == 303
    again = add(asel, "timur", key=key)
    assert (again.status, shown(asel.get("/staff"), "password")) == (303, None)
    text = "".join(f"{line.payload}" for line in queries.all_lines(asel.web.ctx.database))
    assert password not in text
    assert pin not in text


@pytest.mark.parametrize(("login", "words"), [("olga", "is taken"), ("Bad Name", "cannot be used"), ("", "cannot be used")])
def test_a_login_that_cannot_be_is_refused_in_words(asel: Browser, login: str, words: str) -> None:
    asel.get("/staff?lang=en")
    page = add(asel, login)
    assert page.status == 409
    assert words in page.text


@pytest.mark.parametrize(("what", "other"), [("password", "pin"), ("pin", "password")])
def test_a_reset_shows_the_new_secret_alone_and_ends_every_login(asel: Browser, what: str, other: str) -> None:
    olga = Browser(asel.web)
    olga.log_in("olga")
    page = asel.post(f"/staff/{pseudonym(asel.web, 'olga')}/reset", {"what": what, "key": asel.key()})
    assert shown(page, what)
    assert shown(page, other) is None
    assert olga.get("/staff").status == 303, "asked to log in again"


def test_one_may_reset_ones_own_password_and_is_shown_it(asel: Browser) -> None:
    page = asel.post(f"/staff/{pseudonym(asel.web, 'asel')}/reset", {"what": "password", "key": asel.key()})
    password = shown(page, "password")
    assert password
    assert asel.get("/staff").status == 303
    assert asel.log_in("asel", password).status == 303


def test_roles_and_being_active_are_changed_and_come_back(asel: Browser) -> None:
    olga = pseudonym(asel.web, "olga")
    assert asel.post(f"/staff/{olga}/role", {"role": "supervisor"}).status == 303
    assert asel.web.ctx.hall.members[olga].role == "supervisor"
    assert asel.post(f"/staff/{olga}/disable").status == 303
    assert not asel.web.ctx.hall.members[olga].active
    assert Browser(asel.web).log_in("olga").status == 401
    assert asel.post(f"/staff/{olga}/enable").status == 303
    assert Browser(asel.web).log_in("olga").status == 303
    actors = {line.actor for line in queries.all_lines(asel.web.ctx.database) if line.type == "staff.added"}
    assert actors == {"system", f"staff:{pseudonym(asel.web, 'asel')}"}


@pytest.mark.parametrize(("change", "form"), [("disable", {}), ("role", {"role": "auditor"})])
def test_the_last_administrator_stays(asel: Browser, change: str, form: dict[str, str]) -> None:
    me = pseudonym(asel.web, "asel")
    asel.get("/staff?lang=en")
    page = asel.post(f"/staff/{me}/{change}", form)
    assert page.status == 409
    assert "last active administrator" in page.text
    assert asel.web.ctx.hall.members[me].active


@pytest.mark.parametrize(
    ("path", "form", "status"),
    [
        ("/staff/nobody/disable", {}, 404),
        ("/staff/{olga}/role", {"role": "king"}, 422),
        ("/staff/{olga}/reset", {"what": "everything"}, 422),
        ("/staff", {"login": "timur", "role": "king"}, 422),
        ("/staff", {"login": "timur", "role": "operator"}, 422),
    ],
)
def test_what_no_page_of_ours_sends_changes_nothing(asel: Browser, path: str, form: dict[str, str], status: int) -> None:
    members = asel.web.ctx.hall.members
    assert asel.post(path.format(olga=pseudonym(asel.web, "olga")), form).status == status
    assert asel.web.ctx.hall.members == members


@pytest.mark.parametrize("lang", ["ky", "ru", "kk", "en"])
def test_the_page_speaks_four_languages(asel: Browser, lang: str) -> None:
    page = asel.get(f"/staff?lang={lang}")
    assert f'<html lang="{lang}"' in page.text
