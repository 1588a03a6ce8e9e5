"""The living demo centre (`contract/http.md`, "The demo centre"): made at first start, the same at the next.

Everything in it is real: the same server, broker and devices; only the credentials are written down, in `demo.json`, mode 0600.
"""

import json
import logging
import os
import random
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import tomlkit

from edge import config, demo_national, rebuild, server, setup
from edge.config import Config, Paths
from edge.demo_national import National
from edge.devices.printing import virtual
from edge.devices.printing.virtual import VirtualPrinter
from edge.lock import Lock
from edge.operations import desks, document, registry, settings, staff
from edge.operations.clock import Clock
from edge.operations.context import Context
from edge.operations.document import Document
from edge.operations.keys import Keys
from edge.queueing import commands
from edge.queueing.desk import DeskState
from edge.queueing.escrow import Rights
from edge.queueing.registry import Kind, Role
from edge.server import Running

log = logging.getLogger(__name__)

ANSWERS_WITHIN_S = 60.0
PRINTER, LOOPBACK = "printer-1", "tcp://127.0.0.1:"
HTTP_PORT, MQTT_PORT, WS_PORT = 8080, 18830, 18831
DEMO_RESERVE_MIB = 8  # a demo in somebody's folder is small
SEATS_FOR = timedelta(days=2)
NEW_WITHIN_S, AGAIN_WITHIN_S = 10.0, 1.0  # a later start says that it is ready within five seconds, whatever the national server does
STAFF = {"operator": Role.OPERATOR, "supervisor": Role.SUPERVISOR, "administrator": Role.ADMINISTRATOR, "auditor": Role.AUDITOR}
ALWAYS = {weekday: [["00:00", "24:00"]] for weekday in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")}


@dataclass(frozen=True, slots=True)
class Options:
    """What is given at this start wins over the last one; None: as before, at first the defaults. ``national``: own, off, or an address."""

    http_port: int | None = None
    mqtt_port: int | None = None
    ws_port: int | None = None
    real_hours: bool = False
    traffic: bool = False
    lan: bool = False
    visitor_port: int | None = None
    tz: str | None = None  # of a demo that is made now
    silent: bool = False  # the same
    national: str | None = None
    national_token: str | None = None


def serve(data: Path, options: Options, ready: Callable[[str], None]) -> None:
    """Make the demo if it is not there, and serve it until a signal. Raises ConfigError or Unavailable with one plain sentence."""
    with opened(data, options) as (running, described), running.traffic(described) if options.traffic else server.nothing():
        ready(described["http"])
        running.wait_for_signal()


@contextmanager
def opened(data: Path, options: Options, clock: Clock | None = None) -> Iterator[tuple[Running, dict[str, Any]]]:
    """Serve the demo while the block lasts; yields it with the content of `demo.json`. On the main thread, like `server.running`.

    ``clock``: another than the box's, from the making on.
    """
    paths = Paths(data)
    paths.data.mkdir(parents=True, exist_ok=True, mode=0o700)
    with Lock(paths.lock), ExitStack() as stack:
        if paths.config.exists():
            config.load(paths.config)  # what is wrong in it is said before anything is changed
        was_here = paths.key.exists()
        keys = config.load_keys(paths.key) if was_here else config.make_keys(paths.key)
        name = centre(real_hours=False).centre.id
        national = stack.enter_context(demo_national.opened(paths.data, options.national, options.national_token, keys, name))
        paper = stack.enter_context(_printer(paths))
        _write_config(paths, options, national, paper)
        box = config.load(paths.config)
        is_new = not setup.was_made(paths)
        if is_new and not (was_here and national and _rebuilt(paths, box, keys, name)):
            _make(paths, box, box.national.with_person_key(keys), options, clock)
        link = national.link if national else None
        with server.running(paths, box, keys, demo=True, clock=clock, link_switch=link) as running:
            _follow_hours(running.ctx, real=options.real_hours)
            described = _describe(running.ctx, box, national)
            _write_private(paths.demo, json.dumps(described, indent=1, ensure_ascii=False))
            if national and national.is_own and clock is None:
                _await_seats(running, NEW_WITHIN_S if is_new else AGAIN_WITHIN_S)
            yield running, described


def centre(*, real_hours: bool, tz: str | None = None, silent: bool = False) -> Document:
    """Return the demo's centre document: the sample, in ``tz`` if given, open round the clock unless ``real_hours``, without words if ``silent``."""
    found = document.read(setup.sample("centre.toml"))
    if tz:
        found = found.model_copy(update={"centre": found.centre.model_copy(update={"tz": tz})})
    found = found.model_copy(update={"promises": document.PromisesPart(cut_off=False)})
    if silent:
        found = found.model_copy(update={"voice": found.voice.model_copy(update={"spoken": False})})
    if real_hours:
        return found
    calendar = document.CalendarPart(hours=document.HoursPart(**ALWAYS), lunch=[])
    return found.model_copy(update={"calendar": calendar})


def _make(paths: Paths, box: Config, keys: Keys, options: Options, clock: Clock | None) -> None:
    with setup.fresh_context(paths, box, keys, clock) as ctx:
        settings.put_in_force(ctx, centre(real_hours=False, tz=options.tz, silent=options.silent), actor="system")
        for login, role in STAFF.items():
            staff.add(ctx, login=login, role=role, password=_password(keys, login), pin=_pin(keys, login), actor="system")
        for name, desk in ctx.hall.desks.items():
            if desk.state is DeskState.CLOSED:
                desks.act(ctx, commands.Open(name), actor="system")


def _rebuilt(paths: Paths, box: Config, keys: Keys, name: str) -> bool:
    """An empty folder with a key file is a centre that lost its box: ask the national server for it; tell whether it had anything."""
    if rebuild.rebuild(paths, box, keys, name, rebuild.Watcher(said=log.warning), ANSWERS_WITHIN_S) is None:
        return False
    with setup.alone(paths) as ctx:  # no copy has passwords
        known = {member.login for member in ctx.hall.members.values() if member.active}
        for login in known & STAFF.keys():
            staff.reset(ctx, login=login, password=_password(keys, login), pin=_pin(keys, login), actor="system")
    return True


def _follow_hours(ctx: Context, *, real: bool) -> None:
    """Put the wanted opening hours in force, if they are not."""
    wanted = centre(real_hours=real)
    settings.put_key_in_force(ctx, "calendar", wanted.settings()["calendar"], actor="system")


def _await_seats(running: Running, within_s: float) -> None:
    """Let a new demo have the seats of the next days before it says that it is ready: its own national server grants them after the first greeting.

    Those farther away still come while it is at work, and on a slow machine all of them. A server of somebody else's is not waited for.
    """
    until = time.monotonic() + within_s
    while not _has_seats(running.ctx) and time.monotonic() < until and not running.stopped.wait(0.05):
        pass


def _has_seats(ctx: Context) -> bool:
    """The nearest are granted first."""
    hall, far = ctx.hall, ctx.clock.wall() + SEATS_FOR
    return any(ledger.start >= far and ledger.rights.get(hall.epoch, Rights()).granted for ledger in hall.slots.values())


def _describe(ctx: Context, box: Config, national: National | None) -> dict[str, Any]:
    """The content of `demo.json`."""
    monitor = server.MONITOR
    return {
        "http": f"http://127.0.0.1:{box.http.port}",
        "visitor": f"http://127.0.0.1:{box.visitor.port}",
        "mqtt": {
            "host": "127.0.0.1",
            "port": box.mqtt.port,
            "ws_port": box.mqtt.ws_port,
            "monitor": {"user": monitor, "password": ctx.keys.text("mqtt-account", monitor)},
        },
        "devices": [_device(ctx, name) for name in ctx.hall.devices],
        "staff": [
            {"login": login, "role": role, "password": _password(ctx.keys, login), "pin": _pin(ctx.keys, login)} for login, role in STAFF.items()
        ],
        **({"national": national.described()} if national else {}),
    }


def _device(ctx: Context, name: str) -> dict[str, Any]:
    device = ctx.hall.devices[name]
    secrets = registry.secrets(ctx, name)
    bindings = {key: value for key, value in (("desk", device.desk), ("zone", device.zone)) if value is not None}
    user, password = registry.login(ctx.keys, device)
    return {"id": name, "kind": device.kind, "user": user, "password": password, "token": secrets.token, **bindings}


def _password(keys: Keys, login: str) -> str:
    return keys.text("demo-password", login)[:16]


def _pin(keys: Keys, login: str) -> str:
    """Return the first derived PIN that may be used at all."""
    label = ["demo-pin", login]
    while staff.is_simple(pin := f"{int.from_bytes(keys.derive(*label)[:4]) % 1_000_000:06d}"):
        label.append("again")
    return pin


@contextmanager
def _printer(paths: Paths) -> Iterator[VirtualPrinter | None]:
    """A printer that writes each ticket as a picture into `DIR/paper`; None when `edge.toml` names printers of somebody's own."""
    box = config.load(paths.config) if paths.config.exists() else Config()
    own = [printer for printer in box.printers if printer.name == PRINTER and printer.address.startswith(LOOPBACK)]
    if box.printers != own:
        yield None
        return
    last = [int(printer.address.removeprefix(LOOPBACK)) for printer in own]
    port = next((port for port in last if demo_national.is_free("127.0.0.1", port)), 0)
    with virtual.serving(VirtualPrinter(paths.data / "paper", port=port)) as printer:
        yield printer


def _write_config(paths: Paths, options: Options, national: National | None, paper: VirtualPrinter | None) -> None:
    """Keep `edge.toml` with its comments; change only what this start asks for."""
    is_new = not paths.config.exists()
    given = tomlkit.parse(setup.sample("edge.toml") if is_new else paths.config.read_text(encoding="utf-8"))
    defaults = Options(HTTP_PORT, MQTT_PORT, WS_PORT) if is_new else options
    host = "0.0.0.0" if options.lan else "127.0.0.1"  # noqa: S104 -- asked for with --lan
    wanted: dict[str, dict[str, Any]] = {
        "http": {"host": host, "port": options.http_port or defaults.http_port},
        "visitor": {"host": host, "port": options.visitor_port or _phone_port(given, host)},
        "database": {"reserve_mib": DEMO_RESERVE_MIB} if is_new else {},
        "national": {"url": national.through, "token": national.token, "person_key": national.person_key} if national else {"url": ""},
        "mqtt": {"host": host, "port": options.mqtt_port or defaults.mqtt_port, "ws_port": options.ws_port or defaults.ws_port},
    }
    for section, values in wanted.items():
        table = given.setdefault(section, tomlkit.table())
        table.update({key: value for key, value in values.items() if value is not None})
    if paper:
        kiosks = [device.device for device in centre(real_hours=False).devices if Kind(device.kind) is Kind.KIOSK]
        given["printers"] = tomlkit.aot()
        given["printers"].append(tomlkit.item({"name": PRINTER, "address": paper.address, "kiosks": kiosks}))
    text = tomlkit.dumps(given)
    if is_new or text != paths.config.read_text(encoding="utf-8"):
        paths.config.write_text(text, encoding="utf-8")


def _phone_port(given: Mapping[str, Any], host: str) -> int:
    """Return the port of the last start; at the first, and when somebody else has taken it, one that is free."""
    last = given.get("visitor", {})
    chosen = [int(last["port"])] if last.get("host") and "port" in last else []
    return next(port for port in (*chosen, *random.sample(demo_national.PORTS, len(demo_national.PORTS))) if demo_national.is_free(host, port))


def _write_private(path: Path, text: str) -> None:
    fresh = path.with_suffix(".new")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
    fresh.replace(path)
