"""The stylesheets as the tests read them: rules, tokens of each theme, and contrast as WCAG 2.2 defines it."""

import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

STATIC = Path(__file__).parents[2] / "edge/web/static"
CSS = STATIC / "css"
THEMES = ("light", "dark", "contrast")
_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_BLOCK = re.compile(r"([^{}]+)\{([^{}]*)\}")
_TOKEN = re.compile(r"(--[\w-]+):\s*([^;]+);")


def source(name: str) -> str:
    """Return a stylesheet without its comments."""
    return _COMMENT.sub("", (CSS / name).read_text(encoding="utf-8"))


def blocks(name: str) -> Iterator[tuple[str, str]]:
    """Yield each innermost block with the selector before it, a media query around it left out."""
    for selector, body in _BLOCK.findall(source(name)):
        yield " ".join(selector.split()), body


def tokens(selector: str) -> dict[str, str]:
    """Return the tokens that the blocks of exactly this selector set."""
    return {token: value for found, body in blocks("tokens.css") if found == selector for token, value in _TOKEN.findall(body)}


@cache
def theme(name: str) -> Mapping[str, str]:
    """Return all tokens as a page of this theme has them."""
    return {**tokens(":root, [data-theme]"), **tokens(":root"), **tokens(f'[data-theme="{name}"]')}


def asked_by_system(query: str) -> dict[str, str]:
    """Return the tokens that a media query sets for pages that ask for no theme."""
    after = source("tokens.css").split(f"@media ({query})")[1]
    body = _BLOCK.search(after[after.index("{") + 1 :])
    assert body
    assert body.group(1).strip() == ":root:not([data-theme])"
    return dict(_TOKEN.findall(body.group(2)))


def luminance(colour: str) -> float:
    """Return the relative luminance of `#rrggbb`."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of two colours, 1 to 21."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)
