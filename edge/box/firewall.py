"""The firewall of a box as text for `nft -f`: one table of our own, for IPv4 and IPv6 alike; nobody else's rules are touched.

What comes in is dropped unless it is named here. Which face a packet belongs to is told by the interface it came in on, never by the address it asks
for: a phone in the visitors' network can ask for the address of the staff face. The text takes effect as a whole; loaded twice, it changes nothing.
"""

import re
from collections.abc import Sequence
from typing import Protocol

from edge.errors import ConfigError

TABLE = "inet kezek_edge"
SSH, NTP = 22, 123
INTERFACE = r"[A-Za-z0-9_][A-Za-z0-9_.@-]{0,14}"


class Faces(Protocol):
    """What the rules are made of. ``visitor_port``: 0 when there is no face for phones. ``staff``, ``visitor``: names of interfaces."""

    @property
    def http_port(self) -> int:
        """Of the staff face."""

    @property
    def mqtt_port(self) -> int:
        """Of the broker, for devices."""

    @property
    def ws_port(self) -> int:
        """Of the broker, for browsers."""

    @property
    def visitor_port(self) -> int:
        """Of the face for phones."""

    @property
    def staff(self) -> Sequence[str]:
        """Where the staff ports are open; none named: everywhere but in the visitors' networks."""

    @property
    def visitor(self) -> Sequence[str]:
        """Where the face for phones is open; none named: where the staff ports are."""


def rules_of(faces: Faces) -> str:
    """Return the whole text. Raises ConfigError for what is no name of an interface."""
    staff = _on(faces.staff) if faces.staff else _not_on(faces.visitor)
    visitor = _on(faces.visitor) if faces.visitor else staff
    opened = [
        f"{staff}tcp dport {_set([SSH, faces.http_port, faces.mqtt_port, faces.ws_port])} accept",
        f"{staff}udp dport {NTP} accept",
    ]
    if faces.visitor_port:
        opened.append(f"{visitor}tcp dport {faces.visitor_port} accept")
    forwarded = [f"{_on(faces.visitor)}counter drop"] if faces.visitor else []
    return _TEXT.format(table=TABLE, opened=_lines(opened), forwarded=_lines(forwarded))


_TEXT = """\
# Made by `edge` from /etc/edge/edge.toml: change it there, then run `edge reload-firewall`.
table {table}
delete table {table}
table {table} {{
	chain input {{
		type filter hook input priority filter; policy drop;
		iifname "lo" accept
		ct state established,related accept
		ct state invalid counter drop
		ip protocol icmp icmp type {{ destination-unreachable, time-exceeded, parameter-problem }} accept
		icmpv6 type {{ destination-unreachable, packet-too-big, time-exceeded, parameter-problem, mld-listener-query }} accept
		icmpv6 type {{ nd-neighbor-solicit, nd-neighbor-advert, nd-router-advert }} ip6 hoplimit 255 accept
		icmp type echo-request limit rate 20/second accept
		icmpv6 type echo-request limit rate 20/second accept
		udp sport 67 udp dport 68 accept
		ip6 saddr fe80::/10 udp sport 547 udp dport 546 accept
{opened}
		counter comment "everything else is dropped"
	}}
	chain forward {{
		type filter hook forward priority filter; policy accept;
{forwarded}
	}}
}}
"""


def _lines(rules: Sequence[str]) -> str:
    return "\n".join(f"\t\t{rule}" for rule in rules)


def _on(interfaces: Sequence[str]) -> str:
    return f"iifname {_names(interfaces)} "


def _not_on(interfaces: Sequence[str]) -> str:
    return f"iifname != {_names(interfaces)} " if interfaces else ""


def _names(interfaces: Sequence[str]) -> str:
    for name in interfaces:
        if not re.fullmatch(INTERFACE, name):
            raise ConfigError(f"{name!r} is no name of a network interface: must be 1 to 15 of letters, digits, _ . @ and -, such as eth0")
    quoted = ", ".join(f'"{name}"' for name in sorted(set(interfaces)))
    return f"{{ {quoted} }}"


def _set(ports: Sequence[int]) -> str:
    return f"{{ {', '.join(map(str, sorted(set(ports))))} }}"
