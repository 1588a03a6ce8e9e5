"""The living page of the design system: every token with its contrast, every icon with its name, every component in every theme.

It is made of what it shows: colours are read from the stylesheet, icons from their file, components come from the macros that screens use.
"""

import re

from flask import Blueprint, render_template, request, url_for

from edge.web import assets, tokens
from edge.web.screens import words
from edge.web.screens.gate import PUBLIC, needs
from edge.web.site import site

blueprint = Blueprint("style", __name__)

SIZES = ("text-huge", "text-2xl", "text-xl", "text-l", "text-m", "text-s")
SPACES = tuple(f"space-{step}" for step in range(1, 9))
CORNERS = ("radius-s", "radius-m", "radius-l", "radius-round")


@blueprint.get("/style")
@needs(PUBLIC)
def style() -> str:
    """Show the design system; ``?theme=light|dark|contrast`` forces the whole page into one, otherwise the system's own wish counts."""
    asked = request.args.get("theme")
    themes = {name: tokens.theme(name) for name in tokens.THEMES}
    return render_template(
        "style.html",
        theme=asked if asked in tokens.THEMES else None,
        themes=themes,
        pairs=tokens.PAIRS,
        ratios={name: [tokens.contrast(values[pair.over], values[pair.ground]) for pair in tokens.PAIRS] for name, values in themes.items()},
        sizes={name: themes["light"][f"--{name}"] for name in SIZES},
        spaces={name: themes["light"][f"--{name}"] for name in SPACES},
        corners={name: themes["light"][f"--{name}"] for name in CORNERS},
        icons=re.findall(r'<symbol id="i-([\w-]+)"', assets.load().files["icons.svg"].body.decode()),
        centre=site().ctx.hall.policy.centre,
        address=lambda number: url_for("style.style", page=number),
        words=words,
    )
