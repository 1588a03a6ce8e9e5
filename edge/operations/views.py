"""The contract's shapes of what is seen from outside (`contract/http.md`, `contract/mqtt.md`), as plain JSON values.

Pure functions of the hall at a tick: HTTP answers, retained topics and screens all show these, so they cannot disagree.
"""

import json
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from edge.queueing.chain import instant
from edge.queueing.day import instant_of
from edge.queueing.decide import upcoming
from edge.queueing.desk import DeskState
from edge.queueing.estimate import Range
from edge.queueing.hall import Hall
from edge.queueing.offer import Offer, ahead_of, ahead_of_newcomer, next_in, offers, waiting_in
from edge.queueing.policy import Mode, Service, notice_at
from edge.queueing.registry import Device
from edge.queueing.ticket import Ticket, TicketState

View = dict[str, Any]

BOARD_NEXT = 10


def text(view: object) -> str:
    """Write a view as the JSON text that goes over the wire."""
    return json.dumps(view, ensure_ascii=False, separators=(",", ":"))


def ticket(hall: Hall, value: Ticket, tick: int, track_url: str) -> View:
    """`GET tickets/<id>`. ``ahead`` is 0 while called or serving, and null once the ticket waits for nobody."""
    ahead: int | None = None
    if value.state is TicketState.WAITING:
        ahead = ahead_of(hall, value, tick)
    elif value.state in (TicketState.CALLED, TicketState.SERVING):
        ahead = 0
    return {
        "id": value.id,
        "number": value.number,
        "day": value.day,
        "service": value.service,
        "category": value.category,
        "lang": value.lang,
        "state": value.state,
        "ahead": ahead,
        "from": value.promise_from,
        "to": value.promise_to,
        "promise": value.promise,
        "desk": value.desk,
        "track_url": track_url,
        "issued_at": instant(value.issued_at),
        "called_at": _instant(value.called_at),
    }


def headless_ticket(hall: Hall, value: Ticket, tick: int) -> View:
    """The ``ticket`` of an MQTT `issued`."""
    return {
        "number": value.number,
        "ahead": ahead_of(hall, value, tick),
        "from": value.promise_from,
        "to": value.promise_to,
        "promise": value.promise,
    }


def services(hall: Hall, tick: int) -> list[View]:
    """`GET services`: every service and group, in display order."""
    offer = offers(hall, tick)
    return [_service(hall, service, tick, offer) for service in hall.policy.services.values()]


def is_bookable(hall: Hall, code: str) -> bool:
    """Tell whether the service takes bookings today."""
    return hall.policy.services[code].booking is not None and hall.mode(code) is not Mode.WALK_IN


def categories(hall: Hall) -> list[View]:
    """`GET categories`."""
    return [
        {"code": code, "names": dict(category.names), "proof": dict(category.proof), "proof_first": category.proof_first}
        for code, category in hall.policy.categories.items()
    ]


def desk_state(hall: Hall, name: str) -> View:
    """The fields of `desk/<desk>/state` without ``v``, ``ts``, ``rev`` and ``boot_id``."""
    return _desk_state(hall, name, _waiting_counts(hall))


def desk(hall: Hall, name: str, tick: int, rev: int, boot_id: str) -> View:
    """`GET desks/<desk>`."""
    plan = hall.plan(name)
    state = hall.desks[name]
    choice = upcoming(hall, name, tick) if state.state is not DeskState.CLOSED else None
    return {
        "rev": rev,
        "boot_id": boot_id,
        **desk_state(hall, name),
        "zone": plan.zone,
        "services": [code for code in hall.policy.services if code in plan.services],
        "guard_ms": plan.guard_ms,
        "next": choice.ticket.number if choice else None,
    }


def desk_states(hall: Hall) -> dict[str, View]:
    """`desk_state` of every desk; the waiting tickets are counted once."""
    counts = _waiting_counts(hall)
    return {name: _desk_state(hall, name, counts) for name in hall.desks}


def led(hall: Hall, device: Device) -> View:
    """The fields of `dev/<id>/render` without ``v``, ``ts``, ``rev`` and ``boot_id``; back-office work is shown nowhere."""
    plan = hall.policy.led
    place = hall.desks.get(device.desk or "")
    ticket = hall.tickets[place.ticket] if place and place.ticket else None
    if ticket and not hall.policy.is_quiet(ticket.service):
        called = ticket.state is TicketState.CALLED
        return {"text": ticket.number, "blink": called, "colour": plan.called_colour if called else plan.serving_colour}
    state = None if place is None or ticket else DeskState.CLOSED if hall.policy.emergency else place.state
    texts = {DeskState.OPEN: plan.free_text, DeskState.PAUSED: plan.paused_text, DeskState.CLOSED: plan.closed_text}
    return {"text": texts[state] if state else "", "blink": False, "colour": plan.text_colour}


def board(hall: Hall, zone: str, tick: int) -> View:
    """The fields of `board/<zone>/state` without ``v``, ``ts``, ``rev`` and ``boot_id``; back-office work is on no board."""
    names = {plan.desk for plan in hall.policy.desks.values() if plan.zone == zone}
    here = [hall.tickets[found.ticket] for found in hall.desks.values() if found.desk in names and found.ticket]
    here = sorted((shown for shown in here if not hall.policy.is_quiet(shown.service)), key=lambda shown: -shown.shown)
    return {
        "mode": "closed" if hall.policy.emergency else _mode({hall.desks[name].state for name in names}),
        "now": [{"ticket": shown.number, "desk": shown.desk, "since": _instant(shown.called_at), "reason": shown.why} for shown in here],
        "next": [waiting.number for waiting in next_in(hall, zone, tick, BOARD_NEXT)],
        "notice": dict(hall.policy.emergency.text if hall.policy.emergency else hall.policy.notices.get(zone) or _national_notice(hall, tick)),
    }


def _national_notice(hall: Hall, tick: int) -> Mapping[str, str]:
    """Return what the national side has to say to everybody now; nothing while nobody knows the time."""
    return notice_at(hall.policy, instant_of(hall.day, tick)) or {} if hall.day and hall.day.timed else {}


def zone(hall: Hall, name: str, tick: int) -> View:
    """What a board says beside its topic: how many wait in the zone, and when who takes a ticket now will roughly be called (ISO, or null)."""
    codes = frozenset[str]().union(*(plan.services for plan in hall.policy.desks.values() if plan.zone == name))
    offer = offers(hall, tick)
    ranges = [found for code in sorted(codes) if (found := offer(code).range)]
    return {
        "waiting": len(waiting_in(hall, name)),
        "from": instant(min(each.start for each in ranges)) if ranges else None,
        "to": instant(max(each.end for each in ranges)) if ranges else None,
    }


def kiosk(hall: Hall, tick: int) -> View:
    """The fields of `kiosk/<zone>/state` without ``v``, ``ts``, ``rev`` and ``boot_id``; the same in every zone."""
    offer = offers(hall, tick)
    shown = []
    for code in hall.leaves():
        found = offer(code)
        times = _times(found.range)
        shown.append({"code": code, "open": found.why is None, "mode": hall.mode(code), "promise": found.promise, **times, "why": found.why})
    return {"services": shown}


def device_config(hall: Hall, device: Device, volume: int | None) -> View:
    """The fields of `dev/<id>/config` without ``v``, ``ts``, ``rev`` and ``boot_id``; only the bindings that exist."""
    bindings = {key: value for key, value in (("desk", device.desk), ("zone", device.zone)) if value is not None}
    return {
        "role": device.kind,
        **bindings,
        "services": list(device.services) if device.services is not None else None,
        "langs": list(hall.policy.centre.langs),
        "volume": volume,
        "brightness": None,
    }


def _service(hall: Hall, service: Service, tick: int, offer: Callable[[str], Offer]) -> View:
    below = _leaves_below(hall, service.code)
    is_group = service.code in hall.policy.groups
    own = [offer(code) for code in below]
    reasons = [each.why for each in own]
    why = None if None in reasons else (reasons[0] if reasons else "closed")
    steps = [step for code in below for step in hall.policy.services[code].steps]
    zones = {plan.zone for code in (*below, *steps) for plan in hall.policy.desks_of(code)}
    return {
        "code": service.code,
        "parent": service.parent,
        "names": dict(service.names),
        "letter": service.letter,
        "open": why is None,
        "mode": Mode.WALK_IN if is_group else hall.mode(service.code),
        "bookable": not is_group and is_bookable(hall, service.code),
        "zones": [zone for zone in hall.policy.zones if zone in zones],
        "ahead": None if is_group else ahead_of_newcomer(hall, service.code, tick),
        **_times(None if is_group else own[0].range),
        "promise": None if is_group else own[0].promise,
        "why": why,
    }


def _times(expected: Range | None) -> View:
    return {"from": instant(expected.start), "to": instant(expected.end)} if expected else {"from": None, "to": None}


def _leaves_below(hall: Hall, code: str) -> list[str]:
    children = [service.code for service in hall.policy.services.values() if service.parent == code]
    return [leaf for child in children for leaf in _leaves_below(hall, child)] if children else [code]


def _waiting_counts(hall: Hall) -> tuple[Counter[str], Counter[str]]:
    """Count waiting tickets by service, and by the desk they wait for alone."""
    by_service: Counter[str] = Counter()
    by_desk: Counter[str] = Counter()
    for waiting in hall.waiting():
        if waiting.to_desk:
            by_desk[waiting.to_desk] += 1
        else:
            by_service[waiting.service] += 1
    return by_service, by_desk


def _desk_state(hall: Hall, name: str, counts: tuple[Counter[str], Counter[str]]) -> View:
    by_service, by_desk = counts
    found = hall.at_desk(name)
    here = None
    if found:
        here = {"number": found.number, "state": found.state, "since": instant(found.state_at), "why": found.why}
    return {
        "desk": name,
        "state": hall.desks[name].state,
        "ticket": here,
        "waiting": by_desk[name] + sum(by_service[code] for code in hall.plan(name).services),
    }


def _mode(states: set[DeskState]) -> str:
    if DeskState.OPEN in states:
        return "open"
    return "paused" if DeskState.PAUSED in states else "closed"


def _instant(at: datetime | None) -> str | None:
    return instant(at) if at else None
