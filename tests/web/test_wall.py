"""The paragraph on the wall in four languages: its numbers are the policy's, a change of the policy changes it, and screens show it so."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from decimal import Decimal
from functools import reduce
from typing import Any

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from edge import setup
from edge.operations import document
from edge.queueing.policy import LANGS, Policy, with_setting
from edge.queueing.wall import wall
from edge.web.screens import language, wall_words
from tests.queueing import centre
from tests.web.conftest import Web
from tests.web.pages import Person

SAMPLE = document.read(setup.sample("centre.toml")).settings()
ABOUT = {"ky": "болжол менен", "ru": "около", "kk": "шамамен", "en": "about"}
Values = Mapping[str, Any]

app = Flask("edge.web")
language.install(app)


def policy_of(values: Values) -> Policy:
    return reduce(lambda policy, item: with_setting(policy, *item), values.items(), Policy())


def said(values: Values, lang: str) -> list[str]:
    """The paragraph of these settings, sentence by sentence."""
    with app.test_request_context():
        return language.spoken(lang, lambda: [*wall_words.paragraph(wall(policy_of(values))), *wall_words.details(wall(policy_of(values)))])


def numbers(sentence: str) -> list[Decimal]:
    return sorted(Decimal(found.replace(",", ".")) for found in re.findall(r"\d+(?:[.,]\d+)?", sentence))


def time(seconds: int) -> Decimal:
    return Decimal(seconds) if seconds % 60 else Decimal(seconds // 60)


def rate(entry: Values) -> list[Decimal]:
    """The numbers in a sentence about one class, as a person with the settings before them would work them out."""
    head = (Decimal(entry["head"]) / 60).quantize(Decimal("0.001"), rounding="ROUND_HALF_UP")
    return [Decimal(entry["weight"]) / 1000, *([head] if entry["head"] else [])]


def expected(values: Values) -> Iterator[list[Decimal]]:
    """The numbers of each sentence that has some, straight from the document's own fields."""
    ordering, weights = values["ordering"], values["ordering"]["weights"]
    usual = (weights["ordinary"]["weight"], weights["ordinary"]["head"])

    def counts(entry: Values) -> bool:
        return (entry["weight"], entry["head"]) >= usual

    yield rate(weights["ordinary"])[:1]
    if usual[1]:
        yield rate(weights["ordinary"])[1:]
    yield from map(rate, {(each["weight"], each["head"]): each for each in values["categories"] if counts(each)}.values())
    if counts(weights["booked"]):
        yield rate(weights["booked"])
    if ordering["early"]:
        yield [time(ordering["early"])]
    together: dict[tuple[int, int], list[Decimal]] = {}
    for name in ("late", "transfer", "returned"):
        if counts(weights[name]):
            found = together.setdefault((weights[name]["weight"], weights[name]["head"]), rate(weights[name]))
            found += [time(ordering["on_time"]), time(ordering["late"])] if name == "late" else []
    yield from together.values()
    within = values["visits"]["missed_within_min"]
    if within:
        yield [Decimal(within), *([time(ordering["returned_after"])] if ordering["returned_after"] else [])]
    if together or counts(weights["booked"]) or any(map(counts, values["categories"])):
        yield [Decimal(ordering["cap"])]
    reserved: dict[tuple[frozenset[str], int], list[Decimal]] = {}
    for desk in values["desks"]:
        if desk["reserved"]:
            reserved.setdefault((frozenset(desk["reserved"]), desk["overflow_after"]), []).append(Decimal(desk["desk"]))
    for (_, after), desks in reserved.items():
        yield from (desks, *([[time(after)]] if after else []))


def assert_true_in(values: Values, lang: str) -> None:
    found = [numbers(sentence) for sentence in said(values, lang)]
    wanted = [sorted(each) for each in expected(values)]
    assert Counter(map(tuple, filter(None, found))) == Counter(map(tuple, wanted)), lang


def entry() -> st.SearchStrategy[dict[str, int]]:
    heads = st.sampled_from((0, 3, 45, 60, 100, 600, 1200))
    return st.fixed_dictionaries({"weight": st.sampled_from((500, 999, 1000, 1333, 1500, 2000, 21_000)), "head": heads})


seconds = st.sampled_from((0, 1, 45, 60, 61, 300, 1260, 5400))
orderings = st.fixed_dictionaries(
    {
        "cap": st.integers(1, 100),
        **dict.fromkeys(("early", "on_time", "late", "returned_after"), seconds),
        "weights": st.fixed_dictionaries({name: entry() for name in ("ordinary", "late", "returned", "transfer", "booked")}),
    }
)
plain = {name: centre.named(word) for name, word in (("veteran", "hero"), ("disabled", "need"), ("foreign", "guest"))}


@st.composite
def settings(draw: st.DrawFn) -> dict[str, Any]:
    categories = [{**centre.category(code), **draw(entry()), "proof_first": draw(st.booleans()), "names": names} for code, names in plain.items()]
    reserved = st.sampled_from(((), ("veteran",), ("veteran", "foreign")))
    desks = [centre.desk(name, ["passport"], reserved=draw(reserved), overflow_after=draw(seconds)) for name in ("4", "7", "12")]
    visits = {"missed_within_min": draw(st.sampled_from((0, 1, 15, 21)))}
    return {**centre.settings(), "visits": visits, "ordering": draw(orderings), "categories": draw(st.permutations(categories)), "desks": desks}


@given(settings())
def test_each_number_in_each_language_is_the_policys(values: dict[str, Any]) -> None:
    for lang in LANGS:
        assert_true_in(values, lang)


@pytest.mark.parametrize("lang", LANGS)
def test_the_usual_policy_is_said_with_the_contracts_numbers(lang: str) -> None:
    assert_true_in(SAMPLE, lang)
    wanted = [["1"], ["3", "10"], ["2", "20"], ["3"], ["5"], ["1.5", "10", "30"], ["1", "15"]]
    assert [sorted(map(str, found), key=Decimal) for found in map(numbers, said(SAMPLE, lang)) if found] == wanted


def changed() -> Iterator[tuple[str, dict[str, Any]]]:
    """The sample with one thing changed that decides who is called."""
    ordering = SAMPLE["ordering"]
    for key in ("cap", "early", "on_time", "late", "returned_after"):
        yield key, {**SAMPLE, "ordering": {**ordering, key: ordering[key] + 60}}
    for name, weight in ordering["weights"].items():
        for key in ("weight", "head"):
            more = {**ordering["weights"], name: {**weight, key: weight[key] + 100}}
            yield f"{name} {key}", {**SAMPLE, "ordering": {**ordering, "weights": more}}
    yield "missed within", {**SAMPLE, "visits": {**SAMPLE["visits"], "missed_within_min": 5}}
    first, *rest = SAMPLE["categories"]
    for key, value in (("weight", 2000), ("head", 300), ("proof_first", True)):
        yield f"category {key}", {**SAMPLE, "categories": [{**first, key: value}, *rest]}
    yield "no categories", {**SAMPLE, "categories": []}
    desk, *others = SAMPLE["desks"]
    for after in (0, 120):
        yield f"reserved {after}", {**SAMPLE, "desks": [{**desk, "reserved": ["veteran"], "overflow_after": after}, *others]}


@pytest.mark.parametrize("values", [pytest.param(values, id=what) for what, values in changed()])
def test_whatever_decides_who_is_called_changes_the_words_in_every_language(values: dict[str, Any]) -> None:
    for lang in LANGS:
        assert said(values, lang) != said(SAMPLE, lang)


def test_rights_are_named_where_they_do_not_all_count_alike() -> None:
    first, *rest = SAMPLE["categories"]
    for lang in LANGS:
        apart = said({**SAMPLE, "categories": [{**first, "head": 0}, *rest]}, lang)
        assert any(first["names"][lang] in sentence for sentence in apart)
        assert not any(first["names"][lang] in sentence for sentence in said(SAMPLE, lang))


def test_a_right_that_gives_nothing_is_not_praised() -> None:
    weak = {**SAMPLE, "categories": [{**each, "weight": 900, "head": 86_400} for each in SAMPLE["categories"]]}
    assert not any("priority" in sentence for sentence in said(weak, "en"))
    assert any("priority" in sentence for sentence in said(SAMPLE, "en"))


def test_where_nobody_comes_before_others_no_calls_in_a_row_are_counted() -> None:
    less = {name: {"weight": 500, "head": 0} for name in ("late", "returned", "transfer", "booked")}
    values = {**SAMPLE, "categories": [], "ordering": {**SAMPLE["ordering"], "weights": {**SAMPLE["ordering"]["weights"], **less}}}
    assert not any("in a row" in sentence for sentence in said(values, "en"))


@pytest.mark.parametrize("lang", LANGS)
def test_what_has_no_finite_decimal_is_said_to_be_about(lang: str) -> None:
    rounded = {**SAMPLE, "categories": [{**each, "head": 100} for each in SAMPLE["categories"]]}
    assert ABOUT[lang] in " ".join(said(rounded, lang))
    assert ABOUT[lang] not in " ".join(said(SAMPLE, lang))


@pytest.mark.parametrize(("weight", "words"), [(1000, "1 балл"), (2000, "2 балла"), (5000, "5 баллов"), (21_000, "21 балл"), (1500, "1,5 балла")])
def test_russian_counts_points_as_it_does(weight: int, words: str) -> None:
    values = {**SAMPLE, "categories": [{**each, "weight": weight, "head": 0} for each in SAMPLE["categories"]]}
    assert f"минута даёт {words}." in " ".join(said(values, "ru"))


# The screens that show it


def test_anybody_may_read_it_in_four_languages_kyrgyz_first(web: Web) -> None:
    page = web.send("GET", "/rules?lang=en").text
    found = re.findall(r'<section class="sheet" lang="(\w\w)".*?<p class="rule">(.*?)</p>\s*<p class="details">(.*?)</p>', page, re.DOTALL)
    assert [lang for lang, *_ in found] == list(LANGS)
    assert all(" ".join(said(SAMPLE, lang)) == f"{text} {details}" for lang, text, details in found)
    assert page.count(wall(web.ctx.hall.policy).version) == 1
    assert web.send("GET", "/rules?each").text.count(wall(web.ctx.hall.policy).version) == len(LANGS)


def test_the_front_page_and_the_settings_lead_there(web: Web) -> None:
    assert 'href="/rules"' in web.send("GET", "/").text
    assert 'href="/rules"' in Person(web, "asel").open("/settings").body


def test_the_page_behind_a_ticket_leads_to_the_rule_in_its_language(web: Web) -> None:
    path = web.issue(lang="kk")["track_url"]
    assert f'href="{path}/rules?lang=kk"' in web.send("GET", path).text
    shown = web.send("GET", f"{path}/rules").text
    assert all(sentence in shown for sentence in said(SAMPLE, "kk"))


def test_an_administrator_is_told_when_the_wall_is_no_longer_true(fresh: Web) -> None:
    asel = Person(fresh, "asel")
    page = asel.open("/settings")
    assert "Once the text hangs in the hall" in page.text
    page = asel.press(page, "hang")
    assert fresh.ctx.hall.policy.hung == wall(fresh.ctx.hall.policy).version
    assert "It hangs on the wall as version" in page.text
    assert 'id="hang"' not in page.body

    form = asel.open("/settings/edit/ordering")
    preview = asel.press(form, "to-preview", {"cap": "4"})
    assert "The rule on the wall will no longer be true" in preview.text
    done = asel.press(preview, "put-in-force")
    assert "The rule on the wall is no longer true" in done.text
    asel.press(done, "hang")
    assert fresh.ctx.hall.policy.hung == wall(fresh.ctx.hall.policy).version
    assert 'id="hang"' not in asel.open("/settings").body


def test_a_sheet_of_another_version_is_not_noted_as_hung(fresh: Web) -> None:
    asel = Person(fresh, "asel")
    before = asel.open("/settings")
    asel.press(asel.press(asel.open("/settings/edit/ordering"), "to-preview", {"cap": "4"}), "put-in-force")
    asel.press(before, "hang")
    assert fresh.ctx.hall.policy.hung == ""
