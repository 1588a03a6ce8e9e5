"""The catalogues: complete, equal in their placeholders, and up to date with the sources. `tests/web/test_fonts.py` looks at their letters."""

import re
from functools import cache
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.pofile import read_po

from edge.queueing.policy import LANGS

ROOT = Path(__file__).parents[2]
CATALOGUES = ROOT / "edge/web/translations"
PLACEHOLDER = re.compile(r"%\((\w+)\)s")
PLURAL_FORMS = {
    "ky": "nplurals=2; plural=(n != 1);",
    "ru": "nplurals=3; plural=(n%10==1 && n%100!=11 ? 0 : n%10>=2 && n%10<=4 && (n%100<10 || n%100>=20) ? 1 : 2);",
    "kk": "nplurals=2; plural=(n != 1);",
    "en": "nplurals=2; plural=(n != 1);",
}


@cache
def catalogue(lang: str) -> Catalog:
    with (CATALOGUES / lang / "LC_MESSAGES/messages.po").open("rb") as file:
        return read_po(file)


def messages(lang: str) -> list[Message]:
    return [message for message in catalogue(lang) if message.id]


def sources(message: Message) -> list[str]:
    return list(message.id) if isinstance(message.id, tuple) else [str(message.id)]


def translations(message: Message) -> list[str]:
    return list(message.string) if isinstance(message.string, (list, tuple)) else [str(message.string)]


@cache
def extracted() -> frozenset[str | tuple[str, ...]]:
    """Return the texts that the sources have now, as `babel.cfg` finds them."""
    with (ROOT / "babel.cfg").open(encoding="utf-8") as file:
        methods, options = parse_mapping_cfg(file)  # type: ignore[no-untyped-call]
    keywords = {"_": None, "_l": None, "gettext": None, "lazy_gettext": None, "ngettext": (1, 2)}
    found = extract_from_dir(ROOT, methods, options, keywords=keywords)
    return frozenset(text for _, _, text, _, _ in found)


@pytest.mark.parametrize("lang", LANGS)
def test_every_text_of_the_sources_is_in_the_catalogue_and_no_other(lang: str) -> None:
    known = frozenset(message.id for message in messages(lang))
    assert known == extracted(), "run the commands in docs/screens.md"


@pytest.mark.parametrize("lang", LANGS)
def test_every_text_is_translated_in_all_its_plural_forms(lang: str) -> None:
    forms = int(PLURAL_FORMS[lang].partition("=")[2].partition(";")[0])
    for message in messages(lang):
        assert all(translations(message)), message.id
        assert not message.fuzzy, message.id
        if message.pluralizable:
            assert len(translations(message)) == forms, message.id


@pytest.mark.parametrize("lang", LANGS)
def test_a_translation_has_the_placeholders_of_its_source(lang: str) -> None:
    for message in messages(lang):
        wanted = set(PLACEHOLDER.findall(sources(message)[-1]))
        for text in translations(message):
            assert set(PLACEHOLDER.findall(text)) == wanted, message.id
            assert "%" not in PLACEHOLDER.sub("", text), message.id


@pytest.mark.parametrize("lang", LANGS)
def test_the_header_counts_plurals_as_the_language_does_and_names_a_reviewer_or_nobody(lang: str) -> None:
    header = dict(catalogue(lang).mime_headers)
    text = (CATALOGUES / lang / "LC_MESSAGES/messages.po").read_text(encoding="utf-8")
    assert f'"Plural-Forms: {PLURAL_FORMS[lang]}\\n"' in text
    assert header["Language"] == lang
    assert '"X-Reviewed-By: ' in text


def test_english_says_what_the_sources_say() -> None:
    assert all(translations(message) == sources(message) for message in messages("en"))
