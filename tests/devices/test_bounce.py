"""Boards look on and buttons work while the broker is killed, for a minute. With 200 boards and 60 buttons for ten: `bash tests/long.sh bounce`."""

from pathlib import Path

from tests.devices.bounce import Size, run

MINUTE = Size(boards=40, buttons=12, every_s=15.0, bounces=3, seed=7)  # a dozen seconds of a core, the server's among them


def test_every_screen_shows_the_hall_after_a_minute_in_which_the_broker_was_killed_thrice(tmp_path: Path) -> None:
    run(tmp_path, MINUTE)
