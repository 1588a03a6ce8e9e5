"""The short version of the long run: this machine's own system, with an overlay in memory, becomes a box, serves a visitor, and loses its power."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.box import scan
from tests.box.archives import architecture
from tests.box.hall import centre_document, hall_of
from tests.box.hardening import SSH, TABLE
from tests.box.machine import Box
from tests.box.network import FACES, STAFF
from tests.box.service import first_ticket, open_desks, visit
from tests.box.stage import CENTRE, CHRONY, NETWORKS, STICK

ROOT = Path(__file__).parents[2]
# The machine's own units and settings are not the box's; what it may not have is stood in for.
BARE = """
rm -rf etc/systemd/system etc/fstab etc/edge opt/edge var/lib/edge var/lib/edge-broker usr/local/bin/edge etc/nftables.conf var/log/journal
mkdir -p etc/systemd/system .{stick} var/log
: >etc/machine-id
[ -x usr/sbin/chronyd ] || {{ printf '#!/bin/sh\\nexec sleep infinity\\n' >usr/sbin/chronyd; chmod 755 usr/sbin/chronyd
    printf '[Service]\\nExecStart=/usr/sbin/chronyd\\n[Install]\\nWantedBy=multi-user.target\\n' >usr/lib/systemd/system/chrony.service; }}
"""
# What a box is put together of, tried in a namespace that goes at once.
LAYERS = """
mount -t tmpfs layers /mnt
mkdir /mnt/upper /mnt/work /mnt/root
mount -t overlay -o lowerdir=/,upperdir=/mnt/upper,workdir=/mnt/work layers /mnt/root
test -x /mnt/root/usr/lib/systemd/systemd
for group in /sys/fs/cgroup/systemd /sys/fs/cgroup/unified /sys/fs/cgroup; do
    [ ! -w "$group/cgroup.procs" ] || exit 0
done
echo "no control group can be made" >&2
exit 1
"""
LOOKED_AT = {22, 80, 111, 323, 443, 1883, 8080, 8081, 8083, 8090}

pytestmark = pytest.mark.timeout(600)


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An archive of the work tree for this machine, which has the Debian packages."""
    if reason := _impossible():
        pytest.skip(f"NO BOX WAS TESTED: {reason}")
    out = tmp_path_factory.mktemp("stick")
    command = [sys.executable, str(ROOT / "deploy/build.py"), "--out", str(out), "--key", str(out / "key"), "--arch", architecture(), "--no-debs"]
    subprocess.run(command, check=True)
    return next(out.glob("*.edge"))


@pytest.fixture
def box(archive: Path, tmp_path: Path) -> Iterator[Box]:
    """This machine's system in a container, bare and switched on."""
    with Box("short", [Path("/")], tmp_path / "box", in_memory=True, binds={STICK: archive.parent}) as made:
        made.prepare(BARE.format(stick=STICK))
        made.write("/etc/systemd/system/chrony.service.d/container.conf", CHRONY)
        made.write(CENTRE, centre_document())
        made.boot()
        made.wait_up()
        yield made


def _impossible() -> str | None:
    """Why there can be no container here; None if there can."""
    if os.geteuid() != 0:
        return "only root may make containers"
    if missing := [program for program in ("systemd-nspawn", "nsenter", "unshare", "ip", "nft") if shutil.which(program) is None]:
        return f"{', '.join(missing)} is not installed"
    allowed = subprocess.run(["unshare", "--mount", "--pid", "--net", "--fork", "sh", "-euc", LAYERS], capture_output=True, text=True, check=False)
    return None if allowed.returncode == 0 else f"this machine allows no namespaces or layers: {allowed.stderr.strip()}"


def test_a_debian_becomes_a_box_that_serves_a_visitor_and_survives_a_power_cut(box: Box, archive: Path) -> None:
    command = f"bash {STICK}/install.sh {STICK}/{archive.name} {NETWORKS} --centre {CENTRE}"
    said = box.run(command, within_s=300).stdout
    assert "self-test: http://10.20.0.1:8080/self-test" in said
    hall = hall_of(box)
    with box.at(STAFF):
        open_desks(hall)
        before = visit(hall)
    for face in FACES:
        with box.at(face):
            for address in (face.box_v4, face.box_v6):
                seen = scan.tcp(address, LOOKED_AT)
                assert seen.let_through == TABLE[face], address
                assert seen.open == TABLE[face] - {SSH} or ":" in address, address  # HTTP and MQTT are served on IPv4
    box.cut_power()
    box.boot()
    after_s, number = first_ticket(box, hall, 60)
    assert number > before.ticket
    with box.at(STAFF):
        visit(hall)
    assert not box.says("systemctl --failed --no-legend --plain")
    box.run("edge verify")
    print(f"{before}; after the power cut ticket {number} within {after_s:.1f} s")
