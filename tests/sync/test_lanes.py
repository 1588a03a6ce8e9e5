"""When each of greeting, pulling and pushing is due: a virtual clock, no thread."""

from edge.sync.answers import Judgement, Kind, Waits
from edge.sync.lanes import Lane, Lanes

CUT = Judgement(Kind.TRANSIENT, "nobody answers")
BUSY = Judgement(Kind.TRANSIENT, "status 503", status=503)


def lanes() -> Lanes:
    made = Lanes()
    for lane in made.all():
        lane.waits = Waits(lambda _low, high: high)
    return made


def due(made: Lanes) -> dict[str, float]:
    return {lane.name: lane.due for lane in made.all()}


def test_nothing_but_the_greeting_happens_before_the_server_knows_us() -> None:
    made = lanes()
    made.greet.due = 500.0
    assert made.next(greeted=False, pending=True) is made.greet
    assert made.next(greeted=True, pending=True).name in ("pull", "push")
    made.pull.due = 600.0
    made.push.due = 1.0
    assert made.next(greeted=True, pending=False) is made.greet


def test_a_server_that_cannot_take_a_batch_does_not_keep_bookings_from_coming() -> None:
    made = lanes()
    made.failed(made.push, BUSY, 100.0, urgent=False)
    assert due(made) == {"greet": 0.0, "pull": 0.0, "push": 102.0}
    made.well(made.pull, 105.0, 100.5)
    made.failed(made.push, BUSY, 102.0, urgent=False)
    assert made.push.due == 106.0, "its waits grow although the others are well"


def test_a_dead_line_is_dead_for_all_and_back_for_all() -> None:
    made = lanes()
    for at in (0.0, 2.0, 6.0, 14.0, 30.0):
        made.failed(made.pull, CUT, at, urgent=False)
    assert due(made) == {"greet": 62.0, "pull": 62.0, "push": 62.0}
    assert made.next(greeted=True, pending=True) is made.pull, "the one that failed finds out"
    made.well(made.pull, 70.0, 62.0)
    assert due(made) == {"greet": 62.0, "pull": 70.0, "push": 62.0}


def test_a_booking_that_comes_while_the_line_is_dead_shortens_the_wait() -> None:
    made = lanes()
    for at in range(12):
        made.failed(made.push, CUT, float(at), urgent=False)
    assert made.push.due == 11.0 + 300.0
    made.hurry()
    assert made.push.due == 11.0 + 30.0
    made.failed(made.push, CUT, 41.0, urgent=True)
    assert made.push.due == 41.0 + 30.0


def test_a_booking_does_not_shorten_what_the_server_asked_for() -> None:
    made = lanes()
    made.failed(made.push, Judgement(Kind.TRANSIENT, "later", status=429, retry_after_s=120.0), 0.0, urgent=True)
    made.hurry()
    assert made.push.due == 120.0


def test_a_person_who_asks_gets_an_attempt_at_once() -> None:
    made = lanes()
    made.failed(made.greet, Judgement(Kind.CREDENTIAL, "status 401", status=401), 10.0, urgent=False)
    assert set(due(made).values()) == {70.0}
    made.now()
    assert set(due(made).values()) == {0.0}


def test_a_lane_alone_counts_its_own_failures() -> None:
    lane = Lane("copy", Waits(lambda low, _high: low))
    lane.failed(BUSY, 0.0, urgent=False)
    assert (lane.waits.failures, lane.is_cut_off) == (1, False)
