"""The design system's own rules: contrast of every declared pair in every theme, tokens and nothing else, a font that covers all we write."""

import re

import pytest

from edge.web import assets, tokens
from edge.web.tokens import PAIRS, THEMES, contrast, of_selector, stylesheet, theme

STYLESHEETS = sorted(path.name for path in (assets.FOLDER / "css").glob("*.css"))
FONTS = sorted((assets.FOLDER / "vendor").glob("golos-text-*.woff2"))


@pytest.mark.parametrize("name", THEMES)
def test_every_pair_of_text_and_ground_has_its_contrast_in_every_theme(name: str) -> None:
    values = theme(name)
    found = {pair: contrast(values[pair.over], values[pair.ground]) for pair in PAIRS}
    assert {pair: ratio for pair, ratio in found.items() if ratio < pair.least} == {}


def test_contrast_is_counted_as_the_standard_says() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#ffffff", "#ffffff") == pytest.approx(1)
    assert contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.01)  # the grey that everybody knows just passes


@pytest.mark.parametrize(("query", "name"), [("prefers-color-scheme: dark", "dark"), ("prefers-contrast: more", "contrast")])
def test_a_theme_is_the_same_whether_the_system_asks_for_it_or_the_page(query: str, name: str) -> None:
    asked = re.search(
        rf"@media \({query}\) {{\s*:root:not\(\[data-theme\]\) {{([^}}]*)}}\s*}}\s*\[data-theme=\"{name}\"\] {{([^}}]*)}}", stylesheet("tokens.css")
    )
    assert asked, f"the two blocks of {name} stand one after the other"
    by_system, by_page = (" ".join(body.split()) for body in asked.groups())
    assert by_system == by_page
    assert by_page.count("--") > 20


def test_a_theme_changes_only_tokens_that_exist() -> None:
    known = of_selector(":root, [data-theme]").keys()
    for name in THEMES[1:]:
        assert of_selector(f'[data-theme="{name}"]').keys() <= known
    assert {token for pair in PAIRS for token in (pair.over, pair.ground)} <= known


@pytest.mark.parametrize("name", STYLESHEETS)
def test_every_token_that_is_used_exists(name: str) -> None:
    own = {token for _, found in tokens.blocks(name) for token in found}
    assert set(re.findall(r"var\((--[\w-]+)", stylesheet(name))) <= theme("light").keys() | own


@pytest.mark.parametrize("name", STYLESHEETS)
def test_a_colour_is_written_in_the_tokens_and_nowhere_else(name: str) -> None:
    if name != "tokens.css":
        assert re.findall(r"#[0-9a-fA-F]{3,8}\b|\b(?:rgb|hsl|oklch|oklab|lab|lch|color)a?\(", re.sub(r"url\([^)]*\)", "", stylesheet(name))) == []
