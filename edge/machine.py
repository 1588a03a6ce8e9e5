"""The machine beneath the centre: memory, heat, power, and the units of an installed box. Each is asked for only where it exists; nothing raises."""

import hashlib
import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

UNITS = ("edge.service", "edge-broker.service", "edge-firewall.service", "edge-backup.timer", "edge-drill.timer", "chrony.service")
INSTALLED = Path("/etc/systemd/system/edge.service")
SYSTEMD = Path("/run/systemd/system")
ANSWERS_WITHIN_S = 10
THROTTLED: Mapping[int, str] = {  # bits of `vcgencmd get_throttled`
    0x1: "the voltage is too low now",
    0x2: "the processor is slowed down now",
    0x4: "it is throttled now",
    0x8: "it is too hot now",
    0x10000: "the voltage has been too low since the start",
    0x20000: "the processor has been slowed down since the start",
    0x40000: "it has been throttled since the start",
    0x80000: "it has been too hot since the start",
}


def said(*command: str) -> str:
    """Return what a program says on both outputs, or in words why it said nothing."""
    if shutil.which(command[0]) is None:
        return f"{command[0]} is not here"
    try:
        done = subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=ANSWERS_WITHIN_S, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"{command[0]} did not answer: {error}"
    return done.stdout + done.stderr


def is_installed() -> bool:
    """Tell whether this is a box with our units, run by systemd."""
    return SYSTEMD.is_dir() and INSTALLED.exists()


def units() -> dict[str, str]:
    """Return the state of each of our units in systemd's own word; empty where there are none."""
    if not is_installed():
        return {}
    return {unit: said("systemctl", "is-active", unit).strip() or "unknown" for unit in UNITS}


def boot_id(source: Path = Path("/proc/sys/kernel/random/boot_id")) -> str:
    """Return what the kernel calls this run of the machine, "" when it does not say."""
    try:
        return source.read_text(encoding="ascii").strip()
    except OSError:
        return ""


def fingerprint(sources: Sequence[Path] = (Path("/etc/machine-id"), Path("/proc/device-tree/serial-number"))) -> str:
    """Return what tells this machine from another, 16 hex digits; "" where nothing does. A copied card takes the first part along, not the second."""
    parts = []
    for source in sources:
        with suppress(OSError):
            parts.append(source.read_bytes().strip(b"\x00\n "))
    return hashlib.sha256(b"\n".join(parts)).hexdigest()[:16] if any(parts) else ""


def networks(folder: Path = Path("/sys/class/net")) -> frozenset[str]:
    """Return the network interfaces that have a line, but for the machine's own."""
    found = set()
    for state in folder.glob("*/operstate"):
        with suppress(OSError):
            if state.read_text(encoding="ascii").strip() == "up":
                found.add(state.parent.name)
    return frozenset(found)


def memory(source: Path = Path("/proc/meminfo")) -> tuple[int, int] | None:
    """Return (available, total) memory in MiB; None where the kernel does not say."""
    try:
        found = {line.partition(":")[0]: line.split()[1] for line in source.read_text(encoding="ascii").splitlines()}
        return int(found["MemAvailable"]) // 1024, int(found["MemTotal"]) // 1024
    except (OSError, ValueError, KeyError, IndexError):
        return None


def resident_bytes(source: Path = Path("/proc/self/statm")) -> int | None:
    """Return how much memory this process has; None where the kernel does not say."""
    try:
        return int(source.read_text(encoding="ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, IndexError):
        return None


def celsius(source: Path = Path("/sys/class/thermal/thermal_zone0/temp")) -> float | None:
    """Return the processor's temperature; None where nothing measures it."""
    try:
        return int(source.read_text(encoding="ascii")) / 1000
    except (OSError, ValueError):
        return None


def throttled(answer: str | None = None) -> list[str]:
    """Return what a Raspberry Pi says of its power and heat; empty when all is well or it is no Pi. ``answer``: instead of asking."""
    if answer is None:
        answer = said("vcgencmd", "get_throttled") if shutil.which("vcgencmd") else ""
    try:
        bits = int(answer.strip().removeprefix("throttled="), 16)
    except ValueError:
        return []
    return [words for bit, words in THROTTLED.items() if bits & bit]
