"""`/metrics`: what Prometheus reads, for its own token alone, in the form that it understands, and nobody's name in it."""

from prometheus_client import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.parser import text_string_to_metric_families

from edge.operations import metrics
from edge.operations.metrics import Metric
from edge.queueing import commands as c
from edge.queueing.alerts import What
from edge.web.metrics import written
from tests.web.conftest import Answer, Web
from tests.web.test_alerts_page import raise_


def read(web: Web) -> Answer:
    return web.send("GET", "/metrics", Authorization=f"Bearer {metrics.token(web.ctx.keys, 1)}")


def samples(text: str) -> dict[str, float]:
    """Read the text format as Prometheus does: by the line that it shows, each once."""
    found: dict[str, float] = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            labels = ",".join(f'{name}="{value}"' for name, value in sample.labels.items())
            name = f"{sample.name}{{{labels}}}" if labels else sample.name
            assert name not in found
            found[name] = sample.value
    return found


def test_the_figures_are_those_of_the_hall_now(fresh: Web) -> None:
    fresh.issue()
    fresh.issue()
    fresh.act("1", "next")
    raise_(fresh, c.RaiseAlert(What.PAPER_OUT, "kiosk-1"))
    answer = read(fresh)
    assert (answer.status, answer.headers["content-type"]) == (200, CONTENT_TYPE_PLAIN_0_0_4)
    found = samples(answer.text)
    assert found['kezek_tickets{state="waiting"}'] == 1
    assert found['kezek_tickets{state="called"}'] == 1
    assert found["kezek_tickets_issued"] == 2
    assert found['kezek_desks{state="open"}'] == len(fresh.ctx.hall.desks)
    assert found['kezek_alert{about="kiosk-1",what="paper-out"}'] == 1
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


def test_a_label_is_read_as_it_was_and_a_metric_without_samples_is_left_out() -> None:
    values = ('a"b', "a\\b", "a\nb", "Ө")
    text = written([Metric("m", "gauge", "help", tuple(({"about": value}, 1) for value in values)), Metric("empty", "gauge", "help", ())]).decode()
    [family] = text_string_to_metric_families(text)
    assert [sample.labels["about"] for sample in family.samples] == list(values)
