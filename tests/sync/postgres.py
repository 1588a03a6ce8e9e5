"""A throw-away PostgreSQL cluster: made in a temporary folder, reached by a socket there, gone at the end of the run."""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

QUICK = ("fsync=off", "full_page_writes=off", "synchronous_commit=off", "shared_buffers=32MB", "max_connections=100", "listen_addresses=")


class Cluster:
    """Databases of one cluster; its superuser is whoever may not be root."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._made = 0

    def create(self) -> str:
        """Make an empty database and return its URL."""
        self._made += 1
        name = f"national{self._made}"
        with psycopg.connect(self._url("postgres"), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}")
        return self._url(name)

    def _url(self, name: str) -> str:
        return f"postgresql:///{name}?host={self._folder}&user=national"


def program(name: str) -> str:
    """Return a program of PostgreSQL; Debian keeps them beside the path."""
    found = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), key=lambda path: int(path.parts[-3]))
    return str(found[-1]) if found else shutil.which(name) or name


def started(folder: Path, settings: tuple[str, ...] = QUICK) -> Cluster:
    """Make a cluster in an empty folder and start it; PostgreSQL refuses to run as root, so root becomes somebody else."""
    user = "postgres" if os.geteuid() == 0 else None
    if user:
        os.chown(folder, pwd.getpwnam(user).pw_uid, -1)
    _run(user, program("initdb"), "-D", str(folder / "data"), "-U", "national", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
    options = " ".join(f"-c {setting}" for setting in (*settings, f"unix_socket_directories={folder}"))
    _run(user, program("pg_ctl"), "-D", str(folder / "data"), "-w", "-s", "-l", str(folder / "log"), "-o", options, "start")
    return Cluster(folder)


def stopped(folder: Path) -> None:
    """Stop the cluster, at once."""
    user = "postgres" if os.geteuid() == 0 else None
    _run(user, program("pg_ctl"), "-D", str(folder / "data"), "-m", "immediate", "-s", "stop")


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """The cluster of this process; its folder's name is short, because a socket's path may have 107 bytes."""
    with tempfile.TemporaryDirectory(prefix="pg-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        yield started(folder)
        stopped(folder)


def _run(user: str | None, *command: str) -> None:
    done = subprocess.run(command, user=user, cwd="/", capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
    assert done.returncode == 0, f"{' '.join(command)}: {done.stdout}{done.stderr}"
