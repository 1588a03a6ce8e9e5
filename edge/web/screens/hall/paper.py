"""Emergency slips: printed while everything works, keyed in when it works again. What the paper says is typed in its own order."""

import re

from flask import abort, make_response, request
from werkzeug.wrappers import Response

from edge.errors import BadRequest, Refused, Unknown
from edge.operations import paper, slips
from edge.operations.paper import COUNT, Taken
from edge.queueing.hall import Hall
from edge.queueing.numbering import parts, written
from edge.queueing.paper import MOST_AT_ONCE
from edge.web.rights import Right
from edge.web.screens import language
from edge.web.screens.gate import needs
from edge.web.screens.hall import frame
from edge.web.screens.hall.frame import Refusal, blueprint
from edge.web.site import site

AT_ONCE = 12  # slips on a page of the form
LETTERS = re.compile(r"[A-Z]{1,2}[0-9]{1,4}")


@blueprint.get("/paper", endpoint="paper_page")
@needs(Right.SUPERVISE)
def show() -> Response:
    """Both forms; ``?from=`` is the first slip in the hand."""
    return _page()


@blueprint.post("/paper/print")
@needs(Right.SUPERVISE)
def print_slips() -> Response:
    """Give a PDF of new slips; sent twice it is the same file, not another block."""
    text = request.form.get("count", "")
    count = int(text) if re.fullmatch("[0-9]{1,4}", text) else 0
    made: list[paper.Printed] = []
    key = frame.once("paper:print")
    refusal = frame.refused("print", lambda: made.append(paper.print_block(site().ctx, count, actor=frame.actor(), once=key)))
    if refusal:
        return _page(refusal)
    printed = made[0]
    response = make_response(slips.pdf(printed.names, printed.numbers))
    response.headers["Content-Type"] = "application/pdf"
    response.headers["Content-Disposition"] = f'attachment; filename="{printed.numbers[0]}-{printed.numbers[-1]}.pdf"'
    return response


@blueprint.post("/paper/key-in")
@needs(Right.SUPERVISE)
def key_in() -> Response:
    """Issue tickets for the slips for which a service was chosen; all of them or none."""
    taken = [each for each in (_typed(row) for row in range(AT_ONCE)) if each]
    refusal = frame.refused("key-in", lambda: _keyed(taken))
    return _page(refusal) if refusal else frame.done("keyed-in")


def _keyed(taken: list[Taken]) -> None:
    if not taken:
        raise Refused("no slip was filled in", code="no_slip")
    try:
        began, once = request.form.get("began") or None, frame.once("paper:key-in")
        paper.key_in(site().ctx, taken, began, language.current(), actor=frame.actor(), once=once)
    except BadRequest as error:
        raise Refused(str(error), code="paper_time") from error
    except Unknown as error:
        raise Refused(str(error), code="gone") from error


def _typed(row: int) -> Taken | None:
    number, service = request.form.get(f"number.{row}", ""), request.form.get(f"service.{row}", "")
    if not service:
        return None
    if not LETTERS.fullmatch(number):
        abort(400)
    return Taken(number, service, request.form.get(f"category.{row}") or None)


def _page(refusal: Refusal | None = None) -> Response:
    hall = site().ctx.hall
    rows = [request.form.get(f"number.{row}", "") for row in range(AT_ONCE)] if refusal and refusal.form == "key-in" else _next(hall)
    return frame.page("paper", refusal, rows=rows, blocks=hall.blocks, count=COUNT, most=MOST_AT_ONCE, leaves=hall.leaves())


def _next(hall: Hall) -> list[str]:
    """Return the slips that would be keyed in next: from the one that was asked for, else after the last one keyed in today."""
    letter, count = parts("".join(request.args.get("from", "").split()).upper())
    if letter not in hall.blocks or not count:
        letter = max(hall.blocks, key=lambda each: (hall.counters.get(each, 0), each), default="")
        count = hall.counters.get(letter, 0) + 1
    return [written(letter, each) for each in range(count, min(count + AT_ONCE, hall.blocks.get(letter, 0) + 1))]
