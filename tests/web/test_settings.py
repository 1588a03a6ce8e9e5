"""The settings page without JavaScript: looked at, changed, refused, put in force, taken back; nothing that was typed is ever lost."""

import re
import tomllib

import pytest
from flask import Flask

from edge.errors import Problem, Refused
from edge.operations import epochs, national, proposal, restored, sentences, settings, settings_history
from edge.queueing.policy import LANGS
from edge.web.screens import language, setting_words
from tests.web.conftest import Web
from tests.web.pages import Page, Person

TO = "\N{EN DASH}"


@pytest.fixture
def asel(fresh: Web) -> Person:
    """The administrator at a browser, in English."""
    return Person(fresh, "asel")


def document_of(page: Page) -> str:
    return page.typed("to-preview", "text")[0]


def cap(web: Web) -> int:
    return web.ctx.hall.policy.ordering.cap


def in_force(web: Web) -> str:
    return proposal.in_force(web.ctx).digest


def test_the_page_shows_every_section_in_words(fresh: Web, asel: Person) -> None:
    page = asel.open("/settings")
    assert page.status == 200
    for text in ("Opening hours", "Monday", "ID card: new or exchange", "Desk 8", "Veteran's certificate", "Hall B", fresh.ctx.hall.policy.centre.tz):
        assert text in page.text, text


def test_wrong_then_right_then_taken_back(fresh: Web, asel: Person) -> None:
    before = in_force(fresh)
    text = document_of(asel.open("/settings/edit/text"))
    wrong = text.replace("cap = 3", "cap = 0").replace('letter = "T"', 'letter = "A"').replace("[calendar.hours]", "[calendar.hours]\nmoon = []")
    page = asel.press(asel.open("/settings/edit/text"), "to-preview", {"text": wrong})
    assert page.status == 422
    assert "This cannot be put in force yet" in page.text
    assert "0 is too little: at least 1" in page.text
    assert "There is no such setting" in page.text
    assert f"Line {wrong.splitlines().index('cap = 0') + 1}" in page.text
    assert document_of(page) == wrong
    assert in_force(fresh) == before

    preview = asel.press(page, "to-preview", {"text": text.replace("cap = 3", "cap = 5")})
    assert preview.status == 200
    assert "Calls with priority in a row, at most 3 5" in preview.text
    assert in_force(fresh) == before
    done = asel.press(preview, "put-in-force")
    assert cap(fresh) == 5
    assert "In force since" in done.text

    back = asel.press(done, "take-back")
    assert "Calls with priority in a row, at most 5 3" in back.text
    assert cap(fresh) == 5
    asel.press(back, "put-in-force")
    assert in_force(fresh) == before
    history = asel.open("/settings/history")
    assert history.text.count("asel") == 3  # two changes, and who is logged in


def test_back_brings_every_letter_that_was_typed(asel: Person) -> None:
    text = document_of(asel.open("/settings/edit/text")).replace("cap = 3", "# mine\ncap = 4  # \u00ab\u0416\u00bb <&>")
    page = asel.press(asel.press(asel.open("/settings/edit/text"), "to-preview", {"text": text}), "back")
    assert document_of(page) == text
    form = asel.open("/settings/edit/service?id=passport")
    preview = asel.press(form, "to-preview", {"minutes": "9", "names.en": "ID <card>"})
    again = asel.press(preview, "back")
    assert (again.typed("to-preview", "minutes"), again.typed("to-preview", "names.en")) == (["9"], ["ID <card>"])
    assert again.typed("to-preview", "documents.0.en") == form.typed("to-preview", "documents.0.en")


@pytest.mark.parametrize(
    "path",
    ["centre", "hours", "ordering", "service?id=passport", "group?id=documents", "desk?id=1", "zone?id=a", "category?id=guardian", "text"],
)
def test_a_form_that_nobody_touched_changes_nothing(asel: Person, path: str) -> None:
    page = asel.press(asel.open(f"/settings/edit/{path}"), "to-preview")
    assert page.status == 200
    assert "Nothing would change" in page.text


def test_opening_hours_are_typed_as_people_write_them(fresh: Web, asel: Person) -> None:
    typed = {"hours.mon.0.from": "9", "hours.mon.0.to": "18.30", "hours.sun.0.from": "", "hours.sun.0.to": "", "lunch.0.from": "1230",
             "lunch.0.to": "13:30"}  # fmt: skip
    preview = asel.press(asel.open("/settings/edit/hours"), "to-preview", typed)
    assert f"Monday 00:00{TO}24:00 09:00{TO}18:30" in preview.text
    assert f"Sunday 00:00{TO}24:00 \N{EM DASH}" in preview.text
    asel.press(preview, "put-in-force")
    calendar = proposal.in_force(fresh.ctx).document.settings()["calendar"]
    assert (calendar["hours"]["mon"], calendar["hours"]["sun"], calendar["lunch"]) == ([["09:00", "18:30"]], [], [["12:30", "13:30"]])


def test_a_wrong_hour_is_said_at_its_day_and_stays_as_typed(fresh: Web, asel: Person) -> None:
    before = in_force(fresh)
    page = asel.press(asel.open("/settings/edit/hours"), "to-preview", {"hours.tue.0.from": "half past", "hours.tue.0.to": "8:00"})
    assert page.status == 422
    assert "“half past” is no time: 00:00 to 24:00 are" in page.text
    assert '<a href="#f-hours-tue">' in page.body
    assert page.typed("to-preview", "hours.tue.0.from") == ["half past"]
    assert in_force(fresh) == before


def test_a_service_comes_is_served_moves_and_goes(fresh: Web, asel: Person) -> None:
    page = asel.open("/settings/edit/service")
    new = {"id": "photo", "names.ky": "Сүрөт", "names.ru": "Фото", "letter": "P", "minutes": "5", "behind": "ready", "parent": "documents"}
    preview = asel.press(page, "to-preview", new)
    assert "No desk serves this" in preview.text
    assert "new" in preview.text
    asel.press(preview, "put-in-force")
    codes = list(fresh.ctx.hall.policy.services)
    assert codes.index("photo") == codes.index("ready") + 1

    page = asel.open("/settings/edit/desk?id=1")
    asel.press(asel.press(page, "to-preview", {"services": ["passport", "photo"]}), "put-in-force")
    assert fresh.ctx.hall.policy.desks["1"].services == {"passport", "photo"}

    page = asel.press(asel.open("/settings/edit/service?id=photo"), "to-preview", {"behind": ""})
    assert "Now the first" in page.text
    asel.press(page, "put-in-force")
    assert next(iter(fresh.ctx.hall.policy.services)) == "photo"

    page = asel.press(asel.open("/settings/edit/service?id=photo"), "remove")
    assert "Desks Desk 1" in page.text  # it goes out of the desk's list, too
    again = asel.press(page, "back")
    assert again.typed("to-preview", "letter") == ["P"]
    asel.press(asel.press(again, "remove"), "put-in-force")
    assert "photo" not in fresh.ctx.hall.policy.services


def test_a_group_is_made_with_its_services_and_lets_them_go(fresh: Web, asel: Person) -> None:
    new = {"id": "papers", "names.ky": "Кагаздар", "names.ru": "Бумаги", "members": ["statements", "benefits"]}
    asel.press(asel.press(asel.open("/settings/edit/group"), "to-preview", new), "put-in-force")
    services = fresh.ctx.hall.policy.services
    assert {code for code, service in services.items() if service.parent == "papers"} == {"statements", "benefits"}
    asel.press(asel.press(asel.open("/settings/edit/group?id=papers"), "remove"), "put-in-force")
    assert fresh.ctx.hall.policy.services["benefits"].parent is None
    empty = asel.press(asel.open("/settings/edit/group"), "to-preview", {**new, "members": []})
    assert empty.status == 422


def test_what_is_missing_in_a_new_entry_is_said_at_its_fields(asel: Person) -> None:
    page = asel.press(asel.open("/settings/edit/zone"), "to-preview", {"id": "Зал", "names.ky": "Зал", "diagonal_in": "big"})
    assert page.status == 422
    for anchor in ("f-id", "f-names", "f-diagonal_in"):
        assert f'<a href="#{anchor}">' in page.body, anchor
    twice = asel.press(asel.open("/settings/edit/zone"), "to-preview", {"id": "a", "names.ky": "Зал", "names.ru": "Зал"})
    assert "“a” stands here twice" in twice.text


def test_faults_of_every_kind_are_one_list_and_the_old_settings_stay(fresh: Web, asel: Person) -> None:
    before = proposal.in_force(fresh.ctx).digest
    page = asel.open("/settings/edit/text")
    text = document_of(page).replace('mon = [["00:00", "24:00"]]', 'mon = [["09:00", "13:00"], ["12:00", "18:00"]]')
    desk, right = text.index("services = [", text.index("[[desks]]")), text.index("proof = {", text.index("[[categories]]"))
    text = text[:desk] + "services = []" + text[text.index("]", desk) + 1 : right] + text[text.index("}", right) + 1 :]
    refused = asel.press(page, "to-preview", {"text": text})
    assert refused.status == 422
    for said in ("must follow one another without overlapping", "This desk serves nothing", "This is missing"):
        assert said in refused.text, said
    assert proposal.in_force(fresh.ctx).digest == before


def test_holidays_are_typed_one_a_line_and_an_empty_line_is_none(fresh: Web, asel: Person) -> None:
    typed = {"days.0.day": "2027-03-21", "days.0.why.ky": "Нооруз", "days.0.why.ru": "Нооруз", "days.1.day": "2027-12-31"}
    preview = asel.press(asel.open("/settings/edit/hours"), "to-preview", {**typed, "days.1.hours.0.from": "9", "days.1.hours.0.to": "15"})
    assert "2027-03-21" in preview.text
    asel.press(preview, "put-in-force")
    days = proposal.in_force(fresh.ctx).document.settings()["calendar"]["days"]
    assert [(day["day"], day["hours"], (day["why"] or {}).get("en")) for day in days] == [
        ("2027-03-21", [], "Нооруз"),
        ("2027-12-31", [["09:00", "15:00"]], None),
    ]
    wrong = asel.press(asel.open("/settings/edit/hours"), "to-preview", {"days.0.day": "21 March"})
    assert wrong.status == 422
    assert '<a href="#f-days-0-day">' in wrong.body


def test_two_administrators_overwrite_nothing_unseen(fresh: Web, asel: Person) -> None:
    other = Person(fresh, "asel")
    mine = asel.press(asel.open("/settings/edit/ordering"), "to-preview", {"cap": "7"})
    theirs = other.open("/settings/edit/hours")
    other.press(other.press(theirs, "to-preview", {"hours.mon.0.to": "17:00"}), "put-in-force")
    page = asel.press(mine, "put-in-force")
    assert page.status == 409
    assert "Somebody changed the settings meanwhile" in page.text
    assert f"00:00{TO}17:00" in page.text
    assert cap(fresh) == 3
    asel.press(page, "put-in-force")
    calendar = proposal.in_force(fresh.ctx).document.settings()["calendar"]
    assert (cap(fresh), calendar["hours"]["mon"]) == (7, [["00:00", "17:00"]])


def test_a_text_made_from_older_settings_shows_that_it_would_take_theirs_back(fresh: Web, asel: Person) -> None:
    mine = asel.open("/settings/edit/text")
    other = Person(fresh, "asel")
    other.press(other.press(other.open("/settings/edit/ordering"), "to-preview", {"cap": "7"}), "put-in-force")
    page = asel.press(mine, "to-preview", {"text": document_of(mine).replace("clerk_login = false", "clerk_login = true")})
    assert page.status == 409
    assert "Calls with priority in a row, at most 7 3" in page.text


def test_a_preview_sent_twice_is_one_change(fresh: Web, asel: Person) -> None:
    preview = asel.press(asel.open("/settings/edit/ordering"), "to-preview", {"cap": "7"})
    asel.press(preview, "put-in-force")
    entries = len(settings_history.page(fresh.ctx).entries)
    assert "In force since" in asel.press(preview, "put-in-force").text
    assert len(settings_history.page(fresh.ctx).entries) == entries


def test_a_ticket_that_came_meanwhile_stops_the_change_with_words(fresh: Web, asel: Person) -> None:
    preview = asel.press(asel.open("/settings/edit/service?id=birth"), "remove")
    assert preview.has("put-in-force")
    fresh.issue("birth")
    page = asel.press(preview, "put-in-force")
    assert page.status == 422
    assert "It cannot be removed or made a group while its tickets are open" in page.text
    assert "birth" in fresh.ctx.hall.policy.services


def test_the_file_that_is_downloaded_is_the_document_in_force(asel: Person) -> None:
    page = asel.open("/settings/centre.toml")
    assert tomllib.loads(page.body)["ordering"]["cap"] == 3
    preview = asel.press(asel.open("/settings/edit/text"), "to-preview", {"text": page.body})
    assert "Nothing would change" in preview.text


def test_a_document_of_a_large_centre_fits(fresh: Web, asel: Person) -> None:
    line = f'{{ ky = "{"ы" * 300}", ru = "{"ш" * 300}" }},\n'
    names = 'names = { ky = "кы", ru = "шш" }'
    letters = [f"{chr(65 + n // 26)}{chr(65 + n % 26)}" for n in range(13, 40)]
    services = "".join(f'\n[[services]]\ncode = "s-{n}"\nletter = "{n}"\n{names}\ndocuments = [\n{line * 6}]\n' for n in letters)
    services = re.sub(r'"s-([A-Z]+)"', lambda found: f'"s-{found[1].lower()}"', services)
    text = document_of(asel.open("/settings/edit/text")).replace("\n# Desks and", f"{services}\n# Desks and", 1)
    text = text.replace('letter = "MA"', 'letter = "ZA"').replace('letter = "KA"', 'letter = "ZB"').replace('letter = "TA"', 'letter = "ZC"')
    assert len(text.encode()) > 190_000
    preview = asel.press(asel.open("/settings/edit/text"), "to-preview", {"text": text})
    assert preview.status == 200, preview.text[:500]
    asel.press(preview, "put-in-force")
    assert "s-bn" in fresh.ctx.hall.policy.services


@pytest.mark.parametrize("path", ["/settings", "/settings/history", "/settings/texts", "/settings/centre.toml"])
def test_an_auditor_reads_everything_and_changes_nothing(web: Web, path: str) -> None:
    aibek = Person(web, "aibek")
    page = aibek.open(path)
    assert page.status == 200
    assert "/settings/edit/" not in page.body
    assert aibek.open("/settings/edit/text").status == 403


def test_an_auditor_cannot_send_a_form_of_the_administrator(web: Web) -> None:
    before = in_force(web)
    asel, aibek = Person(web, "asel"), Person(web, "aibek")
    form = asel.press(asel.open("/settings/edit/ordering"), "to-preview", {"cap": "9"}).form("put-in-force")
    token = re.search(r'name="csrf_token" value="([^"]+)"', aibek.open("/settings").body)
    assert token
    fields = [(name, token[1] if name == "csrf_token" else value) for name, value in form.fields]
    assert aibek.post(form.action, [*fields, ("step", "put")]).status == 403
    assert in_force(web) == before


def test_a_form_without_the_token_of_its_page_changes_nothing(fresh: Web, asel: Person) -> None:
    form = asel.press(asel.open("/settings/edit/ordering"), "to-preview", {"cap": "9"}).form("put-in-force")
    fields = [(name, value) for name, value in form.fields if name != "csrf_token"]
    assert asel.post(form.action, [*fields, ("step", "put")]).status == 400
    assert cap(fresh) == 3


def test_the_history_names_notices_as_set_at_the_hall_page_and_offers_no_way_back(fresh: Web, asel: Person) -> None:
    settings.put_key_in_force(fresh.ctx, "notices", {"a": {"ky": "кы", "ru": "шш", "kk": "кк", "en": "Soup"}}, actor="staff:gone")
    page = asel.open("/settings/history")
    assert "set at the hall page" in page.text
    assert "a former member of staff" in page.text
    entry = asel.open(f"/settings/history/{settings_history.page(fresh.ctx).entries[0].id}")
    assert "Soup" in entry.text
    assert not entry.has("revert-before")


def test_an_entry_that_is_not_there_is_a_page_that_is_not_there(web: Web) -> None:
    asel = Person(web, "asel")
    for path in ("/settings/history/none", "/settings/history?behind=none", "/settings/edit/hats", "/settings/edit/desk?id=99"):
        assert asel.open(path).status == 404, path


@pytest.mark.parametrize("lang", LANGS)
def test_texts_of_law_are_listed_with_who_has_read_them(web: Web, lang: str) -> None:
    page = Person(web, "aibek", lang).open("/settings/texts")
    assert page.lang == lang
    for text in ("I have a right to priority", "Менин кезексиз тейленүү укугум", "Veteran's certificate", "Даяр документтерди алуу"):
        assert text in page.text
    assert page.body.count('class="chip warn"') == len(LANGS) + 1


@pytest.mark.parametrize("lang", LANGS[:3])
def test_every_problem_has_its_words_in_every_language(lang: str) -> None:
    app = Flask("edge.web")
    language.install(app)
    assert set(sentences.ACCEPTED) <= set(setting_words.PROBLEMS)
    with app.test_request_context(f"/settings?lang={lang}"):
        for code in setting_words.PROBLEMS:
            said = setting_words.sentence(Problem("english", code, (), given="ky", limit="3"))
            assert said != "english"
            assert "%(" not in said, said
            assert re.search("[\u0430-\u044f]", said), said


def test_after_a_restore_the_page_says_so_until_somebody_confirms(fresh: Web, asel: Person) -> None:
    assert not asel.open("/settings").has("confirm-restore")
    settings.put_key_in_force(fresh.ctx, "restored", {"at": "2026-03-02T03:00:00.000Z", "prefix": "Z"}, actor="system")
    assert fresh.issue()["number"].startswith("Z")
    page = asel.open("/settings")
    assert "ticket numbers begin with Z" in page.text
    again = page
    for _ in range(2):  # the second press finds it done
        page = asel.press(again, "confirm-restore")
        assert not page.has("confirm-restore")
    assert not fresh.issue()["number"].startswith("Z")
    assert "Work from a backup" in asel.open("/settings/history").text


def test_a_fenced_box_says_whom_the_country_follows_and_its_letter_cannot_be_confirmed_away(fresh: Web, asel: Person) -> None:
    national.bind(fresh.ctx)
    epochs.fence(fresh.ctx, choose=lambda letters: letters[-1])
    page = asel.open("/settings")
    assert "The national server has followed another box of this centre since" in page.text
    assert not page.has("confirm-restore")
    with pytest.raises(Refused, match="stay with the other box"):
        restored.confirm(fresh.ctx, actor="system")
    found = fresh.ctx.hall.policy.restored
    assert found
    assert str(fresh.issue()["number"]).startswith(found.prefix)
