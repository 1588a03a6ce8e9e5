"""The box gives its hall the time: Debian's own chronyd with our drop-in, asked by a plain NTP client in a network of its own."""

import shutil
import socket
import struct
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.demo_process import wait_for

CONFIG = Path(__file__).parents[1] / "deploy" / "chrony" / "edge.conf"
CHRONYD = shutil.which("chronyd", path="/usr/sbin:/usr/bin")
NTP_1970 = 2_208_988_800
CLIENT, SERVER = 3, 4

pytestmark = pytest.mark.skipif(CHRONYD is None, reason="NO chronyd HERE: the hall's time was NOT asked for")


def test_chrony_understands_the_drop_in() -> None:
    done = subprocess.run([str(CHRONYD), "-p", "-f", CONFIG], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "local stratum 10" in done.stdout


def test_a_device_of_the_hall_is_told_the_time_without_any_other_clock_in_reach(tmp_path: Path) -> None:
    config = tmp_path / "chrony.conf"
    config.write_text(f"{CONFIG.read_text()}\nbindcmdaddress /\ncmdport 0\npidfile {tmp_path}/pid\nuser root\n")
    script = 'ip link set lo up && ip addr add 10.9.8.7/24 dev lo && exec "$@"'
    asking = [sys.executable, "-c", f"from tests.test_chrony import ask; ask({str(CHRONYD)!r}, {str(config)!r})"]
    done = subprocess.run(
        ["unshare", "-n", "sh", "-c", script, "sh", *asking], capture_output=True, text=True, timeout=30, check=False, cwd=Path(__file__).parents[1]
    )
    if "unshare failed" in done.stderr:
        pytest.skip("NO NETWORK NAMESPACES HERE (needs root): the hall's time was NOT asked for")
    assert done.returncode == 0, done.stdout + done.stderr


def ask(chronyd: str, config: str) -> None:
    """Start chronyd without touching this machine's clock (-x), and ask it as a kiosk of the hall would."""
    server = subprocess.Popen([chronyd, "-x", "-d", "-f", config], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        said = wait_for("an answer to NTP", _answer)
    finally:
        server.terminate()
        server.wait(5)
    assert said
    mode, stratum, seconds = said
    assert (mode, stratum) == (SERVER, 10)
    assert abs(seconds - time.time()) < 5


def _answer() -> tuple[int, int, int] | None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        asking.settimeout(0.5)
        asking.sendto(bytes([4 << 3 | CLIENT]) + bytes(47), ("10.9.8.7", 123))
        try:
            said = asking.recv(512)
        except OSError:
            return None
    (seconds,) = struct.unpack("!I", said[40:44])
    return said[0] & 7, said[1], seconds - NTP_1970
