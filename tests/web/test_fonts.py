"""The shipped font: every character that we or a centre's settings write, figures of one width, and the ranges that browsers are told."""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from babel.messages.pofile import read_po
from fontTools.ttLib import TTFont
from fontTools.varLib.instancer import instantiateVariableFont

import hatch_build
from edge.operations import document
from edge.queueing.policy import LANGS
from edge.setup import sample
from edge.web import assets, tokens
from edge.web.screens.language import OWN_NAMES

ROOT = Path(__file__).parents[2]
SUBSETS = ("latin", "cyrillic", "cyrillic-ext")
ALPHABETS = "абвгғдеёжзийкқлмнңоөпрстуұүфхһцчшщъыіьэәюя" + "abcdefghijklmnopqrstuvwxyz"
OTHERS = "0123456789 .,:;!?()[]«»“”„—…·±°№§%+-/=*&@#'\"" + "\u00a0\u2013\u2018\u2019\u00d7\u2212"


def path(subset: str) -> Path:
    return assets.FOLDER / f"vendor/golos-text-{subset}-wght-normal.woff2"


@cache
def letters(subset: str) -> frozenset[int]:
    return frozenset(TTFont(path(subset)).getBestCmap())


def codes(ranges: str) -> frozenset[int]:
    """Read what `unicode-range` and the recipe of the build both write: `U+20-7E,U+A0`."""
    parts = [part.strip().removeprefix("U+").partition("-") for part in ranges.split(",")]
    return frozenset(code for first, _, last in parts for code in range(int(first, 16), int(last or first, 16) + 1))


def strings(value: Any) -> Iterator[str]:
    match value:
        case str():
            yield value
        case dict():
            for each in value.values():
                yield from strings(each)
        case list() | tuple():
            for each in value:
                yield from strings(each)
        case _:
            pass


def texts() -> Iterator[str]:
    for lang in LANGS:
        with (ROOT / f"edge/web/translations/{lang}/LC_MESSAGES/messages.po").open("rb") as file:
            for message in read_po(file):
                yield from strings(message.string if message.id else "")
    yield from strings(document.read(sample("centre.toml")).settings())
    yield from OWN_NAMES.values()


def test_the_shipped_font_has_every_character_that_is_written() -> None:
    covered = {chr(code) for subset in SUBSETS for code in letters(subset)}
    written = {character for text in texts() for character in text if character.isprintable()}
    assert written - covered == set()
    assert {*ALPHABETS, *ALPHABETS.upper(), *OTHERS} - covered == set()


@pytest.mark.parametrize("subset", SUBSETS)
def test_browsers_are_told_exactly_what_a_file_holds(subset: str) -> None:
    face = next(body for body in re.findall(r"@font-face \{([^}]*)\}", tokens.stylesheet("fonts.css")) if path(subset).name in body)
    told = re.search(r"unicode-range:([^;]*);", face)
    made = next(asset for asset in hatch_build.ASSETS if isinstance(asset, hatch_build.Subset) and asset.name == path(subset).name)
    assert told
    assert codes(told.group(1)) == codes(made.unicodes) == letters(subset)


@pytest.mark.parametrize("weight", [400, 600, 700])
def test_figures_that_stand_in_columns_have_one_width(weight: int) -> None:
    font = instantiateVariableFont(TTFont(path("latin")), {"wght": weight})
    substitutes = font["GSUB"].table
    lookups = [i for record in substitutes.FeatureList.FeatureRecord if record.FeatureTag == "tnum" for i in record.Feature.LookupListIndex]
    tabular = {old: new for i in lookups for table in substitutes.LookupList.Lookup[i].SubTable for old, new in table.mapping.items()}
    figures = [font.getBestCmap()[ord(figure)] for figure in "0123456789"]
    assert len({font["hmtx"][tabular.get(figure, figure)][0] for figure in figures}) == 1


def test_one_file_holds_all_weights_that_are_used() -> None:
    for subset in SUBSETS:
        (axis,) = TTFont(path(subset))["fvar"].axes
        assert (axis.axisTag, axis.minValue) == ("wght", 400)
        assert axis.maxValue >= int(tokens.theme("light")["--heavy"])


def test_the_licence_lies_beside_the_font() -> None:
    text = assets.load().files["vendor/LICENCES.txt"].body.decode()
    assert "The Golos Text Project Authors" in text
    assert "SIL OPEN FONT LICENSE Version 1.1" in text
