"""What the parts of the long run share: where they are, the first archive, and a box that was just installed from it."""

import random
import shutil
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.box import archives
from tests.box.hall import InstalledHall, centre_document, hall_of
from tests.box.machine import Box
from tests.box.service import first_ticket
from tests.demo_process import daytime_zone
from tests.long.bare import KEEP, bootstrap

BASE = KEEP / "box-base"
# python3 and openssl are what install.sh asks for; the broker, chrony, nftables and everything of Python must come with the archive
PACKAGES = ("systemd", "systemd-sysv", "dbus", "iproute2", "python3", "ca-certificates", "openssl")
STICK = "/media/stick"
CENTRE = "/root/centre.toml"
INSTALLS_WITHIN_S = 600.0
# A container's clock is this machine's: chrony serves it there, and never touches it (-x).
CHRONY = "[Unit]\nConditionCapability=\n[Service]\nExecStart=\nExecStart=!/usr/sbin/chronyd -F 1 -x\n"
NETWORKS = "--staff eth0 --visitor wlan0"


@dataclass(frozen=True, slots=True)
class Stage:
    """One part at work."""

    part: str
    seed: int
    started: float = field(default_factory=time.monotonic)

    @property
    def rng(self) -> random.Random:
        """Chance of this part's own, from the run's seed; the same at each asking."""
        return random.Random(f"{self.seed}-{self.part}")

    @property
    def stick(self) -> Path:
        """The folder that the part's boxes see as a USB stick."""
        return KEEP / f"box-{self.part}-stick"

    def say(self, sentence: str) -> None:
        """Tell a figure."""
        print(f"box {self.part}: {sentence} ({time.monotonic() - self.started:.0f} s)", flush=True)

    def carry(self, archive: Path) -> str:
        """Put an archive, with what lies beside it, onto the stick; returns its path in the box."""
        self.stick.mkdir(parents=True, exist_ok=True)
        for path in archive.parent.iterdir():
            if not (self.stick / path.name).exists():
                shutil.copy(path, self.stick)
        return f"{STICK}/{archive.name}"

    @contextmanager
    def bare(self, name: str = "box", *, layers: Sequence[Path] = (), binds: Mapping[str, Path] | None = None) -> Iterator[Box]:
        """A bare Debian with the stick in it, switched on; everything of it is gone at the end. ``layers``: what is on it already."""
        self.stick.mkdir(parents=True, exist_ok=True)
        folder = KEEP / f"box-{self.part}-{name}"
        shutil.rmtree(folder, ignore_errors=True)
        with Box(f"{self.part}-{name}", [*layers, BASE], folder, binds={STICK: self.stick, **(binds or {})}) as box:
            box.prepare(f"mkdir -p .{STICK}")
            box.write(CENTRE, centre_document())
            box.write("/etc/systemd/system/chrony.service.d/container.conf", CHRONY)
            box.boot()
            word = box.wait_up()
            assert word == "running", f"the Debian is {word}\n{box.last_words(80)}"
            yield box
        shutil.rmtree(folder)

    @contextmanager
    def installed(self, name: str = "box") -> Iterator[tuple[Box, InstalledHall]]:
        """A box with a centre, installed from the first archive and shut down since, and its hall. It is installed once for each last commit."""
        layer = KEEP / "box-archives" / archives.commit() / f"installed-{daytime_zone().replace('/', '-')}"
        if not layer.exists():
            with self.bare("installing") as box:
                self.install(box)
                box.shut_down()
                (box.folder / "disk/upper").rename(layer)
        self.carry(archives.first())
        with self.bare(name, layers=[layer]) as box:
            hall = hall_of(box)
            first_ticket(box, hall, 60)
            yield box, hall

    def install(self, box: Box, options: str = "") -> str:
        """Install from the first archive; returns what was said."""
        archive = self.carry(archives.first())
        return box.run(f"bash {STICK}/install.sh {archive} {NETWORKS} --centre {CENTRE} {options}", within_s=INSTALLS_WITHIN_S).stdout

    def end(self) -> None:
        """Drop the stick."""
        shutil.rmtree(self.stick, ignore_errors=True)


def make_base() -> None:
    """Bootstrap the bare Debian that all boxes begin with, once."""
    if not BASE.exists():
        KEEP.mkdir(exist_ok=True)
        bootstrap(BASE, PACKAGES)
