"""Part `tasks`: every task of docs/operations.md as it is written there, in a box; what one sees lies afterwards in `.artefacts/operations.txt`.

A command of that page that nobody played here fails the part, so page and box cannot part ways.
"""

import re
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlencode

from tests.box import archives
from tests.box.hall import InstalledHall, hall_of
from tests.box.machine import Box
from tests.box.network import STAFF
from tests.box.service import first_ticket, open_desks, visit
from tests.box.stage import CENTRE, INSTALLS_WITHIN_S, STICK, Stage
from tests.long.bare import ROOT

PAGE = ROOT / "docs/operations.md"
SAID = ROOT / ".artefacts/operations.txt"
PASSPHRASE = "correct horse battery staple"
COMMAND = re.compile(r"^    ((?:edge|bash|systemctl) .*)$", re.MULTILINE)
ELSEWHERE = {
    "bash deploy/build.sh",  # done on the machine that this run runs on
    "edge rebuild --passphrase-file pass.txt",  # needs a national server: tests/sync/test_rebuild_command.py, tests/sync/test_lives.py
}
PRINTER = """
[[printers]]
name = "printer-1"
address = "file:/dev/null"
kiosks = ["kiosk-1"]
answers = false
"""
# Turns a byte of each page of a table's tree but the first, as a dying card does.
SPOIL = "python3 -c \"p='/var/lib/edge/edge.db'; b=bytearray(open(p,'rb').read()); b[4096*3:4096*3+64]=b'\\xff'*64; open(p,'wb').write(b)\""


@dataclass(slots=True)
class Shell:
    """A technician at a box: what they type is written down with what they see. ``given``: our names for those of the page."""

    box: Box
    given: dict[str, str]
    played: set[str] = field(default_factory=set)
    lines: list[str] = field(default_factory=list)

    def title(self, words: str) -> None:
        """Begin a task."""
        self.lines += ["", f"## {words}", ""]

    def type(self, command: str, *answers: str, status: int = 0) -> str:
        """Type a command of the page, on a terminal; ``answers`` are typed when it asks."""
        self.played.add(command)
        for theirs, ours in self.given.items():
            command = re.sub(theirs, ours, command)
        script = f"cd {STICK}; {command}"
        done = self.box.asked(script, answers) if answers else self.box.run(script, within_s=INSTALLS_WITHIN_S, check=False)
        said = done.stdout.rstrip()
        self.lines += [f"# {command}", *said.splitlines(), *([f"(exit status {done.returncode})"] if done.returncode else []), ""]
        assert done.returncode == status, "\n".join(self.lines[-20:])
        assert "Traceback" not in said, said
        return said


def play(stage: Stage) -> None:
    """All of it, in the order of the page."""
    lines: list[str] = [f"Played at {archives.commit()}."]
    played = set(ELSEWHERE)
    for shell in (*_life_of_a_box(stage), *_another_box(stage)):
        lines += shell.lines
        played |= shell.played
    SAID.parent.mkdir(exist_ok=True)
    SAID.write_text("\n".join(lines) + "\n", encoding="utf-8")
    written = set(COMMAND.findall(PAGE.read_text(encoding="utf-8")))
    assert not written - played, f"nobody played {sorted(written - played)} of {PAGE.name}"
    stage.say(f"{len(written)} commands of {PAGE.name} were played; what they say is in {SAID.relative_to(ROOT)}")


def _life_of_a_box(stage: Stage) -> Iterator[Shell]:
    first, following = archives.first(), archives.variant("migrated")
    with stage.bare() as box:
        given = {"/media/stick": STICK, r"kezek-edge-0\.1\.0": first.stem, r"kezek-edge-0\.2\.0": following.stem}
        stage.carry(first)
        stage.carry(following)
        shell = Shell(box, given)
        _installed(shell)
        _paired(shell, hall_of(box))
        hall = hall_of(box)  # the paired board has another login
        shell.title("Put its login into a device")
        shell.type("edge device list")
        shown = shell.type("edge device credentials button-1")
        assert hall.of_kind("button")[0]["password"] in shown, shown
        with box.at(STAFF):
            open_desks(hall)
            visit(hall)
        _copied(stage, shell)
        _updated(shell)
        shell.title("The box says that its database is damaged")
        box.run("systemctl stop edge")
        box.run(SPOIL)
        said = shell.type("edge doctor --data /var/lib/edge", status=1)
        command = re.search(r"run `(edge restore [^`]+)`", said.replace("\n", " "))
        assert command, said
        shell.type(command[1])
        shell.type("systemctl start edge")
        first_ticket(box, hall, 60)
        _looked_after(shell)
        yield shell


def _installed(shell: Shell) -> None:
    command = "bash /media/stick/install.sh /media/stick/kezek-edge-0.1.0.edge --staff eth0 --visitor wlan0"
    shell.title("Install")
    shell.type(f"{command} --centre {CENTRE} --check")
    shell.type(f"{command} --centre {CENTRE}")
    shell.type(command)


def _paired(shell: Shell, hall: InstalledHall) -> None:
    shell.title("Pair the screens")
    with shell.box.at(STAFF):
        codes = [shown_code(hall) for _ in range(2)]
    shell.given |= {"AC7 K2M": codes[0], "AC7K2M": codes[1].replace(" ", "")}
    shell.type('edge device pair "AC7 K2M" --as board-a', "y")
    shell.type("edge device pair AC7K2M --kind board --zone b", "y")


def _copied(stage: Stage, shell: Shell) -> None:
    shell.title("Make the technician's copy of the key, once")
    shell.type("edge seal-key --to /media/stick/node.key.sealed", PASSPHRASE, PASSPHRASE)
    shell.title("Back up")
    shell.type("edge backup")
    shell.type("edge backup --to /media/stick")
    shell.given[r"kezek-kara-balta-20261124T193000Z\.backup"] = newest_backup(stage.stick).name
    shell.title("See whether a backup is good")
    shell.type("edge drill")
    shell.type(f"edge drill {STICK}/{newest_backup(stage.stick).name}")
    shell.title("Restore, on this box")
    shell.type("systemctl stop edge")
    shell.type("edge restore /media/stick/kezek-kara-balta-20261124T193000Z.backup --replace")
    shell.type("systemctl start edge")
    first_ticket(shell.box, hall_of(shell.box), 60)
    shell.type("edge confirm-restore")


def _updated(shell: Shell) -> None:
    shell.title("Update")
    shell.type("edge update /media/stick/kezek-edge-0.2.0.edge")
    shell.title("Roll back")
    shell.type("edge rollback")


def _looked_after(shell: Shell) -> None:
    shell.title("The clock is wrong")
    shell.type("edge confirm-day")
    shell.title("A ticket does not come out")
    shell.box.run(f"printf '%s' '{PRINTER}' >> /etc/edge/edge.toml")
    shell.given["NAME"] = "printer-1"
    shell.type("edge printer list           # which there are, for which kiosks, and how the last ticket went")
    shell.type("edge printer test NAME      # a page with every Kyrgyz and Kazakh letter; says what is wrong otherwise")
    shell.title("Watch many boxes")
    shell.type("edge metrics-token")
    shell.title("The box is lost, and no backup is at hand")
    shell.type("edge staff reset administrator")
    shell.title("Change a port or a network")
    shell.box.run("sed -i 's/^port = 8090$/port = 8091/' /etc/edge/edge.toml")
    shell.type("systemctl restart edge")
    shell.type("edge reload-firewall")
    shell.title("Somebody from afar is to help")
    shell.type("edge doctor --bundle /media/stick/support.tar.gz")
    shell.type(f"tar -tzf {STICK}/support.tar.gz")
    shell.title("Take the software off")
    shell.type("edge uninstall")


def _another_box(stage: Stage) -> Iterator[Shell]:
    with stage.bare("another") as box:
        given = {r"kezek-edge-0\.1\.0": archives.first().stem, r"kezek-kara-balta-20261124T193000Z\.backup": newest_backup(stage.stick).name}
        shell = Shell(box, given)
        shell.title("Restore, on another box")
        (stage.stick / "pass.txt").write_text(f"{PASSPHRASE}\n", encoding="utf-8")
        written = "--staff eth0 --restore kezek-kara-balta-20261124T193000Z.backup --passphrase-file pass.txt"
        shell.type(f"bash install.sh kezek-edge-0.1.0.edge {written}")
        yield shell


def shown_code(hall: InstalledHall) -> str:
    """Return the code that a new browser in the hall shows. The calling thread is on the staff network."""
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
    address = f"http://{hall.host}:{hall.ports.http}/pair"

    def look(pattern: str, typed: dict[str, str] | None = None) -> str:
        with browser.open(address, urlencode(typed).encode() if typed else None, timeout=10) as page:
            found = re.search(pattern, page.read().decode())
        assert found, pattern
        return found[1].strip()

    return look(r'id="code"[^>]*>([^<]+)<', {"device": "", "csrf_token": look(r'name="csrf_token"[^>]*value="([^"]+)"')})


def newest_backup(stick: Path) -> Path:
    """Return the file that was written last."""
    return max(stick.glob("*.backup"), key=lambda path: path.name)
