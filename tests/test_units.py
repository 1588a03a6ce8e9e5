"""The units of a box: what systemd itself says of them, and what must hold that it does not know."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

UNITS = Path(__file__).parents[1] / "deploy/systemd"
UPDATE = "edge-update.service"  # changes the whole machine: nothing can be taken from it
SERVICES = sorted(UNITS.glob("*.service"))
ALL = sorted(UNITS.iterdir())
EDGE, WRAPPER = "/opt/edge/current/venv/bin/edge", "/usr/local/bin/edge"
# What the installation makes: docs/operations.md, "The parts of the box".
PLACES = {EDGE, WRAPPER, "/opt/edge", "/opt/edge/pending.json", "/etc/edge", "/etc/edge/edge.nft", "/var/lib/edge", "/var/lib/edge-broker"} | {
    f"/var/lib/edge-broker/{name}" for name in ("mosquitto.conf", "reload", "restart")
}
DEBIAN = {"/usr", "/usr/sbin", "/usr/sbin/mosquitto", "/usr/sbin/nft", "/usr/bin/systemctl", "/bin/sh"}
SYSTEMD = {"multi-user.target", "timers.target", "network-pre.target", "shutdown.target", "local-fs.target", "nftables.service"}
WORST = 2.0  # of systemd-analyze's 0 (safe) to 10


def settings(unit: Path) -> list[tuple[str, str]]:
    """Return the settings of a unit as they are read, without comments."""
    lines = unit.read_text(encoding="utf-8").splitlines()
    return [(line.partition("=")[0], line.partition("=")[2]) for line in lines if "=" in line and not line.startswith("#")]


def of(unit: str, name: str) -> list[str]:
    return [value for key, value in settings(UNITS / unit) if key == name]


def test_systemd_finds_nothing_wrong(tmp_path: Path) -> None:
    """The server is not installed here: Python stands for it."""
    for unit in ALL:
        text = unit.read_text(encoding="utf-8").replace(EDGE, sys.executable).replace(WRAPPER, sys.executable)
        (tmp_path / unit.name).write_text(text, encoding="utf-8")
    command = ["systemd-analyze", "verify", "--man=no", "--recursive-errors=no", *(str(tmp_path / unit.name) for unit in ALL)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("unit", [unit for unit in SERVICES if unit.name != UPDATE], ids=lambda unit: unit.name)
def test_a_service_can_hurt_nothing_but_its_own(unit: Path) -> None:
    done = subprocess.run(["systemd-analyze", "security", "--offline=true", "--no-pager", unit], capture_output=True, text=True, check=True)
    found = re.search(r"Overall exposure level for \S+: ([\d.]+)", done.stdout)
    assert found, done.stdout
    assert float(found[1]) <= WORST


@pytest.mark.parametrize("unit", ALL, ids=lambda unit: unit.name)
def test_nothing_waits_for_a_network(unit: Path) -> None:
    text = unit.read_text(encoding="utf-8")
    assert "network-online" not in text
    assert not {"network.target", "time-sync.target"} & {
        word for key, value in settings(unit) if key in {"After", "Requires"} for word in value.split()
    }


@pytest.mark.parametrize("unit", ALL, ids=lambda unit: unit.name)
def test_all_that_a_unit_names_is_there(unit: Path) -> None:
    values = [(key, value) for key, value in settings(unit) if key != "Environment"]
    places = {place for _, value in values for place in re.findall(r"(?<![\w$])/[\w./-]+", value)}
    assert places <= PLACES | DEBIAN
    named = {name for _, value in values for name in re.findall(r"[\w-]+\.(?:service|path|timer|target)\b", value)}
    assert named <= SYSTEMD | {one.name for one in ALL}
    assert {value for key, value in values if key in {"User", "Group"}} <= {"edge", "edge-mqtt"}


@pytest.mark.parametrize("unit", [*UNITS.glob("*.path"), *UNITS.glob("*.timer")], ids=lambda unit: unit.name)
def test_what_starts_something_has_something_to_start_and_is_started_itself(unit: Path) -> None:
    assert unit.with_suffix(".service") in SERVICES
    assert of(unit.name, "WantedBy") in (["multi-user.target"], ["timers.target"])


@pytest.mark.parametrize("unit", ["edge.service", "edge-broker.service"])
def test_server_and_broker_come_back_whatever_ended_them(unit: str) -> None:
    assert of(unit, "Type") == ["notify"]
    assert of(unit, "Restart") == ["always"]
    assert of(unit, "StartLimitIntervalSec") == ["0"]
    assert of(unit, "WantedBy") == ["multi-user.target"]


def test_a_server_that_hangs_is_noticed() -> None:
    assert of("edge.service", "WatchdogSec") == ["30"]
    assert of("edge.service", "NotifyAccess") == ["main"]


def test_server_and_broker_do_not_end_together() -> None:
    for unit in ("edge.service", "edge-broker.service"):
        assert not {"Requires", "BindsTo", "PartOf"} & {key for key, _ in settings(UNITS / unit)}


def test_a_missed_backup_is_made_up_for() -> None:
    for unit in ("edge-backup.timer", "edge-drill.timer"):
        assert of(unit, "Persistent") == ["yes"]
        assert of(unit, "RandomizedDelaySec")


def test_the_server_may_ask_the_kernel_whether_its_clock_is_right_and_not_set_it() -> None:
    """ProtectClock= would refuse both, and `clock_ok` would never be true."""
    assert not of("edge.service", "ProtectClock")
    assert "adjtimex clock_adjtime" in of("edge.service", "SystemCallFilter")
    assert of("edge.service", "CapabilityBoundingSet") == [""]
