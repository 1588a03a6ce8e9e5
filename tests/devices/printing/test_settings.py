"""Printers in `edge.toml`: what is accepted, what is said of the rest, and how a technician lists and tries them."""

from pathlib import Path

import pytest

from edge import config, setup
from edge.devices.printing import virtual
from edge.devices.printing.virtual import Mood, VirtualPrinter
from edge.errors import ConfigError
from tests.commands import edge
from tests.demo_process import free_ports

PART = '[[printers]]\nname = "{name}"\naddress = "{address}"\nkiosks = ["kiosk-1"]\n'


def load(folder: Path, *parts: str) -> config.Config:
    (folder / "edge.toml").write_text("\n".join(parts), encoding="utf-8")
    return config.load(folder / "edge.toml")


WAYS = ["tcp://192.168.1.60", "tcp://printer.local:9101", "file:/dev/usb/lp0", "serial:/dev/ttyUSB0:115200", "serial:/dev/ttyS0"]


@pytest.mark.parametrize("address", WAYS)
def test_an_address_is_of_the_network_or_a_device_file(tmp_path: Path, address: str) -> None:
    box = load(tmp_path, PART.format(name="printer-1", address=address))
    assert box.printers_here().of_kiosk == {"kiosk-1": "printer-1"}


@pytest.mark.parametrize("address", ["", "192.168.1.60", "http://192.168.1.60", "file:/etc/passwd", "tcp://a b", "serial:/dev/ttyS0:fast", "usb:1:2"])
def test_another_address_is_refused_where_it_stands(tmp_path: Path, address: str) -> None:
    with pytest.raises(ConfigError, match=r"printers.*address"):
        load(tmp_path, PART.format(name="printer-1", address=address))


def test_two_printers_of_one_name_are_refused(tmp_path: Path) -> None:
    part = PART.format(name="printer-1", address="tcp://a")
    with pytest.raises(ConfigError, match="the name 'printer-1' must stand there once"):
        load(tmp_path, part, part)


def test_the_sample_shows_one_that_would_be_accepted(tmp_path: Path) -> None:
    lines = setup.sample("edge.toml").splitlines()
    start = lines.index("# [[printers]]")
    part = "\n".join(line.removeprefix("# ") for line in lines[start:])
    assert load(tmp_path, part).printers_here().names == ("printer-1",)


def test_a_technician_lists_the_printers_and_prints_a_page(tmp_path: Path) -> None:
    data = tmp_path / "centre"
    setup.init(data, None)
    off = free_ports(1)[0]
    with virtual.serving(VirtualPrinter(tmp_path / "paper", Mood())) as printer:
        parts = [PART.format(name="good", address=printer.address), PART.format(name="off", address=f"tcp://127.0.0.1:{off}")]
        with (data / "edge.toml").open("a", encoding="utf-8") as file:
            file.write("\n".join(parts))
        listed = edge("printer", "list", "--data", data)
        assert [line.split()[0] for line in listed.stdout.splitlines()] == ["good", "off"]
        assert "nothing was printed yet" in listed.stdout
        assert "good: the page is printed" in edge("printer", "test", "good", "--data", data).stdout
        assert len(printer.sheets) == 1
        refused = edge("printer", "test", "off", "--data", data)
        assert (refused.returncode, "did not print: off" in refused.stderr) == (4, True)
