"""Where everything of a box lies, and whose it is."""

from dataclasses import dataclass
from pathlib import Path

SERVER, BROKER = "edge", "edge-mqtt"  # the two users
UNITS = ("edge-firewall.service", "edge-broker.service", "edge-broker-reload.path", "edge-broker-restart.path", "edge.service")
TIMERS = ("edge-backup.timer", "edge-drill.timer")
FINISH = "edge-update.service"  # goes on with an update that a power cut interrupted


@dataclass(frozen=True, slots=True)
class Place:
    """``root``: `/`; another folder for trials of single steps."""

    root: Path = Path("/")

    @property
    def opt(self) -> Path:
        """Releases, and which one is in use."""
        return self.root / "opt/edge"

    @property
    def releases(self) -> Path:
        """One folder a release."""
        return self.opt / "releases"

    @property
    def current(self) -> Path:
        """The link to the release in use."""
        return self.opt / "current"

    @property
    def pending(self) -> Path:
        """Says which update is under way, so that a power cut in it is not its end."""
        return self.opt / "pending.json"

    @property
    def before(self) -> Path:
        """Says which release served before the last update, and which backup was made between the two."""
        return self.opt / "before.json"

    @property
    def etc(self) -> Path:
        """What this box is told: `edge.toml`, the key that archives are checked with, the firewall's rules."""
        return self.root / "etc/edge"

    @property
    def config(self) -> Path:
        """Ports, networks, paths."""
        return self.etc / "edge.toml"

    @property
    def data(self) -> Path:
        """The centre: its database, key file, backups."""
        return self.root / "var/lib/edge"

    @property
    def broker(self) -> Path:
        """What the broker's unit reads, written by the server."""
        return self.root / "var/lib/edge-broker"

    @property
    def units(self) -> Path:
        """Systemd's folder for units of the machine's owner."""
        return self.root / "etc/systemd/system"

    @property
    def wrapper(self) -> Path:
        """The command `edge`."""
        return self.root / "usr/local/bin/edge"
