"""The booking pages and the overview in four languages: links and plain forms, no script, no cookie but the language.

A page changes something only for who types code and document; nobody is logged in, so another site's form gains nothing. Addresses carry neither.
"""

import secrets
from collections.abc import Callable, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from babel.dates import format_date
from flask import Blueprint, Flask, Response, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import Babel, get_locale
from werkzeug.exceptions import HTTPException

from edge.sync.reference import operators, overview, shop, timetable
from edge.sync.reference.overview_words import said_of
from edge.sync.reference.portal_words import refusal_text, title_of
from edge.sync.reference.refusals import Refusal
from edge.sync.reference.settings import LANGS
from edge.sync.reference.shop import Claim, Free, Place

OWN_NAMES: Mapping[str, str] = {"ky": "Кыргызча", "ru": "Русский", "kk": "Қазақша", "en": "English"}
TEXTS = Path(__file__).parents[2] / "web" / "translations"  # the catalogues of all screens are one; as data, nothing of that room is imported
HOME_TZ = timetable.FALLBACK_TZ  # of the overview, which is of no centre
_COOKIE = "kezek-lang"
_COOKIE_LASTS_S = 180 * 86_400
_DAYS: Mapping[str, str] = {"ky": "d-MMMM, EEEE", "ru": "EEEE, d MMMM", "kk": "d MMMM, EEEE", "en": "EEEE, d MMMM"}
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}


def install(app: Flask, clock: Callable[[], datetime]) -> None:
    """Put the pages and their languages on the application."""
    app.config["BABEL_TRANSLATION_DIRECTORIES"] = str(TEXTS)
    Babel(app, locale_selector=_chosen, default_locale=LANGS[0])
    app.register_blueprint(blueprint(clock))


def blueprint(clock: Callable[[], datetime]) -> Blueprint:
    """Return the pages."""
    made = Blueprint("national", __name__, static_folder="static", static_url_path="/national/static", template_folder="templates")
    made.context_processor(_words)
    made.after_request(_with_headers)
    made.register_error_handler(Refusal, lambda refusal: (_fault(refusal.status), refusal.status))
    made.register_error_handler(HTTPException, lambda error: (_fault(error.code or 500), error.code or 500))
    _to_book(made, clock)
    _to_change(made, clock)

    @made.get("/overview")
    def all_centres() -> ResponseReturnValue:
        if not operators.may_look(request):
            return Response(_fault(401), 401, {"WWW-Authenticate": 'Basic realm="national", charset="UTF-8"'})
        found = [{**overview.as_json(each), "needs": [_need(need) for need in each.needs]} for each in overview.everything(clock())]
        return render_template("national/overview.html", centres=found, now=clock().isoformat())

    return made


def _to_book(made: Blueprint, clock: Callable[[], datetime]) -> None:
    @made.get("/")
    def centres() -> str:
        return render_template("national/centres.html", centres=[each for each in shop.centres(clock()) if shop.services(each.centre)])

    @made.get("/c/<centre>")
    def services(centre: str) -> str:
        place = shop.place(centre, clock())
        return render_template("national/services.html", centre=place, services=shop.services(centre), notices=shop.notices(centre, clock()))

    @made.get("/c/<centre>/<service>")
    def times(centre: str, service: str) -> str:
        place = shop.place(centre, clock())
        free = shop.free(centre, service, clock())
        days = shop.days(free, place.tz)
        asked = request.args.get("day", "")
        day = asked if asked in days else next(iter(days), "")
        return render_template(
            "national/times.html", centre=place, service=_service(centre, service), days=days, day=day, slots=shop.on_day(free, day, place.tz)
        )

    @made.get("/c/<centre>/at/<path:slot>")
    def details(centre: str, slot: str) -> ResponseReturnValue:
        return _details(shop.place(centre, clock()), slot, secrets.token_urlsafe(16), clock())

    @made.post("/c/<centre>/book")
    def book(centre: str) -> ResponseReturnValue:
        place, slot, key = shop.place(centre, clock()), request.form.get("slot", ""), request.form.get("key", "")
        person = request.form.get("person", "")
        try:
            order = shop.Order(slot.partition("@")[0], slot, person, _lang(), key)
            booking, _ = shop.book(centre, order, clock())
        except Refusal as refusal:
            return make_response(_details(place, slot, key, clock(), refusal_text(refusal.word)), refusal.status)
        return _booking(place, booking, Claim(booking["code"], person)), 201


def _to_change(made: Blueprint, clock: Callable[[], datetime]) -> None:
    @made.get("/booking")
    def booking() -> str:
        return _find(clock())

    @made.post("/booking", endpoint="show")
    def show() -> ResponseReturnValue:
        return _with_claim(clock(), lambda place, claim: _booking(place, shop.shown(shop.find(place.centre, claim, clock())), claim))

    @made.post("/booking/cancel")
    def cancel() -> ResponseReturnValue:
        return _with_claim(clock(), lambda place, claim: _booking(place, shop.cancel(place.centre, claim, clock()), claim))

    @made.post("/booking/move")
    def move() -> ResponseReturnValue:
        slot = request.form.get("slot")
        if slot is None:
            return _with_claim(clock(), lambda place, claim: _choose(place, claim, clock()))
        return _with_claim(clock(), lambda place, claim: _moved(place, claim, slot, clock()))


def _moved(place: Place, claim: Claim, slot: str, now: datetime) -> ResponseReturnValue:
    try:
        return _booking(place, shop.move(place.centre, claim, slot, now), claim)
    except Refusal as refusal:
        if refusal.word == "booking_unknown":
            raise
        return _choose(place, claim, now, refusal_text(refusal.word)), refusal.status


def _choose(place: Place, claim: Claim, now: datetime, refused: str | None = None) -> str:
    booking = shop.shown(shop.find(place.centre, claim, now))
    free = [each for each in shop.free(place.centre, booking["service"], now) if each.slot != booking["slot"]]
    days = shop.days(free, place.tz)
    return render_template(
        "national/times.html",
        centre=place,
        service=_service(place.centre, booking["service"]),
        days=days,
        by_day={day: shop.on_day(free, day, place.tz) for day in days},
        moving=booking,
        claim=claim,
        refused=refused,
    )


def _with_claim(now: datetime, then: Callable[[Place, Claim], ResponseReturnValue]) -> ResponseReturnValue:
    """Read code and document of a form; what they do not open is said above the form that asks for them."""
    centre = request.form.get("centre", "")
    claim = Claim(request.form.get("code", "").strip()[:12], request.form.get("person", ""))
    try:
        return then(shop.place(centre, now), claim)
    except Refusal as refusal:
        return _find(now, refusal_text(refusal.word)), refusal.status


def _find(now: datetime, refused: str | None = None) -> str:
    given = {"centre": request.values.get("centre", ""), "code": request.values.get("code", "")[:12]}
    return render_template("national/find.html", centres=shop.centres(now), given=given, refused=refused)


def _details(place: Place, slot: str, key: str, now: datetime, refused: str | None = None) -> ResponseReturnValue:
    service = slot.partition("@")[0]
    found = next((each for each in shop.free(place.centre, service, now) if each.slot == slot), None)
    if found is None and refused is None:
        return redirect(url_for("national.times", centre=place.centre, service=service))
    shown = found or Free(slot, service, slot.partition("@")[2], 0, 0)
    return render_template("national/details.html", centre=place, service=_service(place.centre, service), slot=shown, key=key, refused=refused)


def _booking(place: Place, booking: Mapping[str, Any], claim: Claim) -> str:
    return render_template(
        "national/booking.html",
        centre=place,
        service=_service(place.centre, booking["service"]),
        booking=booking,
        asked=booking["asked"],
        refusal=booking["refused"],
        claim=claim,
    )


def _service(centre: str, code: str) -> Mapping[str, Any]:
    known = next((each for each in shop.services(centre) if each["code"] == code), None)
    return known or {"code": code, "names": dict.fromkeys(LANGS, code)}


def _need(need: overview.Need) -> dict[str, Any]:
    return {"text": said_of(need), "since": need.since}


def _fault(status: int) -> str:
    return render_template("national/fault.html", title=title_of(status))


def _words() -> dict[str, Any]:
    """Return what every template may call."""
    return {
        "lang": _lang(),
        "own_names": OWN_NAMES,
        "said": _said,
        "moment": _moment,
        "clock": _clock,
        "stamp": _stamp,
        "day_said": _day_said,
        "language_link": _language_link,
    }


def _said(names: Mapping[str, str]) -> str:
    return names.get(_lang()) or names["ru"]


def _moment(instant: str, tz: str | None) -> str:
    at = datetime.fromisoformat(instant).astimezone(ZoneInfo(tz or HOME_TZ))
    return f"{_day_said(at.date().isoformat())}, {at:%H:%M}"


def _clock(instant: str, tz: str) -> str:
    return f"{datetime.fromisoformat(instant).astimezone(ZoneInfo(tz)):%H:%M}"


def _stamp(instant: str) -> str:
    """Return an instant short, for tables."""
    return f"{datetime.fromisoformat(instant).astimezone(ZoneInfo(HOME_TZ)):%d.%m %H:%M}"


def _day_said(day: str) -> str:
    return format_date(date.fromisoformat(day), _DAYS[_lang()], locale=_lang())


def _language_link(code: str) -> str:
    """Return this page in another language; after a form was posted, its way in."""
    args = {key: value for key, value in request.args.items() if key != "lang"}
    endpoint = request.endpoint if request.method == "GET" else "national.booking"
    values = request.view_args if request.method == "GET" else {}
    return url_for(endpoint or "national.centres", **{**(values or {}), **args, "lang": code})


def _lang() -> str:
    locale = get_locale()
    return locale.language if locale else LANGS[0]


def _chosen() -> str:
    asked = (request.args.get("lang"), request.cookies.get(_COOKIE))
    return next((lang for lang in asked if lang in LANGS), LANGS[0])


def _with_headers(response: Response) -> Response:
    for name, value in _HEADERS.items():
        response.headers.setdefault(name, value)
    if request.args.get("lang") in LANGS:
        response.set_cookie(_COOKIE, request.args["lang"], max_age=_COOKIE_LASTS_S, samesite="Lax", httponly=True)
    return response
