"""`edge doctor`: what is well and what is not, in plain words. Changes nothing; safe beside a running server.

Each check is a function from the data directory to findings; a new one is one function and one line in `CHECKS`.
"""

import socket
import stat
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from pathlib import Path
from typing import Any, Literal

from edge import backup, config, damage, high_water, machine, setup
from edge.box import health
from edge.config import Config, Paths
from edge.errors import ConfigError, EdgeError
from edge.finding import Finding
from edge.lock import Lock
from edge.operations import restored
from edge.operations.clock import SystemClock
from edge.operations.voice import clips, espeak
from edge.queueing.policy import LANGS
from edge.store import soundness
from edge.store.reserve import CALM_FREE, ENOUGH_FREE, MIB, Reserve, free_bytes

OLD_BACKUP_H = 3  # one is made each hour
LITTLE_MEMORY_MIB = 100
NAMED_CLIPS = 5  # of those that are missing
HOT_C = 80  # where a Raspberry Pi begins to slow down


def examine(data: Path) -> list[Finding]:
    """Run every check; one that itself fails becomes a finding."""
    paths = Paths(data)
    if not paths.data.is_dir():
        return [Finding("trouble", f"{paths.data} does not exist: run `edge init --data {data}` first")]
    findings: list[Finding] = []
    for check in CHECKS:
        try:
            findings.extend(check(paths))
        except EdgeError as error:
            findings.extend(Finding("trouble", sentence) for sentence in getattr(error, "problems", (str(error),)))
        except OSError as error:
            findings.append(Finding("trouble", f"{check.__name__.removeprefix('_')}: {error}"))
    return findings


def _configuration(paths: Paths) -> Iterator[Finding]:
    config.load(paths.config)
    yield Finding("ok", f"{paths.config} is valid")


def _key_file(paths: Paths) -> Iterator[Finding]:
    config.load_keys(paths.key)
    mode = stat.S_IMODE(paths.key.stat().st_mode)
    if mode & 0o077:
        yield Finding("trouble", f"{paths.key} can be read by others (mode {mode:o}): run `chmod 600 {paths.key}`")
    else:
        yield Finding("ok", "the key file is sound and private")


def _disk(paths: Paths) -> Iterator[Finding]:
    free = free_bytes(paths.data)
    words = f"{free // MIB} MiB are free on the disk"
    yield Finding("ok", words) if free > ENOUGH_FREE else Finding("trouble", f"{words}: free some")
    wanted = config.load(paths.config).database.reserve_mib
    reserve = Reserve(paths.reserve, wanted * MIB)
    if not wanted:
        yield Finding("advice", "no room is reserved for a full disk ([database] reserve_mib = 0): tickets stop when it is full")
    elif trouble := reserve.trouble():
        made = reserve.held or free < CALM_FREE or not _is_free(paths)
        yield Finding("trouble", trouble) if made else Finding("advice", f"{wanted} MiB are reserved for tickets and calls at the next start")
    else:
        yield Finding("ok", f"{wanted} MiB are reserved for tickets and calls when the disk is full")


def _is_free(paths: Paths) -> bool:
    """Tell whether nobody serves this data directory."""
    try:
        with Lock(paths.lock):
            return True
    except ConfigError:
        return False


def _database(paths: Paths) -> Iterator[Finding]:
    """A damaged file is not opened for writing: that would change the evidence."""
    if not paths.database.exists():
        raise damage.missing(paths)
    wrong = soundness.wrong(paths.database)
    if wrong:
        yield Finding("trouble", f"the database is damaged ({wrong}), the server does not start on it; {damage.way_back(paths)}")
        return
    with setup.opened(paths.data) as database:
        head, found = database.committed.head, database.committed.hall.policy.restored
        kept = high_water.read(paths.high_water)
        behind = restored.is_behind(database, kept)
    yield Finding("ok", f"the database is sound, {head.seq} events in epoch {head.epoch}")
    if kept and behind:
        lost = (
            f"the box had journal line {kept.seq} (epoch {kept.epoch}), the database ends with {head.seq} ({head.epoch}): its newest lines are lost"
        )
        yield Finding("advice", f"{lost}; numbers get another letter in front at the next start, or restore a backup that has them")
    if found:
        since = f"the box works from a backup, or its newest lines are lost: what came after {found.at} is not in the journal"
        yield Finding("advice", f"{since}; numbers begin with {found.prefix}: run `edge confirm-restore` when none of that time is in use")


def _clock(_: Paths) -> Iterator[Finding]:
    quality = SystemClock().quality()
    if quality.trusted:
        yield Finding("ok", f"the clock can be trusted ({quality})")
    else:
        yield Finding("advice", "the clock is not synchronised and there is no clock chip: times on screens may be wrong, the order is not")


def _broker(_: Paths) -> Iterator[Finding]:
    from edge.devices.mosquitto import find_mosquitto

    yield Finding("ok", f"Mosquitto is installed ({find_mosquitto()})")


def _server(paths: Paths) -> Iterator[Finding]:
    box = config.load(paths.config)
    try:
        with Lock(paths.lock):
            yield Finding("advice", "the server is not running")
            yield from _ports(box)
    except ConfigError:
        yield from _health(box)
        yield from _visitor_face(box)


def _ports(box: Config) -> Iterator[Finding]:
    listeners = [("http", box.http.host, box.http.port)]
    if not box.mqtt.folder:  # a broker of its own goes on without the server, and has its ports
        listeners += [("mqtt", box.mqtt.host, box.mqtt.port), ("mqtt ws", box.mqtt.host, box.mqtt.ws_port)]
    if box.visitor.host:
        listeners.append(("visitor", box.visitor.host, box.visitor.port))
    for name, host, port in listeners:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError:
                yield Finding("trouble", f"port {port} ({name}) is used by another program: choose another in edge.toml")


def _health(box: Config) -> Iterator[Finding]:
    url = f"http://127.0.0.1:{box.http.port}/healthz"
    try:
        found = health.asked(url)
    except (OSError, ValueError) as error:
        yield Finding("trouble", f"the server holds the data directory but does not answer at {url}: {error}")
        return
    for name, check in found["checks"].items():
        mark: Literal["ok", "advice"] = "ok" if check["status"] == "ok" else "advice"
        yield Finding(mark, f"running server, {name}: {check['status']} since {check['since']}" + (f", {check['detail']}" if check["detail"] else ""))
    yield _link(found["sync"])


def _link(sync: Mapping[str, Any]) -> Finding:
    if sync["state"] == "off":
        return Finding("ok", "there is no national link ([national] url is empty)")
    words = f"national link: {sync['state']} since {sync['since']}, {sync['pending']} events are not told yet"
    if sync["state"] != "blocked":
        return Finding("ok", words)
    return Finding("advice", f'{words}; {sync["why"]}: {sync["detail"]}; "The national link stands still" in the operations guide says what to do')


def _visitor_face(box: Config) -> Iterator[Finding]:
    """Ask for a page that is not there: its 404 says that the face answers."""
    if not box.visitor.host:
        yield Finding("ok", "there is no visitor face ([visitor] host is empty): tickets carry no code for phones")
        return
    host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(box.visitor.host, box.visitor.host)  # noqa: S104 -- compared with, not bound
    url = f"http://{host}:{box.visitor.port}/"
    try:
        urllib.request.urlopen(url, timeout=5).close()
    except urllib.error.HTTPError as error:
        error.close()
        if error.code == HTTPStatus.NOT_FOUND:
            yield Finding("ok", f"the visitor face answers on port {box.visitor.port}")
            return
    except OSError:
        pass
    yield Finding("trouble", f"the visitor face does not answer at {url}: if edge.toml was changed since the start, start the server again")


def _voice(paths: Paths) -> Iterator[Finding]:
    """Who would speak, in which language; beside it, what is missing of recordings that somebody began."""
    program, found = espeak.find(), clips.look(paths.recordings)
    for lang in LANGS:
        missing = found.missing(lang)
        if not missing:
            yield Finding("ok", f"calls in {lang} are spoken by the recordings in {paths.recordings}/{lang}")
        elif lang in found.known:
            more = "…" if len(missing) > NAMED_CLIPS else ""
            yield Finding("advice", f"{paths.recordings}/{lang} lacks {len(missing)} recordings: {', '.join(missing[:NAMED_CLIPS])}{more}")
    if sentence := backup.too_large(paths, clips.size(clips.spoken(paths.recordings))):
        yield Finding("advice", sentence)
    if program is None:
        yield Finding("advice", f"{espeak.PROGRAM} is not installed: what is not recorded is not spoken, calls have a chime alone")
    else:
        yield Finding("ok", f"{espeak.PROGRAM} is installed ({program.path}) and speaks what is not recorded")


def _backups(paths: Paths) -> Iterator[Finding]:
    newest = backup.newest(paths.backups)
    if newest is None:
        yield Finding("advice", f"there is no backup in {paths.backups}: run `edge backup --data {paths.data}`")
    else:
        hours = backup.age(newest, datetime.now(UTC)) // timedelta(hours=1)
        words = f"the newest backup is {hours} h old ({newest.name})"
        yield Finding("ok" if hours < OLD_BACKUP_H else "advice", words)
    if not paths.sealed_key.exists():
        yield Finding("advice", "backups hold no key file: run `edge seal-key` once, or no other box can be this centre")


def _machine(_: Paths) -> Iterator[Finding]:
    """What a box needs; on any other machine it says nothing."""
    memory, degrees = machine.memory(), machine.celsius()
    if memory and memory[0] < LITTLE_MEMORY_MIB:
        yield Finding("advice", f"only {memory[0]} of {memory[1]} MiB of memory are left")
    if degrees is not None and degrees >= HOT_C:
        yield Finding("advice", f"the processor has {degrees:.0f} °C: give the box more air")
    yield from (Finding("advice", f"the Raspberry Pi says that {words}: look at its power supply and its cooling") for words in machine.throttled())
    for unit, state in machine.units().items():
        if state != "active":
            yield Finding("trouble", f"{unit} is {state}: `systemctl status {unit}` says why")


CHECKS: tuple[Callable[[Paths], Iterator[Finding]], ...] = (
    _configuration,
    _key_file,
    _disk,
    _database,
    _clock,
    _voice,
    _backups,
    _broker,
    _server,
    _machine,
)
