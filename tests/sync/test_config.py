"""`[national]` of `edge.toml`: what is accepted, and that a wrong secret is never repeated."""

import base64
from pathlib import Path

import pytest

from edge import config, setup
from edge.errors import BadRequest, ConfigError
from edge.operations.bookings import person_of
from edge.operations.keys import Keys

KEY = base64.b64encode(bytes(range(32))).decode()


def loaded(tmp_path: Path, national: str) -> config.National:
    path = tmp_path / "edge.toml"
    path.write_text(f"[national]\n{national}", encoding="utf-8")
    return config.load(path).national


def test_the_sample_stands_alone(tmp_path: Path) -> None:
    (tmp_path / "edge.toml").write_text(setup.sample("edge.toml"), encoding="utf-8")
    assert config.load(tmp_path / "edge.toml").national == config.National()


def test_a_link_by_x_road_is_described_in_one_section(tmp_path: Path) -> None:
    found = loaded(tmp_path, 'url = "https://ss.example.kg/r1/KG/GOV/1/q/sync"\nmode = "xroad"\nxroad_client = "KG/GOV/70000001/queue"\n')
    assert (found.mode, found.xroad_client) == ("xroad", "KG/GOV/70000001/queue")


@pytest.mark.parametrize(
    ("national", "accepted"),
    [
        ('url = "national.example.kg"', "national.url"),
        ('mode = "email"', "national.mode"),
        ('ca = "relative.pem"', "national.ca"),
        ('centre = "Kara Balta"', "national.centre"),
        ('person_key = "short-secret"', "national.person_key: must be 32 bytes in base64"),
        ('token = "two secret words"', "national.token: must be one word of printable ASCII"),
    ],
)
def test_a_wrong_value_is_named_and_a_secret_not_repeated(tmp_path: Path, national: str, accepted: str) -> None:
    with pytest.raises(ConfigError) as caught:
        loaded(tmp_path, national)
    assert accepted in str(caught.value)
    assert "secret" not in str(caught.value)


def test_with_the_countrys_key_both_sides_know_a_person_by_the_same_hash(tmp_path: Path) -> None:
    keys = loaded(tmp_path, f'person_key = "{KEY}"').with_person_key(Keys(b"k" * 32, b"n" * 32))
    alone = Keys(b"k" * 32, b"n" * 32)
    assert person_of(keys, "an 123-4567") == "fa406640e4a0bee80de6798c01aa9c60c235806570f398cce601ca4f363321fa"
    assert person_of(alone, "an 123-4567") != person_of(keys, "AN1234567")
    with pytest.raises(BadRequest):
        person_of(keys, "x")
