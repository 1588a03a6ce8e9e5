"""What comes next on a box that was just installed: five steps in order, each with its page, on the self-test page and on the front page."""

from dataclasses import dataclass

from flask import url_for
from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

from edge.queueing.registry import Device
from edge.web.screens.enter import SCREENS
from edge.web.site import site


@dataclass(frozen=True, slots=True)
class Step:
    """``done``: the box itself sees that it was taken; ``address``: of the page where it is taken, None for the box's own command line."""

    title: LazyString
    words: LazyString
    address: str | None = None
    commands: tuple[str, ...] = ()
    done: bool = False


def steps() -> list[Step]:
    """Return the steps. Nothing personal: whoever stands in the hall may read them."""
    return [
        Step(
            _l("Log in as the administrator"),
            _l("The password was shown once, when this centre was made. It can be changed on the staff page."),
            url_for("login.form"),
        ),
        Step(_l("Look through the settings"), _l("Opening hours, services and desks of this centre."), url_for("settings.overview")),
        Step(_l("Add the people who work here"), _l("Each gets a login of their own."), url_for("staff.members"), done=not _is_alone()),
        Step(
            _l("Connect the devices"),
            _l("Kiosks, boards and desks. Then open this test on each of them."),
            url_for("devices.overview"),
            done=_is_connected(),
        ),
        Step(
            _l("Keep a way back"),
            _l("On the box: the technician's copy of the key, then a backup on a stick."),
            commands=("edge seal-key --to …", "edge backup --to …"),
        ),
    ]


def is_new() -> bool:
    """Tell whether the first day is not over: `edge init` registers the sample's devices, but nobody except its one administrator."""
    return _is_alone() or not with_screens()


def _is_alone() -> bool:
    return sum(member.active for member in site().ctx.hall.members.values()) <= 1


def _is_connected() -> bool:
    """Tell whether a screen has said that it is there; in the demo they are a click away."""
    return any(site().demo or site().attendance.of(device.device).state for device in with_screens())


def with_screens() -> list[Device]:
    """Return the active devices that have a screen of ours."""
    return [device for device in site().ctx.hall.devices.values() if device.active and device.kind in SCREENS]
