"""The wires of a box: `eth0` to the staff's network and `wlan0` to the visitors', with a namespace of ours at the other end of each.

A power cut takes the box's own side with it, firewall and all, as it does on a real one; the networks outside stay, and their clients with them.
"""

import os
from dataclasses import dataclass

from tests.box.namespaces import Namespace


@dataclass(frozen=True, slots=True)
class Face:
    """One side of the box: ``interface`` as the box calls it, its addresses there, and ours on the wire's other end."""

    name: str
    interface: str
    box_v4: str
    our_v4: str
    box_v6: str
    our_v6: str


STAFF = Face("staff", "eth0", "10.20.0.1", "10.20.0.2", "fd00:20::1", "fd00:20::2")
VISITOR = Face("visitor", "wlan0", "10.30.0.1", "10.30.0.2", "fd00:30::1", "fd00:30::2")
FACES = (STAFF, VISITOR)


def wire(face: Face, inside: Namespace, outside: Namespace) -> None:
    """Lay the wire between the box's network and ours. The one before went with its box, or is about to: the kernel takes its time."""
    outside.run("sh", "-c", "ip link delete box 2>/dev/null || true")
    outside.run("ip", "link", "add", "box", "type", "veth", "peer", "name", face.interface)
    there = f"/proc/{os.getpid()}/fd/{inside.descriptor}"
    outside.run("ip", "link", "set", face.interface, "netns", there)
    for network, link, v4, v6 in ((outside, "box", face.our_v4, face.our_v6), (inside, face.interface, face.box_v4, face.box_v6)):
        network.run("ip", "addr", "add", f"{v4}/24", "dev", link)
        network.run("ip", "addr", "add", f"{v6}/64", "dev", link, "nodad")  # nobody else is on this wire
        network.run("ip", "link", "set", link, "up")
