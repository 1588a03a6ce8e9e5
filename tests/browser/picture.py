"""`python -m tests.browser.picture FILE.png`: the picture that the README opens with, taken from a real demo centre with visitors in it."""

import base64
import json
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from tests.browser.browsing import ARGUMENTS, CHROMIUM
from tests.demo_process import Demo
from tests.faults.traffic import post

SCREENS = {"board-a": (1920, 1080), "kiosk-1": (1080, 1920), "desk-3": (1366, 768)}
SETTLED_MS = 1500  # the pulse of the newest call is over, the live connection stands
PAGE = """<!doctype html><meta charset="utf-8"><style>
body {{ margin: 0; padding: 32px; background: #e9e6df; display: grid; gap: 28px; grid-template-columns: 1040px 522px; width: 1590px }}
img {{ display: block; width: 100%; border-radius: 14px; box-shadow: 0 6px 28px rgb(0 0 0 / 22%) }}
img:nth-child(2) {{ grid-row: 1 / 3; grid-column: 2 }}
img:nth-child(3) {{ height: 335px; object-fit: cover; object-position: top }}
</style>{images}"""


def fill(demo: Demo) -> None:
    """Let visitors come and three desks call."""
    kiosk = demo.devices["kiosk-1"]["token"]
    for number in range(14):
        service = ("passport", "travel-passport", "birth", "ready")[number % 4]
        category = "veteran" if number == 3 else None
        post(demo, kiosk, "tickets", f"picture-{number:04d}", json.dumps({"service": service, "lang": "ky", "category": category}))
    for desk in ("1", "2", "4", "3"):
        post(demo, demo.devices[f"desk-{desk}"]["token"], f"desks/{desk}/next", f"picture-desk-{desk}", "{}")


def shot(browser: Browser, demo: Demo, device: str, width: int, height: int) -> bytes:
    """Take one screen as its device shows it."""
    context = browser.new_context(viewport={"width": width, "height": height})
    page = context.new_page()
    page.goto(f"{demo.http}/demo/enter/{device}")
    if device == "kiosk-1":
        page.locator("main a, main button").first.click()
    page.wait_for_timeout(SETTLED_MS)
    taken = page.screenshot()
    context.close()
    return taken


def main(target: Path) -> None:
    """Take the screens and lay them side by side."""
    with tempfile.TemporaryDirectory() as folder, Demo(Path(folder)) as demo, sync_playwright() as playwright:
        fill(demo)
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS))
        taken = [base64.b64encode(shot(browser, demo, device, *size)).decode() for device, size in SCREENS.items()]
        page = browser.new_page(viewport={"width": 1654, "height": 1020})
        page.set_content(PAGE.format(images="".join(f'<img alt="" src="data:image/png;base64,{each}">' for each in taken)))
        page.screenshot(path=str(target))
        browser.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
