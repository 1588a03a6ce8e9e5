"""The firewall of a box: its text, what nft says of it, and what a scan from the networks of staff and visitors finds."""

import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from edge import setup
from edge.box import firewall
from edge.errors import ConfigError
from tests.commands import edge
from tests.demo_process import wait_for

STAFF_TCP, STAFF_UDP, VISITOR_TCP = {22, 1883, 8080, 8083}, {123}, {8090}
OTHERS = {23, 80, 111, 443, 631, 5353, 8081, 9090, 18083}  # listened on as well, and nobody may reach them


@dataclass(frozen=True)
class Faces:
    staff: tuple[str, ...] = ()
    visitor: tuple[str, ...] = ()
    http_port: int = 8080
    mqtt_port: int = 1883
    ws_port: int = 8083
    visitor_port: int = 8090


BOTH = Faces(staff=("eth0",), visitor=("wlan0", "eth1"))


def opened(faces: Faces) -> list[str]:
    """Return the lines that open a port to somebody."""
    return [line.strip() for line in firewall.rules_of(faces).splitlines() if "dport" in line and "sport" not in line]


def test_each_face_has_its_own_ports() -> None:
    assert opened(BOTH) == [
        'iifname { "eth0" } tcp dport { 22, 1883, 8080, 8083 } accept',
        'iifname { "eth0" } udp dport 123 accept',
        'iifname { "eth1", "wlan0" } tcp dport 8090 accept',
    ]


def test_with_no_network_named_all_ports_are_open_on_each() -> None:
    assert opened(Faces()) == ["tcp dport { 22, 1883, 8080, 8083 } accept", "udp dport 123 accept", "tcp dport 8090 accept"]


def test_without_a_visitor_face_its_port_is_open_nowhere() -> None:
    assert "8090" not in firewall.rules_of(Faces(visitor_port=0))
    assert "8090" not in firewall.rules_of(Faces(staff=("eth0",), visitor=("wlan0",), visitor_port=0))


def test_with_only_the_visitors_network_named_staff_ports_are_open_everywhere_else() -> None:
    assert opened(Faces(visitor=("wlan0",)))[0] == 'iifname != { "wlan0" } tcp dport { 22, 1883, 8080, 8083 } accept'


def test_with_one_network_for_all_phones_are_served_there() -> None:
    assert opened(Faces(staff=("eth0",)))[-1] == 'iifname { "eth0" } tcp dport 8090 accept'


@pytest.mark.parametrize("name", ["", "eth0; drop", 'a"', "sixteen-letters-", "-x", "a b"])
def test_what_is_no_name_of_an_interface_is_refused(name: str) -> None:
    with pytest.raises(ConfigError, match="is no name of a network interface"):
        firewall.rules_of(Faces(staff=(name,)))


def test_the_command_prints_what_edge_toml_wants(tmp_path: Path) -> None:
    text = setup.sample("edge.toml").replace("staff = []", 'staff = ["eth0"]').replace("port = 8080", "port = 8000")
    (tmp_path / "edge.toml").write_text(text, encoding="utf-8")
    done = edge("firewall", "--data", tmp_path)
    assert done.returncode == 0
    assert done.stdout == firewall.rules_of(Faces(staff=("eth0",), http_port=8000, visitor_port=0))


# in networks of their own


def in_namespace(name: str, *command: str) -> str:
    done = subprocess.run(["ip", "netns", "exec", name, *command], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def _namespaces_work() -> bool:
    name = f"kezek-try-{os.getpid()}"
    made = subprocess.run(["ip", "netns", "add", name], capture_output=True, check=False).returncode == 0
    loads = made and subprocess.run(["ip", "netns", "exec", name, "nft", "list", "ruleset"], capture_output=True, check=False).returncode == 0
    subprocess.run(["ip", "netns", "delete", name], capture_output=True, check=False)
    return loads


needs_namespaces = pytest.mark.skipif(
    os.getuid() != 0 or not _namespaces_work(), reason="THE FIREWALL IS NOT SCANNED: only root, where network namespaces are allowed, can"
)


@dataclass(frozen=True)
class Networks:
    """Three namespaces: the box, with interfaces `staff0` and `visitor0`, and a machine in each of the two networks."""

    box: str
    staff: str
    visitor: str


@contextmanager
def networks() -> Iterator[Networks]:
    made = Networks(*(f"kezek-{name}-{os.getpid()}" for name in ("box", "staff", "visitor")))
    names = (made.box, made.staff, made.visitor)
    try:
        for name in names:
            subprocess.run(["ip", "netns", "add", name], check=True)
            in_namespace(name, "ip", "link", "set", "lo", "up")
        for number, (face, name) in enumerate((("staff0", made.staff), ("visitor0", made.visitor)), start=1):
            in_namespace(made.box, "ip", "link", "add", face, "type", "veth", "peer", "name", "eth0", "netns", name)
            for where, interface, last in ((made.box, face, 1), (name, "eth0", 2)):
                in_namespace(where, "ip", "address", "add", f"10.77.{number}.{last}/24", "dev", interface)
                in_namespace(where, "ip", "address", "add", f"fd77:{number}::{last}/64", "dev", interface, "nodad")
                in_namespace(where, "ip", "link", "set", interface, "up")
            in_namespace(name, "ip", "route", "add", "default", "via", f"10.77.{number}.1")
            in_namespace(name, "ip", "-6", "route", "add", "default", "via", f"fd77:{number}::1")
        yield made
    finally:
        for name in names:
            subprocess.run(["ip", "netns", "delete", name], capture_output=True, check=False)


LISTENS = """
import select, socket, sys
tcp, udp = (list(map(int, given.split(","))) for given in sys.argv[1:3])
waiting = [socket.create_server(("::", port), family=socket.AF_INET6, dualstack_ipv6=True) for port in tcp]
for port in udp:
    one = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
    one.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
    one.bind(("::", port))
    waiting.append(one)
print("ready", flush=True)
while True:
    for one in select.select(waiting, [], [])[0]:
        if one.type == socket.SOCK_DGRAM:
            one.sendto(b"here", one.recvfrom(100)[1])
        else:
            one.accept()[0].close()
"""
SCANS = """
import select, socket, sys
host, kind, ports = sys.argv[1], sys.argv[2], list(map(int, sys.argv[3].split(",")))
family = socket.AF_INET6 if ":" in host else socket.AF_INET
found, refused = [], []
if kind == "udp":
    with socket.socket(family, socket.SOCK_DGRAM) as one:  # not connected: an answer may come from the address of the other face
        for port in ports:
            one.sendto(b"who", (host, port))
        while select.select([one], [], [], 1.0)[0]:
            found.append(one.recvfrom(100)[1][1])
else:
    asked = {}
    for port in ports:
        one = socket.socket(family)
        one.setblocking(False)
        one.connect_ex((host, port))
        asked[one] = port
    while asked and (answered := select.select([], asked, [], 1.0)[1]):
        for one in answered:
            (refused if one.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) else found).append(asked.pop(one))
print(*sorted(found))
print(*sorted(refused))
"""
PINGS = """
import socket, sys
is_6 = ":" in sys.argv[1]
request, answer = (bytes([128, 0, 0, 0, 0, 1, 0, 1]), 129) if is_6 else (bytes([8, 0, 0xF7, 0xFD, 0, 1, 0, 1]), 0)
with socket.socket(socket.AF_INET6, socket.SOCK_RAW, 58) if is_6 else socket.socket(socket.AF_INET, socket.SOCK_RAW, 1) as one:
    one.settimeout(3)
    one.sendto(request, (sys.argv[1], 0))
    while one.recv(100)[0 if is_6 else 20] != answer:
        pass
    print("answered")
"""


def scan(namespace: str, host: str, kind: str, ports: set[int]) -> set[int]:
    """Return the ports that answer; one that is refused instead of dropped fails the test: a scanner learns from that, too."""
    found, refused = in_namespace(namespace, sys.executable, "-c", SCANS, host, kind, ",".join(map(str, ports))).split("\n")[:2]
    assert not refused, f"refused, not dropped: {refused}"
    return set(map(int, found.split()))


@contextmanager
def listening(namespace: str, tcp: set[int], udp: set[int]) -> Iterator[None]:
    command = ["ip", "netns", "exec", namespace, sys.executable, "-c", LISTENS, *(",".join(map(str, ports)) for ports in (tcp, udp))]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        try:
            assert process.stdout.readline() == "ready\n"
            yield
        finally:
            process.kill()


def load(namespace: str, faces: Faces) -> None:
    command = ["ip", "netns", "exec", namespace, "nft", "-f", "-"]
    done = subprocess.run(command, input=firewall.rules_of(faces), text=True, capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@needs_namespaces
def test_a_scan_of_each_face_finds_exactly_its_ports_in_both_families() -> None:
    """A machine may ask for the address of the other face as well, and finds there what is open to itself."""
    tcp, udp = STAFF_TCP | VISITOR_TCP | OTHERS, STAFF_UDP | OTHERS
    with networks() as nets, listening(nets.box, tcp, udp), ThreadPoolExecutor(8) as pool:
        for name, own in ((nets.visitor, 2), (nets.staff, 1)):
            for host in (f"10.77.{own}.1", f"fd77:{own}::1"):
                wait_for("all ports, while there is no firewall", lambda: scan(name, host, "tcp", tcp) == tcp)  # noqa: B023 -- called here and now
                wait_for("all ports, while there is no firewall", lambda: scan(name, host, "udp", udp) == udp)  # noqa: B023
        load(nets.box, Faces(staff=("staff0",), visitor=("visitor0",)))
        wanted: dict[tuple[str, str, str], set[int]] = {}
        for host in ("10.77.1.1", "10.77.2.1", "fd77:1::1", "fd77:2::1"):
            wanted |= {(nets.staff, host, "tcp"): STAFF_TCP, (nets.staff, host, "udp"): STAFF_UDP}
            wanted |= {(nets.visitor, host, "tcp"): VISITOR_TCP, (nets.visitor, host, "udp"): set()}
        assert dict(zip(wanted, pool.map(lambda asked: scan(asked[0], asked[1], asked[2], tcp | udp), wanted), strict=True)) == wanted


@needs_namespaces
def test_what_the_box_asks_for_itself_is_answered_and_it_can_be_pinged() -> None:
    with networks() as nets, listening(nets.staff, {80}, {53}):
        load(nets.box, Faces(staff=("staff0",), visitor=("visitor0",)))
        for host in ("10.77.1.2", "fd77:1::2"):
            wait_for(f"a page of {host}", lambda: scan(nets.box, host, "tcp", {80}) == {80})  # noqa: B023 -- called here and now
            wait_for(f"a name from {host}", lambda: scan(nets.box, host, "udp", {53}) == {53})  # noqa: B023
        for host in ("10.77.1.1", "fd77:1::1"):
            assert in_namespace(nets.staff, sys.executable, "-c", PINGS, host) == "answered\n"


@needs_namespaces
def test_visitors_cannot_go_through_the_box_to_the_staff() -> None:
    with networks() as nets, listening(nets.staff, {80}, {53}), listening(nets.visitor, {80}, {53}):
        in_namespace(nets.box, "sysctl", "-qw", "net.ipv4.ip_forward=1", "net.ipv6.conf.all.forwarding=1")
        wait_for("the way to the staff, while there is no firewall", lambda: scan(nets.visitor, "10.77.1.2", "tcp", {80}) == {80})
        load(nets.box, Faces(staff=("staff0",), visitor=("visitor0",)))
        for host in ("10.77.1.2", "fd77:1::2"):
            assert scan(nets.visitor, host, "tcp", {80}) == set()


@needs_namespaces
def test_loading_twice_changes_nothing_and_leaves_other_tables_alone() -> None:
    with networks() as nets:
        in_namespace(nets.box, "nft", "add table inet somebody; add chain inet somebody input { type filter hook input priority 10; }")
        load(nets.box, BOTH)
        before = in_namespace(nets.box, "nft", "list", "ruleset")
        load(nets.box, BOTH)
        assert in_namespace(nets.box, "nft", "list", "ruleset") == before
        assert "table inet somebody" in before


@needs_namespaces
def test_with_one_network_all_ports_are_found_there() -> None:
    tcp = STAFF_TCP | VISITOR_TCP | OTHERS
    with networks() as nets, listening(nets.box, tcp, STAFF_UDP):
        load(nets.box, Faces())
        wait_for("all that has a face", lambda: scan(nets.staff, "10.77.1.1", "tcp", tcp) == STAFF_TCP | VISITOR_TCP)
