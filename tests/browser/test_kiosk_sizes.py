"""The kiosk in millimetres: what is touched, what is read, and that nothing is cut off on any screen with any mode."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser import checks
from tests.pictures import kiosk_scenes as scenes
from tests.pictures.situations import long_names
from tests.pictures.stage import Stage, staged
from tests.pictures.visit import Visit
from tests.sampling import some

UPRIGHT, ACROSS, TABLET, SMALL = (1080, 1920), (1920, 1080), (1280, 800), (768, 1024)
DIAGONAL_MM = 22 * 25.4
LOW_REACH = 0.55
TARGETS = """() => [...document.querySelectorAll("main a[href], main button, footer a[href], footer button")]
    .filter((each) => each.checkVisibility()).map((each) => {
    const { x, y, width, height } = each.getBoundingClientRect();
    return [each.id || each.textContent.trim(), width, height, y];
})"""
CAPITALS = """(selector) => {
    const style = getComputedStyle(document.querySelector(selector));
    const pen = document.createElement("canvas").getContext("2d");
    pen.font = `${style.fontWeight} ${style.fontSize} ${style.fontFamily}`;
    return pen.measureText("E").actualBoundingBoxAscent;
}"""
SMALLEST = """() => Math.min(...[...document.querySelectorAll("main *, footer *")]
    .filter((each) => each.checkVisibility() && [...each.childNodes].some((node) => node.nodeType === 3 && node.data.trim()))
    .map((each) => parseFloat(getComputedStyle(each).fontSize)))"""


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """A centre where everything has the longest name there is."""
    with staged(tmp_path_factory.mktemp("long")) as running:
        long_names(running)
        yield running


@pytest.fixture(params=some([UPRIGHT, ACROSS, TABLET, SMALL], 3), ids=some(["upright", "across", "tablet", "small"], 3))
def page(request: pytest.FixtureRequest, browser: Browser) -> Iterator[Page]:
    size: tuple[int, int] = request.param
    context = browser.new_context(viewport={"width": size[0], "height": size[1]}, reduced_motion="reduce")
    context.set_default_timeout(15_000)
    yield context.new_page()
    context.close()


def mm(page: Page) -> float:
    """Return how many pixels of this window are one millimetre of a screen of 22 inches."""
    size = page.viewport_size
    assert size is not None
    return float((size["width"] ** 2 + size["height"] ** 2) ** 0.5 / DIAGONAL_MM)


def targets(page: Page) -> list[tuple[str, float, float, float]]:
    return [tuple(each) for each in page.evaluate(TARGETS)]


def test_targets_are_20_by_25_mm_and_the_numbers_capitals_40(stage: Stage, page: Page) -> None:
    for lead in (scenes.languages, scenes.services, scenes.group, scenes.confirm_long, scenes.priority, scenes.ticket_long):
        lead(Visit(page, stage, "ru"))
        page.evaluate("document.fonts.ready")
        for name, width, height, _ in targets(page):
            assert width >= 20 * mm(page), f"{lead.__name__}: {name}"
            assert height >= 25 * mm(page), f"{lead.__name__}: {name}"
    assert page.evaluate(CAPITALS, ".number") >= 40 * mm(page)


APPOINTMENTS = (scenes.check_in_code, scenes.book_person, scenes.book_time, scenes.book_day, scenes.booked, scenes.met(5), scenes.met(-60))


@pytest.mark.parametrize("modes", some([(), ("large", "contrast", "low")], 1), ids=lambda modes: "-".join(modes) or "plain")
def test_pages_of_appointments_have_targets_of_20_by_25_mm_and_cut_nothing_off(stage: Stage, page: Page, modes: tuple[str, ...]) -> None:
    for place, lead in enumerate(APPOINTMENTS):
        scenes.with_modes(lead, *modes)(Visit(page, stage, "ru"))
        for name, width, height, _ in targets(page):
            assert width >= 20 * mm(page), f"{place}: {name}"
            assert height >= 25 * mm(page), f"{place}: {name}"
        assert checks.clipped(page) == [], place
        assert checks.overlapping(page) == [], place
        _forget(page, stage)


def test_large_text_has_capitals_for_half_a_metre(stage: Stage, page: Page) -> None:
    """EN 301 549, 5.1.4: 12.2 mm for each metre; capitals are 0.7 of the size."""
    scenes.with_modes(scenes.confirm_long, "large")(Visit(page, stage, "ky"))
    assert page.evaluate(SMALLEST) * 0.7 >= 6.1 * mm(page)


@pytest.mark.parametrize("modes", some([(), ("large",), ("low",), ("large", "contrast", "low")], 0, 3), ids=lambda modes: "-".join(modes) or "plain")
def test_no_mode_cuts_anything_off_however_long_the_names(stage: Stage, page: Page, modes: tuple[str, ...]) -> None:
    for lead in (scenes.group, scenes.confirm_long, scenes.priority, scenes.ticket_long):
        scenes.with_modes(lead, *modes)(Visit(page, stage, "ru"))
        assert checks.clipped(page) == [], lead.__name__
        assert checks.overlapping(page) == [], lead.__name__
        _forget(page, stage)


@pytest.mark.parametrize("large", some([(), ("large",)], 1), ids=lambda large: "-".join(large) or "plain")
@pytest.mark.parametrize("page", [UPRIGHT, SMALL], indirect=True, ids=["upright", "small"])
def test_with_low_reach_all_that_is_touched_lies_in_the_lower_55_percent(stage: Stage, page: Page, large: tuple[str, ...]) -> None:
    size = page.viewport_size
    assert size is not None
    for lead in (scenes.languages, scenes.group, scenes.confirm_long, scenes.priority):
        scenes.with_modes(lead, *large, "low")(Visit(page, stage, "ky"))
        for name, _, _, top in targets(page):
            assert top >= size["height"] * (1 - LOW_REACH), f"{lead.__name__}: {name}"
        _forget(page, stage)


@pytest.mark.parametrize("page", [(320, 640), (540, 960)], indirect=True, ids=["320", "zoomed"])
def test_a_narrow_window_and_twice_the_zoom_scroll_one_way_only(stage: Stage, page: Page) -> None:
    for lead in (scenes.languages, scenes.services, scenes.confirm_long, scenes.priority, scenes.ticket_long):
        lead(Visit(page, stage, "kk"))
        assert checks.clipped(page) == [], lead.__name__
        expect(page.locator("#help")).to_be_attached()


MORE_BELOW = """() => { const list = document.querySelector(".about");
    return [list.scrollHeight > list.clientHeight, Number(getComputedStyle(list, "::after").opacity)]; }"""


@pytest.mark.parametrize("page", [UPRIGHT], indirect=True, ids=["upright"])
def test_a_list_that_goes_on_below_says_so_until_its_end_is_seen(stage: Stage, page: Page) -> None:
    scenes.confirm_long(Visit(page, stage, "ru"))
    assert page.evaluate(MORE_BELOW) == [True, 1]
    page.evaluate("document.fonts.ready")
    page.locator(".about").evaluate("list => list.scrollTo(0, list.scrollHeight)")
    page.wait_for_function(f"() => ({MORE_BELOW})()[1] === 0")
    page.locator("h1").evaluate("heading => heading.focus({ preventScroll: true })")
    before = page.locator("main").get_attribute("data-rev") or ""
    stage.crowd(9, "divorce")
    expect(page.locator("main")).not_to_have_attribute("data-rev", before)  # the hall changed under the reader, who stays at the end
    assert page.evaluate(MORE_BELOW) == [True, 0]
    expect(page.locator("h1")).to_be_focused()
    shorter = "document.querySelectorAll('.about li').forEach((each) => each.remove())"  # again after each renewal
    page.wait_for_function(f"() => {{ {shorter}; const [scrolls, opacity] = ({MORE_BELOW})(); return !scrolls && opacity === 0; }}")


@pytest.mark.parametrize("page", [UPRIGHT], indirect=True, ids=["upright"])
def test_a_change_that_did_not_come_is_asked_for_again(stage: Stage, page: Page) -> None:
    scenes.confirm_long(Visit(page, stage, "ru"))
    page.route(page.url, lambda route: route.abort())
    try:
        with page.expect_event("requestfailed"):  # one change, said once
            stage.change(emergency={"text": dict.fromkeys(("ky", "ru", "kk", "en"), "!"), "reason": "alarm"})
        page.unroute_all(behavior="wait")
        expect(page.locator("#take")).to_have_count(0)
    finally:
        stage.change(emergency=None)


def _forget(page: Page, stage: Stage) -> None:
    """Begin a new visit."""
    page.goto(f"{stage.http}/kiosk/kiosk-1/over")


def test_the_diagonal_is_the_one_that_the_centre_states(stage: Stage, page: Page) -> None:
    scenes.ticket_long(Visit(page, stage, "en"))
    before = page.evaluate(CAPITALS, ".number")
    centre = stage.setting("centre")
    stage.change(centre={**centre, "kiosk_diagonal_in": 11})
    try:
        page.reload()
        assert page.evaluate(CAPITALS, ".number") == pytest.approx(2 * before, rel=0.02)
    finally:
        stage.change(centre=centre)
