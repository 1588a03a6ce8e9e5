"""The contract sniffer: everything under `q/v1/` during a journey, judged line by line against the topic table.

It subscribes as the demo's monitor with Retain As Published, so that the retain flag it sees is the publisher's.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator

from tests.journeys.mqtt_client import PREFIX, STATUS, Login, Message, Stream
from tests.journeys.payloads import TABLE, Row, faults

STATUS_PACE_S = 29.0


def sniff(login: Login) -> Stream:
    """Subscribe to the whole tree."""
    return Stream(login, f"{PREFIX}#")


def deviations(messages: Iterable[Message]) -> list[str]:
    """Return every deviation of the server's messages from the contract, one sentence each."""
    return [*_each(messages), *_revisions(messages), *_status_pace(messages)]


def _each(messages: Iterable[Message]) -> Iterator[str]:
    for message in messages:
        row = next((row for row in TABLE if row.matches(message.topic)), None)
        if row is None:
            yield f"{message.topic}: no such topic in the contract"
        elif row.schema is not None:
            yield from (f"{message.topic}: {wrong} in {message.payload[:300]!r}" for wrong in _against(row, message))


def _against(row: Row, message: Message) -> Iterator[str]:
    if message.qos != row.qos:
        yield f"QoS {message.qos}, the contract says {row.qos}"
    if message.retain != row.retained:
        yield f"retain {message.retain}, the contract says {row.retained}"
    if not _expiry_fits(row.expiry, message.expiry):
        yield f"expiry {message.expiry}, the contract says {row.expiry}"
    try:
        body = json.loads(message.payload)
    except ValueError:
        yield "not JSON"
        return
    yield from faults(row.schema or {}, body)


def _expiry_fits(wanted: int | None, found: int | None) -> bool:
    """The broker counts whole seconds down, so one second may be gone on arrival."""
    if wanted is None or found is None:
        return wanted is found
    return found in (wanted, wanted - 1)


def _revisions(messages: Iterable[Message]) -> Iterator[str]:
    """`rev` grows strictly with each changed publish of a topic within one boot; only an identical repaint repeats it."""
    last: dict[tuple[str, str], tuple[int, object]] = defaultdict(lambda: (-1, None))
    for message in messages:
        if not message.retain or not any(row.schema and row.matches(message.topic) for row in TABLE):
            continue  # what devices publish may be rubbish, and tests do
        try:
            body = json.loads(message.payload)
        except ValueError:
            continue
        if not isinstance(body, dict) or not isinstance(body.get("rev"), int):
            continue
        rev = body.pop("rev")
        body.pop("ts", None)
        key = (message.topic, str(body.get("boot_id")))
        before, shown = last[key]
        if rev < before or (rev == before and body != shown):
            yield (
                f"{message.topic}: rev {rev} after {before}, and the picture changed"
                if rev == before
                else f"{message.topic}: rev {rev} after {before}"
            )
        last[key] = (rev, body)


def _status_pace(messages: Iterable[Message]) -> Iterator[str]:
    """`srv/status` comes on a change of state, and otherwise at most every 30 s; the last word and the last will may both say offline."""
    last: tuple[float, object] | None = None
    for message in (each for each in messages if each.topic == STATUS):
        body = {name: value for name, value in json.loads(message.payload).items() if name != "ts"}
        gap = message.at - last[0] if last else 0.0
        is_same = last is not None and last[1] == body and body["state"] != "offline"
        if is_same and 0 <= gap < STATUS_PACE_S:  # `mosquitto_sub` tells the wall clock: one that was set back meanwhile measures nothing
            yield f"{STATUS}: said the same again after {gap:.1f} s"
        last = message.at, body
