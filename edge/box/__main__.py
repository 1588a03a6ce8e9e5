"""`python3 -m edge.box COMMAND`: what `install.sh` and the command `edge` hand over to, as root."""

import argparse
import fcntl
import os
import sys
from pathlib import Path

from edge.box import release, update
from edge.box.install import Wishes, install, uninstall
from edge.box.place import Place
from edge.box.settings import Settings
from edge.errors import ConfigError, EdgeError, Unavailable

EXIT_CONFIG, EXIT_UNAVAILABLE = 3, 4
VISITOR_PORT = 8090


def say(words: str) -> None:
    """Tell the technician."""
    print(words, flush=True)


def parser() -> argparse.ArgumentParser:
    """Return the commands and their options."""
    made = argparse.ArgumentParser(prog="edge", description="Installs, updates, rolls back and uninstalls Kezek Edge on this machine.")
    commands = made.add_subparsers(dest="command", required=True)
    new = commands.add_parser("install", prog="install.sh ARCHIVE", description="Makes this machine a box. Run again, it changes nothing.")
    _archive(new)
    new.add_argument("--check", action="store_true", help="only say whether this machine can be a box")
    new.add_argument("--staff", action="append", default=[], metavar="NETWORK", help="a network of staff and screens, such as eth0; more than once")
    new.add_argument("--visitor", action="append", default=[], metavar="NETWORK", help="a network of visitors' phones, such as wlan0")
    new.add_argument("--phones", action="store_true", help="phones use the same network as the screens")
    new.add_argument("--centre", type=Path, metavar="FILE", help="the centre document; else the sample, to be changed on the settings page")
    new.add_argument("--restore", type=Path, metavar="FILE", help="a backup: this box becomes that centre")
    new.add_argument("--key-copy", type=Path, metavar="FILE", help="where the encrypted copy of the key file goes, such as on the stick")
    new.add_argument("--passphrase-file", type=Path, metavar="FILE", help="its first line is the passphrase of the key's copy")
    for name, port in (("http", 8080), ("mqtt", 1883), ("ws", 8083), ("visitor", VISITOR_PORT)):
        new.add_argument(f"--{name}-port", type=int, default=port, metavar="PORT", help=f"default {port}")
    _archive(commands.add_parser("update", description="Goes to a newer release; comes back by itself if that one does not serve."))
    commands.add_parser("rollback", description="Goes back to the release before the last update, with all that happened since.")
    commands.add_parser("finish", description="Ends an update that a power cut interrupted.")
    commands.add_parser("uninstall", description="Takes the software off. The centre, its settings and backups stay.")
    commands.add_parser("reload-firewall", description="Puts the firewall's rules in force as edge.toml now wants them.")
    return made


def _archive(command: argparse.ArgumentParser) -> None:
    command.add_argument("--payload", type=Path, required=True, help=argparse.SUPPRESS)
    command.add_argument("--key", type=Path, required=True, help=argparse.SUPPRESS)


def carry_out(given: argparse.Namespace, place: Place) -> None:
    """Do what was asked, alone on this machine."""
    if os.geteuid() != 0:
        raise ConfigError("this must run as root: put `sudo` in front")
    place.opt.mkdir(parents=True, exist_ok=True)
    with (place.opt.parent / ".edge-box.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise Unavailable("another installation or update runs on this machine: wait for its end") from None
        match given.command:
            case "install":
                install(place, release.read(given.payload), _wishes(given), say)
            case "update":
                update.update(place, release.read(given.payload), say)
            case "rollback":
                update.rollback(place, say)
            case "finish":
                update.finish(place, say)
            case "uninstall":
                uninstall(place, say)
            case _:
                update.reload_firewall(place, say)


def _wishes(given: argparse.Namespace) -> Wishes:
    has_phones = given.phones or given.visitor
    settings = Settings(
        http_port=given.http_port,
        mqtt_port=given.mqtt_port,
        ws_port=given.ws_port,
        visitor_port=given.visitor_port if has_phones else 0,
        staff=tuple(given.staff),
        visitor=tuple(given.visitor),
    )
    files = {name: getattr(given, name) and getattr(given, name).absolute() for name in ("centre", "restore", "key_copy", "passphrase_file")}
    return Wishes(settings, given.key.absolute(), only_check=given.check, **files)


def main() -> int:
    """Run; what went wrong is one plain sentence each, and an exit code."""
    os.umask(0o022)
    given = parser().parse_args()
    try:
        carry_out(given, Place())
    except ConfigError as error:
        for problem in error.problems:
            print(f"edge: {problem}", file=sys.stderr)
        return EXIT_CONFIG
    except EdgeError as error:
        print(f"edge: {error}", file=sys.stderr)
        return EXIT_UNAVAILABLE
    except OSError as error:
        print(
            f"edge: {error.filename or 'a file'}: {error.strerror or error}; run it again once that is put right",
            file=sys.stderr,
        )
        return EXIT_UNAVAILABLE
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
