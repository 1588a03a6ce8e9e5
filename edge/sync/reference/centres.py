"""Centres as the operator knows them: enrolled, bound to a box, fenced and let in again; and what a restore of this server means for all of them."""

import base64
import hashlib
import secrets
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from edge.queueing.chain import instant
from edge.sync.reference import database
from edge.sync.reference.models import Centre, Epoch, Fence, Item, Server

PERSON_KEY_BYTES = 32


class Wrong(ValueError):
    """The operator asked for something that cannot be done; the message is a sentence."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a centre is given once: its token, and the key under which both sides know a person (base64)."""

    centre: str
    token: str = field(repr=False)
    person_key: str = field(repr=False)


def enrol(centre: str, now: datetime, *, waits_for_operator: bool = False) -> Credentials:
    """Enrol a centre; one that is enrolled gets a new token in place of the old one and keeps all else."""
    if not 0 < len(centre) <= 64 or not all(letter.isascii() and (letter.isalnum() or letter in "-_.") for letter in centre):  # noqa: PLR2004
        raise Wrong(f"centre {centre!r} cannot be enrolled: a name is 1 to 64 of a-z, A-Z, 0-9, '-', '_' and '.'")
    token = secrets.token_urlsafe(32)
    with database.transaction():
        server(now)
        known = Centre.get_or_none(Centre.centre == centre)
        if known:
            Centre.update(token_digest=digest_of(token)).where(Centre.centre == centre).execute()
            return Credentials(centre, token, known.person_key)
        person_key = base64.b64encode(secrets.token_bytes(PERSON_KEY_BYTES)).decode()
        Centre.create(
            centre=centre,
            token_digest=digest_of(token),
            person_key=person_key,
            waits_for_operator=waits_for_operator,
            incarnation=uuid.uuid4().hex,
            version=milliseconds(now),
        )
    return Credentials(centre, token, person_key)


def by_token(token: str) -> Centre | None:
    """Return the centre that a token belongs to."""
    found: Centre | None = Centre.get_or_none(Centre.token_digest == digest_of(token))
    return found


def bind(centre: Centre, node: str, public_key: str, now: datetime) -> None:
    """Make a box the centre's own; the caller has the row locked."""
    centre.node, centre.public_key, centre.bound_ms = node, public_key, milliseconds(now)


def fences(centre: str) -> Sequence[Fence]:
    """Return the boxes that an operator may let in, the longest waiting first."""
    return list(Fence.select().where(Fence.centre == centre, ~Fence.lifted).order_by(Fence.since_ms))


def lift(centre: str, node: str | None = None, epoch: int | None = None) -> Fence:
    """Let a fenced or waiting box in at its next hello. Raises Wrong when it is not clear which one."""
    with database.of_centre(centre):
        found = [each for each in fences(centre) if node in (None, each.node) and epoch in (None, each.epoch)]
        if len(found) != 1:
            known = "; ".join(f"node {each.node} epoch {each.epoch} ({each.why}, head {each.seq})" for each in fences(centre)) or "none"
            raise Wrong(f"which box of {centre} is let in must be said by node and epoch: {known} waits")
        Fence.update(lifted=True).where(Fence.centre == centre, Fence.node == found[0].node, Fence.epoch == found[0].epoch).execute()
    return found[0]


def renew(centre: Centre, now: datetime) -> None:
    """Begin a new incarnation of one centre's data: what was acknowledged, sold and granted since the restored copy is not known here.

    Versions go on above any that the lost time may have given; nothing is sold or granted until the centre's journal is here again up to the head
    of its first hello. The caller has the row locked.
    """
    centre.incarnation = uuid.uuid4().hex
    centre.version = max(centre.version, milliseconds(now))
    centre.receipt_pos = 0
    centre.relearning, centre.relearn_epoch, centre.relearn_seq = True, None, None
    centre.copied_epoch = centre.copied_seq = centre.forked_epoch = None


def renew_all(now: datetime) -> int:
    """Begin a new incarnation of everything, once after this server was restored; return how many centres that are."""
    names = [each.centre for each in Centre.select(Centre.centre)]
    for name in names:
        with database.of_centre(name) as row:
            renew(row, now)
            _above_what_is_stored(row)
    return len(names)


def server(now: datetime) -> Server:
    """Return the server's own row, made on first use."""
    known = Server.get_or_none()
    if known is None:
        known = Server.create(id=1, schema=database.SCHEMA, seed=secrets.token_hex(32), made_ms=milliseconds(now))
    return known


def present(centre: str, epoch: int) -> Epoch | None:
    """Return the row of one epoch."""
    found: Epoch | None = Epoch.get_or_none(Epoch.centre == centre, Epoch.epoch == epoch)
    return found


def digest_of(token: str) -> str:
    """Return what is kept of a token."""
    return hashlib.sha256(token.encode()).hexdigest()


def milliseconds(now: datetime) -> int:
    """Return an instant as the tables keep it."""
    return int(now.timestamp() * 1000)


def told(ms: int | None) -> str | None:
    """Return an instant of the tables as it travels."""
    return None if ms is None else instant(datetime.fromtimestamp(ms / 1000, UTC))


def _above_what_is_stored(row: Centre) -> None:
    """A copy restored in parts may hold an item above its centre's counters."""
    newest = Item.select().where(Item.centre == row.centre).order_by(Item.pos.desc()).first()
    if newest:
        row.pos, row.version = max(row.pos, newest.pos), max(row.version, newest.version)
