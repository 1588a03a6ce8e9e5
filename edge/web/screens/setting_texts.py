"""Which texts have the weight of law, and whether a native speaker has read them: the catalogues say who did, and it is nobody until they do."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask_babel import LazyString, force_locale, get_translations

from edge.queueing.policy import LANGS
from edge.web.screens import language, words

Values = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Catalogue:
    """One language: who has read it, "" for nobody yet, and its texts of law beside the English they come from."""

    lang: str
    reviewer: str
    texts: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Own:
    """A text of this centre's settings. ``kind``: what it is; ``names``: by language."""

    kind: str
    names: Values


def catalogues() -> list[Catalogue]:
    """Return every language with its texts of law, the page's languages first to last."""
    return [_catalogue(lang) for lang in LANGS]


def of_centre(values: Values) -> list[Own]:
    """Return the texts with the weight of law that this centre wrote itself: services, rights to priority and their proofs."""
    found = [Own("services", entry["names"]) for entry in values["services"]]
    for entry in values["categories"]:
        found += [Own("categories", entry["names"]), Own("proof", entry["proof"])]
    return found


def _catalogue(lang: str) -> Catalogue:
    with force_locale(lang):
        reviewer = get_translations().info().get("x-reviewed-by", "").strip()
    return Catalogue(lang, reviewer, tuple(_pair(text, lang) for text in words.STATUTORY))


def _pair(text: LazyString, lang: str) -> tuple[str, str]:
    return language.in_language(text, "en"), language.in_language(text, lang)
