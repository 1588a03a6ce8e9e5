"""What is wrong with the equipment, on the page of devices: said first, in words, and put right by whoever saw to it."""

import pytest

from edge.operations.decision import deciding
from edge.operations.orders import Op, Order
from edge.queueing import commands as c
from edge.queueing.alerts import What
from edge.queueing.decide import decide
from edge.web.screens import words
from tests.web.conftest import Web
from tests.web.surfing import Browser


def raise_(web: Web, *alerts: c.RaiseAlert) -> None:
    with deciding(web.ctx, "system") as decision:
        for alert in alerts:
            decide(decision.turn, alert)


def browser_of(web: Web, login: str) -> Browser:
    browser = Browser(web)
    browser.log_in(login)
    browser.get("/devices?lang=en")
    return browser


def test_alerts_stand_first_the_most_pressing_one_above_and_lead_to_their_devices(fresh: Web) -> None:
    raise_(fresh, c.RaiseAlert(What.BATTERY, "button-1", "9"), c.RaiseAlert(What.GONE, "board-a", "lost"), c.RaiseAlert(What.DISK, None, "120"))
    page = browser_of(fresh, "asel").get("/devices").text
    places = [page.index(f'id="alert-{name}"') for name in ("disk", "gone-board-a", "battery-button-1")]
    assert places == sorted(places)
    assert places[-1] < page.index('id="d-button-1"')
    assert 'href="#d-board-a"' in page
    assert "9 %" in page


def test_whoever_put_paper_in_says_so_and_the_journal_has_who_it_was(fresh: Web) -> None:
    raise_(fresh, c.RaiseAlert(What.PAPER_OUT, "kiosk-1"))
    sabina = browser_of(fresh, "sabina")
    assert 'id="seen-paper-out-kiosk-1"' in sabina.get("/devices").text
    for _ in range(2):
        assert sabina.post("/devices/alerts/paper-out:kiosk-1/seen").status == 303
    assert fresh.ctx.hall.alerts == {}
    assert "in order again" in sabina.get("/devices?said=seen").text


def test_the_hall_page_says_in_one_line_what_no_other_line_says(fresh: Web) -> None:
    sabina = browser_of(fresh, "sabina")
    assert "trouble-equipment" not in sabina.get("/hall?lang=en").text
    raise_(fresh, c.RaiseAlert(What.BATTERY, "button-1", "9"), c.RaiseAlert(What.PAPER_OUT, "kiosk-1"), c.RaiseAlert(What.GONE, "board-a", "lost"))
    page = sabina.get("/hall").text
    assert "No paper (kiosk-1); The battery is nearly empty (button-1)." in page
    assert 'id="do-equipment" href="/devices"' in page


def test_a_device_that_complains_of_paper_can_be_told_to_print_a_test_page(fresh: Web) -> None:
    asel, sent = browser_of(fresh, "asel"), list[Order]()
    assert 'id="test-kiosk-1"' not in asel.get("/devices").text
    raise_(fresh, c.RaiseAlert(What.PAPER_OUT, "kiosk-1"))
    assert 'id="test-kiosk-1"' in asel.get("/devices").text
    fresh.ctx.orders.carry_by(sent.append)
    assert asel.post("/devices/kiosk-1/test-print").status == 303
    assert [(order.device, order.op) for order in sent] == [("kiosk-1", Op.TEST_PRINT)]
    fresh.ctx.orders.answered("kiosk-1", sent[0].id, "failed", None)
    assert "It could not do that" in asel.get("/devices").text
    fresh.ctx.orders.answered("kiosk-1", sent[0].id, "ok", None)
    assert "A test page was printed" in asel.get("/devices").text


def test_what_ends_by_itself_has_no_button_and_is_refused(fresh: Web) -> None:
    raise_(fresh, c.RaiseAlert(What.GONE, "board-a", "lost"))
    asel = browser_of(fresh, "asel")
    assert "/seen" not in asel.get("/devices").text
    refused = asel.post("/devices/alerts/gone:board-a/seen")
    assert (refused.status, "ends by itself" in refused.text) == (409, True)


@pytest.mark.parametrize("what", list(What))
def test_every_kind_of_alert_has_words(what: What) -> None:
    assert what in words.ALERTS


def test_a_measured_round_trip_is_on_the_devices_card(fresh: Web) -> None:
    now_s = fresh.ctx.clock.monotonic()
    fresh.ctx.trips.asked("board-a", "o1", now_s)
    fresh.ctx.trips.answered("board-a", "o1", now_s + 0.042)
    assert "42 ms" in browser_of(fresh, "asel").get("/devices").text
