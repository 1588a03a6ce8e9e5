#!/usr/bin/env bash
# The long suites, which CI does not run: `bash tests/long.sh NAME [OPTIONS]`. Each takes at most an hour and prints its seed and figures.
#
#   box       Debian 12 boxes with a systemd of their own (as root): installed without a network, power cuts, updates and full disks, a backup
#             restored in another one, scanned from both networks; [install power update restore harden tasks] for some
#   everything  the quick run with every case of what it takes samples of (`tests/sampling.py`); options of pytest
#   epochs    the journal of one box laid behind that of its clone, in pairs of random histories; [--pairs N --seed S]
#   bounce    200 boards and 60 buttons for ten minutes, the broker killed each minute: final states, memory; [--boards N --buttons N --minutes N --seed S]
#   devices   ESPHome judges the configurations of deploy/devices, and makes their programs' source
#   drain     a million events of a month without a link, sent with the hall at work and closed, beside the floor; [--events N]
#   escrow    ten million steps of the slot escrow between a centre and the national server, in a world that goes wrong; [--jobs N --seed S --resume FILE]
#   faults    the national link under every fault of the matrix, each alone and for longer than in CI; options of pytest
#   fresh     a Debian 12 in which nothing of ours was installed: deploy/demo.sh gets to `ready`, tests/run.sh passes (as root)
#   herd      52 centres that come back at once to one server on PostgreSQL; [--centres N --events N --line BYTES]
#   kills     kill -9 of server or broker at random instants and at every failpoint, 200 rounds
#   national  a centre and the national server's books under chance: bookings, moves, check-ins, a link that comes and goes; [FIRST LAST STEPS]
#   mutants   rules of the queue broken on purpose: each must be noticed by the histories; [NAME…] for some
#   pictures  every screen and state in four languages and three contrasts, each judged; [NAME…] for some, --resume to go on
#   power     power cuts on a disk that forgets what was not synced, 200 rounds: nothing acknowledged lost, the file sound
#   screens   what people do at a screen, in each language by each way; options of pytest
#   simulate  imagined days: every scenario under every rule, the gates of the promises; figures and charts in .long/simulate, gone on from there
#   soak      a board's page while the broker is killed every five minutes: no last word missed, memory flat; [--minutes 1440 --every SECONDS]
#   steps     ten million steps of the pure rules
#   voice     every number with every letter and every desk, spoken in four languages, each sound judged; [--every N] for some, gone on from there
#
# What can be kept for the next time lies in .long/, which git ignores.
set -euo pipefail
root=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd -P)
cd -- "$root"
name=${1:-}
shift || true
case $name in
bounce) exec nice -n 10 .venv/bin/python -m tests.devices.bounce "$@" ;;
box) exec .venv/bin/python -m tests.box "$@" ;;
everything) EDGE_EVERYTHING=1 exec .venv/bin/pytest -n 2 --dist loadfile --no-loadscope-reorder "$@" ;;
epochs) exec nice -n 10 .venv/bin/python -m tests.queueing.two_boxes "$@" ;;
devices) exec .venv/bin/python -m tests.devices.esphome "$@" ;;
drain) exec .venv/bin/python -m tests.sync.drain "$@" ;;
escrow) exec .venv/bin/python -m tests.sync.escrow_history "$@" ;;
faults) EDGE_EVERYTHING=1 exec .venv/bin/pytest tests/sync/test_answers.py tests/sync/test_deaths.py tests/sync/test_weather.py tests/sync/test_lives.py tests/faults/test_sick_disk.py "$@" ;;
fresh) exec python3 -m tests.long.fresh "$@" ;;
herd) exec .venv/bin/python -m tests.sync.herd "$@" ;;
kills) exec .venv/bin/python -m tests.faults.kills --rounds 200 "$@" ;;
national) exec nice -n 10 .venv/bin/python -m tests.sync.reference.world "$@" ;;
mutants) exec .venv/bin/python -m tests.queueing.mutants "$@" ;;
pictures) exec .venv/bin/python -m tests.pictures.take --jobs 2 "$@" ;;
power) exec .venv/bin/python -m tests.faults.power --rounds 200 "$@" ;;
screens) EDGE_EVERYTHING=1 exec .venv/bin/pytest tests/browser "$@" ;;
simulate) exec nice -n 10 .venv/bin/edge simulate --out .long/simulate "$@" ;;
soak) exec nice -n 10 .venv/bin/python -m tests.browser.soak "$@" ;;
steps) exec .venv/bin/python -m tests.queueing.drive --steps 10000000 --jobs 2 "$@" ;;
voice) exec .venv/bin/python -m tests.operations.voice.everything "$@" ;;
*)
    printf 'long suite %s is unknown: must be bounce, box, devices, drain, epochs, escrow, everything, faults, fresh, herd, kills, mutants, national, pictures, power, screens, simulate, soak, steps or voice\n' "${name:-(none)}" >&2
    exit 2
    ;;
esac
