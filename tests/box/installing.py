"""Part `install`: no network, one command, and a visitor is served; again, and nothing changes; somebody else's broker stays as it is."""

import time

from tests.box import archives
from tests.box.hall import hall_of
from tests.box.machine import Box
from tests.box.network import STAFF
from tests.box.service import first_ticket, open_desks, visit
from tests.box.stage import CENTRE, INSTALLS_WITHIN_S, NETWORKS, STICK, Stage
from tests.box.state import changes, state_of

FOREIGN = """
mkdir -p /root/unpacked && tar -xOf {archive} payload.tar | tar -x -C /root/unpacked ./debs
dpkg --unpack --force-depends /root/unpacked/debs/*/*.deb >/dev/null && DEBIAN_FRONTEND=noninteractive dpkg --configure -a >/dev/null
rm -r /root/unpacked
systemctl enable --now mosquitto.service 2>&1
mosquitto_pub -h 127.0.0.1 -t somebody/else -m here -r
"""
FOREIGN_STATE = """
systemctl show --property=MainPID,ActiveState,ActiveEnterTimestampMonotonic,UnitFileState mosquitto.service
find /etc/mosquitto /var/lib/mosquitto -type f -exec sha256sum {} + | sort; find /etc/mosquitto -printf '%p %M %u:%g %T@\\n' | sort
mosquitto_sub -h 127.0.0.1 -t somebody/else -C 1 -W 5
"""


def play(stage: Stage) -> None:
    """All of it."""
    archives.first()
    with stage.bare() as box:
        assert not box.says("ip route show default"), "the box has a way out"
        started = time.monotonic()
        said = stage.install(box)
        stage.say(f"installed without a network in {time.monotonic() - started:.1f} s: {said.splitlines()[-1]}")
        serves(stage, box)
        again_changes_nothing(stage, box)
        hall = hall_of(box)
        box.shut_down()
        box.boot()
        after_s, number = first_ticket(box, hall, 60)
        box.wait_up()
        quiet(box, "'edge*'", "chrony")
        stage.say(f"switched off and on: ticket {number} {after_s:.1f} s after power, no warning in the journal")
    with stage.bare("foreign") as box:
        foreign_broker_stays(stage, box)


def serves(stage: Stage, box: Box) -> None:
    """A visitor comes through, and no unit failed."""
    hall = hall_of(box)
    with box.at(STAFF):
        open_desks(hall)
        stage.say(str(visit(hall)))
    quiet(box, "edge", "edge-firewall", "chrony")  # the broker's unit fails until the server has written its first files


def quiet(box: Box, *units: str) -> None:
    """No unit failed, and these said nothing that is a warning since the box was switched on."""
    failed = box.says("systemctl --failed --no-legend --plain")
    assert not failed, f"units failed: {failed}\n{box.last_words(60)}"
    chosen = " ".join(f"--unit={unit}" for unit in units)
    warnings = box.run(f"journalctl --boot --priority=warning --output=short --no-pager --quiet {chosen}").stdout
    assert not warnings, f"warnings in the journal:\n{warnings}"


def again_changes_nothing(stage: Stage, box: Box) -> None:
    """The same command once more."""
    before = state_of(box)
    started = time.monotonic()
    said = stage.install(box)
    found = changes(before, state_of(box))
    assert not found, "installing again changed something:\n" + "\n".join(found[:40])
    assert "nothing had to be changed" in said, said
    stage.say(f"installed again in {time.monotonic() - started:.1f} s: {len(before)} lines of state (files, users, units, firewall) are the same")


def foreign_broker_stays(stage: Stage, box: Box) -> None:
    """Whoever has port 1883 keeps it: first the installer says so in one sentence, then it takes other ports."""
    archive = stage.carry(archives.first())
    box.run(FOREIGN.format(archive=archive), within_s=120)
    before = box.says(FOREIGN_STATE)
    assert before.endswith("here"), before
    command = f"bash {STICK}/install.sh {archive} {NETWORKS} --centre {CENTRE}"
    refused = box.run(command, within_s=INSTALLS_WITHIN_S, check=False)
    sentence = next((line for line in refused.stdout.splitlines() if "1883" in line), "")
    assert refused.returncode != 0, refused.stdout
    assert sentence, refused.stdout
    assert not box.says("ls -A /opt/edge 2>/dev/null; getent passwd edge edge-mqtt; true"), "a refused installation left something behind"
    stage.say(f"with a broker of somebody else on 1883: {sentence!r}")
    box.run(f"{command} --mqtt-port 1884", within_s=INSTALLS_WITHIN_S)
    after = box.says(FOREIGN_STATE)
    assert after == before, f"the other broker was touched:\n{before}\n--\n{after}"
    stage.say("installed beside it on 1884; the other broker's process, files and retained message are as before")
