"""A hall of real browsers: one Chromium, one context per screen, and a record of everything that must not happen in any of them.

Nothing may be loaded from elsewhere, nothing may be written to the console, and axe must find nothing on any page that is looked at.
"""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request

from tests.browser import checks
from tests.demo_process import Demo, Ports

ARGUMENTS = (
    *("--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"),
    "--autoplay-policy=no-user-gesture-required",  # as a board in a hall is started; and whether a look of Playwright is a touch is chance
    *(("--no-sandbox",) if os.geteuid() == 0 else ()),
)
CHROMIUM = "/usr/bin/chromium-headless-shell"  # the same engine at half the cost: no window of its own to draw
PICTURES = Path(".artefacts/screens")
STANDARD = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa")
KIOSK, BOARD, DESK, NARROW_DESK, PHONE, LAPTOP = (1080, 1920), (1920, 1080), (1100, 820), (360, 640), (390, 844), (1280, 800)
HIGH_CONTRAST = ("kiosk", "board")  # read standing, from afar, in glare: 7:1

Size = tuple[int, int]


def _is_fault(message: ConsoleMessage) -> bool:
    """Warnings and errors, but for what Chromium itself says when a page is left while its socket is still opening."""
    return message.type in ("error", "warning") and "WebSocket is closed before the connection is established" not in message.text


def picture(page: Page, name: str) -> None:
    """Keep a picture of the page as an artefact of the tests."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=PICTURES / f"{name}.png")


def still_here(kiosk: Page) -> None:
    """Answer the kiosk's question whether somebody is there; the silence is counted anew once the dialog has closed."""
    kiosk.evaluate("() => { const idle = document.getElementById('idle'); window.shut = new Promise((done) => { idle.onclose = done; }); }")
    kiosk.click("#idle button")
    kiosk.evaluate("() => window.shut.then(() => true)")


class Centre(Protocol):
    """A served centre: a process of its own (`tests.demo_process.Demo`), or one in this process (`tests.pictures.stage.Stage`)."""

    @property
    def http(self) -> str:
        """`http://127.0.0.1:<port>`."""

    @property
    def ports(self) -> Ports:
        """Where it listens."""

    @property
    def described(self) -> Mapping[str, Any]:
        """The content of `demo.json`."""


@dataclass
class Browsers:
    """The browsers of one centre; `faults()` is empty at the end of a good test."""

    browser: Browser
    demo: Centre
    contexts: list[BrowserContext] = field(default_factory=list)
    noted: list[str] = field(default_factory=list)
    forgiven: list[str] = field(default_factory=list)

    def page(self, size: Size, *, script: bool = True, calm: bool = False, touch: bool = False) -> Page:
        """Open an empty page in a browser profile of its own."""
        context = self.browser.new_context(
            viewport={"width": size[0], "height": size[1]},
            java_script_enabled=script,
            has_touch=touch,
            reduced_motion="reduce" if calm else "no-preference",
            locale="de-DE",  # a browser whose own language must not matter
        )
        context.set_default_timeout(30_000)  # a machine may be busy with three others of these
        self.contexts.append(context)
        page = context.new_page()
        page.on("request", self._judge_request)
        page.on("console", lambda message: self._note("console", message.text) if _is_fault(message) else None)
        page.on("pageerror", lambda error: self._note("script", str(error)))
        return page

    def screen(self, device: str, size: Size, **options: bool) -> Page:
        """Open the screen of a device by its link of the front page."""
        page = self.page(size, **options)
        page.goto(f"{self.demo.http}/demo/enter/{device}")
        return page

    def look(self, page: Page, name: str) -> None:
        """Keep a picture of the page and let axe judge it."""
        picture(page, name)
        self.judge(page, name)

    def judge(self, page: Page, name: str) -> None:
        """Note what axe finds at WCAG 2.2 AA, and contrast below 7:1 where that is our own rule."""
        options: dict[str, Any] = {"runOnly": {"type": "tag", "values": list(STANDARD)}}
        if name.startswith(HIGH_CONTRAST):
            options["rules"] = {"color-contrast-enhanced": {"enabled": True}}
        for violation in checks.violations(page, options):
            where = "; ".join(str(node["target"]) for node in violation["nodes"][:3])
            self._note("axe", f"{name}: {violation['id']} at {where}: {violation['nodes'][0]['failureSummary']}")

    def forgive(self, *texts: str) -> None:
        """Accept faults that contain one of ``texts``: Chromium itself reports answers that a test asks for."""
        self.forgiven += texts

    def faults(self) -> list[str]:
        """Return what was noted and not forgiven."""
        return [fault for fault in self.noted if not any(text in fault for text in self.forgiven)]

    def close(self) -> None:
        """Close all pages."""
        for context in self.contexts:
            context.close()
        self.contexts.clear()

    def _note(self, kind: str, text: str) -> None:
        self.noted.append(f"{kind}: {text}")

    def _judge_request(self, request: Request) -> None:
        asked = urlsplit(request.url)
        ours = (self.demo.ports.http, self.demo.ports.ws, urlsplit(self.demo.described["visitor"]).port)
        if asked.scheme not in ("http", "ws") or asked.hostname != "127.0.0.1" or asked.port not in ours:
            self._note("elsewhere", request.url)


@dataclass
class Hall(Browsers):
    """The browsers of a centre that is a process of its own."""

    demo: Demo


MakeHall = Callable[[Demo], Hall]
