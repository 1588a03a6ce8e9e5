"""The document as text: whatever is valid comes back the same, and writing it twice writes the same."""

import tomllib
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.errors import ConfigError
from edge.operations import document
from edge.operations.toml_lines import line_of
from edge.operations.toml_text import text_of
from edge.setup import sample
from tests.sampling import EVERYTHING

words = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12)
ids = st.from_regex(r"[a-z0-9-]{1,8}", fullmatch=True)
letters = st.from_regex(r"[A-Z]{1,2}", fullmatch=True)
seconds = st.integers(0, 86_400)
texts = st.fixed_dictionaries({"ky": words, "ru": words}, optional={"kk": words, "en": words})
minutes = st.lists(st.integers(0, 1440), min_size=2, max_size=6, unique=True).map(sorted)


def clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


spans = minutes.map(lambda found: [[clock(start), clock(end)] for start, end in zip(found[::2], found[1::2], strict=False)])
weights = st.fixed_dictionaries({"weight": st.integers(0, 1_000_000), "head": seconds})


@st.composite
def values(draw: st.DrawFn) -> dict[str, Any]:
    """Draw the values of a valid document: optional fields there or not, contradictions between sections never."""
    codes = draw(st.lists(ids, min_size=1, max_size=5, unique=True))
    marks = draw(st.lists(letters, min_size=len(codes), max_size=len(codes), unique=True))
    zones = draw(st.lists(ids, min_size=1, max_size=3, unique=True))
    categories = draw(st.lists(ids, max_size=3, unique=True))
    more = {
        "mode": st.sampled_from(["walk-in", "mixed", "appointment-only"]),
        "minutes": st.integers(1, 480),
        "documents": st.lists(texts, max_size=3),
        "online": st.just("https://portal.example/a?b=c"),
        "icon": st.sampled_from(["birth", "generic"]),
    }
    desk = {"reserved": st.lists(st.sampled_from(categories), unique=True)} if categories else {}
    services = [{**draw(st.fixed_dictionaries({"code": st.just(code), "letter": st.just(mark), "names": texts}, optional=more))}
                for code, mark in zip(codes, marks, strict=True)]  # fmt: skip
    desks = draw(st.lists(ids, max_size=4, unique=True))
    plan = {"zone": st.sampled_from(zones), "services": st.lists(st.sampled_from(codes), min_size=1, unique=True)}
    days = st.fixed_dictionaries({}, optional=dict.fromkeys(("mon", "tue", "wed", "thu", "fri", "sat", "sun"), spans))
    special = st.fixed_dictionaries({"day": st.dates().map(str)}, optional={"hours": spans, "why": texts})
    return {
        "centre": draw(st.fixed_dictionaries({"id": ids, "names": texts}, optional={"clerk_login": st.booleans()})),
        "zones": [{"zone": zone, "names": draw(texts)} for zone in zones],
        "services": services,
        "desks": [draw(st.fixed_dictionaries({"desk": st.just(name), **plan}, optional={**desk, "overflow_after": seconds})) for name in desks],
        "categories": [
            draw(st.fixed_dictionaries({"code": st.just(code), "names": texts, "proof": texts}, optional={"head": seconds})) for code in categories
        ],
        "ordering": draw(st.fixed_dictionaries({}, optional={"cap": st.integers(1, 100), "weights": st.fixed_dictionaries({"late": weights})})),
        "calendar": {"hours": draw(days), "lunch": draw(spans), "days": draw(st.lists(special, max_size=2, unique_by=lambda each: str(each["day"])))},
    }


@settings(max_examples=200 if EVERYTHING else 40)
@given(values())
def test_a_valid_document_comes_back_from_its_text_and_the_text_is_a_fixpoint(drawn: dict[str, Any]) -> None:
    first, problems = document.judged(drawn)
    assert first is not None, problems
    text = text_of(first)
    again = document.read(text)
    assert again.settings() == first.settings()
    assert text_of(again) == text


def test_the_sample_says_the_same_in_the_order_and_words_of_the_settings_page() -> None:
    shipped = document.read(sample("centre.toml"))
    text = text_of(shipped)
    assert document.read(text).settings() == shipped.settings()
    assert "devices" not in tomllib.loads(text)


def test_settings_in_full_are_a_document_again() -> None:
    shipped = document.read(sample("centre.toml"))
    full = shipped.settings()
    again, problems = document.judged(full)
    assert again is not None, problems
    assert again.settings() == full
    assert {key: document.completed(key, full[key]) for key in full} == full


def test_a_setting_of_an_earlier_release_is_completed_with_todays_defaults() -> None:
    old = [{"code": "a", "parent": None, "names": dict.fromkeys(("ky", "ru", "kk", "en"), "service"), "letter": "A", "mode": "walk-in"}]
    assert document.completed("services", old)[0]["minutes"] == 10
    assert document.completed("hats", {"of": "a later release"}) == {"of": "a later release"}


def test_every_problem_of_a_document_is_listed_at_once() -> None:
    with pytest.raises(ConfigError) as caught:
        document.read('hat = 1\n[centre]\nid = "Ж"\n')
    assert len(caught.value.problems) == 7
    assert "centre.toml: centre.id = 'Ж': must be 1 to 32 of a-z, 0-9 and -" in caught.value.problems


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ('ky = "Даяр документтерди алуу"', 'ky = ""', "names = "),
        ('\nmon = [["09:00", "18:00"]]', '\nmon = [["9:00", "18:00"]]', "mon = "),
        ("cap = 3", 'cap = "three"', "cap = "),
        ('tz = "Asia/Bishkek"', 'tz = "Asia/Atlantis"', "tz = "),
        ('code = "benefits"', 'code = "Benefits"', "code = "),
    ],
)
def test_the_line_of_a_problem_is_found_in_the_text_as_it_was_typed(old: str, new: str, line: str) -> None:
    text = sample("centre.toml")
    assert old in text
    wrong = text.replace(old, new, 1)
    _, problems = document.examined(wrong)
    numbers = [line_of(wrong, problem) for problem in problems]
    at = numbers[0]
    assert at is not None
    assert wrong.splitlines()[at - 1].startswith(line)
    assert new.strip() in wrong.splitlines()[at - 1]


def test_buttons_of_other_makers_stand_in_the_document_and_every_wrong_one_is_named() -> None:
    found = tomllib.loads(sample("centre.toml"))
    bought = {"kind": "button", "desk": "1"}
    found["devices"] = [{"device": "bought", **bought, "family": "shelly-gen1", "address": "shellyix3-A4CF12F45301/2"}]
    good, problems = document.judged(found)
    assert good is not None
    assert not problems
    assert [(device.family, device.address) for device in good.registered()] == [("shelly-gen1", "shellyix3-A4CF12F45301/2")]
    found["devices"] += [
        {"device": "same", **bought, "family": "shelly-gen1", "address": "shellyix3-A4CF12F45301/2"},
        {"device": "far", **bought, "family": "zigbee2mqtt", "address": "q/v1"},
        {"device": "server", **bought},
    ]
    _, problems = document.judged(found)
    assert [(problem.code, problem.where[1]) for problem in problems] == [("same-address", "same"), ("address", "far"), ("taken-id", "server")]
