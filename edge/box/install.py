"""A Debian becomes a box: every step makes sure of something, so that installing again changes nothing and an interrupted one goes on."""

import shutil
from dataclasses import dataclass
from pathlib import Path

from edge.box import health, layout, packages, preflight, release
from edge.box.machine import Changes, Say, run
from edge.box.place import BROKER, SERVER, Place
from edge.box.release import Release
from edge.box.settings import Settings, Values, with_values
from edge.errors import ConfigError, Unavailable


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the technician asked for. ``centre``: a centre document; ``restore``: a backup of the centre that this box becomes.

    ``key_copy``: where the encrypted copy of the key file goes, beside the one on the box. ``passphrase_file``: for both.
    """

    settings: Settings
    key: Path
    centre: Path | None = None
    restore: Path | None = None
    key_copy: Path | None = None
    passphrase_file: Path | None = None
    only_check: bool = False


def install(place: Place, payload: Release, wishes: Wishes, say: Say) -> None:
    """Install. Raises ConfigError with every reason against, Unavailable when a step failed; to be run again then."""
    found = release.current(place)
    if found and found.version != payload.version:
        raise ConfigError(f"release {found.version} is installed here: run `edge update ARCHIVE` to go to {payload.version}")
    findings = preflight.examine(place, payload, wishes.settings)
    for finding in findings:
        say(f"{finding.mark:8}{finding.sentence}")
    if troubles := [finding.sentence for finding in findings if finding.mark == "trouble"]:
        raise ConfigError(f"not installed: {len(troubles)} of these must be put right first")
    if wishes.only_check:
        return
    changes = Changes(say)
    packages.ensure(payload, changes)
    _people(place, changes)
    added = release.add(place, payload, changes)
    _settings(place, added, wishes, changes)
    said = _centre(place, added, wishes, changes)
    before = len(changes.made)
    release.use(place, added, changes)
    layout.put(place, added, changes)
    layout.settle(changes, before)
    layout.start(changes)
    health.wait(place, added.version)
    say("nothing had to be changed" if not changes.made else f"release {added.version} serves")
    for line in said.splitlines():
        say(line)
    if not (place.data / "node.key.sealed").exists():
        say("next: `edge seal-key --to FILE_ON_A_STICK`, or no other box can ever be this centre")
    for address in health.addresses(place):
        say(f"self-test: {address}/self-test")


def _people(place: Place, changes: Changes) -> None:
    changes.user(BROKER, place.broker)
    changes.user(SERVER, place.data, groups=(BROKER,))
    changes.folder(place.etc)
    changes.folder(place.data, mode=0o700, owner=SERVER, group=SERVER)
    changes.folder(place.broker, mode=0o2750, owner=SERVER, group=BROKER)


def _settings(place: Place, added: Release, wishes: Wishes, changes: Changes) -> None:
    """Write `edge.toml` the first time; from then on it is the technician's."""
    if not place.config.exists():
        changes.file(place.config, with_values(_sample(added), _values(place, wishes.settings)), mode=0o640, group=SERVER)
    changes.file(place.etc / "release.pub", wishes.key.read_text(encoding="ascii"))
    changes.link(place.data / "edge.toml", str(place.config))


def _sample(added: Release) -> str:
    found = next((added.folder / "venv").glob("lib/python3*/site-packages/edge/samples/edge.toml"))
    return found.read_text(encoding="utf-8")


def _values(place: Place, wanted: Settings) -> Values:
    """The faces are bound to every address; the firewall keeps the networks apart."""
    everywhere = "0.0.0.0"  # noqa: S104
    return {
        ("http", "host"): everywhere,
        ("http", "port"): wanted.http_port,
        ("mqtt", "host"): everywhere,
        ("mqtt", "port"): wanted.mqtt_port,
        ("mqtt", "ws_port"): wanted.ws_port,
        ("mqtt", "folder"): str(place.broker),
        ("visitor", "host"): everywhere if wanted.visitor_port else "",
        ("visitor", "port"): wanted.visitor_port or 8090,
        ("network", "staff"): list(wanted.staff),
        ("network", "visitor"): list(wanted.visitor),
    }


def _centre(place: Place, added: Release, wishes: Wishes, changes: Changes) -> str:
    """Make the centre, or restore it; returns what its maker must be told, such as the first password. A centre that is there stays."""
    said = ""
    if not (place.data / "edge.db").exists():
        if wishes.restore:
            given = _handed(place, wishes.restore, "given.backup")
            try:
                said = layout.as_server(added, "restore", str(given), "--data", str(place.data), *_passphrase(place, wishes))
            finally:
                given.unlink()
            changes.note(f"restored the centre of {wishes.restore}")
        else:
            if wishes.centre:
                _handed(place, wishes.centre, "centre.toml")
            said = layout.as_server(added, "init", "--data", str(place.data))
            changes.note(f"made the centre in {place.data}")
    elif wishes.restore:
        raise ConfigError(f"there is a centre in {place.data}: run `edge restore {wishes.restore} --replace` if this box shall become another one")
    sealed = place.data / "node.key.sealed"
    if wishes.passphrase_file and not sealed.exists():
        layout.as_server(added, "seal-key", "--data", str(place.data), *_passphrase(place, wishes))
        changes.note(f"made the technician's copy of the key file in {sealed}")
    if wishes.key_copy and sealed.exists():
        shutil.copyfile(sealed, wishes.key_copy)
        said += f"the encrypted copy of the key file is {wishes.key_copy}\n"
    (place.data / "given.passphrase").unlink(missing_ok=True)
    return said


def _handed(place: Place, source: Path, name: str) -> Path:
    """Copy a file of root's, such as one on a stick, to where the server's user can read it."""
    target = place.data / name
    try:
        target.unlink(missing_ok=True)
        with source.open("rb") as given, target.open("xb") as handed:  # never through a link that somebody else put there
            shutil.copyfileobj(given, handed)
    except OSError as error:
        raise Unavailable(f"{source} cannot be copied to {target}: {error.strerror or error}") from error
    target.chmod(0o600)
    shutil.chown(target, SERVER, SERVER)
    return target


def _passphrase(place: Place, wishes: Wishes) -> list[str]:
    if wishes.passphrase_file is None:
        return []
    return ["--passphrase-file", str(_handed(place, wishes.passphrase_file, "given.passphrase"))]


def uninstall(place: Place, say: Say) -> None:
    """Take the software off; the centre, its settings and the users stay. Raises ConfigError when there is none."""
    found = release.current(place)
    if found is None:
        raise ConfigError(f"there is no release in {place.opt}: nothing to uninstall")
    changes = Changes(say)
    layout.remove(place, found, changes)
    run("nft", "delete", "table", "inet", "kezek_edge") if "kezek_edge" in run("nft", "list", "tables") else None
    shutil.rmtree(place.opt)
    changes.note(f"removed {place.opt}")
    say(f"the centre stays in {place.data}, its settings in {place.etc}; `install.sh ARCHIVE` brings it back")
