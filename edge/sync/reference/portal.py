"""The JSON API of a portal (`/portal/v1`): thin around `shop`, `overview` and what an operator may change.

Errors have the form of the protocol: {`error`, `detail`}, with `slots` where other times help. `person` is in requests alone, never in an answer or
log.
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

from flask import Blueprint, Response, request

from edge.sync.reference import calls, database, feed, grants, operators, overview, shop, slots, standing
from edge.sync.reference.books import Concern
from edge.sync.reference.refusals import Refusal
from edge.sync.reference.shop import Claim

KEY = re.compile(r"[A-Za-z0-9._:-]{8,64}")
BODY_BYTES = 64 * 1024
OPERATORS_KINDS = frozenset({"service", "calendar", "staff", "notice"})
MOST_SEATS = 500
MOST_MINUTES = 240


def blueprint(clock: Callable[[], datetime]) -> Blueprint:
    """Return the calls."""
    made = Blueprint("portal", __name__, url_prefix="/portal/v1")
    _for_visitors(made, clock)
    _for_operators(made, clock)
    return made


def _for_visitors(made: Blueprint, clock: Callable[[], datetime]) -> None:
    @made.get("/centres")
    def get_centres() -> Response:
        return calls.answer([asdict(each) for each in shop.centres(clock())])

    @made.get("/centres/<centre>")
    def get_centre(centre: str) -> Response:
        place = asdict(shop.place(centre, clock()))
        return calls.answer({**place, "services": shop.services(centre), "notices": shop.notices(centre, clock())})

    @made.get("/centres/<centre>/slots")
    def get_slots(centre: str) -> Response:
        shop.place(centre, clock())
        found = shop.free(centre, request.args.get("service", ""), clock(), request.args.get("day"))
        return calls.answer([asdict(each) for each in found])

    @made.post("/centres/<centre>/bookings")
    def post_booking(centre: str) -> Response:
        said, key = _body("service", "slot", "person", "lang"), request.headers.get("Idempotency-Key", "")
        if not KEY.fullmatch(key):
            raise Refusal(422, "key_missing", "Idempotency-Key: must be 8 to 64 of A-Z, a-z, 0-9 and ._:-")
        wanted = shop.Order(said["service"], said["slot"], said["person"], said["lang"], key)
        booking, is_new = shop.book(centre, wanted, clock())
        return calls.answer(booking, 201 if is_new else 200)

    @made.post("/centres/<centre>/bookings/<code>/show")
    def show_booking(centre: str, code: str) -> Response:
        return calls.answer(shop.shown(shop.find(centre, Claim(code, _body("person")["person"]), clock())))

    @made.post("/centres/<centre>/bookings/<code>/cancel")
    def cancel_booking(centre: str, code: str) -> Response:
        return _changed(shop.cancel(centre, Claim(code, _body("person")["person"]), clock()))

    @made.post("/centres/<centre>/bookings/<code>/reschedule")
    def move_booking(centre: str, code: str) -> Response:
        said = _body("person", "slot")
        return _changed(shop.move(centre, Claim(code, said["person"]), said["slot"], clock()))


def _for_operators(made: Blueprint, clock: Callable[[], datetime]) -> None:
    @made.get("/overview")
    def get_overview() -> Response:
        if not operators.may_look(request):
            operators.check(request)
        return calls.answer([overview.as_json(each) for each in overview.everything(clock())])

    @made.put("/centres/<centre>/items/<kind>/<key>")
    def put_item(centre: str, kind: str, key: str) -> Response:
        _check_item(kind, key)
        payload = _json()
        with database.of_centre(centre) as row:
            version = feed.put(row, kind, key, payload, clock())
            standing.grow_stale(centre)
        return calls.answer({"kind": kind, "key": key, "version": version})

    @made.delete("/centres/<centre>/items/<kind>/<key>")
    def delete_item(centre: str, kind: str, key: str) -> Response:
        _check_item(kind, key)
        with database.of_centre(centre) as row:
            version = feed.delete(row, kind, key, clock())
            standing.grow_stale(centre)
        return calls.answer({"kind": kind, "key": key, "version": version})

    @made.put("/centres/<centre>/slots/<slot>")
    def put_slot(centre: str, slot: str) -> Response:
        operators.check(request)
        said = _json()
        minutes, capacity = _whole(said, "minutes", range(1, MOST_MINUTES + 1)), _whole(said, "capacity", range(MOST_SEATS + 1))
        _check_slot(slot)
        with database.of_centre(centre) as row:
            left = grants.set_capacity(row, slot, minutes, capacity, clock()).left
        return calls.answer({"slot": slot, "minutes": minutes, "capacity": capacity, "left": left})

    @made.post("/centres/<centre>/epochs/<int:epoch>/end")
    def end_epoch(centre: str, epoch: int) -> Response:
        operators.check(request)
        with database.of_centre(centre) as row:
            if epoch >= row.epoch:
                raise Refusal(409, "epoch_present", f"epoch {epoch} of {centre} cannot be ended: {row.epoch} is the present one")
            ended = grants.end_epoch(row, epoch, clock())
        return calls.answer({"epoch": epoch, "slots": ended})

    @made.delete("/centres/<centre>/concerns/<kind>/<path:key>")
    def settle_concern(centre: str, kind: str, key: str) -> Response:
        operators.check(request)
        with database.of_centre(centre):
            gone = Concern.delete().where(Concern.centre == centre, Concern.kind == kind, Concern.key == key).execute()
        return calls.answer({"settled": gone})


def _changed(booking: Mapping[str, Any]) -> Response:
    """202 while the centre, in whose custody the booking is, was only asked."""
    return calls.answer(booking, 202 if booking["asked"] else 200)


def _check_item(kind: str, key: str) -> None:
    operators.check(request)
    if kind not in OPERATORS_KINDS or len(key) > 64:  # noqa: PLR2004 -- as any name of the contract
        raise Refusal(422, "kind", f"an operator puts items of the kinds {', '.join(sorted(OPERATORS_KINDS))}, with a key of 64 characters at most")


def _check_slot(slot: str) -> None:
    try:
        slots.parts(slot)
    except ValueError as error:
        raise Refusal(422, "slot_unknown", str(error)) from None


def _body(*names: str) -> dict[str, str]:
    """Return the fields of a JSON body, each a text. Raises Refusal for one that is missing or unknown."""
    said = _json()
    wrong = sorted(said.keys() ^ set(names)) or [name for name in names if not isinstance(said[name], str)]
    if wrong:
        raise Refusal(422, "fields", f"{', '.join(wrong)[:200]}: the fields are {', '.join(names)}, each a text")
    return said


def _json() -> dict[str, Any]:
    if (request.content_length or 0) > BODY_BYTES:
        raise Refusal(413, "too_large", f"the body has more than {BODY_BYTES} bytes")
    try:
        said = json.loads(request.get_data())
    except (ValueError, RecursionError):
        said = None
    if not isinstance(said, dict):
        raise Refusal(400, "body", "the body must be a JSON object in UTF-8")
    return said


def _whole(said: Mapping[str, Any], name: str, accepted: range) -> int:
    value = said.get(name)
    if type(value) is not int or value not in accepted:
        raise Refusal(422, "fields", f"{name} = {str(value)[:40]}: must be {accepted.start} to {accepted.stop - 1}")
    return value
