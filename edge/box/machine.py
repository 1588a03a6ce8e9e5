"""Commands of this machine, and files made as they should be. Every change is told once; what is so already is left alone."""

import grp
import os
import pwd
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

from edge import durable
from edge.errors import Unavailable

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
Say = Callable[[str], None]


def run(*command: str, user: str | None = None, env: dict[str, str] | None = None, timeout_s: float = 900) -> str:
    """Run a command, as another user if one is named, and return what it printed. Raises Unavailable with its last words."""
    who = pwd.getpwnam(user) if user else None
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=timeout_s,
            cwd="/",
            env={"PATH": PATH, "LC_ALL": "C.UTF-8", "HOME": who.pw_dir if who else "/root", **(env or {})},
            user=who.pw_uid if who else None,
            group=who.pw_gid if who else None,
            extra_groups=os.getgrouplist(who.pw_name, who.pw_gid) if who else None,
            umask=0o077 if who else 0o022,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Unavailable(f"{' '.join(command[:3])} cannot be run: {error}") from error
    if done.returncode:
        raise Unavailable(_last_words(command, done))
    return done.stdout


def _last_words(command: Sequence[str], done: subprocess.CompletedProcess[str]) -> str:
    """Return a command's own sentence if it is one of ours, else how it ended and its last lines."""
    lines = (done.stderr.strip() or done.stdout.strip() or "it said nothing").splitlines()
    if ours := [line.removeprefix("edge: ") for line in lines if line.startswith("edge: ")]:
        return "; ".join(ours)
    return f"{' '.join(command[:3])} ended with {done.returncode}: {'; '.join(lines[-3:])}"


class Changes:
    """What was changed so far; each is told as it happens."""

    def __init__(self, say: Say) -> None:
        self.made: list[str] = []
        self._say = say

    def note(self, words: str) -> None:
        """Tell one change."""
        self.made.append(words)
        self._say(words)

    def file(self, path: Path, text: str, *, mode: int = 0o644, owner: str = "root", group: str = "root") -> bool:
        """Let a file have this content, durably, and these rights; tells whether the content changed."""
        is_new = not path.is_file() or path.read_text(encoding="utf-8") != text
        if is_new:
            fresh = path.with_name(f".{path.name}.new")
            fresh.write_text(text, encoding="utf-8")
            _own(fresh, mode, owner, group)
            durable.sync(fresh)
            fresh.replace(path)
            durable.sync(path.parent)
            self.note(f"wrote {path}")
        elif _own(path, mode, owner, group):
            self.note(f"set the rights of {path}")
        return is_new

    def folder(self, path: Path, *, mode: int = 0o755, owner: str = "root", group: str = "root") -> None:
        """Let a folder be there with these rights."""
        if not path.is_dir():
            path.mkdir(parents=True)
            _own(path, mode, owner, group)
            self.note(f"made {path}")
        elif _own(path, mode, owner, group):
            self.note(f"set the rights of {path}")

    def link(self, path: Path, target: str) -> None:
        """Let a symbolic link lead there; switched at once, never absent."""
        if path.is_symlink() and path.readlink() == Path(target):
            return
        fresh = path.with_name(f".{path.name}.new")
        fresh.unlink(missing_ok=True)
        fresh.symlink_to(target)
        fresh.replace(path)
        durable.sync(path.parent)
        self.note(f"{path} leads to {target}")

    def user(self, name: str, home: Path, groups: Sequence[str] = ()) -> None:
        """Let a user without login be there, in these groups."""
        try:
            pwd.getpwnam(name)
        except KeyError:
            run("useradd", "--system", "--user-group", "--home-dir", str(home), "--no-create-home", "--shell", "/usr/sbin/nologin", name)
            self.note(f"made the user {name}")
        for group in groups:
            if name not in grp.getgrnam(group).gr_mem:
                run("usermod", "--append", "--groups", group, name)
                self.note(f"put {name} into the group {group}")


def _own(path: Path, mode: int, owner: str, group: str) -> bool:
    """Set owner, group and mode where they differ; tells whether they did."""
    found = path.stat()
    uid, gid = pwd.getpwnam(owner).pw_uid, grp.getgrnam(group).gr_gid
    if (found.st_uid, found.st_gid, found.st_mode & 0o7777) == (uid, gid, mode):
        return False
    os.chown(path, uid, gid)
    path.chmod(mode)
    return True
