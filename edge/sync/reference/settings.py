"""A centre's settings as the national side goes by them: what its journal says, with this side's own calendar and service items over it.

What the national side decided counts here at once, whether or not the centre has heard of it yet.
"""

import json
from typing import Any

from edge.sync.reference.books import Setting
from edge.sync.reference.models import Item
from edge.sync.reference.timetable import Settings

LANGS = ("ky", "ru", "kk", "en")


def of(centre: str) -> Settings:
    """Return the settings by key."""
    found = {each.key: json.loads(each.value) for each in Setting.select().where(Setting.centre == centre)}
    own = Item.select().where(Item.centre == centre, Item.kind.in_(("calendar", "service")), Item.op == "put")
    for item in own:
        payload = json.loads(item.payload or "{}")
        if item.kind == "calendar":
            _close_or_open(found, payload)
        else:
            _narrow(found, payload)
    return found


def names(settings: Settings, centre: str) -> dict[str, str]:
    """Return what the centre is called, by language; its id where it did not say."""
    section = settings.get("centre")
    return texts(section.get("names") if isinstance(section, dict) else None, centre)


def texts(value: Any, otherwise: str) -> dict[str, str]:
    """Return a text in the four languages; what is missing falls back to Russian, then to ``otherwise``."""
    given = {lang: said for lang, said in value.items() if isinstance(said, str) and said} if isinstance(value, dict) else {}
    return {lang: given.get(lang) or given.get("ru") or otherwise for lang in LANGS}


def _close_or_open(settings: dict[str, Any], item: dict[str, Any]) -> None:
    calendar = settings.get("calendar")
    if not isinstance(calendar, dict):
        return
    days = [each for each in calendar.get("days") or [] if isinstance(each, dict) and each.get("day") != item.get("day")]
    hours = [] if item.get("closed") else item.get("hours") or []
    settings["calendar"] = {**calendar, "days": [*days, {"day": item.get("day"), "hours": hours}]}


def _narrow(settings: dict[str, Any], item: dict[str, Any]) -> None:
    services = settings.get("services")
    if not isinstance(services, list):
        return
    narrowed = []
    for each in services:
        if not isinstance(each, dict) or each.get("code") != item.get("code"):
            narrowed.append(each)
        elif item.get("open") is not False:
            dated = {"next_mode": item["mode"], "next_mode_from": item.get("from") or "0000-00-00"} if item.get("mode") else {}
            narrowed.append({**each, **dated})
    settings["services"] = narrowed
