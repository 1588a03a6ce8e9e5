"""A button that one can buy, from the technician's command to the number on the board and on the desk's LED display."""

import json
import re
import subprocess

from tests.commands import edge
from tests.demo_process import Demo, wait_for
from tests.journeys.hall import Hall
from tests.journeys.mqtt_client import Login, Stream

DESK, ADDRESS = "3", "tasmota_1A2B3C"
PRESS = json.dumps({"Button1": {"Action": "SINGLE"}})


def added(demo: Demo, *options: str) -> Login:
    """Add a device beside the running server; returns what the command shows to be put into it."""
    done = edge("device", "add", "--data", demo.data, "--desk", DESK, *options)
    assert done.returncode == 0, done.stderr
    shown = dict(re.findall(r"^(user|password) +(\S+)$", done.stdout, re.MULTILINE))
    return Login(demo.described["mqtt"]["host"], demo.described["mqtt"]["port"], shown["user"], shown["password"])


def press(button: Login) -> None:
    """One push, as Tasmota says it; it does not know whether anybody hears it."""
    command = ["mosquitto_pub", *button.arguments("mqttv311"), "-t", f"stat/{ADDRESS}/RESULT", "-m", PRESS]
    subprocess.run(command, check=False, capture_output=True, timeout=10)


def test_a_bought_button_calls_a_visitor_whose_number_the_led_display_shows(journey_demo: Demo, hall: Hall, sniffer: Stream) -> None:
    led = added(journey_demo, "--kind", "led", "--id", "led-3")
    button = added(journey_demo, "--kind", "button", "--id", "bought", "--family", "tasmota", "--address", ADDRESS)
    services = hall.walk_in_services(DESK)
    ticket = hall.issue(services[0])
    render = "q/v1/dev/led-3/render"
    with Stream(led, render, ready_topic=render) as display:

        def called() -> bool:
            press(button)  # until the server listens to the new device, and what it says first is over
            return hall.serving(DESK) is not None

        wait_for("the call", called)
        assert hall.serving(DESK) == ticket["number"]
        picture = display.wait(lambda message: message.json["text"] == ticket["number"]).json
        assert (picture["blink"], picture["colour"]) == (True, "green")
        hall.act(DESK, "start")
        assert not display.wait(lambda message: message.json["text"] == ticket["number"] and not message.json["blink"]).json["blink"]
    assert len(sniffer.calls(ticket["number"])) == 1
