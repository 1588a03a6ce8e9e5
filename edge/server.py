"""The only composer: builds every object, starts and stops them in order, waits for a signal.

Start: database, what is due, broker and link, web, ticker. Stop runs the other way round, so that the offline status still has a broker.
Long because every object of a centre is built and ended here.
"""

import gc
import logging
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from apscheduler.schedulers.background import BackgroundScheduler

from edge import config, control, damage, failpoints, high_water, notify, setup
from edge.config import Config, Paths
from edge.devices import access
from edge.devices.mosquitto import Listeners
from edge.devices.printing.printer import Printer
from edge.devices.printing.worker import PrintRoom
from edge.devices.room import MqttRoom
from edge.errors import ConfigError, Corrupt
from edge.health import Health
from edge.link_switch import LinkSwitch
from edge.lock import Lock
from edge.operations import day, link_state, printing, restored
from edge.operations.alerts import Watch
from edge.operations.clock import Clock, SystemClock, SystemWaiter
from edge.operations.context import Context
from edge.operations.displays import Displays
from edge.operations.keys import Keys
from edge.operations.presence import Attendance
from edge.operations.printing import Printers
from edge.operations.promises import Keeper
from edge.operations.voice.announcements import Announcements
from edge.store import faults
from edge.store.database import Database
from edge.sync.loop import Loop
from edge.sync.loop import Settings as LinkSettings
from edge.sync.transport import Endpoint
from edge.ticker import Ticker
from edge.web.app import Face, create_app
from edge.web.serving import PHONES, WebServer
from edge.web.site import nowhere
from edge.web.visitor import VisitorFace, create_visitor_app

log = logging.getLogger(__name__)

MONITOR = access.MONITOR
CHECKPOINT_EVERY_PAGES = 1000
SWITCH_INTERVAL_S = 0.0002  # the default of 5 ms lets the thread that decides hold back the thread that sends (measured: press -> board)
WAKES_EVERY_S = 1.0  # a signal that the kernel gives to another thread does not wake the main one, which alone runs handlers (python/cpython#85300)


@dataclass(frozen=True, slots=True)
class Running:
    """A serving centre."""

    ctx: Context
    address: str
    listeners: Listeners
    stopped: threading.Event

    def wait_for_signal(self) -> None:
        """Block until SIGTERM or SIGINT. Raises Corrupt when a damaged page was met: the look of the next start says how to go on."""
        while not self.stopped.wait(WAKES_EVERY_S):
            pass
        if self.ctx.database.is_condemned:
            raise Corrupt(faults.DAMAGED)

    @contextmanager
    def traffic(self, described: Mapping[str, Any]) -> Iterator[None]:
        """Let visitors arrive and clerks work while the block lasts."""
        from edge.devices.traffic import Traffic

        devices = described["devices"]
        traffic = Traffic(self.listeners.local, self.listeners.port, devices, self.ctx.hall.leaves(), seed=1)
        traffic.start()
        try:
            yield
        finally:
            traffic.stop()


def nothing() -> AbstractContextManager[None]:
    """The block that does nothing."""
    return nullcontext()


def serve(data: Path, ready: Callable[[str], None]) -> None:
    """Serve a centre made by `edge init` until a signal. Raises ConfigError or Unavailable with one plain sentence."""
    paths = Paths(data)
    box = config.load(paths.config)
    keys = config.load_keys(paths.key)
    with Lock(paths.lock), running(paths, box, keys, demo=False) as centre:
        ready(centre.address)
        centre.wait_for_signal()


@contextmanager
def running(
    paths: Paths, box: Config, keys: Keys, *, demo: bool, clock: Clock | None = None, link_switch: LinkSwitch | None = None
) -> Iterator[Running]:
    """Start everything, yield once it answers, stop it all. Call on the main thread, which gets the signals.

    ``clock``: another than the box's. ``link_switch``: of the demo, for the front page.
    """
    sys.setswitchinterval(SWITCH_INTERVAL_S)
    stopped = _stop_on_signals()
    for name in failpoints.armed():
        log.warning("failpoint armed name=%s", name)
    with ExitStack() as stack:
        ctx = stack.enter_context(_resumed(paths, box, keys, clock))
        stack.enter_context(faults.watched(partial(_end_on_damage, paths, ctx.database, stopped)))
        displays, attendance = Displays(ctx.boot_id), Attendance(ctx)
        announcements = Announcements(ctx, paths.data)
        listeners = Listeners(box.mqtt.host, box.mqtt.port, box.mqtt.ws_port)
        unit = Path(box.mqtt.folder) if box.mqtt.folder else None
        told = partial(link_state.sync, ctx)
        room = MqttRoom(ctx, displays, attendance, listeners, paths.data, unit=unit, sync_state=told, speech=announcements.urls)
        printers = stack.enter_context(_printing(ctx, box))
        health = Health(ctx, room.health, lambda: printing.trouble(ctx.database, printers), announcements.trouble)
        face = Face(
            host=box.http.host,
            port=box.http.port,
            mqtt_port=listeners.port,
            ws_port=listeners.ws_port,
            allowed_hosts=tuple(box.http.allowed_hosts),
            metrics_login=box.metrics.login,
        )
        phones = VisitorFace(box.visitor.host, box.visitor.port, box.visitor.url, face.allowed_hosts) if box.visitor.host else None
        visitor = phones.base_url if phones else nowhere
        app = create_app(
            ctx,
            displays,
            attendance,
            face=face,
            health=health.report,
            demo=demo,
            visitor=visitor,
            link_switch=link_switch,
            printers=printers,
            sound=announcements.sound,
        )
        webs = [WebServer(app, box.http.host, box.http.port)]
        if phones:
            webs.append(WebServer(create_visitor_app(ctx, displays, attendance, phones), phones.host, phones.port, PHONES))
        for web in webs:
            web.bind()
            stack.callback(web.stop)
        room.start()
        stack.callback(room.stop)
        announcements.start()  # listens behind the room: boards come first
        stack.callback(announcements.stop)
        for web in webs:
            web.start()
        ticker = Ticker(
            ctx.clock,
            SystemWaiter(),
            [
                ctx.database.reserve.keep,
                lambda: day.settle(ctx),
                Keeper(ctx).look,
                room.tick,
                Watch(ctx, attendance, printers, health.readings).look,
                lambda: ctx.database.checkpoint(above_pages=CHECKPOINT_EVERY_PAGES),
            ],
        )
        health.watch(ticker)
        ticker.start()
        stack.callback(ticker.stop)
        stack.enter_context(control.served(ctx, paths.control))
        if box.national.url:
            link = Loop(ctx, link_settings(box), _moved(paths.config))
            link.start()
            stack.callback(link.stop)
        stack.callback(_chores(paths, ctx).shutdown, wait=False)
        if period_s := notify.watchdog_s():
            watchdog = _watchdog(period_s, webs[0], room)
            watchdog.start()
            stack.callback(watchdog.stop)
        gc.collect()
        gc.freeze()  # what lives as long as the process is not looked through again and again
        notify.tell("READY=1\nSTATUS=serving")
        stack.callback(notify.tell, "STOPPING=1")
        yield Running(ctx, webs[0].address, listeners, stopped)


def _chores(paths: Paths, ctx: Context) -> BackgroundScheduler:
    """Start what is done from time to time, and what nothing of the hall depends on."""
    chores = BackgroundScheduler()
    chores.add_job(day.forget_answers, "interval", hours=1, args=[ctx])
    chores.add_job(printing.forget, "interval", hours=1, args=[ctx])
    chores.add_job(_keep_high_water, "interval", minutes=1, args=[paths.high_water, ctx.database])
    chores.start()
    return chores


@contextmanager
def _printing(ctx: Context, box: Config) -> Iterator[Printers]:
    """Drive the printers of `edge.toml` while the block lasts."""
    room = PrintRoom(ctx, [Printer(each.name, each.address, each.answers) for each in box.printers])
    room.start()
    try:
        yield box.printers_here()
    finally:
        room.stop()


@contextmanager
def _resumed(paths: Paths, box: Config, keys: Keys, clock: Clock | None) -> Iterator[Context]:
    """A context that goes on where the journal ends, with what is due settled. Raises ConfigError or Corrupt when nothing sound is there."""
    reserve = setup.reserve(paths, box)
    reserve.make_room()  # SQLite's look at its own log needs some
    damage.refuse(paths)
    database = Database(paths.database, max_pages=box.database.max_pages, reserve=reserve)
    try:
        try:
            ctx = _opened(paths, database, box.national.with_person_key(keys), clock)
        except faults.DAMAGE as error:
            paths.suspect.touch()
            raise faults.of(error, f"cannot open {paths.database}") from error
        try:
            yield ctx
        finally:
            _keep_high_water(paths.high_water, database)
    finally:
        database.close()


def _opened(paths: Paths, database: Database, keys: Keys, clock: Clock | None) -> Context:
    database.open()
    database.reserve.keep()
    ctx = setup.context(database, keys, clock or setup.box_clock(database), same_boot=high_water.is_same_boot(paths.high_water))
    for mark in restored.recognise(ctx, high_water.read(paths.high_water)):
        log.warning("this box works from a backup, or its newest lines are lost: %s; numbers have another letter until `edge confirm-restore`", mark)
    day.settle(ctx)
    _keep_high_water(paths.high_water, database)
    return ctx


def link_settings(box: Config) -> LinkSettings:
    """Return where the national link leads."""
    national = box.national
    endpoint = Endpoint(national.url, national.token, national.mode, national.xroad_client, national.ca, national.cert, national.key)
    return LinkSettings(endpoint, national.centre)


def _moved(path: Path) -> Callable[[], LinkSettings | None]:
    """Return what tells the link its settings anew once `edge.toml` has changed; a file with faults is said and changes nothing."""
    seen = [_changed_ns(path)]

    def moved() -> LinkSettings | None:
        now = _changed_ns(path)
        if now == seen[0]:
            return None
        seen[0] = now
        try:
            box = config.load(path)
        except ConfigError as error:
            log.warning("the national link keeps its settings: %s", error)
            return None
        return link_settings(box) if box.national.url else None

    return moved


def _changed_ns(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0


def _end_on_damage(paths: Paths, database: Database, stopped: threading.Event, message: str) -> None:
    """Runs in the middle of the query that met it: write no more, and let the main thread end the process."""
    if database.is_condemned:
        return
    log.error("a damaged page was met, nothing is written any more and the server stops; its next start says how to go on: %s", message)
    database.condemn()
    try:
        paths.suspect.touch()  # the next start looks at everything, however long that takes
    except OSError as error:
        log.error("not marked as damaged path=%s error=%s", paths.suspect, error)  # noqa: TRY400 -- the sentence says it all
    stopped.set()


def _watchdog(period_s: float, web: WebServer, room: MqttRoom) -> Ticker:
    """What tells systemd a few times in each period that we live, while it is true."""
    life = partial(notify.tell_life, period_s, partial(notify.commits, web.address.removeprefix("http://")), room.echo_age_s)
    return Ticker(SystemClock(), SystemWaiter(), [life], period_s=period_s / notify.TELLS_PER_PERIOD, name="watchdog")


def _keep_high_water(path: Path, database: Database) -> None:
    """Note how far the journal has come, if it has; a full disk must stop nothing."""
    head = database.committed.head
    if high_water.read(path) != head:
        try:
            high_water.write(path, head)
        except OSError as error:
            log.warning("high-water mark not kept path=%s error=%s", path, error)


def _stop_on_signals() -> threading.Event:
    stopped = threading.Event()

    def stop(number: int, _frame: object) -> None:
        log.info("stopping signal=%s pid=%s", signal.Signals(number).name, os.getpid())
        stopped.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    return stopped
