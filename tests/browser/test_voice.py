"""What a board lets be heard, in a real browser: chime and words one after the other, nothing stale, and a board that is mute says so.

Each start of a sound is written down as the page asks for it; that the words are the right ones is `tests/operations/voice`.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from edge.queueing import commands as c
from tests.browser.browsing import BOARD, Browsers
from tests.demo_process import wait_for
from tests.pictures.stage import Stage, staged

CHIME_S, LONGEST_S, OLD_MS = 0.8, 6.0, 20_000
FORBIDDEN = "HTMLMediaElement.prototype.play = () => Promise.reject(new DOMException('untouched', 'NotAllowedError'));"
NOTE = """
window.played = [];
for (const kind of [AudioBufferSourceNode, OscillatorNode]) {
  const start = kind.prototype.start;
  kind.prototype.start = function (at) {
    window.played.push({ kind: kind.name, at, lasts: this.buffer?.duration ?? 0 });
    return start.call(this, at);
  };
}
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("voice")


@pytest.fixture(scope="module")
def stage(folder: Path) -> Iterator[Stage]:
    with staged(folder, silent=False) as stage:
        yield stage


def board(stage: Stage, screens: Browsers, *, clock: bool = False) -> Page:
    page = screens.page(BOARD)
    page.add_init_script(FORBIDDEN + NOTE)
    if clock:
        page.clock.install()
    page.goto(f"{stage.http}/demo/enter/board-a")
    return page


def called(stage: Stage, folder: Path, *desks: str) -> None:
    """Let visitors be called to desks, each as soon as all that is said for it lies ready."""
    newest = [stage.issue("passport", lang="ru")["number"] for _ in desks][-1]
    due = int(newest[1:]) + len(stage.ctx.hall.policy.desks_of("passport"))
    wait_for("all numbers and desks", lambda: len(list((folder / "voice-made").glob("*.wav"))) == due, 60)
    stage.act(*(c.CallNext(desk) for desk in desks))


def played(page: Page) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = page.evaluate("window.played")
    return found


def test_a_mute_board_says_so_and_after_one_touch_calls_are_heard_one_after_the_other(stage: Stage, screens: Browsers, folder: Path) -> None:
    page = board(stage, screens)
    kept: list[str] = []
    page.on("response", lambda answer: kept.append(answer.headers.get("cache-control", "")) if "/audio/" in answer.url else None)
    mute = page.get_by_role("button", name="Звука нет")
    expect(mute).to_be_visible()
    screens.look(page, "board-muted")
    called(stage, folder, "1")
    expect(page.locator("#calls li")).to_have_count(1)
    assert played(page) == []
    mute.click()
    expect(mute).to_be_hidden()
    called(stage, folder, "2", "3")
    wait_for("both calls", lambda: len(played(page)) == 8, 2 * LONGEST_S)
    sounds = played(page)
    begins = []
    for start in (0, 4):
        chime, words = sounds[start : start + 2], sounds[start + 2 : start + 4]
        assert [sound["kind"] for sound in (*chime, *words)] == ["OscillatorNode"] * 2 + ["AudioBufferSourceNode"] * 2
        begins.append((chime[0]["at"], words[-1]["at"] + words[-1]["lasts"]))
        assert words[0]["at"] >= chime[0]["at"] + CHIME_S - 0.001
        assert words[1]["at"] >= words[0]["at"] + words[0]["lasts"]
        assert begins[-1][1] - begins[-1][0] <= LONGEST_S
    assert kept
    assert all("immutable" in each for each in kept)
    assert begins[1][0] > begins[0][1], "the second call begins when the first is over"


def test_what_has_waited_for_twenty_seconds_is_not_said(stage: Stage, screens: Browsers, folder: Path) -> None:
    page = board(stage, screens, clock=True)
    page.get_by_role("button", name="Звука нет").click()
    expect(page.locator("#board")).to_have_attribute("data-sound", "on")
    called(stage, folder, "1", "2")
    wait_for("chime and words of the first", lambda: len(played(page)) == 4)  # it is "speaking" as soon as it loads them
    page.clock.fast_forward(OLD_MS + 1_000)
    expect(page.locator("#board")).to_have_attribute("data-sound", "on")
    assert len(played(page)) == 4, "the first call alone"


def test_in_silent_hours_a_board_is_silent_and_not_mute(stage: Stage, screens: Browsers, folder: Path) -> None:
    page = board(stage, screens)
    mute = page.get_by_role("button", name="Звука нет")
    mute.click()
    stage.change(voice={"silent": [["00:00", "24:00"]]})
    expect(page.locator("#board")).to_have_attribute("data-sound", "off")
    expect(mute).to_be_hidden()
    called(stage, folder, "1")
    expect(page.locator("#calls li").first).to_have_class("call pulse")
    assert played(page) == []
    stage.change(voice={})
    expect(page.locator("#board")).to_have_attribute("data-sound", "on")
