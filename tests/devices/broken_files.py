"""What can become of a broker's two files by another hand, a full disk or a worn card (`research/devices.md` 2.4)."""

from collections.abc import Callable
from pathlib import Path

Damage = Callable[[Path], object]


def _half(path: Path) -> None:
    """Cut within a word of its middle, so that the last line says nothing."""
    text = path.read_text(encoding="utf-8")
    at = text.index("topic", len(text) // 2) if "topic" in text else len(text) // 2
    path.write_text(text[: at + 3], encoding="utf-8")


def _first_line(path: Path) -> None:
    path.write_text("no such keyword\n" + path.read_text(encoding="utf-8"), encoding="utf-8")


def _last_line(path: Path) -> None:
    path.write_text(path.read_text(encoding="utf-8") + "no such keyword\n", encoding="utf-8")


DAMAGES: dict[str, tuple[str, Damage]] = {
    "acl with a bad first line": ("acl", _first_line),
    "acl with a bad last line": ("acl", _last_line),
    "acl of noise": ("acl", lambda path: path.write_bytes(bytes(range(256)))),
    "acl half-written": ("acl", _half),
    "acl empty": ("acl", lambda path: path.write_text("", encoding="utf-8")),
    "acl missing": ("acl", Path.unlink),
    "acl unreadable": ("acl", lambda path: path.chmod(0)),
    "passwords of noise": ("passwords", lambda path: path.write_bytes(bytes(range(256)))),
    "passwords half-written": ("passwords", _half),
    "passwords empty": ("passwords", lambda path: path.write_text("", encoding="utf-8")),
    "passwords missing": ("passwords", Path.unlink),
    "passwords unreadable": ("passwords", lambda path: path.chmod(0)),
}
