"""The HTML screens: one blueprint each, rendered on the server and usable without JavaScript.

Live pages only add to that: a message over MQTT makes a page fresher, never different from what the server would render.
"""

from flask import Flask, Response

from edge.web.screens import (
    audio,
    board,
    demo_link,
    desk,
    desk_bookings,
    devices,
    door,
    enter,
    faults,
    gate,
    hall,
    kiosk,
    kiosk_bookings,
    kiosk_checkin,
    kiosk_page,
    landing,
    language,
    led,
    login,
    pairing,
    phone,
    rules,
    self_test,
    settings,
    staff,
    staff_pages,
    style,
    words,
)

__all__ = ["kiosk", "kiosk_bookings", "kiosk_checkin"]  # their pages are of the kiosk's blueprint

BLUEPRINTS = (
    *(landing.blueprint, enter.blueprint, demo_link.blueprint, kiosk_page.blueprint, desk.blueprint, desk_bookings.blueprint),
    *(board.blueprint, led.blueprint, audio.blueprint, door.blueprint, phone.blueprint),
    *(
        login.blueprint,
        pairing.blueprint,
        hall.blueprint,
        settings.blueprint,
        devices.blueprint,
        staff.blueprint,
        style.blueprint,
        self_test.blueprint,
        rules.blueprint,
    ),
)


def _not_kept(response: Response) -> Response:
    """Let no browser show a page from its cache: going back must bring a fresh key and the hall as it is."""
    response.headers.setdefault("Cache-Control", "no-store")
    return response


for _blueprint in BLUEPRINTS:  # once, not with each application: a blueprint takes no handlers after its first registration
    if _blueprint is not phone.blueprint:  # it has its own: a phone has nowhere else to go
        faults.guard(_blueprint)
    _blueprint.before_request(gate.check)
    _blueprint.after_request(_not_kept)


def register(app: Flask) -> None:
    """Put Flask-Babel and all screens on ``app``. Needs `Site` on the app before the first request, not now."""
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    language.install(app)
    app.jinja_env.globals.update(staff_pages=staff_pages.offered, role_word=words.role_word)
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    gate.check_marks(app)
