"""From one release to the next and back, with the data.

The new release is put beside the old one and serves a copy of the centre for a moment, on ports of its own, while the old one goes on; only then they
change places. If the new one does not serve within a minute the old one comes back by itself, with every journal line that was written meanwhile.
`pending.json` says what is under way, so that a power cut in between is finished at the next start (`edge-update.service`).
"""

import json
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path

from edge import durable
from edge.box import health, layout, packages, preflight, release
from edge.box.machine import Changes, Say, run
from edge.box.place import SERVER, Place
from edge.box.release import Release
from edge.box.settings import read_settings
from edge.errors import ConfigError, EdgeError, Unavailable
from edge.finding import Finding

FOLDER, KEPT = "before-update", 3  # of the data directory; backups in it


@dataclass(frozen=True, slots=True)
class Move:
    """A change of releases. ``backup``: made by the old one after it ended, so it has every line that the old one acknowledged."""

    old: str
    new: str
    backup: str


def update(place: Place, payload: Release, say: Say) -> None:
    """Go to the release of an unpacked archive. Raises ConfigError, Unavailable; then the old one serves."""
    old = release.current(place)
    if old is None:
        raise ConfigError("nothing is installed here: run `install.sh ARCHIVE`")
    if _order(payload.version) <= _order(old.version):
        raise ConfigError(f"release {payload.version} is not newer than {old.version}, which serves: `edge rollback` goes back")
    _refuse_trouble(preflight.examine(place, payload, read_settings(place.config)))
    changes = Changes(say)
    packages.ensure(payload, changes)
    new = release.add(place, payload, changes)
    try:
        backup = _backed_up(place, old)
        say(f"trying {new.version} on a copy of the centre, while {old.version} serves")
        layout.as_server(new, "rehearse", str(backup), "--data", str(place.data))
        _drop(backup)
    except EdgeError as error:
        shutil.rmtree(new.folder, ignore_errors=True)
        raise Unavailable(f"release {new.version} is not taken: {error}; {old.version} serves on, nothing was changed") from error
    layout.stop_server()
    try:
        move = Move(old.version, new.version, str(_backed_up(place, old)))
        _note(place.pending, move)
    except (EdgeError, OSError) as error:
        layout.start(changes)
        raise Unavailable(f"release {new.version} is not taken: {error}; {old.version} serves on") from error
    _switch(place, new, changes)
    finish(place, say)


def finish(place: Place, say: Say) -> None:
    """End the change of releases that is under way: the new one serves, or the old one comes back. Raises Unavailable when it came back."""
    move = _read(place.pending)
    if move is None:
        return
    now = release.current(place)
    if now is None or now.version != move.new:  # a power cut before the switch
        place.pending.unlink()
        say(f"the update to {move.new} was interrupted before the switch: {move.old} serves")
        return
    changes = Changes(say)
    try:
        health.wait(place, move.new)
    except EdgeError as error:
        say(str(error))
        _back(place, move, changes)
        place.pending.unlink()
        raise Unavailable(f"release {move.new} was not healthy: {move.old} serves again, with all tickets") from error
    place.pending.replace(place.before)
    release.prune(place, {move.old, move.new}, changes)
    for older in sorted((place.data / FOLDER).glob("*.backup"), key=lambda path: path.stat().st_mtime)[:-KEPT]:
        _drop(older)
    say(f"release {move.new} serves; `edge rollback` goes back to {move.old}")


def rollback(place: Place, say: Say) -> None:
    """Go back to the release that served before the last update, with all that happened since. Raises ConfigError, Unavailable."""
    move = _read(place.before)
    now = release.current(place)
    if move is None or now is None or now.version != move.new:
        raise ConfigError("there is no release to go back to: this box was not updated, or is back already")
    changes = Changes(say)
    _back(place, move, changes)
    place.before.unlink()
    say(f"release {move.old} serves again, with all tickets")


def _back(place: Place, move: Move, changes: Changes) -> None:
    """Let the old release serve. Its tables are made from its own backup and the journal's lines since, if the new one changed their form."""
    old, new = release.known(place, move.old), release.known(place, move.new)
    layout.stop_server()
    if old.schema != new.schema:
        try:
            layout.as_server(old, "restore", move.backup, "--replace", "--carry-on", "--data", str(place.data))
        except EdgeError as error:
            layout.start(changes)
            raise Unavailable(f"{old.version} cannot take over the data of {new.version}: {error}; {new.version} stays") from error
        changes.note(f"the centre is as {old.version} knows it, with the journal's lines since")
    _switch(place, old, changes)
    health.wait(place, old.version)


def _switch(place: Place, to: Release, changes: Changes) -> None:
    before = len(changes.made)
    release.use(place, to, changes)
    layout.put(place, to, changes)
    layout.settle(changes, before)
    layout.start(changes)


def _backed_up(place: Place, old: Release) -> Path:
    said = layout.as_server(old, "backup", "--data", str(place.data), "--to", str(place.data / FOLDER))
    return Path(said.rsplit(": ", 1)[0])


def _drop(backup: Path) -> None:
    run("rm", "--force", str(backup), user=SERVER)


def _refuse_trouble(findings: list[Finding]) -> None:
    troubles = [finding.sentence for finding in findings if finding.mark == "trouble"]
    if troubles:
        raise ConfigError(*troubles)


def _order(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".") if part.isdigit())


def _note(path: Path, move: Move) -> None:
    durable.replace(path, json.dumps(asdict(move), indent=1))


def _read(path: Path) -> Move | None:
    try:
        return Move(**json.loads(path.read_text(encoding="ascii")))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError) as error:
        raise ConfigError(f"{path} cannot be read: {error}") from error


def reload_firewall(place: Place, say: Say) -> None:
    """Put the firewall's rules in force as `edge.toml` now wants them."""
    changes = Changes(say)
    if layout.put_firewall(place, changes):
        run("systemctl", "restart", "edge-firewall.service")
    else:
        say("the firewall's rules are as edge.toml wants them")
