"""What a stranger finds from outside: every TCP port of an address, and whether a UDP service answers.

A port counts as let through when it is open or refused: then the firewall had nothing against it. What it drops stays silent.
"""

import errno
import resource
import select
import socket
import time
from collections.abc import Iterable
from dataclasses import dataclass

WAVE = 4000  # sockets at a time
SILENT_AFTER_S = 0.8  # less than the kernel's first retransmission; a wire of ours loses nothing
ALL_PORTS = range(1, 65_536)
NTP_QUESTION = b"\x23" + bytes(47)  # version 4, client


@dataclass(frozen=True, slots=True)
class Seen:
    """``open``: answered; ``refused``: let through, but nobody listens."""

    open: frozenset[int]
    refused: frozenset[int]

    @property
    def let_through(self) -> frozenset[int]:
        """What the firewall does not hold up."""
        return self.open | self.refused


def tcp(address: str, ports: Iterable[int] = ALL_PORTS) -> Seen:
    """Try to connect to each port from the calling thread's network."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(hard, 8 * WAVE)), hard))
    wanted, opened, refused = list(ports), set[int](), set[int]()
    for start in range(0, len(wanted), WAVE):
        found = _wave(address, wanted[start : start + WAVE])
        opened |= {port for port, number in found.items() if number == 0}
        refused |= {port for port, number in found.items() if number == errno.ECONNREFUSED}
    return Seen(frozenset(opened), frozenset(refused))


def _wave(address: str, ports: Iterable[int]) -> dict[int, int]:
    """Return the error number of each port that answered in any way."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    poll, trying, answered = select.epoll(), dict[int, tuple[int, socket.socket]](), dict[int, int]()
    try:
        for port in ports:
            sock = socket.socket(family, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
            trying[sock.fileno()] = (port, sock)
            number = sock.connect_ex((address, port))
            if number == errno.EINPROGRESS:
                poll.register(sock, select.EPOLLOUT)
            else:
                answered[port] = number
        deadline = time.monotonic() + SILENT_AFTER_S
        while (left := deadline - time.monotonic()) > 0:
            for descriptor, _ in poll.poll(left):
                port, sock = trying[descriptor]
                answered[port] = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
                poll.unregister(descriptor)
    finally:
        poll.close()
        for _, sock in trying.values():
            sock.close()
    return answered


def udp(address: str, port: int, question: bytes = b"?", within_s: float = 1.0) -> bytes | None:
    """Return what a UDP service answers; None when it is silent or nobody is there."""
    with socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.settimeout(within_s)
        try:
            sock.connect((address, port))
            sock.send(question)
            return sock.recv(2048)
        except OSError:  # time-out included
            return None
