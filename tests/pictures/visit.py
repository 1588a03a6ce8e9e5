"""One look at one scene: a fresh browser profile with a language and a theme, led to the state that the scene shows."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

from fontTools.ttLib import TTFont
from playwright.sync_api import Browser, Page

from tests.browser import checks
from tests.browser.browsing import STANDARD, Size
from tests.pictures.stage import Stage

Theme = Literal["light", "dark", "contrast"]
Situation = Callable[[Stage], None]
THEMES: tuple[Theme, ...] = ("light", "dark", "contrast")
FONTS = Path("edge/web/static/vendor")
LARGEST_SHIFT = 0.05
SETTLE_MS = 30_000


@dataclass(frozen=True, slots=True)
class Variant:
    """A language and a theme."""

    lang: str
    theme: Theme

    def __str__(self) -> str:
        return f"{self.lang}-{self.theme}"


@dataclass(frozen=True, slots=True)
class Visit:
    """What a scene has to lead its page to the state it shows."""

    page: Page
    stage: Stage
    lang: str

    def enter(self, device: str, path: str = "") -> None:
        """Pair the browser as a device and open its screen, or a page below it, in the visit's language."""
        answer = self.page.request.get(f"{self.stage.http}/demo/enter/{device}", max_redirects=0)  # the cookie alone: the page comes once
        home = answer.headers["location"]
        self.page.goto(f"{self.stage.http}{home}{path}{'' if '/kiosk/' in home else f'?lang={self.lang}'}")

    def open(self, path: str) -> None:
        """Open an address of the centre in the visit's language."""
        self.page.goto(f"{self.stage.http}{path}{'&' if '?' in path else '?'}lang={self.lang}")

    def log_in(self, role: str, path: str) -> None:
        """Log in as the member of staff with ``role`` and open ``path``."""
        member, address = self.stage.staff[role], f"{self.stage.http}/login"
        token = re.search(r'name="csrf_token" value="([^"]+)"', self.page.request.get(address).text())
        assert token
        form = {"csrf_token": token.group(1), "login": member["login"], "password": member["password"], "next": "/"}
        assert self.page.request.post(address, form=form, max_redirects=0).status == 303
        self.open(path)

    def deaf(self) -> None:
        """Let the page never hear the broker, and stop its clock; before it is opened."""
        self.page.clock.install()
        self.page.route_web_socket(re.compile("^ws:"), lambda socket: socket.close())

    def cut(self) -> None:
        """Let no request of the page arrive any more."""
        self.page.route("**/*", lambda route: route.abort())

    def later(self, ms: int) -> None:
        """Let time pass on the page whose clock was stopped."""
        self.page.clock.fast_forward(ms)

    def live(self) -> None:
        """Wait until the page has heard the broker."""
        self.page.locator("html[data-live=fresh]").wait_for(timeout=SETTLE_MS)


@dataclass(frozen=True, slots=True)
class Scene:
    """A screen in a state.

    ``strict``: read standing or from afar, so text has 7:1. ``moving``: something appeared by itself, which is the state. ``whole``: the
    picture is of the whole page, not of what a screen shows. ``forgiven``: words of a fault that is none here. ``again``: a page
    and a shape that others show one by one; only the long run takes them together.
    """

    name: str
    size: Size
    situation: Situation
    lead: Callable[[Visit], None]
    strict: bool = False
    moving: bool = False
    whole: bool = False
    forgiven: tuple[str, ...] = ()
    again: bool = False

    def judge(self, page: Page, variant: Variant, *, anew: bool = True) -> list[str]:
        """Return what is wrong with the page. ``anew``: it was just opened; else only its theme changed, and only what a theme can spoil is asked."""
        faults = [f"clipped: {each}" for each in checks.clipped(page)] + [f"overlapping: {each}" for each in checks.overlapping(page)]
        if anew:
            faults += [f"untranslated: {each}" for each in checks.untranslated(page, variant.lang)]
            faults += [f"not in the font: {each!r}" for each in checks.unprintable(page, letters())]
            shift = checks.layout_shift(page)
            if shift > LARGEST_SHIFT and not self.moving:
                faults.append(f"layout shift {shift:.3f}")
        faults += [f"axe: {each}" for each in self.violations(page, anew=anew)]
        return [fault for fault in faults if not any(text in fault for text in self.forgiven)]

    def violations(self, page: Page, *, anew: bool = True) -> list[str]:
        """Return what axe finds at WCAG 2.2 AA, and contrast below 7:1 where that is our own rule."""
        contrast = ["color-contrast", *(["color-contrast-enhanced"] if self.strict else [])]
        options: dict[str, Any] = {"runOnly": {"type": "rule", "values": contrast}}
        if anew:
            options = {"runOnly": {"type": "tag", "values": list(STANDARD)}, "rules": {rule: {"enabled": True} for rule in contrast}}
        found = checks.violations(page, options)
        return [f"{each['id']} at {each['nodes'][0]['target']}: {each['nodes'][0]['failureSummary']}" for each in found]


@contextmanager
def shown(browser: Browser, stage: Stage, scene: Scene, lang: str) -> Iterator[Page]:
    """Show a scene in a browser profile of its own while the block lasts."""
    context = browser.new_context(viewport={"width": scene.size[0], "height": scene.size[1]}, reduced_motion="reduce", locale="de-DE")
    context.set_default_timeout(SETTLE_MS)
    try:
        page = context.new_page()
        scene.lead(Visit(page, stage, lang))
        page.evaluate("() => document.fonts.ready.then(() => true)")
        yield page
    finally:
        context.close()


def wear(page: Page, theme: Theme) -> None:
    """Let the system ask for a theme, as a person's settings do."""
    page.emulate_media(color_scheme="dark" if theme == "dark" else "light", contrast="more" if theme == "contrast" else "no-preference")


@cache
def letters() -> frozenset[int]:
    """Return the code points that the shipped font has."""
    return frozenset(code for path in FONTS.glob("*.woff2") for code in TTFont(path).getBestCmap())
