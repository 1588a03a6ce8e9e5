"""Pairing a screen and the page of devices, in every state: what the pictures show of them."""

from edge.devices.link import Login
from edge.operations import codes, registry
from edge.operations.orders import Op
from edge.queueing import commands as c
from edge.queueing.alerts import What
from edge.queueing.registry import Device, Kind
from tests.browser.browsing import BOARD, KIOSK, LAPTOP, PHONE
from tests.demo_process import wait_for
from tests.devices.client import Client
from tests.pictures.stage import Stage
from tests.pictures.visit import Scene, Visit


def equipped(stage: Stage) -> None:
    """Two buttons that report, one that vanished, a revoked desk screen; the others never said a word."""
    for name, state, battery in (("button-1", "ready", 82), ("button-2", "ready", 11), ("button-3", "lost", None)):
        _report(stage, name, state, battery)
    registry.revoke(stage.ctx, "desk-8", actor="system")


def failing(stage: Stage) -> None:
    """Something of every sort is wrong: what only a person ends, what ends by itself, and the box."""
    equipped(stage)
    now_s = stage.ctx.clock.monotonic()
    stage.ctx.trips.asked("button-1", "o1", now_s)
    stage.ctx.trips.answered("button-1", "o1", now_s + 0.084)
    raised = ((What.PAPER_OUT, "kiosk-1", None), (What.GONE, "button-3", "lost"), (What.BATTERY, "button-2", "11"), (What.DISK, None, "210"))
    for what, about, detail in raised:
        stage.do(c.RaiseAlert(what, about, detail))


def displayed(stage: Stage) -> None:
    """A number is called at desk 1, which has a display, one is served at desk 2, desk 3 is free."""
    stage.change(led={**stage.setting("led"), "free_text": "Бош"})
    registry.register(stage.ctx, [Device(f"led-{desk}", Kind.LED, desk=desk) for desk in "123"], actor="system")
    stage.crowd(6, "passport")
    stage.act(c.CallNext("1"), c.CallNext("2"), c.Start("2"))


def crowded(stage: Stage) -> None:
    """As many screens wait for their pairing as can."""
    for number in range(codes.MOST):
        stage.ctx.pairing.ask(stage.ctx.clock.monotonic(), model="?", address=f"10.0.0.{number}", wanted=None)


def _report(stage: Stage, name: str, state: str, battery: int | None) -> None:
    secrets = registry.secrets(stage.ctx, name)
    with Client(Login("127.0.0.1", stage.ports.mqtt, name, secrets.mqtt_password)) as device:
        device.publish(f"q/v1/dev/{name}/about", {"v": 1, "kind": "button", "model": "ESP32 call button", "caps": ["hold"]}, retain=True)
        if battery is not None:
            device.publish(f"q/v1/dev/{name}/stat", {"v": 1, "battery": battery, "rssi": -61}, qos=0)
        device.publish(f"q/v1/dev/{name}/status", {"v": 1, "state": state, "boot_id": "b1", "fw": "2026.11.0"}, retain=True)


def code(visit: Visit) -> None:
    visit.open("/pair")
    visit.page.locator("#code").wait_for()


def full(visit: Visit) -> None:
    visit.open("/pair")
    visit.page.locator(".message.bad").wait_for()


def devices(visit: Visit) -> None:
    visit.log_in("administrator", "/devices")


def changing(visit: Visit) -> None:
    devices(visit)
    visit.page.locator("#d-button-3 summary").click()


def wrong(visit: Visit) -> None:
    visit.stage.ctx.delays._counts.clear()  # each picture begins anew
    devices(visit)
    visit.page.fill("#code", "ACD EFG")
    visit.page.press("#code", "Enter")
    visit.page.locator("#code-error").wait_for()


def login(visit: Visit) -> None:
    devices(visit)
    visit.page.locator("#d-button-4 summary").click()
    visit.page.click("#renew-button-4")
    visit.page.locator("#new-password").wait_for()


def confirm(visit: Visit) -> None:
    ctx = visit.stage.ctx
    waiting, _ = ctx.pairing.ask(ctx.clock.monotonic(), model="Chromium 130, Linux", address="10.20.0.17", wanted="board-b")
    devices(visit)
    visit.page.fill("#code", waiting.code)
    visit.page.press("#code", "Enter")
    visit.page.locator("#do-pair").wait_for()


def called(visit: Visit) -> None:
    visit.enter("led-1")


def served(visit: Visit) -> None:
    visit.enter("led-2")


def free(visit: Visit) -> None:
    visit.enter("led-3")


def identify(visit: Visit) -> None:
    visit.enter("board-a")
    wait_for("the board to show itself", lambda: _shows_itself(visit), 30)


def _shows_itself(visit: Visit) -> bool:
    """Tell the board again and again: the first order may come before it listens."""
    registry.tell(visit.stage.ctx, "board-a", Op.IDENTIFY, actor="system")
    visit.page.wait_for_timeout(200)
    return visit.page.locator("#identify").is_visible()


DEVICES: tuple[Scene, ...] = (
    Scene("pairing", BOARD, equipped, code, strict=True),
    Scene("pairing-kiosk", KIOSK, equipped, code, strict=True),
    Scene("pairing-phone", PHONE, equipped, code),
    Scene("pairing-full", LAPTOP, crowded, full),
    Scene("devices", LAPTOP, equipped, devices, whole=True),
    Scene("devices-failing", LAPTOP, failing, devices, whole=True),
    Scene("devices-failing-phone", PHONE, failing, devices),
    Scene("devices-changing", PHONE, equipped, changing),
    Scene("devices-wrong-code", LAPTOP, equipped, wrong),
    Scene("devices-login", LAPTOP, equipped, login),
    Scene("devices-confirm", LAPTOP, equipped, confirm),
    Scene("devices-confirm-phone", PHONE, equipped, confirm),
    Scene("led-called", LAPTOP, displayed, called, strict=True),
    Scene("led-serving", PHONE, displayed, served, strict=True),
    Scene("led-free", LAPTOP, displayed, free, strict=True),
    Scene("board-identify", BOARD, equipped, identify, moving=True),
)
