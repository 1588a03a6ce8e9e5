"""Part `update`: to the next version, back by hand, back by itself, through power cuts and on full disks; visitors come all the time."""

import subprocess
import threading

from tests.box import archives
from tests.box.full_disks import full_disks
from tests.box.hall import InstalledHall
from tests.box.machine import Box
from tests.box.network import STAFF
from tests.box.service import first_ticket, open_desks, visit
from tests.box.stage import Stage
from tests.box.visitors import Visitors

UPDATES_WITHIN_S = 600.0
CUTS = 6
TAKES_S = 10.0  # an update on an idle machine, roughly
VERIFIED_WITHIN_S = 300.0


def play(stage: Stage) -> None:
    """All of it."""
    with stage.installed() as (box, hall):
        with box.at(STAFF):
            open_desks(hall)
        taken(stage, box, hall, "next")
        taken(stage, box, hall, "migrated")
        back_by_hand(stage, box, hall)
        taken(stage, box, hall, "migrated")
        for name in ("badly-migrated", "never-starts", "never-healthy"):
            not_taken(stage, box, hall, name)
    with stage.installed("cuts") as (box, hall):
        interrupted(stage, box, hall)
    with stage.installed("full") as (box, hall):
        full_disks(stage, box, hall)


def version(box: Box) -> str:
    """Return what serves."""
    return box.says("edge --version").split()[-1]


def update(stage: Stage, box: Box, name: str) -> subprocess.CompletedProcess[str]:
    """Run the one command; whatever comes of it."""
    archive = stage.carry(archives.variant(name))
    return box.run(f"edge update {archive}", within_s=UPDATES_WITHIN_S, check=False)


def taken(stage: Stage, box: Box, hall: InstalledHall, name: str) -> None:
    """A version that is good serves, with all that was before."""
    archives.variant(name)
    with Visitors(box, hall) as visitors:
        done = update(stage, box, name)
    assert done.returncode == 0, done.stdout
    assert version(box) == archives.VARIANTS[name].version, done.stdout
    still_right(stage, box, hall, visitors, f"to {name}: {done.stdout.strip().splitlines()[-1]!r}")


def back_by_hand(stage: Stage, box: Box, hall: InstalledHall) -> None:
    """`edge rollback` over a migration, with the tickets that the newer one gave."""
    with Visitors(box, hall) as visitors:
        box.wait("some visitors", lambda: len(visitors.promises.posts) > 5)
        done = box.run("edge rollback", within_s=UPDATES_WITHIN_S)
    assert version(box) == archives.VARIANTS["next"].version, done.stdout
    still_right(stage, box, hall, visitors, f"back by hand: {done.stdout.strip().splitlines()[-1]!r}")


def not_taken(stage: Stage, box: Box, hall: InstalledHall, name: str) -> None:
    """A version that is bad does not serve; the one before does, and says why in one sentence."""
    before = version(box)
    archives.variant(name)
    with Visitors(box, hall) as visitors:
        done = update(stage, box, name)
    assert done.returncode != 0, done.stdout
    assert "Traceback" not in done.stdout, done.stdout
    assert version(box) == before, done.stdout
    still_right(stage, box, hall, visitors, f"{name}: {done.stdout.strip().splitlines()[-1]!r}")


def interrupted(stage: Stage, box: Box, hall: InstalledHall) -> None:
    """The power goes while the update runs; afterwards one of the two versions serves, whole, and the update can be asked for again."""
    archive = stage.carry(archives.variant("migrated"))
    rng = stage.rng
    for number in range(CUTS):
        with Visitors(box, hall) as visitors:
            updating = subprocess.Popen(box.command("edge", "update", archive), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            instant = rng.uniform(0.5, TAKES_S)
            threading.Event().wait(instant)  # the instant of the cut is what the seed draws
            box.cut_power()
            updating.wait(10)
            box.boot()
            first_ticket(box, hall, 180)
        box.wait("the end of the update", lambda: not box.says("ls /opt/edge/pending.json 2>/dev/null || true"), 180)
        still_right(stage, box, hall, visitors, f"power cut {number + 1}, {instant:.1f} s into the update")
        if version(box) == archives.VARIANTS["migrated"].version:
            box.run("edge rollback", within_s=UPDATES_WITHIN_S)
            box.run(f"rm -rf /opt/edge/releases/{archives.VARIANTS['migrated'].version}")  # the next one puts it there again
    taken(stage, box, hall, "migrated")


def still_right(stage: Stage, box: Box, hall: InstalledHall, visitors: Visitors, what: str) -> None:
    """Nobody's ticket is lost, the journal is whole, a visitor comes through, and the box has nothing to complain about."""
    held = visitors.hold()
    with box.at(STAFF):
        open_desks(hall)
        came = visit(hall)
    verified = box.says("edge verify", within_s=VERIFIED_WITHIN_S).splitlines()[-1]
    failed = box.says("systemctl --failed --no-legend --plain")
    assert not failed, f"units failed: {failed}\n{box.last_words(60)}"
    owners = box.says("find /var/lib/edge ! -user edge -printf '%p %u\\n'")
    assert owners in ("", "/var/lib/edge/edge.toml root"), f"not the server's in its own folder: {owners}"
    stage.say(f"{what}; {version(box)} serves, {held} visitors held, {visitors.longest_wait_s():.1f} s without a ticket; {came}; {verified}")
