"""The design system's own rules: contrast of every declared pair in every theme, tokens and nothing else, a font that covers all we write."""

import re

import pytest

from tests.web.stylesheets import CSS, THEMES, asked_by_system, contrast, source, theme, tokens

GROUNDS = ("--paper", "--surface", "--surface-quiet")
STATES = ("good", "warn", "bad", "info")
# what kiosks show is text of 7:1; the rest of the text 4.5:1; what can be touched and the focus 3:1
AAA = (
    *((text, ground) for text in ("--ink", "--ink-quiet") for ground in GROUNDS),
    *(("--accent", ground) for ground in ("--paper", "--surface")),
    ("--on-accent", "--accent"),
    ("--on-accent", "--accent-strong"),
    ("--ink", "--accent-ground"),
    ("--accent-strong", "--accent-ground"),
    *((f"--{state}", ground) for state in STATES for ground in ("--paper", "--surface")),
    *((f"--{state}-ink", f"--{state}-ground") for state in STATES),
    ("--on-solid", "--solid-good"),
    ("--on-solid", "--solid-bad"),
    ("--on-solid", "--solid-bad-strong"),
    ("--paper", "--ink"),
    *(
        (text, ground)
        for text in ("--board-ink", "--board-ink-quiet", "--board-signal")
        for ground in ("--board-ground", "--board-raised", "--board-sunk")
    ),
    ("--board-ink", "--board-pulse"),
    ("--on-board-alarm", "--board-alarm"),
)
AA = (("--accent", "--accent-ground"), ("--accent", "--surface-quiet"), ("--board-signal", "--board-pulse"), ("--board-ink-quiet", "--board-pulse"))
VISIBLE = (
    *((edge, ground) for edge in ("--line", "--focus", "--accent") for ground in GROUNDS),
    ("--focus", "--accent-ground"),
    ("--board-signal", "--board-raised"),
)
PAIRS = [(*pair, least) for pairs, least in ((AAA, 7.0), (AA, 4.5), (VISIBLE, 3.0)) for pair in pairs]


@pytest.mark.parametrize("name", THEMES)
def test_every_pair_of_text_and_ground_has_its_contrast_in_every_theme(name: str) -> None:
    values = theme(name)
    poor = {
        f"{text} {values[text]} on {ground} {values[ground]}": round(ratio, 2)
        for text, ground, least in PAIRS
        if (ratio := contrast(values[text], values[ground])) < least
    }
    assert poor == {}


@pytest.mark.parametrize(("query", "name"), [("prefers-color-scheme: dark", "dark"), ("prefers-contrast: more", "contrast")])
def test_a_theme_is_the_same_whether_the_system_asks_for_it_or_the_page(query: str, name: str) -> None:
    assert len(tokens(f'[data-theme="{name}"]')) > 20
    assert asked_by_system(query) == tokens(f'[data-theme="{name}"]')


def test_a_theme_changes_only_tokens_that_exist() -> None:
    known = tokens(":root, [data-theme]").keys()
    for name in THEMES[1:]:
        assert tokens(f'[data-theme="{name}"]').keys() <= known
    assert {text for pair in PAIRS for text in pair[:2]} <= known


def test_every_token_that_is_used_exists() -> None:
    known = tokens(":root, [data-theme]").keys() | tokens(":root").keys()
    for path in sorted(CSS.glob("*.css")):
        own = set(re.findall(r"(--[\w-]+):", source(path.name)))
        assert set(re.findall(r"var\((--[\w-]+)", source(path.name))) <= known | own, path.name
