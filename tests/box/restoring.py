"""Part `restore`: the backup of one box becomes another box; its devices, its staff and its clerks notice nothing but the letter on the tickets."""

import json
import urllib.request
from pathlib import Path

from tests.box.hall import InstalledHall, hall_of
from tests.box.machine import Box
from tests.box.network import STAFF
from tests.box.service import first_ticket, open_desks, take_ticket, visit
from tests.box.stage import INSTALLS_WITHIN_S, NETWORKS, STICK, Stage

PASSPHRASE = "correct horse battery staple"
SECRET = "/root/passphrase"


def play(stage: Stage) -> None:
    """All of it."""
    with stage.installed("old") as (box, hall):
        box.write(SECRET, PASSPHRASE + "\n")
        box.run(f"edge seal-key --passphrase-file {SECRET}")
        with box.at(STAFF):
            open_desks(hall)
            number = str(visit(hall))
        added = box.says("edge staff add kanykei --role supervisor")
        password = next(line.split()[1] for line in added.splitlines() if line.startswith("password"))
        said = box.says(f"edge backup --to {STICK}")
        with box.at(STAFF):
            lost = take_ticket(hall)
        stage.say(f"the old box: {number}; backed up: {said}; then ticket {lost}")
        drilled(stage, box, said)
    backup = f"{STICK}/{Path(said.splitlines()[-1].split(': ')[0]).name}"
    with stage.bare("new") as box:
        box.write(SECRET, PASSPHRASE + "\n")
        wrong_passphrase(stage, box, backup)
        archive = next(stage.stick.glob("*.edge")).name
        command = f"bash {STICK}/install.sh {STICK}/{archive} {NETWORKS} --restore {backup} --passphrase-file {SECRET}"
        box.run(command, within_s=INSTALLS_WITHIN_S)
        the_same_hall(stage, box, hall, password)


def drilled(stage: Stage, box: Box, said: str) -> None:
    """The drill passes a good backup and finds a damaged one."""
    whole = stage.stick / Path(said.splitlines()[-1].split(": ")[0]).name
    stage.say(f"drill: {box.says(f'edge drill {STICK}/{whole.name}').splitlines()[-1]}")
    content = bytearray(whole.read_bytes())
    content[len(content) // 2] ^= 0xFF
    (stage.stick / f"damaged-{whole.name}").write_bytes(content)
    found = box.run(f"edge drill {STICK}/damaged-{whole.name}", check=False)
    assert found.returncode == 1, (found.returncode, found.stdout)
    one_sentence(found.stdout)
    stage.say(f"drill of one with a turned byte: {found.stdout.strip()!r}")


def wrong_passphrase(stage: Stage, box: Box, backup: str) -> None:
    """Said before anything is on the box."""
    archive = next(stage.stick.glob("*.edge")).name
    box.write("/root/wrong", "incorrect horse battery\n")
    command = f"bash {STICK}/install.sh {STICK}/{archive} {NETWORKS} --restore {backup} --passphrase-file /root/wrong"
    refused = box.run(command, within_s=INSTALLS_WITHIN_S, check=False)
    assert refused.returncode != 0, refused.stdout
    assert "Traceback" not in refused.stdout, refused.stdout
    last = refused.stdout.strip().splitlines()[-1]
    assert "passphrase" in last, refused.stdout
    assert not box.says("ls /var/lib/edge/edge.db /var/lib/edge/node.key 2>/dev/null; true"), "a wrong passphrase left a centre behind"
    stage.say(f"with a wrong passphrase: {last!r}")


def the_same_hall(stage: Stage, box: Box, hall: InstalledHall, password: str) -> None:
    """Everybody from before is let in, with what they had; numbers cannot be mistaken for those of the old box."""
    _, number = first_ticket(box, hall, 60)
    assert len(number) == 5, f"the first ticket is {number}, without a letter in front"
    with box.at(STAFF):
        open_desks(hall)
        came = visit(hall)
        logged_in = login(hall, "kanykei", password)
    assert hall_of(box) == hall, "the devices have other secrets"
    restored = next(line for line in box.run("edge doctor", within_s=120, check=False).stdout.splitlines() if "backup" in line)
    stage.say(f"the new box: first {number}; {came}; kanykei is let in as {logged_in}; doctor: {restored!r}")
    box.run("edge confirm-restore")
    with box.at(STAFF):
        after = take_ticket(hall)
    stage.say(f"confirmed: then {after}")
    assert box.says("edge verify", within_s=300)


def login(hall: InstalledHall, name: str, password: str) -> str:
    """Log in as a member of staff; returns the role. Raises HTTPError when they are not let in."""
    body = json.dumps({"login": name, "password": password}).encode()
    request = urllib.request.Request(f"http://{hall.host}:{hall.ports.http}/api/v1/sessions", body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=5) as answer:
        return str(json.load(answer)["role"])


def one_sentence(said: str) -> None:
    """What a technician reads: one line, no traceback."""
    lines = said.strip().splitlines()
    assert len(lines) == 1, said
    assert "Traceback" not in said
