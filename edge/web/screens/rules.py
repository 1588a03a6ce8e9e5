"""Who is called next, for everybody to read and to hang on the wall: the paragraph of the policy in force, in four languages, on A4 paper."""

from flask import Blueprint, render_template, request

from edge.queueing.policy import LANGS
from edge.queueing.wall import wall
from edge.web.screens import language, wall_words
from edge.web.screens.gate import PUBLIC, needs
from edge.web.site import site

blueprint = Blueprint("rules", __name__)

FITS = (1200, 1650, 2400)  # signs of the longest language that a sheet holds in each size of type (`rules.css`); beyond, it runs on to another


@blueprint.get("/rules")
@needs(PUBLIC)
def rules() -> str:
    """Show the rule, Kyrgyz first; ``?each`` puts every language on a sheet of its own, in large type."""
    policy = site().ctx.hall.policy
    said = wall(policy)
    paragraphs = {lang: language.spoken(lang, lambda: wall_words.whole(said)) for lang in LANGS}
    longest = max(len(text) + len(details) for _, text, details in paragraphs.values())
    return render_template(
        "rules.html",
        centre=policy.centre,
        version=said.version,
        paragraphs=paragraphs,
        fit=next((place for place, most in enumerate(FITS) if longest <= most), len(FITS)),
        each="each" in request.args,
    )
