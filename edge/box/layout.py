"""What a release puts onto the machine outside its own folder: units, settings of journald and chrony, the command, the firewall's rules."""

from pathlib import Path

from edge.box import firewall
from edge.box.machine import Changes, run
from edge.box.place import FINISH, SERVER, TIMERS, UNITS, Place
from edge.box.release import Release
from edge.box.settings import read_settings

FOLDERS = {"systemd": "etc/systemd/system", "journald": "etc/systemd/journald.conf.d", "chrony": "etc/chrony/conf.d"}
RELOADS = {"journald": "systemd-journald.service", "chrony": "chrony.service"}


def files(place: Place, release: Release) -> dict[Path, str]:
    """Return where each file of a release belongs, and its text."""
    found = {place.wrapper: (release.folder / "edge.sh").read_text(encoding="utf-8")}
    for name, target in FOLDERS.items():
        for path in sorted((release.folder / name).iterdir()):
            found[place.root / target / path.name] = path.read_text(encoding="utf-8")
    return found


def put(place: Place, release: Release, changes: Changes) -> None:
    """Lay out a release's files; those that only an earlier one had go."""
    wanted = files(place, release)
    for path, text in wanted.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        changes.file(path, text, mode=0o755 if path == place.wrapper else 0o644)
    for left in [*place.units.glob("edge-*.*"), place.units / "edge.service"]:
        if left.is_file() and not left.is_symlink() and left not in wanted:
            run("systemctl", "disable", "--now", left.name)
            left.unlink()
            changes.note(f"removed {left}, which this release has not")
    put_firewall(place, changes)


def put_firewall(place: Place, changes: Changes) -> bool:
    """Write the firewall's rules as `edge.toml` wants them; tells whether they changed."""
    return changes.file(place.etc / "edge.nft", firewall.rules_of(read_settings(place.config)), mode=0o640)


def start(changes: Changes) -> None:
    """Let systemd know and start everything, also at the next boot; what runs already goes on."""
    run("systemctl", "daemon-reload")
    for unit in (*UNITS, *TIMERS, FINISH):
        if not _is("is-enabled", unit):
            run("systemctl", "enable", unit)
            changes.note(f"{unit} starts with the machine")
    for unit in (*UNITS, *TIMERS):
        if not _is("is-active", unit):
            run("systemctl", "start", "--no-block", unit)
            changes.note(f"started {unit}")


def settle(changes: Changes, before: int) -> None:
    """Let journald, chrony and the firewall take what was just written, if anything was (since the change number ``before``)."""
    written = " ".join(changes.made[before:])
    for name, unit in RELOADS.items():
        if f"/{FOLDERS[name]}/" in written:
            run("systemctl", "restart", unit)
    if "edge.nft" in written:
        run("systemctl", "restart", "edge-firewall.service")


def remove(place: Place, release: Release, changes: Changes) -> None:
    """Take a release's files off the machine."""
    for unit in (FINISH, *TIMERS, *reversed(UNITS)):
        if (place.units / unit).exists():
            run("systemctl", "disable", "--now", unit)
    for path in files(place, release):
        if path.exists():
            path.unlink()
            changes.note(f"removed {path}")
    run("systemctl", "daemon-reload")


def stop_server() -> None:
    """End the server; broker and firewall go on."""
    run("systemctl", "stop", "edge.service")


def as_server(release: Release, *arguments: str, timeout_s: float = 900) -> str:
    """Run a release's command as the server's user, on the centre of this box."""
    return run(release.edge, *arguments, user=SERVER, timeout_s=timeout_s)


def _is(question: str, unit: str) -> bool:
    try:
        run("systemctl", "--quiet", question, unit)
    except Exception:  # noqa: BLE001 -- systemctl says no by its exit code
        return False
    return True
