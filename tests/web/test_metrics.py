"""`/metrics`: what Prometheus reads, for its own token alone, in the form that it understands, and nobody's name in it."""

import re

import pytest

from edge.operations import metrics
from edge.operations.metrics import Metric
from edge.queueing import commands as c
from edge.queueing.alerts import What
from edge.web.metrics import MEDIA_TYPE, written
from tests.web.conftest import Answer, Web
from tests.web.test_alerts_page import raise_

LABEL = r'[a-zA-Z_]\w*="(?:[^"\\\n]|\\["\\n])*"'
SAMPLE = re.compile(rf"([a-zA-Z_:][\w:]*)(?:\{{({LABEL}(?:,{LABEL})*)?\}})? (-?\d+\.\d+(?:e[+-]\d+)?)")


def read(web: Web) -> Answer:
    return web.send("GET", "/metrics", Authorization=f"Bearer {metrics.token(web.ctx.keys, 1)}")


def samples(text: str) -> dict[str, float]:
    """Parse the text format, strictly: HELP and TYPE before each metric's samples, each sample once."""
    found: dict[str, float] = {}
    typed = ""
    for line in text.splitlines():
        if line.startswith("# TYPE "):
            typed = line.split()[2]
        elif not line.startswith("# HELP "):
            match = SAMPLE.fullmatch(line)
            assert match, line
            assert match[1] == typed, line
            name = line.rpartition(" ")[0]
            assert name not in found, line
            found[name] = float(match[3])
    return found


def test_the_figures_are_those_of_the_hall_now(fresh: Web) -> None:
    fresh.issue()
    fresh.issue()
    fresh.act("1", "next")
    raise_(fresh, c.RaiseAlert(What.PAPER_OUT, "kiosk-1"))
    answer = read(fresh)
    assert (answer.status, answer.headers["content-type"]) == (200, MEDIA_TYPE)
    found = samples(answer.text)
    assert found['kezek_tickets{state="waiting"}'] == 1
    assert found['kezek_tickets{state="called"}'] == 1
    assert found["kezek_tickets_issued"] == 2
    assert found['kezek_desks{state="open"}'] == len(fresh.ctx.hall.desks)
    assert found['kezek_alert{what="paper-out",about="kiosk-1"}'] == 1
    assert found["kezek_journal_seq"] == fresh.ctx.database.committed.head.seq
    assert found["process_resident_memory_bytes"] > 10_000_000
    assert "kezek_sync_pending" not in found, "there is no link"


def test_what_nobody_knows_of_a_device_is_not_there(fresh: Web) -> None:
    now_s = fresh.ctx.clock.monotonic()
    fresh.ctx.trips.asked("board-a", "o1", now_s)
    fresh.ctx.trips.answered("board-a", "o1", now_s + 0.25)
    found = samples(read(fresh).text)
    assert found['kezek_device_round_trip_seconds{device="board-a",kind="board"}'] == 0.25
    assert not [name for name in found if name.startswith(("kezek_device_battery", "kezek_device_present"))]


def test_the_token_opens_nothing_else_and_no_other_opens_it_but_an_administrators(fresh: Web) -> None:
    token = f"Bearer {metrics.token(fresh.ctx.keys, 1)}"
    for path in ("/api/v1/services", "/api/v1/journal", "/api/v1/device/mqtt"):
        fresh.send("GET", path, Authorization=token).problem(401)
    fresh.send("GET", "/metrics").problem(401)
    fresh.send("GET", "/metrics", Authorization=f"Bearer {metrics.token(fresh.ctx.keys, 2)}").problem(401)
    for caller in ("kiosk-1", "olga", "sabina", "aibek"):
        fresh.send("GET", "/metrics", None, caller).problem(403)
    assert fresh.send("GET", "/metrics", None, "asel").status == 200


def test_no_ticket_no_login_and_no_pseudonym_is_in_it(fresh: Web) -> None:
    number = fresh.issue()["number"]
    text = read(fresh).text
    for word in (number, *(member.login for member in fresh.ctx.hall.members.values()), *fresh.ctx.hall.members):
        assert word not in text


@pytest.mark.parametrize(("value", "shown"), [('a"b', r"a\"b"), ("a\\b", r"a\\b"), ("a\nb", r"a\nb"), ("Ө", "Ө")])
def test_a_label_is_written_so_that_it_is_read_as_it_was(value: str, shown: str) -> None:
    text = written([Metric("m", "gauge", "help", (({"about": value}, 1),)), Metric("empty", "gauge", "help", ())])
    assert text == f'# HELP m help\n# TYPE m gauge\nm{{about="{shown}"}} 1.0\n'
