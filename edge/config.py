"""This box: `edge.toml` and the key file, read once at start into frozen values.

Every problem is listed at once; an unknown key is an error, because a misspelt one would silently do nothing.
"""

import base64
import json
import os
import secrets
import tomllib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from edge import durable
from edge.box import firewall
from edge.devices.printing.cable import ADDRESS
from edge.errors import ConfigError
from edge.operations import sentences
from edge.operations.keys import Keys
from edge.operations.printing import Printers

KEY_BYTES = 32

Port = Annotated[int, Field(ge=1, le=65_535)]
Interface = Annotated[str, Field(pattern=f"^{firewall.INTERFACE}$")]
File = Annotated[str, Field(pattern=r"^(/.*)?$")]
_SECRETS: dict[tuple[int | str, ...], str] = {  # never repeated in a sentence about them
    ("national", "token"): "must be one word of printable ASCII",
    ("national", "person_key"): "must be 32 bytes in base64",
}


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Http(_Part):
    """The staff face."""

    host: str = "127.0.0.1"
    port: Port = 8080
    allowed_hosts: list[str] = []


class Mqtt(_Part):
    """The broker's listeners. ``folder``: of a broker that systemd runs, where its rules are laid down; empty: it is a child of the server."""

    host: str = "127.0.0.1"
    port: Port = 1883
    ws_port: Port = 8083
    folder: Annotated[str, Field(pattern=r"^(/.*)?$")] = ""


class Visitor(_Part):
    """The face for visitors' phones: nothing but the page behind a ticket's link. ``host``: where to listen, empty: there is no such face.

    ``url``: how phones reach it, for the codes on tickets; empty: by host and port.
    """

    host: str = ""
    port: Port = 8090
    url: Annotated[str, Field(pattern=r"^(https?://[^/?#\s]+/?)?$")] = ""


class Metrics(_Part):
    """Who reads `/metrics`. ``login``: another number is another token, and the one before is worth nothing."""

    login: Annotated[int, Field(ge=1)] = 1


class Network(_Part):
    """Interfaces (`eth0`) by whom they are for; the firewall of an installed box is made of them. None named: every one but the visitors'."""

    staff: list[Interface] = []
    visitor: list[Interface] = []


class DatabasePart(_Part):
    """``max_pages``: largest size in pages of 4 KiB, 0 for no limit. ``reserve_mib``: room kept for tickets when the disk is full, 0 for none."""

    max_pages: Annotated[int, Field(ge=0)] = 0
    reserve_mib: Annotated[int, Field(ge=0, le=4096)] = 64


class PrinterPart(_Part):
    """A ticket printer that this box drives. ``kiosks``: whose tickets it prints. ``answers``: False for one on a cable that only goes one way."""

    name: Annotated[str, Field(pattern=r"^[a-z0-9-]{1,32}$")]
    address: Annotated[str, Field(pattern=ADDRESS)]
    kiosks: list[str] = []
    answers: bool = True


def _are_told_apart(printers: list[PrinterPart]) -> list[PrinterPart]:
    """Accept printers of different names."""
    names = [printer.name for printer in printers]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise ValueError(f"the name {twice[0]!r} must stand there once")
    return printers


def _is_key(text: str) -> str:
    """Accept 32 bytes in base64, or nothing."""
    if text and len(_unb64(text)) != KEY_BYTES:
        raise ValueError(f"must be {KEY_BYTES} bytes in base64")
    return text


class National(_Part):
    """The link to the national server. ``url``: empty for a centre that stands alone; in ``mode`` xroad the base of the service, `…/r1/…/{service}`.

    ``centre``: the id that the server knows, empty: as in the centre's document; an empty box that is rebuilt needs it. ``ca``, ``cert``, ``key``:
    PEM files of mutual TLS. ``person_key``: 32 bytes in base64, under which the country knows a person; empty: the centre's own.
    """

    url: Annotated[str, Field(pattern=r"^(https?://[^?#\s]+)?$")] = ""
    token: Annotated[str, Field(pattern=r"^[\x21-\x7e]*$")] = ""
    centre: Annotated[str, Field(pattern=r"^([a-z0-9-]{1,32})?$")] = ""
    mode: Literal["direct", "xroad"] = "direct"
    ca: File = ""
    cert: File = ""
    key: File = ""
    xroad_client: Annotated[str, Field(pattern=r"^([^/\s]+(/[^/\s]+){2,3})?$")] = ""
    person_key: Annotated[str, AfterValidator(_is_key)] = ""

    def with_person_key(self, keys: Keys) -> Keys:
        """Return ``keys`` that know persons as the country does."""
        return replace(keys, person_key=_unb64(self.person_key)) if self.person_key else keys


class Config(_Part):
    """All of `edge.toml`."""

    http: Http = Http()
    mqtt: Mqtt = Mqtt()
    visitor: Visitor = Visitor()
    metrics: Metrics = Metrics()
    database: DatabasePart = DatabasePart()
    network: Network = Network()
    national: National = National()
    printers: Annotated[list[PrinterPart], AfterValidator(_are_told_apart)] = []

    def printers_here(self) -> Printers:
        """Return the names of the printers, and which is a kiosk's: the first that names it."""
        of_kiosk = {kiosk: printer.name for printer in reversed(self.printers) for kiosk in printer.kiosks}
        return Printers(tuple(printer.name for printer in self.printers), of_kiosk)


class Paths:
    """The files of one data directory."""

    def __init__(self, data: Path) -> None:
        self.data = data.absolute()
        self.config = self.data / "edge.toml"
        self.centre = self.data / "centre.toml"
        self.key = self.data / "node.key"
        self.sealed_key = self.data / "node.key.sealed"
        self.database = self.data / "edge.db"
        self.lock = self.data / "edge.lock"
        self.control = self.data / "edge.sock"
        self.reserve = self.data / "reserve"
        self.suspect = self.data / "damage-met"
        self.high_water = self.data / "high-water.json"
        self.backups = self.data / "backups"
        self.recordings = self.data / "voice"
        self.courier = self.data / "courier.json"
        self.demo = self.data / "demo.json"


def load(path: Path) -> Config:
    """Read `edge.toml`. Raises ConfigError with one sentence per problem."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise ConfigError(_no_config(path)) from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} cannot be read: {error}") from error
    try:
        return Config.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path}: not valid TOML: {error}") from error
    except ValidationError as error:
        raise ConfigError(*(f"{path}: {sentence}" for sentence in _sentences(error))) from None


def _sentences(error: ValidationError) -> Iterator[str]:
    """Say what is wrong; of a secret only where it stands."""
    for fault, sentence in zip(error.errors(), sentences.problems(error, {}), strict=True):
        accepted = _SECRETS.get(fault["loc"][:2])
        yield f"{'.'.join(map(str, fault['loc']))}: {accepted}" if accepted else sentence


def _no_config(path: Path) -> str:
    """Say how to come by `edge.toml`: of a centre that is to be made, or of one that is there."""
    paths = Paths(path.parent)
    if not paths.database.exists():
        return f"{path} does not exist: run `edge init --data {path.parent}` first"
    taken = f"`tar -xzOf {paths.backups}/FILE.backup edge.toml > {path}`"
    return f"{path} does not exist, but there is a centre beside it: take the settings of this box out of a backup ({taken}), or write them anew"


def make_keys(path: Path) -> Keys:
    """Make the key file, mode 0600, durable before anything depends on it. Raises ConfigError when there is one already."""
    keys = Keys(centre=secrets.token_bytes(KEY_BYTES), node_seed=secrets.token_bytes(KEY_BYTES))
    write_keys(path, keys)
    return keys


def write_keys(path: Path, keys: Keys) -> None:
    """Write a key file, mode 0600, durable. Raises ConfigError when there is one already."""
    text = json.dumps({"version": 1, "centre_key": _b64(keys.centre), "node_seed": _b64(keys.node_seed)}, indent=1)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise ConfigError(f"{path} exists already: a second key would orphan every device") from None
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(text)
    durable.sync(path)
    durable.sync(path.parent)


def load_keys(path: Path) -> Keys:
    """Read the key file. Raises ConfigError; never shows what is in it."""
    try:
        values = json.loads(path.read_text(encoding="ascii"))
        keys = Keys(centre=base64.b64decode(values["centre_key"]), node_seed=base64.b64decode(values["node_seed"]))
    except FileNotFoundError:
        raise ConfigError(f"{path} does not exist: restore it from the technician's copy; without it no device can log in") from None
    except (OSError, ValueError, KeyError, TypeError):
        raise ConfigError(f"{path} is not a key file: restore it from the technician's copy") from None
    if len(keys.centre) != KEY_BYTES or len(keys.node_seed) != KEY_BYTES:
        raise ConfigError(f"{path} is damaged: both keys must have {KEY_BYTES} bytes")
    return keys


def _b64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


def _unb64(text: str) -> bytes:
    return base64.b64decode(text, validate=True)
