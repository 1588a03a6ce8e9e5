"""The self-test page in the states that a technician may meet it in, and the front page of a centre that has no devices yet."""

import re
from dataclasses import replace
from unittest.mock import patch

from playwright.sync_api import expect

from edge.health import Health
from edge.operations import registry
from edge.operations.views import View
from tests.browser.browsing import LAPTOP
from tests.pictures import situations as s
from tests.pictures.stage import Stage
from tests.pictures.visit import Scene, Visit

POCKET = (320, 640)


def without_devices(stage: Stage) -> None:
    """As `edge init` leaves a centre: people may log in, nothing is connected."""
    registry.register(stage.ctx, [replace(device, active=False) for device in stage.ctx.hall.devices.values()], actor="system")


def works(visit: Visit) -> None:
    _told(visit, "good")


def tried(visit: Visit) -> None:
    """Somebody has heard the tone and pressed the pad, by keys alone."""
    works(visit)
    for control in ("#tone", "#heard", "#pad"):
        visit.page.locator(control).press("Enter")
    expect(visit.page.locator("#test-touch")).to_have_attribute("data-state", "good")
    visit.page.evaluate("() => (document.activeElement.blur(), scrollTo(0, 0))")


def broker_down(visit: Visit) -> None:
    visit.page.route_web_socket(re.compile("^ws:"), lambda socket: socket.close())
    _told(visit, "bad", broker="failed")
    expect(visit.page.locator("#test-socket")).to_have_attribute("data-state", "bad")


def clock_untrusted(visit: Visit) -> None:
    _told(visit, "warn", clock="unsynced")


def restored(visit: Visit) -> None:
    _told(visit, "warn", data="restored")


def silent(visit: Visit) -> None:
    visit.page.clock.install()
    works(visit)
    visit.cut()
    visit.later(15_000)
    expect(visit.page.locator("#band")).to_be_visible()
    expect(visit.page.locator("#outcome")).to_have_attribute("data-state", "bad")


def front(visit: Visit) -> None:
    visit.open("/")


def _told(visit: Visit, outcome: str, **statuses: str) -> None:
    """Open the page while the health report says this; from then on the box has nothing new to say."""
    found, statuses = Health._check, {"clock": "ok", **statuses}  # whether this machine's own clock is set must not matter

    def check(self: Health, name: str, status: str, detail: str | None) -> View:
        return found(self, name, statuses.get(name, status), detail)

    with patch.object(Health, "_check", check):
        visit.open("/self-test")
        _ended(visit, outcome)
        visit.page.route("**/self-test/live", lambda route: route.fulfill(status=304))


def _ended(visit: Visit, outcome: str) -> None:
    """Let every test come to its end, so that pictures of one state are alike."""
    for name in ("answer", "letters", "socket"):
        expect(visit.page.locator(f"#test-{name}")).not_to_have_attribute("data-state", "none")
    expect(visit.page.locator("#outcome")).to_have_attribute("data-state", outcome)


SELF_TEST: tuple[Scene, ...] = (
    Scene("self-test", LAPTOP, s.normal, works, whole=True),
    Scene("self-test-pocket", POCKET, s.normal, tried, whole=True, moving=True),  # results come line by line
    Scene("self-test-broker", LAPTOP, s.normal, broker_down, whole=True, moving=True),
    Scene("self-test-clock", LAPTOP, s.normal, clock_untrusted, whole=True),
    Scene("self-test-restored", POCKET, s.normal, restored, whole=True, moving=True),
    Scene("self-test-silent", LAPTOP, s.normal, silent, moving=True),
    Scene("front-new", LAPTOP, without_devices, front, whole=True),
)
