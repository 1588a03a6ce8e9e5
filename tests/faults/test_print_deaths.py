"""`kill -9` of the server in the middle of a print: no ticket is lost, none comes out twice without "copy", the screen has number and code."""

import re
import urllib.parse
import urllib.request
from dataclasses import dataclass, field
from html import unescape
from http.cookiejar import CookieJar
from pathlib import Path

from PIL import Image

from edge import setup
from edge.devices.printing import virtual
from edge.devices.printing.picture import MARGIN
from edge.devices.printing.virtual import Mood, VirtualPrinter
from edge.queueing import events as e
from edge.store import queries
from tests.demo_process import Demo, wait_for

MIDDLE = 20_000  # bytes of some 70,000
PRINTER = "front"  # another name than the demo's own has, so that it makes none
EDGE_TOML = '[database]\nreserve_mib = 1\n[[printers]]\nname = "front"\naddress = "{address}"\nkiosks = ["kiosk-1"]\n'
TAKE, NONE = "Take your ticket from the printer", "The ticket could not be printed"


@dataclass
class Browser:
    """One without scripts, on a running demo."""

    demo: Demo
    page: str = ""
    url: str = ""
    _opener: urllib.request.OpenerDirector = field(
        default_factory=lambda: urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))
    )

    def go(self, path: str, form: dict[str, str] | None = None) -> str:
        """Open a page, or send a form with the hidden fields of the page before; returns what the page says in the end."""
        fields = {name: found[1] for name in ("csrf_token", "key") if (found := re.search(rf'name="{name}" value="([^"]+)"', self.page))}
        body = None if form is None else urllib.parse.urlencode({**fields, **form}).encode()
        with self._opener.open(self.demo.http + path, body, timeout=10) as answer:
            self.page, self.url = unescape(answer.read().decode()), answer.url.removeprefix(self.demo.http)
        return self.page


def take_ticket(kiosk: Browser) -> tuple[str, str]:
    """Take a ticket at the kiosk; returns the address of its page, and its number."""
    kiosk.go("/kiosk/kiosk-1/en/service/passport")
    kiosk.go("/kiosk/kiosk-1/en/tickets", {"service": "passport"})
    return kiosk.url, number_of(kiosk.page)


def number_of(page: str) -> str:
    found = re.search(r'data-number="([^"]+)"', page)
    assert found, page
    return found[1]


def is_copy(sheet: Path) -> bool:
    """Tell whether a ticket begins with the black bar that says so."""
    return Image.open(sheet).convert("1").getpixel((0, MARGIN + 5)) == 0


def failures(data: Path) -> list[e.TicketPrintFailed]:
    with setup.opened(data) as database:
        lines = [line for line in queries.all_lines(database) if line.type == "ticket.print_failed"]
    return [event for line in lines if isinstance(event := e.read(line.type, line.payload or ""), e.TicketPrintFailed)]


def print_copy(demo: Demo, number: str) -> None:
    """Let the supervisor print a copy of a waiting ticket."""
    staff, member = Browser(demo), demo.staff["supervisor"]
    staff.go("/login")
    staff.go("/login", {"login": member["login"], "password": member["password"]})
    found = re.search(rf'id="to-t-([^"]+)"[^>]*><b class="tabular">{number}<', staff.go("/hall/service/passport"))
    assert found, staff.page
    staff.go(f"/hall/ticket/{found[1]}")
    staff.go(f"/hall/ticket/{found[1]}/print", {"printer": PRINTER})


def death(demo: Demo, printer: VirtualPrinter, *, goes_on: bool) -> None:
    """Kill the server in the middle of a print. ``goes_on``: the printer prints what it was given already; else it is switched off and on."""
    kiosk = Browser(demo)
    kiosk.go("/demo/enter/kiosk-1")
    printer.mood, before = Mood(holds_after=MIDDLE), len(printer.sheets)
    page, number = take_ticket(kiosk)
    wait_for("the middle of the print", lambda: printer.taken >= MIDDLE)
    page_behind, _ = take_ticket(kiosk)
    demo.kill()
    printer.mood = Mood(hangs_up_after=None if goes_on else MIDDLE)
    wait_for("the printer to notice", lambda: not printer.taken)
    printer.mood = Mood()
    assert len(printer.sheets) == before + goes_on
    demo.restart()
    wait_for("the ticket behind it", lambda: TAKE in kiosk.go(page_behind))
    assert NONE in kiosk.go(page)
    assert number_of(kiosk.page) == number
    assert re.search(r'class="card follow".*?<svg', kiosk.page, re.DOTALL), "the code for the phone"
    print_copy(demo, number)
    wait_for("the copy", lambda: len(printer.sheets) == before + goes_on + 2)
    assert [is_copy(sheet) for sheet in printer.sheets[before:]] == [*[False] * goes_on, False, True]


def test_a_server_that_dies_while_it_prints_loses_nothing_and_prints_nothing_twice(tmp_path: Path) -> None:
    """What the printer had taken already may come out of it, once; what waited behind it comes out after the restart."""
    data = tmp_path / "centre"
    data.mkdir()
    with virtual.serving(VirtualPrinter(tmp_path / "paper")) as printer:
        (data / "edge.toml").write_text(EDGE_TOML.format(address=printer.address), encoding="utf-8")
        with Demo(data) as demo:
            death(demo, printer, goes_on=True)
            death(demo, printer, goes_on=False)
            demo.stop()
            assert [(each.why, each.sent, each.copy) for each in failures(data)] == [("restarted", True, 0)] * 2
            assert demo.verify().returncode == 0
