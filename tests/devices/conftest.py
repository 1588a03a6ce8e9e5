"""A real Mosquitto with a handful of devices, and a whole MQTT room on a real database."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from edge import config, setup
from edge.devices import access
from edge.devices.broker_child import BrokerChild
from edge.devices.link import Login
from edge.devices.mosquitto import Listeners
from edge.devices.room import MqttRoom
from edge.operations import day, desks, document, link_state, registry, settings
from edge.operations.clock import SystemClock
from edge.operations.context import Context
from edge.operations.displays import Displays
from edge.operations.presence import Attendance
from edge.queueing import commands
from edge.queueing.registry import Device, Kind
from edge.store.database import Database
from tests.demo_process import daytime_zone, free_ports

DEVICES = (
    Device("button-1", Kind.BUTTON, desk="1"),
    Device("button-2", Kind.BUTTON, desk="2"),
    Device("desk-1", Kind.DESK, desk="1"),
    Device("led-1", Kind.LED, desk="1"),
    Device("board-a", Kind.BOARD, zone="a"),
    Device("speaker-a", Kind.SPEAKER, zone="a"),
    Device("kiosk-a", Kind.KIOSK, zone="a"),
    Device("printer-a", Kind.PRINTER, zone="a"),
)
ALWAYS = {weekday: [["00:00", "24:00"]] for weekday in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")}


def password(user: str) -> str:
    return f"password of {user}"


def accounts(*devices: Device) -> list[access.Account]:
    return [access.monitor(password("monitor")), *(access.device(device, password(device.device)) for device in devices)]


@dataclass(frozen=True)
class Served:
    """A running broker and how to log in to it."""

    broker: BrokerChild
    listeners: Listeners

    def login(self, user: str, *, ws: bool = False) -> Login:
        secret = self.broker.password if user == access.SERVER else password(user)
        return Login("127.0.0.1", self.listeners.ws_port if ws else self.listeners.port, user, secret)


@pytest.fixture
def listeners() -> Listeners:
    return Listeners("127.0.0.1", *free_ports(2))


@pytest.fixture
def served(tmp_path: Path, listeners: Listeners) -> Iterator[Served]:
    """A broker that knows DEVICES and nobody else; no server is connected to it."""
    broker = BrokerChild(listeners, tmp_path, accounts(*DEVICES))
    broker.start()
    yield Served(broker, listeners)
    broker.stop()


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """As `served`, one for the module: for tests that only ask."""
    listeners = Listeners("127.0.0.1", *free_ports(2))
    broker = BrokerChild(listeners, tmp_path_factory.mktemp("kept"), accounts(*DEVICES))
    broker.start()
    yield Served(broker, listeners)
    broker.stop()


@pytest.fixture
def ctx(tmp_path: Path) -> Iterator[Context]:
    """An open centre: the sample document, round the clock, desks 1 and 2 open, with DEVICES besides its own."""
    paths = config.Paths(tmp_path)
    database = Database(paths.database)
    database.open()
    made = setup.context(database, config.make_keys(paths.key), SystemClock())
    found = document.read(setup.sample("centre.toml"))
    calendar = document.CalendarPart(hours=document.HoursPart(**ALWAYS), lunch=[])
    centre = found.centre.model_copy(update={"tz": daytime_zone()})  # shortly before midnight a day is full
    settings.put_in_force(made, found.model_copy(update={"centre": centre, "calendar": calendar}), actor="system")
    registry.register(made, list(DEVICES), actor="system")
    day.settle(made)
    for desk in ("1", "2"):
        desks.act(made, commands.Open(desk), actor="system")
    yield made
    database.close()


@dataclass(frozen=True)
class Roomed:
    """A running room."""

    room: MqttRoom
    ctx: Context
    listeners: Listeners

    def login(self, user: str) -> Login:
        keys = self.ctx.keys
        secret = keys.text("mqtt-account", user) if user == access.MONITOR else registry.secrets(self.ctx, user).mqtt_password
        return Login("127.0.0.1", self.listeners.port, user, secret)


def make_room(ctx: Context, listeners: Listeners, data: Path) -> MqttRoom:
    return MqttRoom(ctx, Displays(ctx.boot_id), Attendance(ctx), listeners, data, sync_state=lambda: link_state.sync(ctx))


@pytest.fixture
def roomed(ctx: Context, listeners: Listeners, tmp_path: Path) -> Iterator[Roomed]:
    """The room as the server runs it, without its ticker: a test ticks itself."""
    room = make_room(ctx, listeners, tmp_path)
    room.start()
    yield Roomed(room, ctx, listeners)
    room.stop()
