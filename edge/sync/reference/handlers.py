"""Which event is taken over by what. What is only counted is not here (`figures`)."""

import json
from collections.abc import Callable, Mapping

from edge.sync.reference import booked, payloads, standing
from edge.sync.reference.booked import Payload, Taking
from edge.sync.reference.books import Device, Setting
from edge.sync.reference.journal import Stored

BIG_STEP_S = 300  # a clock that was wrong by more than that is said


def setting_changed(taking: Taking, _: Stored, said: Payload) -> None:
    """`setting.changed`: the newest value; the timetable may be another one now."""
    value = json.dumps(said.get("value"))
    key = {"centre": taking.row.centre, "key": said["key"]}
    Setting.insert(**key, value=value).on_conflict(conflict_target=[Setting.centre, Setting.key], update={Setting.value: value}).execute()
    standing.grow_stale(taking.row.centre)


def device_registered(taking: Taking, _: Stored, said: Payload) -> None:
    """`device.registered`: the whole entry, the newest wins."""
    values = {"kind": said["kind"], "active": said.get("active") is not False}
    Device.insert(centre=taking.row.centre, device=said["device"], **values).on_conflict(
        conflict_target=[Device.centre, Device.device], update=values
    ).execute()


def epoch_started(taking: Taking, line: Stored, said: Payload) -> None:
    """`epoch.started`: rights are granted anew; the older ones stay frozen until their slots pass or an operator confirms."""
    standing.grow_stale(taking.row.centre)
    taking.concern("epoch", str(line.epoch), reason=str(said.get("reason"))[:200])


def clock_stepped(taking: Taking, line: Stored, said: Payload) -> None:
    """`clock.stepped`: a big one is worth a look at the box's clock."""
    if abs(said["by"]) > BIG_STEP_S:
        taking.concern("clock", "clock", by=said["by"], at=line.at)


def alert_raised(taking: Taking, line: Stored, said: Payload) -> None:
    """`alert.raised`: something is wrong with the centre's equipment until `alert.cleared` says otherwise."""
    about = said.get("about")
    taking.concern("equipment", said["alert"], what=said["what"], about=about if payloads.is_text(about) else None, at=line.at)


def alert_cleared(taking: Taking, _: Stored, said: Payload) -> None:
    """`alert.cleared`: it is wrong no more."""
    taking.settled("equipment", said["alert"])


def payload_erased(taking: Taking, _: Stored, said: Payload) -> None:
    """`payload.erased`: what this side knew of the person goes, too."""
    booked.erased(taking, said["event"])


HANDLERS: Mapping[str, Callable[[Taking, Stored, Payload], None]] = {
    "booking.made": booked.made,
    "booking.cancelled": booked.cancelled,
    "booking.rescheduled": booked.rescheduled,
    "booking.checked_in": booked.checked_in,
    "booking.no_show": booked.no_show,
    "booking.request_refused": booked.request_refused,
    "slot.granted": booked.granted,
    "slot.returned": booked.returned,
    "slot.settled": booked.settled,
    "national.applied": booked.applied,
    "setting.changed": setting_changed,
    "device.registered": device_registered,
    "epoch.started": epoch_started,
    "clock.stepped": clock_stepped,
    "alert.raised": alert_raised,
    "alert.cleared": alert_cleared,
    "payload.erased": payload_erased,
}
