"""How a visitor wants to see and reach a kiosk: large text, high contrast, low reach. For one visit: starting over forgets them.

Kept in a cookie, so that they work without JavaScript. Scripts may read it, unlike all others: an abandoned kiosk starts over also while the
server is away, and then its script takes the cookie away.
"""

from enum import StrEnum

from flask import request
from werkzeug.wrappers import Response

COOKIE = "kezek-modes"  # not `kezek_…`: that prefix names paired devices


class Mode(StrEnum):
    """In the order of the buttons."""

    LARGE = "large"
    CONTRAST = "contrast"
    LOW = "low"


def chosen() -> tuple[Mode, ...]:
    """Return the modes of this visit; words that are none are ignored."""
    said = request.cookies.get(COOKIE, "").split(".")
    return tuple(mode for mode in Mode if mode in said)


def toggle(response: Response, mode: Mode, path: str) -> None:
    """Turn one mode on or off for the pages below ``path``."""
    wanted = [each for each in Mode if (each in chosen()) != (each is mode)]
    if wanted:
        response.set_cookie(COOKIE, ".".join(wanted), samesite="Strict", path=path)
    else:
        forget(response, path)


def forget(response: Response, path: str) -> None:
    """Turn all modes off."""
    response.delete_cookie(COOKIE, samesite="Strict", path=path)
