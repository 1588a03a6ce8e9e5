"""What an archive and a box are told: the same words as the server reads."""

import re
import tomllib
from importlib.metadata import requires
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from edge import config, setup
from edge.box.install import _values
from edge.box.place import Place
from edge.box.settings import Settings, read_settings, with_values
from edge.errors import ConfigError

ROOT = Path(__file__).parents[2]
WANTED = Settings(http_port=8081, mqtt_port=1884, ws_port=8084, visitor_port=8091, staff=("eth0", "eth1"), visitor=("wlan0",))


def test_what_the_installer_writes_the_server_and_the_installer_read(tmp_path: Path) -> None:
    text = with_values(setup.sample("edge.toml"), _values(Place(), WANTED))
    (tmp_path / "edge.toml").write_text(text, encoding="utf-8")
    assert read_settings(tmp_path / "edge.toml") == WANTED
    read = config.load(tmp_path / "edge.toml")
    assert (read.mqtt.folder, read.network.staff, read.visitor.host) == ("/var/lib/edge-broker", ["eth0", "eth1"], "0.0.0.0")


def test_comments_stay() -> None:
    sample = setup.sample("edge.toml")
    made = with_values(sample, {("http", "port"): 8088})
    assert re.findall("^#.*", made, re.MULTILINE) == re.findall("^#.*", sample, re.MULTILINE)
    assert tomllib.loads(made)["http"]["port"] == 8088
    assert tomllib.loads(made)["visitor"] == tomllib.loads(sample)["visitor"], "a port of another section is another port"


def test_without_a_face_for_phones_there_is_no_port_for_it(tmp_path: Path) -> None:
    (tmp_path / "edge.toml").write_text(with_values(setup.sample("edge.toml"), _values(Place(), Settings())), encoding="utf-8")
    assert read_settings(tmp_path / "edge.toml") == Settings()


def test_a_place_that_is_not_there_is_a_mistake_of_ours() -> None:
    with pytest.raises(KeyError):
        with_values(setup.sample("edge.toml"), {("http", "prot"): 1})


@pytest.mark.parametrize("text", ["[http", "\x00"])
def test_what_cannot_be_read_is_said(tmp_path: Path, text: str) -> None:
    (tmp_path / "edge.toml").write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match=r"edge\.toml cannot be read"):
        read_settings(tmp_path / "edge.toml")


def test_the_archive_has_every_package_that_a_box_runs_in_one_written_version() -> None:
    lines = (ROOT / "deploy/requirements.txt").read_text(encoding="utf-8").splitlines()
    written = [line.partition("==")[0] for line in lines if not line.startswith("#")]
    assert len(written) == len(set(written))
    direct = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["dependencies"]
    assert set(written) == closure([Requirement(line).name for line in direct]) | {"pip"}


def closure(names: list[str]) -> set[str]:
    """Return these packages and all that they need, as they are installed here."""
    found: set[str] = set()
    left = list(names)
    while left:
        name = canonicalize_name(left.pop())
        if name not in found:
            found.add(name)
            needed = map(Requirement, requires(name) or [])
            left += [requirement.name for requirement in needed if requirement.marker is None or requirement.marker.evaluate({"extra": ""})]
    return found
