"""Desks and what can be done at them: one call for each action, so that each has its own body in the OpenAPI document."""

from collections.abc import Callable, Mapping

from flask import Response
from pydantic import BaseModel

from edge.operations import desks
from edge.web import identity
from edge.web.api import answer, gate, shapes, wishes
from edge.web.api.blueprint import blueprint
from edge.web.api.gate import Key, needs
from edge.web.rights import Right
from edge.web.site import site

ACTIONS: Mapping[str, type[wishes.DeskWish]] = {
    "open": wishes.OpenWish,
    "close": wishes.CloseWish,
    "pause": wishes.PauseWish,
    "next": wishes.NextWish,
    "recall": wishes.RecallWish,
    "start": wishes.StartWish,
    "finish": wishes.FinishWish,
    "no-show": wishes.NoShowWish,
    "hold": wishes.HoldWish,
    "resume": wishes.ResumeWish,
    "transfer": wishes.TransferWish,
    "cancel": wishes.CancelWish,
    "pick": wishes.PickWish,
    "category": wishes.CategoryWish,
    "undo": wishes.UndoWish,
}


class DeskPath(BaseModel):
    """A desk's id."""

    desk: str


@blueprint.get("/desks", responses={200: shapes.DesksShape})
@needs(Right.READ_DESKS)
def get_desks() -> Response:
    """List all desks."""
    return answer.view(desks.views_of_all(site().ctx, site().displays))


@blueprint.get("/desks/<desk>", responses={200: shapes.DeskShape})
@needs(Right.READ_DESKS)
def get_desk(path: DeskPath) -> Response:
    """Show one desk."""
    return answer.view(desks.view(site().ctx, site().displays, path.desk))


def _view_of(action: str, wish: type[wishes.DeskWish]) -> Callable[..., Response]:
    def act(path: DeskPath, body: wishes.DeskWish) -> Response:
        done = desks.act(site().ctx, body.command(path.desk), actor=identity.caller().actor, once=gate.once())
        return answer.json_text(done.answer)

    act.__name__ = f"post_desk_{action.replace('-', '_')}"
    act.__doc__ = wish.__doc__
    act.__annotations__["body"] = wish  # what the library validates and documents
    return act


for _action, _wish in ACTIONS.items():
    blueprint.post(f"/desks/<desk>/{_action}", responses={200: shapes.ActedShape})(needs(Right.ACT, Key.REQUIRED)(_view_of(_action, _wish)))
