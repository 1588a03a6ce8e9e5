"""A broker that is killed while boards look on and buttons work: every board shows the hall again. Large: `bash tests/long.sh bounce`."""

import os
import signal

from edge.devices.broker_child import BrokerChild
from tests.demo_process import wait_for
from tests.devices.bounce import Crowd
from tests.devices.conftest import Roomed

BOARDS, ROUNDS = 12, 2


def test_boards_show_the_hall_whenever_the_broker_was_killed(roomed: Roomed) -> None:
    child = roomed.room._broker
    assert isinstance(child, BrokerChild)
    logins = {name: roomed.login(name) for name in ("button-1", "button-2", "kiosk-a")}
    devices = [{"id": name, "kind": name.partition("-")[0], "user": name, "password": login.password} for name, login in logins.items()]
    with Crowd([roomed.login("board-a")] * BOARDS, devices, ["passport"], 7) as crowd:
        wait_for("a call", lambda: any(desk.ticket for desk in roomed.ctx.hall.desks.values()), 20)
        for _ in range(ROUNDS):
            before = child.pid
            assert before
            for board in crowd.boards:
                board.forget()
            os.kill(before, signal.SIGKILL)
            wait_for("every board to show something again", lambda: all(board.pictures for board in crowd.boards), 20)
        crowd.rest()
        crowd.see(roomed.login("monitor"))
