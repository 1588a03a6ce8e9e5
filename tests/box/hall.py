"""The hall that an installed box serves, as its devices know it: what the tests hold in their hands that an administrator would have paired."""

import json
import re
from dataclasses import dataclass, field
from typing import Any

from edge import setup
from edge.devices.link import Login
from tests.box.machine import Box
from tests.box.network import STAFF
from tests.demo_process import Ports, daytime_zone

PORTS = Ports(http=8080, mqtt=1883, ws=8083)
# As the server's user: root must leave no file behind in the data directory.
AS_SERVER = "setpriv --reuid=edge --regid=edge --init-groups env EDGE_DATA=/var/lib/edge"
PYTHON = f"{AS_SERVER} /opt/edge/current/venv/bin/python"
DESCRIBE = """
import json
from pathlib import Path
from edge import config, setup
from edge.operations import registry
paths = config.Paths(Path("/var/lib/edge"))
keys = config.load_keys(paths.key)
with setup.opened(paths.data) as database:
    for device in database.committed.hall.devices.values():
        secrets = registry.derived(keys, device)
        bound = {"desk": device.desk, "zone": device.zone}
        print(json.dumps({"id": device.device, "kind": device.kind, "user": device.device,
                          "password": secrets.mqtt_password, "token": secrets.token, **bound}))
"""


def centre_document() -> str:
    """Return the sample centre, open round the clock and in a time zone where it is noon: no test meets the end of a day, or a full one."""
    text = setup.sample("centre.toml")
    text = re.sub(r'^tz = ".*"$', f'tz = "{daytime_zone()}"', text, flags=re.MULTILINE)
    text = re.sub(r"^lunch = .*$", "lunch = []", text, flags=re.MULTILINE)
    text = re.sub(r"^cut_off = .*$", "cut_off = false", text, flags=re.MULTILINE)
    return re.sub(r"^(mon|tue|wed|thu|fri|sat|sun) = .*$", r'\1 = [["00:00", "24:00"]]', text, flags=re.MULTILINE)


@dataclass(frozen=True, slots=True)
class InstalledHall:
    """Address, ports and devices of a box; reached by threads that are on its staff network (`Box.at`)."""

    devices: list[dict[str, Any]] = field(repr=False)
    host: str = STAFF.box_v4
    ports: Ports = PORTS

    def of_kind(self, kind: str) -> list[dict[str, Any]]:
        """Return the devices of one kind, in the order of the centre document."""
        return [device for device in self.devices if device["kind"] == kind]

    def login(self, device: dict[str, Any]) -> Login:
        """Return what a device logs in to the broker with."""
        return Login(self.host, self.ports.mqtt, device["user"], device["password"])


def hall_of(box: Box) -> InstalledHall:
    """Describe the hall of a box on which a centre was made."""
    said = box.run(f"cd / && {PYTHON} -", typed=DESCRIBE).stdout
    return InstalledHall([json.loads(line) for line in said.splitlines() if line.startswith("{")])
