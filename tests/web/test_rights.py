"""Role by call: the whole table of `docs/http.md`, "Who". 403 is for who may not; whatever else comes back means the gate let them pass."""

import pytest

from edge.operations import registry
from edge.queueing.registry import Device, Kind
from tests.web.conftest import Web

CALLERS = (
    "kiosk-1", "desk-1", "button-1", "board-a", "loose-led",
    "olga", "olga@1", "sabina", "asel", "aibek",
)  # fmt: skip
PASSES = {
    ("GET", "services"): "kiosk-1 desk-1 button-1 olga olga@1 sabina asel aibek",
    ("GET", "categories"): "kiosk-1 desk-1 button-1 olga olga@1 sabina asel aibek",
    ("GET", "tickets/x"): "kiosk-1 desk-1 button-1 olga olga@1 sabina asel aibek",
    ("POST", "tickets"): "kiosk-1 asel",
    ("GET", "desks"): "desk-1 button-1 olga olga@1 sabina asel aibek",
    ("GET", "desks/2"): "desk-1 button-1 olga olga@1 sabina asel aibek",
    ("POST", "desks/1/start"): "desk-1 button-1 olga@1 sabina asel",
    ("POST", "desks/2/start"): "sabina asel",
    ("GET", "journal?limit=1"): "asel aibek",
    ("GET", "boards/a"): " ".join(CALLERS),
    ("GET", "device/mqtt"): "kiosk-1 desk-1 button-1 board-a loose-led",
}


@pytest.mark.parametrize("caller", CALLERS)
@pytest.mark.parametrize(("method", "path"), PASSES)
def test_a_call_is_open_to_exactly_the_callers_of_the_table(web: Web, method: str, path: str, caller: str) -> None:
    answer = web.send(method, f"/api/v1/{path}", {} if method == "POST" else None, caller, "fresh" if method == "POST" else None)

    if caller in PASSES[method, path].split():
        assert answer.status not in (401, 403), answer
    else:
        answer.problem(403)


@pytest.mark.parametrize(("method", "path"), [call for call in PASSES if call[1] != "boards/a"])
def test_nobody_passes_without_a_login_but_to_the_boards(web: Web, method: str, path: str) -> None:
    web.send(method, f"/api/v1/{path}", {} if method == "POST" else None).problem(401)
    assert web.get("boards/a").status == 200


def test_rights_are_judged_before_the_key_and_the_body(web: Web) -> None:
    web.post("desks/2/hold", None, "desk-1", key=None, raw=b"not json").problem(403)
    web.post("desks/1/hold", None, "desk-1", key=None, raw=b"not json").problem(422, "key_missing")
    web.post("desks/1/hold", None, "desk-1", raw=b"not json").problem(400)


def test_a_revoked_generation_of_a_device_loses_its_token_at_once(fresh: Web) -> None:
    old = fresh.token("kiosk-1")
    assert fresh.get("services", old).status == 200

    registry.register(fresh.ctx, [Device("kiosk-1", Kind.KIOSK, zone="a", generation=2)], actor="system")

    fresh.get("services", old).problem(401)
    assert fresh.get("services", "kiosk-1").status == 200


def test_the_journal_names_desks_devices_and_pseudonyms_and_never_a_login(fresh: Web) -> None:
    fresh.issue()
    fresh.act("1", "next")
    fresh.post("desks/1/finish", {}, "olga@1")

    lines = fresh.get("journal?limit=5000", "asel").body.decode().splitlines()
    member = next(member for member in fresh.ctx.hall.members.values() if member.login == "olga")

    actors = [line.split('"actor":"')[1].split('"')[0] for line in lines if '"type":"ticket.' in line]
    assert actors[-3:] == ["device:kiosk-1", "desk:1", f"staff:{member.pseudonym}"]
    assert [line for line in lines if "olga" in line and '"type":"staff.added"' not in line] == []
