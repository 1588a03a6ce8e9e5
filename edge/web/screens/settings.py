"""The settings page: everything that the centre's document says, forms to change it, one preview for all of them, the history and the way back.

Nothing is put in force but from the preview, which shows each change in words. A page holds all that was typed, so nothing is lost on the way.
"""

from contextlib import suppress
from functools import reduce
from http import HTTPStatus
from typing import Any

from flask import Blueprint, Response, abort, make_response, redirect, render_template, request, url_for
from werkzeug import Response as AnyResponse

from edge.errors import ConfigError, Problem, Refused
from edge.operations import link_state, proposal, restored, settings, settings_history
from edge.operations import wall as on_the_wall
from edge.operations.proposal import Placed, Proposal
from edge.operations.sentences import IDS
from edge.operations.toml_text import text_of
from edge.queueing import wall
from edge.queueing.policy import Policy, with_setting
from edge.web import identity, rights
from edge.web.rights import Right
from edge.web.screens import (
    board_style,
    forms,
    link_words,
    setting_fields,
    setting_forms,
    setting_shown,
    setting_texts,
    setting_words,
    wall_words,
    words,
)
from edge.web.screens.gate import needs
from edge.web.screens.setting_fields import Typed
from edge.web.screens.setting_forms import BEHIND, ENTRY, FORMS, REMOVE, STAYS, TEXT
from edge.web.screens.setting_shown import Labels
from edge.web.site import site

blueprint = Blueprint("settings", __name__, url_prefix="/settings")


@blueprint.get("")
@needs(Right.READ_SETTINGS_HISTORY)
def overview() -> str:
    """Show every section in words, each with its way to be changed."""
    now = proposal.in_force(site().ctx)
    values = now.document.settings()
    done = request.args.get("done", "")
    entry = settings_history.entry(site().ctx, done) if done else None
    last = settings_history.last_change(site().ctx)
    policy = site().ctx.hall.policy
    said = wall.wall(policy)
    sync = link_state.sync(site().ctx)
    undoable = entry is not None and last is not None and entry.id == last.id and not entry.first
    return _page(
        "settings/overview.html",
        values=values,
        labels=Labels(values),
        done=entry,
        undoable=undoable,
        last=last,
        base=now.digest,
        restored=policy.restored,
        may_confirm=policy.restored is not None and (not policy.restored.fenced or site().ctx.hall.sells),
        wall=said,
        rule=wall_words.whole(said),
        hung=policy.hung,
        sync=sync,
        link=link_words.saying(sync),
        link_words=link_words,
    )


@blueprint.post("/confirm-restore")
@needs(Right.CHANGE_SETTINGS)
def confirm_restore() -> AnyResponse:
    """Give the usual numbers again after a restore; pressed twice, it is done all the same."""
    session = identity.staff_here()
    if session is None:  # the gate asked before
        abort(HTTPStatus.FORBIDDEN)
    with suppress(Refused):
        restored.confirm(site().ctx, actor=session.actor)
    return redirect(url_for("settings.overview"), code=303)


@blueprint.post("/hang")
@needs(Right.CHANGE_SETTINGS)
def hang() -> AnyResponse:
    """Note that the rule was printed and hangs on the wall; of another version than the one in force nothing is noted, and the page says so."""
    session = identity.staff_here()
    if session is None:  # the gate asked before
        abort(HTTPStatus.FORBIDDEN)
    with suppress(Refused):
        on_the_wall.hang(site().ctx, request.form.get("version", ""), actor=session.actor)
    return redirect(url_for("settings.overview"), code=303)


@blueprint.get("/centre.toml")
@needs(Right.READ_SETTINGS_HISTORY)
def download() -> Response:
    """Give the document in force as a file."""
    now = proposal.in_force(site().ctx)
    response = make_response(text_of(now.document))
    response.headers["Content-Type"] = "application/toml; charset=utf-8"
    response.headers["Content-Disposition"] = f'attachment; filename="{now.document.centre.id}.toml"'
    return response


@blueprint.get("/history")
@needs(Right.READ_SETTINGS_HISTORY)
def history() -> str:
    """Show who changed what and when, the newest first."""
    ctx = site().ctx
    page = settings_history.page(ctx, behind=request.args.get("behind"))
    now = proposal.in_force(ctx).document.settings()
    shown = [(entry, setting_shown.groups(entry.changes, Labels(now, entry.before, entry.values))) for entry in page.entries]
    return _page("settings/history.html", entries=shown, older=page.older, newest="behind" not in request.args)


@blueprint.get("/history/<entry_id>")
@needs(Right.READ_SETTINGS_HISTORY)
def entry(entry_id: str) -> str:
    """Show one decision, and offer to take it back or to bring that state again."""
    ctx = site().ctx
    found = settings_history.entry(ctx, entry_id)
    last = settings_history.last_change(ctx)
    now = proposal.in_force(ctx).document.settings()
    groups = setting_shown.groups(found.changes, Labels(now, found.before, found.values))
    return _page(
        "settings/entry.html", entry=found, groups=groups, is_last=last is not None and last.id == found.id, base=proposal.in_force(ctx).digest
    )


@blueprint.get("/texts")
@needs(Right.READ_SETTINGS_HISTORY)
def texts() -> str:
    """List the texts of law and who has read them, for a native speaker with a pencil."""
    now = proposal.in_force(site().ctx).document.settings()
    return _page("settings/texts.html", catalogues=setting_texts.catalogues(), own=setting_texts.of_centre(now))


@blueprint.get("/edit/<name>")
@needs(Right.CHANGE_SETTINGS)
def edit(name: str) -> Response:
    """Show a form with what is in force."""
    if name == TEXT:
        return _form(name, setting_fields.Typed({TEXT: text_of(proposal.in_force(site().ctx).document)}))
    if name not in FORMS:
        abort(404)
    return _form(name, setting_forms.blank(FORMS[name], request.args.get("id")))


@blueprint.post("/edit/<name>")
@needs(Right.CHANGE_SETTINGS)
def change(name: str) -> AnyResponse:
    """Go one step: back to the form, on to the preview, or put in force what the preview showed."""
    if name not in (*FORMS, TEXT, "revert"):
        abort(404)
    typed = setting_forms.typed_in()
    step = request.form.get("step", "preview")
    if step == "remove":
        typed[REMOVE] = "yes"
    if step == "back" and name == "revert":
        return redirect(url_for("settings.entry", entry_id=typed.get(ENTRY, "")), code=303)
    if step == "back":
        typed.poplist(REMOVE)
        return _form(name, typed)
    proposed = setting_forms.proposed(name, typed)
    if proposed.document is None:
        return _wrong(name, typed, proposed.problems)
    return _put(name, typed, proposed) if step == "put" else _preview(name, typed, proposed)


def _put(name: str, typed: Typed, proposed: Proposal) -> AnyResponse:
    """Put the proposal in force, if the settings are still those that the preview was compared with."""
    session = identity.staff_here()
    if session is None or proposed.document is None:  # the gate asked before
        abort(HTTPStatus.FORBIDDEN)
    once = forms.once(f"settings:{session.pseudonym}")
    try:
        done = settings.change(site().ctx, proposed.document, base=typed.get("base", ""), actor=session.actor, once=once)
    except settings.ChangedMeanwhile:
        return _preview(name, typed, proposed)
    except ConfigError:  # a ticket came or went since: the proposal made anew names it
        return _wrong(name, typed, setting_forms.proposed(name, typed).problems)
    return redirect(url_for("settings.overview", done=done), code=303)


def _preview(name: str, typed: Typed, proposed: Proposal) -> Response:
    now = proposal.in_force(site().ctx).document.settings()
    after = proposed.document.settings() if proposed.document else {}
    labels = Labels(after, now)
    stale = typed.get("base", "") != proposed.base
    shown: dict[str, Any] = {
        "name": name,
        "hidden": [(field, text) for field, text in typed.items(multi=True) if field != "base"],
        "base": proposed.base,
        "groups": setting_shown.groups(proposed.changes, labels),
        "warnings": setting_shown.warnings((*proposed.warnings, *_of_boards(now, after)), labels),
        "meanwhile": _meanwhile(now) if stale else None,
        "key": forms.fresh_key(),
    }
    return make_response(_page("settings/preview.html", **shown), HTTPStatus.CONFLICT if stale else HTTPStatus.OK)


def _of_boards(now: dict[str, Any], after: dict[str, Any]) -> list[Problem]:
    """Return what the change makes of boards that they were not before: too small to be read, or to show every call."""
    before, then = (reduce(lambda policy, item: with_setting(policy, *item), values.items(), Policy()) for values in (now, after))
    known = set(board_style.second_look(before))
    return [each for each in board_style.second_look(then) if each not in known]


def _meanwhile(now: dict[str, Any]) -> tuple[settings_history.Entry, list[setting_shown.Group]] | None:
    last = settings_history.last_change(site().ctx)
    return (last, setting_shown.groups(last.changes, Labels(now, last.before))) if last else None


def _wrong(name: str, typed: Typed, problems: tuple[Placed, ...]) -> Response:
    """Show the form again with every problem, and everything as it was typed."""
    if name == "revert":
        labels = Labels(setting_forms.in_force())
        faults = setting_shown.faults(problems, labels, {})
        return make_response(_page("settings/stuck.html", faults=faults, entry_id=typed.get(ENTRY, "")), HTTPStatus.UNPROCESSABLE_ENTITY)
    return _form(name, typed, problems)


def _form(name: str, typed: Typed, problems: tuple[Placed, ...] = ()) -> Response:
    ctx = site().ctx
    now = proposal.in_force(ctx)
    values = now.document.settings()
    labels = Labels(values)
    shown: dict[str, Any] = {"name": name, "typed": typed, "base": typed.get("base") or now.digest, "labels": labels, "values": values}
    status = HTTPStatus.UNPROCESSABLE_ENTITY if problems else HTTPStatus.OK
    if name == TEXT:
        faults = setting_shown.faults(problems, labels, {})
        lines = typed.get(TEXT, "").splitlines()
        return make_response(_page("settings/text.html", faults=faults, lines=lines, **shown), status)
    form = FORMS[name]
    id_ = typed.get(ENTRY) or typed.get("id", "")
    root = (form.section, id_ or f"#{len(values[form.section]) + 1}") if form.is_list else (form.section,)
    parts = [part for field in form.fields for number in range(setting_fields.rows(field, typed) if field.parts else 0) for part in field.row(number)]
    anchors = {(*root, *field.path): field.id for field in (*form.fields, *parts)} | ({(*root, IDS[form.section]): "f-id"} if form.is_list else {})
    faults = setting_shown.faults(problems, labels, anchors)
    shown |= {"form": form, "faults": faults, "id": typed.get(ENTRY), "options": _options(form, values, labels, id_), "fields": setting_fields}
    return make_response(_page("settings/form.html", **shown), status)


def _options(form: setting_forms.Form, values: dict[str, Any], labels: Labels, id_: str) -> dict[str, list[tuple[str, str]]]:
    """Return what may be chosen: entries of other sections by what they are called, and the places in this one."""
    services, parents = values["services"], {entry["parent"] for entry in values["services"]}
    leaves = [entry["code"] for entry in services if entry["code"] not in parents]
    groups = [entry["code"] for entry in services if entry["code"] in parents and entry["code"] != id_]
    found = {
        "groups": [(code, labels.of("services", code)) for code in groups],
        "leaves": [(code, labels.of("services", code)) for code in leaves],
        "zones": [(entry["zone"], labels.of("zones", entry["zone"])) for entry in values["zones"]],
        "categories": [(entry["code"], labels.of("categories", entry["code"])) for entry in values["categories"]],
    }
    if form.is_list:
        ids = [entry[IDS[form.section]] for entry in values[form.section]]
        found[BEHIND] = [(each, labels.of(form.section, each)) for each in ids if each != id_]
    return found


def _page(template: str, **values: Any) -> str:
    session = identity.staff_here()
    ctx = site().ctx
    return render_template(
        template,
        centre=ctx.hall.policy.centre,
        may_change=session is not None and rights.has(session, Right.CHANGE_SETTINGS),
        who=lambda name: setting_shown.actor(name, ctx.hall.members),
        shown=setting_shown,
        said=setting_words,
        words=words,
        STAYS=STAYS,
        **values,
    )
