"""Which language a page speaks, and texts that stand in several languages at once.

The browser's own header is never asked: a kiosk belongs to whoever stands before it, not to who installed it. A kiosk's language is part of its
address, a ticket's page follows the ticket, the rest take ``?lang=`` and remember it.
"""

from collections.abc import Callable, Mapping
from typing import TypeVar

from flask import Flask, Response, g, request
from flask_babel import Babel, LazyString, force_locale, get_locale, lazy_gettext, refresh
from markupsafe import Markup, escape

from edge.queueing.policy import LANGS, Names
from edge.web.screens.moments import moment, span

OWN_NAMES: Mapping[str, str] = {"ky": "Кыргызча", "ru": "Русский", "kk": "Қазақша", "en": "English"}
ON_BOARDS = ("ky", "ru")  # stacked, never alternating: nobody waits for their language to come round
ANY = f"any({', '.join(LANGS)})"  # of the address of a kiosk's page
Said = TypeVar("Said")
_COOKIE = "kezek-lang"  # not `kezek_…`: that prefix names paired devices
_COOKIE_LASTS_S = 180 * 86_400


def install(app: Flask, *, remembers: bool = True) -> None:
    """Put Flask-Babel and the template functions on ``app``. ``remembers``: a language that was asked for is kept in a cookie."""
    Babel(app, locale_selector=_chosen, default_locale=LANGS[0])
    app.jinja_env.globals.update(
        stacked=stacked, in_language=in_language, named=named, lang=current, own_names=OWN_NAMES, moment=moment, span=span, _l=lazy_gettext
    )
    if remembers:
        app.after_request(_remember)


def current() -> str:
    """Return the language of the page being made."""
    locale = get_locale()
    return locale.language if locale else LANGS[0]


def speak(lang: str) -> None:
    """Let this page speak ``lang``, unless its address names another."""
    g.lang = lang
    refresh()


def named(names: Names) -> str:
    """Return a name from the centre's settings in the page's language."""
    return names.get(current()) or names["ru"]


def in_language(text: LazyString, lang: str) -> str:
    """Return a lazy text in ``lang``, whatever the page speaks."""
    with force_locale(lang):
        return str(text)


def spoken(lang: str, make: Callable[[], Said]) -> Said:
    """Return what ``make`` says while the page speaks ``lang``, whatever it speaks otherwise."""
    with force_locale(lang):
        return make()


def stacked(text: LazyString, languages: tuple[str, ...] | None = None, **slots: Markup) -> Markup:
    """Return a lazy text once per language (None: the page's), each marked with its ``lang``; ``slots`` fill its placeholders."""
    lines: dict[Markup, Markup] = {}
    for lang in languages or (current(),):
        said = escape(in_language(text, lang))
        # the same word in two languages ("Талон") stands once
        lines.setdefault(said, Markup('<span lang="{}">{}</span>').format(lang, said % slots if slots else said))
    return Markup("").join(lines.values())


def _chosen() -> str:
    """Choose by the address, the page itself, ``?lang=``, the cookie; Kyrgyz otherwise."""
    named_by_address = (request.view_args or {}).get("lang")
    asked = (named_by_address, request.args.get("lang"), g.get("lang"), request.cookies.get(_COOKIE))
    return next((lang for lang in asked if lang in LANGS), LANGS[0])


def _remember(response: Response) -> Response:
    asked = request.args.get("lang")
    if asked in LANGS and request.cookies.get(_COOKIE) != asked:
        response.set_cookie(_COOKIE, asked, max_age=_COOKIE_LASTS_S, httponly=True, samesite="Strict")
    return response
