"""May this machine become a box? Every reason against is told at once, before anything is changed."""

import os
import shutil
import socket
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from edge.box.place import Place
from edge.box.release import Release, current, needed, this_machine
from edge.box.settings import Settings
from edge.finding import Finding

MIB = 1024 * 1024
DATA_ROOM = 1024 * MIB  # journal, backups and the reserve of some years of an ordinary centre
LEAST_MEMORY, GOOD_MEMORY = 700 * MIB, 1800 * MIB
BUILT_AFTER = 1_790_000_000  # September 2026: a clock that says less is wrong
PYTHON = (3, 11)


def examine(place: Place, payload: Release, wanted: Settings) -> list[Finding]:
    """Look at everything."""
    checks = (_system(), _kind(payload), _python(), _memory(), _room(place, payload), _clock(), _ports(place, wanted), _networks(wanted))
    return [finding for check in checks for finding in check]


def _system() -> Iterator[Finding]:
    about = dict(line.split("=", 1) for line in Path("/etc/os-release").read_text(encoding="utf-8").splitlines() if "=" in line)
    name, version = about.get("ID", "").strip('"'), about.get("VERSION_ID", "").strip('"')
    if (name, version) in (("debian", "12"), ("raspbian", "12")):
        yield Finding("ok", f"the system is {about.get('PRETTY_NAME', name).strip(chr(34))}")
    else:
        yield Finding("trouble", f"the system is {name or 'unknown'} {version}: Debian 12 or Raspberry Pi OS 12 (64 bit) is needed")
    if os.geteuid() != 0:
        yield Finding("trouble", "this must run as root: put `sudo` in front")
    if not Path("/run/systemd/system").is_dir():
        yield Finding("trouble", "systemd does not run this machine: it is needed for the units")


def _kind(payload: Release) -> Iterator[Finding]:
    if this_machine() in payload.machines and sys.maxsize > 2**32:
        yield Finding("ok", f"the machine is of the kind {this_machine()}")
    else:
        yield Finding("trouble", f"the machine is of the kind {this_machine()}; the archive is for {' and '.join(payload.machines)}, 64 bit")


def _python() -> Iterator[Finding]:
    found = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info[:2] == PYTHON:
        yield Finding("ok", f"Python is {found}")
    else:
        yield Finding("trouble", f"Python is {found}: the archive's wheels are for {'.'.join(map(str, PYTHON))}, which Debian 12 has")


def _memory() -> Iterator[Finding]:
    size = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    words = f"the machine has {size // MIB} MiB of memory"
    if size < LEAST_MEMORY:
        yield Finding("trouble", f"{words}: at least 1 GB is needed")
    else:
        yield Finding("ok", words) if size >= GOOD_MEMORY else Finding("advice", f"{words}: 2 GB are better")


def _room(place: Place, payload: Release) -> Iterator[Finding]:
    """The release and the centre may lie on one disk or on two."""
    wanted = {place.opt: needed(payload), place.data: 0 if place.data.exists() else DATA_ROOM}
    for path, size in wanted.items():
        there = next(folder for folder in (path, *path.parents) if folder.exists())
        free = shutil.disk_usage(there).free
        words = f"{free // MIB} MiB are free for {path}"
        yield Finding("ok", words) if free >= size else Finding("trouble", f"{words}: {size // MIB} MiB are needed")


def _clock() -> Iterator[Finding]:
    if time.time() < BUILT_AFTER:
        yield Finding("trouble", f"the clock says {time.strftime('%Y-%m-%d')}: set it first (`date --set '2026-12-01 09:00'`), once")
    elif Path("/sys/class/rtc/rtc0").exists():
        yield Finding("ok", "the machine has a clock chip")
    else:
        yield Finding("advice", "the machine has no clock chip: after a power cut its clock is wrong; a DS3231 or a Pi 5 battery helps")


def _ports(place: Place, wanted: Settings) -> Iterator[Finding]:
    """A broker or a web server that was here before stays as it is: ours takes other ports, or is not installed."""
    if current(place):
        return
    names = {wanted.http_port: "--http-port", wanted.mqtt_port: "--mqtt-port", wanted.ws_port: "--ws-port", wanted.visitor_port: "--visitor-port"}
    for port, option in names.items():
        if port and _is_used(port):
            yield Finding("trouble", f"port {port} is used by another program, which stays as it is: choose another with {option}")


def _is_used(port: int) -> bool:
    with socket.socket(socket.AF_INET6 if socket.has_dualstack_ipv6() else socket.AF_INET) as probe:
        if probe.family == socket.AF_INET6:
            probe.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("", port))
        except OSError:
            return True
    return False


def _networks(wanted: Settings) -> Iterator[Finding]:
    there = sorted(name for _, name in socket.if_nameindex())
    for name in (*wanted.staff, *wanted.visitor):
        if name not in there:
            yield Finding("advice", f"there is no network {name!r} now (there are {', '.join(there)}): the firewall waits for it")
