"""Full disks under an update: whatever step it hits, clear words, the old version serves on and tickets are given."""

from tests.box import archives
from tests.box.hall import InstalledHall
from tests.box.machine import Box
from tests.box.network import STAFF
from tests.box.service import first_ticket, open_desks, take_ticket
from tests.box.stage import Stage

UPDATES_WITHIN_S = 600.0
SMALL = {"opt": 900, "var/lib/edge": 400}  # MiB
# what is waited for, in a shell of the box, before the disk is filled: the step that must then meet it
NEW = "/opt/edge/releases/{version}"
STEPS = {
    "the archive is unpacked": ("/opt", "true", 4),
    "the room is looked at": ("/opt", "true", 60),
    "the release is filled": ("/opt", f"test -d {NEW}/venv/bin", 0),
    "the release is complete": ("/opt", f"test -e {NEW}/complete", 0),
    "the centre is backed up": ("/var/lib/edge", f"test -d {NEW}/venv/bin", 0),
    "the copy is tried": ("/var/lib/edge", "ls /var/lib/edge/before-update/*.backup", 0),
    "nothing is begun yet": ("/var/lib/edge", "true", 0),
}
# Takes all but so many MiB as soon as the moment has come.
FILL = """
systemd-run --quiet --unit=fill --property=Type=exec bash -c '
until {moment} >/dev/null 2>&1; do sleep 0.02; done
free=$(( $(stat -f -c "%a * %S" {folder}) - {left} * 1048576 ))
[ $free -le 0 ] || fallocate -l $free {folder}/.fill || dd if=/dev/zero of={folder}/.fill bs=1M 2>/dev/null || true'
"""


def full_disks(stage: Stage, box: Box, hall: InstalledHall) -> None:
    """Each step on a disk that is full by then; at last, with room, the update is taken."""
    box.shut_down()
    for number, (folder, size) in enumerate(SMALL.items()):
        small_disk(box, folder, size, f"{box.folder}/small-{number}.img")
    box.boot()
    first_ticket(box, hall, 60)
    with box.at(STAFF):
        open_desks(hall)
    archive = stage.carry(archives.variant("next"))
    for step, (folder, moment, left) in STEPS.items():
        step_on_full(
            stage, box, hall, archive, step, FILL.format(moment=moment.format(version=archives.VARIANTS["next"].version), folder=folder, left=left)
        )
    done = box.run(f"edge update {archive}", within_s=UPDATES_WITHIN_S)
    stage.say(f"with room again: {done.stdout.strip().splitlines()[-1]!r}")


def small_disk(box: Box, folder: str, size_mib: int, image: str) -> None:
    """Put a folder of the box, switched off, onto a small disk of its own."""
    box.prepare(
        f"truncate -s {size_mib}M {image}; mkfs.ext4 -q -m 0 {image}; mkdir -p {image}.old; cp -a {folder}/. {image}.old; "
        f"owner=$(stat -c %u:%g {folder}); mode=$(stat -c %a {folder}); mount -o loop {image} {folder}; "
        f"rmdir {folder}/lost+found; cp -a {image}.old/. {folder}; chown $owner {folder}; chmod $mode {folder}; rm -r {image}.old"
    )


def step_on_full(stage: Stage, box: Box, hall: InstalledHall, archive: str, step: str, fill: str) -> None:
    """One step."""
    before = box.says("edge --version")
    box.run(fill)
    if "until true" in fill:
        box.wait("the disk to be full", lambda: not box.says("systemctl is-active --quiet fill && echo fills; true"))
    done = box.run(f"edge update {archive}", within_s=UPDATES_WITHIN_S, check=False)
    with box.at(STAFF):
        number = take_ticket(hall)
    box.run("systemctl stop fill 2>/dev/null; systemctl reset-failed fill 2>/dev/null; rm -f /opt/.fill /var/lib/edge/.fill", check=False)
    last = done.stdout.strip().splitlines()[-1]
    assert "Traceback" not in done.stdout, done.stdout
    if done.returncode == 0:
        stage.say(f"full when {step}: taken all the same, ticket {number}: {last!r}")
        box.run("edge rollback", within_s=UPDATES_WITHIN_S)
        box.run(f"rm -rf {NEW.format(version=archives.VARIANTS['next'].version)}")
        return
    assert box.says("edge --version") == before, done.stdout
    first_ticket(box, hall, 60)
    left = box.says("ls -A /opt/edge /opt/edge/releases; ls -A /var/lib/edge | grep -v '^edge.db'")
    assert ".unpacked" not in left, left
    assert ".rehearsal" not in left, left
    stage.say(f"full when {step}: {last!r}; {before} serves on, ticket {number} given while it was full")
