"""`/etc/edge/edge.toml` as far as a box without a virtual environment must know it: ports and networks, read and first written."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from edge.errors import ConfigError

Values = Mapping[tuple[str, str], str | int | list[str]]


@dataclass(frozen=True, slots=True)
class Settings:
    """``visitor_port``: 0 when there is no face for phones. ``staff``, ``visitor``: names of network interfaces, empty: any."""

    http_port: int = 8080
    mqtt_port: int = 1883
    ws_port: int = 8083
    visitor_port: int = 0
    staff: tuple[str, ...] = field(default=())
    visitor: tuple[str, ...] = field(default=())


def read_settings(path: Path) -> Settings:
    """Read what concerns the machine. Raises ConfigError; the server checks the rest at its start."""
    try:
        found = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ConfigError(f"{path} cannot be read: {error}") from error
    http, mqtt, visitor, network = (found.get(name, {}) for name in ("http", "mqtt", "visitor", "network"))
    return Settings(
        http_port=http.get("port", 8080),
        mqtt_port=mqtt.get("port", 1883),
        ws_port=mqtt.get("ws_port", 8083),
        visitor_port=visitor.get("port", 8090) if visitor.get("host") else 0,
        staff=tuple(network.get("staff", ())),
        visitor=tuple(network.get("visitor", ())),
    )


def with_values(text: str, values: Values) -> str:
    """Return a TOML text with these values in the places of those it has, its comments kept. Raises KeyError for a place that it has not."""
    lines = text.splitlines()
    left = dict(values)
    section = ""
    for number, line in enumerate(lines):
        if found := re.fullmatch(r"\[(\w+)\]", line.strip()):
            section = found[1]
        elif (found := re.match(r"(\w+) = ", line)) and (section, found[1]) in left:
            lines[number] = f"{found[1]} = {_toml(left.pop((section, found[1])))}"
    if left:
        raise KeyError(next(iter(left)))
    return "\n".join(lines) + "\n"


def _toml(value: str | int | list[str]) -> str:
    if isinstance(value, list):
        return f"[{', '.join(map(_toml, value))}]"
    return f'"{value}"' if isinstance(value, str) else str(value)
