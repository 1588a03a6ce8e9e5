"""The HTML screens: one blueprint each, rendered on the server and usable without JavaScript.

Live pages only add to that: a message over MQTT makes a page fresher, never different from what the server would render.
"""

from flask import Flask

from edge.web.screens import board, desk, enter, faults, kiosk, landing, language, phone

BLUEPRINTS = (landing.blueprint, enter.blueprint, kiosk.blueprint, desk.blueprint, board.blueprint, phone.blueprint)

for _blueprint in BLUEPRINTS:  # once, not with each application: a blueprint takes no handlers after its first registration
    faults.guard(_blueprint)


def register(app: Flask) -> None:
    """Put Flask-Babel and all screens on ``app``. Needs `Site` on the app before the first request, not now."""
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    language.install(app)
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
