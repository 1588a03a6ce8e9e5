"""Part `harden`: how tightly the units are shut in, and what a stranger on each of the two networks finds."""

import re

from tests.box import scan
from tests.box.machine import Box
from tests.box.network import FACES, STAFF, VISITOR, Face
from tests.box.stage import Stage

LOOSEST = 2.0
SSH = 22  # let through to the staff's network for whoever has a server of it on the box
TABLE = {STAFF: frozenset({SSH, 1883, 8080, 8083}), VISITOR: frozenset({8090})}
NTP, WITHOUT_ANSWER = 123, (53, 67, 161, 323, 5353, 1883, 8080)
# things that somebody started on the box and that nobody outside shall reach, and an SSH server, on every address of both families
LISTENERS = """
import socket, threading
held = []
for port in (22, 23, 80, 443, 5432, 9999, 18080, 65535):
    for family, address in ((socket.AF_INET, "0.0.0.0"), (socket.AF_INET6, "::")):
        held.append(socket.socket(family, socket.SOCK_STREAM))
        if family == socket.AF_INET6:
            held[-1].setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        held[-1].bind((address, port)); held[-1].listen()
print("listening", flush=True)
threading.Event().wait()
"""


def play(stage: Stage) -> None:
    """All of it."""
    with stage.installed() as (box, _):
        shut_in(stage, box)
        box.write("/root/listeners.py", LISTENERS)
        box.run("systemd-run --quiet --unit=listeners python3 /root/listeners.py")
        box.wait("the listeners", lambda: ":9999" in box.says("ss -tln"))
        for face in FACES:
            found_on(stage, box, face)
        box.cut_power()
        box.boot()
        box.wait_up()
        for face in FACES:
            found_on(stage, box, face)


def shut_in(stage: Stage, box: Box) -> None:
    """Every unit of ours by systemd's own measure, none wrong and none failed."""
    scores = {}
    for unit in box.says("systemctl list-unit-files --no-legend --plain 'edge*.service' | cut -d' ' -f1").split():
        said = box.says(f"systemd-analyze security --no-pager {unit} | tail -1")
        found = re.search(r"exposure level for (\S+): ([\d.]+)", said)
        assert found, said
        scores[unit.removesuffix(".service")] = float(found[2])
    stage.say(f"systemd-analyze security: {', '.join(f'{unit} {score}' for unit, score in sorted(scores.items()))}")
    for unit in ("edge", "edge-broker"):
        assert scores[unit] <= LOOSEST, f"{unit} is at {scores[unit]}: at most {LOOSEST}"
    verified = box.says("systemd-analyze verify /etc/systemd/system/edge*.* 2>&1")
    assert not verified, f"systemd-analyze verify: {verified}"
    failed = box.says("systemctl --failed --no-legend --plain")
    assert not failed, f"units failed: {failed}"


def found_on(stage: Stage, box: Box, face: Face) -> None:
    """Every TCP port over both families, and some of UDP."""
    with box.at(face):
        for address in (face.box_v4, face.box_v6):
            seen = scan.tcp(address)
            assert seen.let_through == TABLE[face], f"{address} lets through {sorted(seen.let_through)}, not {sorted(TABLE[face])}"
            # HTTP and MQTT are served on IPv4; our SSH server does not outlive a power cut
            assert seen.open >= TABLE[face] - {SSH} or ":" in address, f"{address} has only {sorted(seen.open)} open"
            time = scan.udp(address, NTP, scan.NTP_QUESTION)
            assert bool(time) == (face is STAFF), f"{address}: NTP answered {time!r}"
            answered = [port for port in WITHOUT_ANSWER if scan.udp(address, port, within_s=0.3)]
            assert not answered, f"{address}: UDP {answered} answered"
            ntp = "NTP answers" if time else "NTP is silent"
            stage.say(f"{face.name} network, {address}: open {sorted(seen.open)}, refused {sorted(seen.refused)}, the other TCP ports silent; {ntp}")
