"""The one thread of the link: greets, pushes and pulls when each is due, waits on the monotonic clock, and is woken by commits and by people.

The hall never waits for it. Whatever an answer says, nothing is deleted and nothing skipped; what was proven is kept, all else is tried again.
Long because every answer to a greeting stands here with what it makes us do.
"""

import logging
import secrets
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import assert_never

from edge import failpoints, machine
from edge.errors import EdgeError, Unavailable
from edge.operations import epochs, national
from edge.operations.announce import Commit
from edge.operations.context import Context
from edge.operations.epochs import Issued
from edge.operations.link_state import Why
from edge.operations.national import Scope
from edge.queueing.chain import GENESIS, Envelope, Head, instant
from edge.queueing.events import type_of
from edge.store import outbox, sync_state
from edge.store.sync_state import Receipt
from edge.sync import copying, hello, snapshot
from edge.sync.answers import OUR_FAULT_S, VERSION_S, Failed, Judgement, Kind, failed
from edge.sync.hello import Action, Known, Welcome
from edge.sync.lanes import Lane, Lanes, not_compacted
from edge.sync.pull import Puller
from edge.sync.push import Acked, Pusher
from edge.sync.signing import Signer
from edge.sync.state import Teller, why_of
from edge.sync.transport import LONG_PATIENCE_S, LONGEST_PATIENCE_S, Endpoint, Transport

log = logging.getLogger(__name__)

POLL_S, X_ROAD_POLL_S = 5.0, 15.0
LINGER_S = 1.0  # between two pushes of a hall that is at work: one batch for what happened meanwhile
AFTER_PUSH_S = 5.0  # and between two pulls that follow them
NIGHT_S = 23 * 3600.0, 25 * 3600.0  # between two comparisons of what both sides hold
COMPARE_AGAIN_S = 600.0
LOOK_S = 2.0  # how often certificates, settings and networks are looked at while nobody is reached
LONGEST_WAIT_S = 600.0
AFTER_FAULT_S = 5.0
STOPS_WITHIN_S = 5.0
URGENT = ("booking.", "slot.")
PLAINER = 415
NO_BEGINNING = (400, 404, 422)  # what a server may say to a feed without a cursor


@dataclass(frozen=True, slots=True)
class Settings:
    """Where the link leads. ``centre``: the id that the server knows, empty: as in the journal."""

    endpoint: Endpoint
    centre: str = ""


class Loop:
    """``moved``: gives other settings once they have changed in the file, None: they are as they were."""

    def __init__(self, ctx: Context, settings: Settings, moved: Callable[[], Settings | None] = lambda: None) -> None:
        self._ctx = ctx
        self._settings = settings
        self._moved = moved
        self._files = settings.endpoint.files()
        self._lanes = Lanes()
        self._stop, self._event = threading.Event(), threading.Event()
        self._asked = threading.Event()  # a person wants an attempt
        self._thread = threading.Thread(target=self._run, name="sync", daemon=True)
        self._signer = Signer(ctx.keys.node_seed)
        self._connect()
        self._sent: Head | None = None
        self._urgent: Head | None = None
        self._held: tuple[Why, str] | None = None  # the server's wish that we wait
        self._wanted: list[Scope] = []
        self._compare: Welcome | None = None
        self._greeted = False
        self._pulled_at = 0.0
        self._teller = Teller(ctx, settings.endpoint.shown(), settings.endpoint.mode)

    def start(self) -> None:
        """Begin; the first thing is a greeting."""
        self._ctx.link.serve(self.try_now)
        self._ctx.announcer.listen(self._committed)
        self._thread.start()

    def stop(self) -> None:
        """End, also in the middle of a call; what was not proven is sent again after the next start."""
        self._ctx.link.serve(None)
        self._stop.set()
        self._event.set()
        self._transport.abort()
        self._thread.join(STOPS_WITHIN_S)
        if self._thread.is_alive():
            log.warning("the national link did not end in %.0f s; it ends with the process", STOPS_WITHIN_S)

    def try_now(self) -> None:
        """Make an attempt at once, whatever is waited for. From any thread."""
        self._asked.set()
        self._event.set()

    def _committed(self, commit: Commit) -> None:
        """Wake up: there is something to send. In the committing thread."""
        if any(type_of(fact.event).startswith(URGENT) for fact in commit.facts):
            self._urgent = self._ctx.database.committed.head
        self._event.set()

    def _connect(self) -> None:
        centre = self._settings.centre or self._ctx.hall.policy.centre.id
        self._transport = Transport(self._settings.endpoint, self._signer, centre)
        self._pusher = Pusher(self._ctx.database, self._transport)
        self._puller = Puller(self._transport)

    # -- waiting

    def _run(self) -> None:
        try:
            self._teller.resume(sync_state.read(self._ctx.database))
            self._follow_courier()
            self._urgent = outbox.newest_urgent(self._ctx.database)
        except Exception:  # what is remembered only helps
            log.exception("the state of the link could not be read")
        while not self._stop.is_set():
            try:
                self._turn()
            except Exception:  # whatever it was, the link must not end for good
                if not self._stop.is_set():
                    log.exception("national link: a turn failed")
                self._stop.wait(AFTER_FAULT_S)
        self._transport.close()

    def _turn(self) -> None:
        self._look_at_files()
        lane = self._lanes.next(greeted=self._greeted, pending=self._is_pending())
        wait = lane.due - self._ctx.clock.monotonic()
        if wait > 0:
            self._sleep(wait)
        else:
            self._attempt(lane)

    def _sleep(self, seconds: float) -> None:
        cut_off = any(lane.is_cut_off for lane in self._lanes.all())
        before = machine.networks() if cut_off else frozenset()
        self._event.wait(min(seconds, LOOK_S if cut_off else LONGEST_WAIT_S))
        self._event.clear()
        if cut_off and machine.networks() - before:
            log.info("national link: a network is up again")
            self._lanes.now()
        if self._asked.is_set():
            self._asked.clear()
            self._follow_courier()
            self._lanes.now()
        elif self._is_urgent():
            self._lanes.hurry()

    def _follow_courier(self) -> None:
        """Take up what a courier's answers acknowledged meanwhile."""
        acked = sync_state.read(self._ctx.database).acked
        if acked is not None and (self._sent is None or (self._sent.epoch, self._sent.seq) < (acked.epoch, acked.seq)):
            self._sent = acked

    def _look_at_files(self) -> None:
        """Take other settings and renewed certificates at once."""
        settings = self._moved()
        files = (settings or self._settings).endpoint.files()
        if settings is not None and settings != self._settings:
            log.info("the national link has other settings server=%s", settings.endpoint.shown())
            self._settings = settings
            self._transport.close()
            self._connect()
            self._greeted = False
            self._teller.moved(settings.endpoint.shown(), settings.endpoint.mode)
        elif files == self._files:
            return
        self._files = files
        self._lanes.now()

    def _is_pending(self) -> bool:
        head = self._ctx.database.committed.head
        return self._sent is not None and (self._sent.epoch, self._sent.seq) < (head.epoch, head.seq)

    def _is_urgent(self) -> bool:
        urgent, sent = self._urgent, self._sent
        return urgent is not None and (sent is None or (sent.epoch, sent.seq) < (urgent.epoch, urgent.seq))

    # -- one attempt

    def _attempt(self, lane: Lane) -> None:
        deeds: dict[str, Callable[[], float]] = {"greet": self._greet, "push": self._push, "pull": self._pull}
        try:
            due = deeds[lane.name]()
            self._lanes.well(lane, due, self._ctx.clock.monotonic())
        except Failed as error:
            self._failed(lane, error.judgement)
        except Unavailable as error:
            self._failed(lane, Judgement(Kind.LOCAL, str(error)))
        except epochs.Diverged as error:
            self._failed(lane, Judgement(Kind.STATE, str(error)))
        except Exception as error:
            if self._stop.is_set():
                return
            log.exception("national link: %s failed", lane.name)
            about = str(error) if isinstance(error, EdgeError) else f"a fault of this program, which is in its log: {type(error).__name__}"
            self._failed(lane, Judgement(Kind.BATCH, about))
        if not self._stop.is_set():
            self._tell()

    def _tell(self) -> None:
        kept = sync_state.read(self._ctx.database).acked
        if kept and self._sent and (kept.epoch, kept.seq) > (self._sent.epoch, self._sent.seq):
            self._sent = kept  # answers that were carried here on a stick
        lanes = [lane for lane in self._lanes.all() if lane.failure]
        reasons = [(why, lane.failure.detail) for lane in lanes if lane.failure and (why := why_of(lane.failure, lane.in_row))]
        retry_at = min((lane.due for lane in lanes), default=self._lanes.greet.due)
        held = [self._held] if self._held else []
        self._teller.say(self._sent, [*reasons, *held], retry_at, greeted=self._greeted, unsure=bool(lanes))

    def _failed(self, lane: Lane, judgement: Judgement) -> None:
        """Do what the class of the answer asks for, and wait."""
        if lane is not self._lanes.pull:
            judgement = not_compacted(judgement)
        level = logging.INFO if judgement.kind is Kind.TRANSIENT else logging.WARNING
        log.log(level, "national link: %s: %s (%s)", lane.name, judgement.detail, judgement.kind)
        now = self._ctx.clock.monotonic()
        if self._helped_at_once(lane, judgement):
            lane.failure, lane.due = judgement, now
            return
        if judgement.timed_out:  # both: what surrounds a batch also takes its time, and half a page may have all the items that there are
            self._transport.bear_longer(LONG_PATIENCE_S if self._smaller(lane, judgement) else LONGEST_PATIENCE_S)
        self._lanes.failed(lane, judgement, now, urgent=self._is_urgent())
        if lane is self._lanes.push and judgement.word == "stale_epoch" and self._sent and self._sent.epoch < self._ctx.database.committed.head.epoch:
            self._pusher.wants_ancestors_alone = True
        if judgement.kind in (Kind.STATE, Kind.VERSION):
            self._greeted = False
            self._lanes.greet.due = lane.due
        if judgement.kind is Kind.COMPACTED or judgement.word == "cursor_ahead":
            self._want(Scope.ALL)

    def _helped_at_once(self, lane: Lane, judgement: Judgement) -> bool:
        """Make smaller or plainer what is too large, and take a snapshot where the feed has no beginning; tell whether that is a new attempt."""
        if judgement.kind is Kind.SHAPE:
            return self._smaller(lane, judgement)
        no_beginning = lane is self._lanes.pull and judgement.kind in (Kind.BATCH, Kind.CONFIGURATION) and judgement.status in NO_BEGINNING
        if no_beginning and not self._wanted and self._cursor() is None:
            self._want(Scope.ALL)
            return True
        return False

    def _smaller(self, lane: Lane, judgement: Judgement) -> bool:
        if lane is self._lanes.push and self._sent is not None:
            return self._pusher.shrink(self._pusher.next(self._sent), plainer=judgement.status == PLAINER)
        return lane is self._lanes.pull and not self._wanted and self._puller.shrink()

    def _want(self, *scopes: Scope) -> None:
        self._wanted = [Scope.ALL] if Scope.ALL in scopes else list(dict.fromkeys((*self._wanted, *scopes)))

    def _cursor(self) -> str | None:
        return sync_state.read(self._ctx.database).cursor

    # -- greeting

    def _greet(self) -> float:
        self._check_centre()
        kept = sync_state.read(self._ctx.database)
        known = Known(kept.acked, kept.incarnation, kept.cursor)
        welcome = hello.say(self._transport, hello.request(self._ctx, self._transport, hello.standing(self._ctx), known))
        failpoints.hit("sync.hello.answered")
        self._teller.heard(incarnation=welcome.incarnation or None, durable_seq=welcome.durable_seq)
        log.info("national link: greeted action=%s epoch=%d incarnation=%s", welcome.action, welcome.epoch, welcome.incarnation)
        self._greeted = False
        if held := self._told_to_wait(welcome.action):
            self._held = held
            return self._ctx.clock.monotonic() + (VERSION_S if held[0] is Why.VERSION else OUR_FAULT_S)
        self._held = None
        if welcome.action is Action.FAST_FORWARD:
            self._fast_forward(welcome)
            return self._ctx.clock.monotonic()  # and says hello again
        self._take_up(welcome, self._place(welcome))
        now = self._ctx.clock.monotonic()
        self._lanes.pull.due = min(self._lanes.pull.due, now)
        return now + secrets.SystemRandom().uniform(*NIGHT_S)

    def _check_centre(self) -> None:
        """Raises Failed when the settings are of another centre."""
        own = self._ctx.hall.policy.centre.id
        if self._settings.centre not in ("", own):
            raise failed(Kind.CONFIGURATION, f"[national] centre = {self._settings.centre!r}: this centre is {own!r}")

    def _told_to_wait(self, action: Action) -> tuple[Why, str] | None:
        match action:
            case Action.FENCED:
                epochs.fence(self._ctx)
                return Why.FENCED, "the server follows another box of this centre, or a later epoch"
            case Action.ENROL:
                return Why.ENROL, "the server waits for its operator to bind this box"
            case Action.UPGRADE:
                return Why.VERSION, f"the server speaks none of the protocols {hello.PROTOCOLS['min']} to {hello.PROTOCOLS['max']}"
            case Action.RESUME | Action.PUSH_FROM | Action.FAST_FORWARD | Action.NEW_EPOCH:
                if not self._ctx.hall.policy.national.bound:
                    national.bind(self._ctx)
                return None
            case never:
                assert_never(never)

    def _place(self, welcome: Welcome) -> Head:
        """Return the line that everything up to is stored nationally, beginning a new epoch if that is asked for. Raises Failed, Diverged."""
        if welcome.action is Action.NEW_EPOCH and welcome.parent is not None:
            reason = "diverged" if welcome.parent.seq else "nothing in common"
            epochs.begin_epoch(self._ctx, Issued(welcome.epoch, welcome.parent, tuple(welcome.lineage)), self._fetch, reason=reason)
            if self._ctx.hall.epoch != welcome.epoch:
                raise failed(Kind.STATE, f"the server issues epoch {welcome.epoch}, and we are in {self._ctx.hall.epoch}")
            return Head(welcome.epoch, 0, GENESIS)
        claimed = welcome.acked or Head(welcome.epoch, 0, GENESIS)
        if welcome.action is Action.PUSH_FROM:
            claimed = self._asked_for(welcome)
        own = outbox.hash_at(self._ctx.database, claimed.epoch, claimed.seq)
        if own is None or (welcome.action is Action.RESUME and own != claimed.hash):
            raise failed(Kind.STATE, f"the server wants to go on behind line {claimed.seq} of epoch {claimed.epoch}, which is not ours")
        return Head(claimed.epoch, claimed.seq, own)

    def _asked_for(self, welcome: Welcome) -> Head:
        """Return the line behind which the server wants everything; where it has nothing of an epoch, also what was taken over before that began."""
        parent = outbox.parents(self._ctx.database).get(welcome.epoch) if welcome.from_seq == 1 else None
        return parent or Head(welcome.epoch, welcome.from_seq - 1, "")

    def _take_up(self, welcome: Welcome, place: Head) -> None:
        """Keep what the greeting brought, and let lines and items flow."""
        present = place.epoch == self._ctx.database.committed.head.epoch
        with self._ctx.database.write() as transaction:
            known = transaction.sync().incarnation
            transaction.keep_sync(
                incarnation=welcome.incarnation,
                acked=place if present and place.seq else None,
                durable_seq=welcome.durable_seq if present else 0,
                digests=dict(welcome.digests or {}),
                fenced_since=None,
            )
        self._pusher.take_limits(welcome.limits)
        if welcome.incarnation != known:
            self._pusher.wants_ancestors_alone = False
        self._sent = place
        if welcome.action is Action.NEW_EPOCH:
            self._urgent = outbox.newest_urgent(self._ctx.database)  # it has another place now
        self._compare = welcome
        self._greeted = True

    def _fast_forward(self, welcome: Welcome) -> None:
        head = self._ctx.database.head()
        for aim in sorted(welcome.lineage, key=lambda each: each.epoch):
            if (aim.epoch, aim.seq) <= (head.epoch, head.seq):
                continue
            after = head.seq if head.epoch == aim.epoch else 0
            while after < aim.seq and (page := [line for line in self._fetch(aim.epoch, after) if line.seq <= aim.seq]):
                head = epochs.copy_lines(self._ctx, page)
                after = head.seq

    def _fetch(self, epoch: int, after: int) -> Sequence[Envelope]:
        """Return the server's next lines; tries again for as long as it takes, since all that was fetched would have to be fetched again."""
        lane = Lane("copy")
        while True:
            try:
                return copying.fetch(self._transport, epoch, after)
            except Failed as error:
                if error.judgement.kind is Kind.STATE or self._stop.is_set():
                    raise
                if error.judgement.timed_out:
                    self._transport.bear_longer()
                wait = lane.waits.after(error.judgement)
                if why := why_of(error.judgement, lane.waits.failures):
                    retry_at = self._ctx.clock.monotonic() + wait
                    self._teller.say(self._sent, [(why, error.judgement.detail)], retry_at, greeted=False)
                self._sleep(wait)
                self._look_at_files()

    # -- pushing

    def _push(self) -> float:
        now = self._ctx.clock.monotonic()
        head = self._ctx.database.committed.head
        page = self._sent and self._pusher.next(self._sent)
        if not page:
            return now + LINGER_S
        more = (page.epoch, page.last) < (head.epoch, head.seq)
        acked = self._pusher.send(page, sync_state.read(self._ctx.database).incarnation)
        self._keep(acked)
        self._pusher.arrived()
        self._teller.heard(incarnation=acked.incarnation, durable_seq=acked.durable_seq, line_bytes=self._pusher.line_bytes)
        for code, count in Counter(str(notice.get("code"))[:40] for notice in acked.notices).items():  # a line for each would flood the log
            log.warning("the national server stored lines that it cannot use code=%s count=%d upto_seq=%d", code, count, acked.head.seq)
        now = self._ctx.clock.monotonic()
        if not self._is_pending():
            self._lanes.pull.due = min(self._lanes.pull.due, max(now, self._pulled_at + AFTER_PUSH_S))
        return now + (acked.pause_s or (0.0 if more else LINGER_S))

    def _keep(self, acked: Acked) -> None:
        """Keep an acknowledgement that was proven; of an earlier epoch only until the next start, whose greeting finds the place again."""
        head = acked.head
        with self._ctx.database.write() as transaction:
            if head.epoch == transaction.head.epoch:
                durable = {} if acked.durable_seq is None else {"durable_seq": acked.durable_seq}
                transaction.keep_sync(acked=head, **durable)
            if acked.receipt is not None:
                transaction.keep_receipt(Receipt(head, instant(self._ctx.clock.wall()), acked.receipt))
        failpoints.hit("sync.push.kept")
        self._sent = head

    # -- pulling

    def _pull(self) -> float:
        if self._wanted:
            self._swap(self._wanted[0])
            return self._ctx.clock.monotonic()
        cursor = self._cursor()
        feed = self._puller.page(cursor)
        failpoints.hit("sync.feed.answered")
        self._teller.heard()
        if feed.items:
            national.apply_items(self._ctx, feed.items, feed.cursor)
        elif feed.cursor != cursor:
            with self._ctx.database.write() as transaction:
                transaction.keep_sync(cursor=feed.cursor)
        failpoints.hit("sync.feed.applied")
        self._pulled_at = self._ctx.clock.monotonic()
        if feed.items:
            return self._pulled_at  # the next request is the receipt
        if self._differs(feed.cursor):
            return self._pulled_at
        usual = X_ROAD_POLL_S if self._settings.endpoint.mode == "xroad" else POLL_S
        return self._pulled_at + (feed.pause_s or usual)

    def _swap(self, scope: Scope) -> None:
        taken = snapshot.take(self._transport, scope)
        failpoints.hit("sync.snapshot.answered")
        cursor = taken.cursor if scope is Scope.ALL else self._cursor() or taken.cursor
        national.swap(self._ctx, scope, taken.items, cursor, taken.digest)
        failpoints.hit("sync.snapshot.applied")
        self._wanted = [each for each in self._wanted if each is not scope]
        log.info("national link: took a snapshot scope=%s items=%d", scope, len(taken.items))

    def _differs(self, cursor: str) -> bool:
        """After a greeting, once the feed is read to where the server was then: tell whether the two sides hold different things, and want those."""
        welcome, self._compare = self._compare, None
        if welcome is None or not welcome.digests:
            return False
        if cursor != welcome.feed_head:
            self._lanes.greet.due = min(self._lanes.greet.due, self._ctx.clock.monotonic() + COMPARE_AGAIN_S)
            return False
        ours = national.digests(self._ctx)
        differing = [scope for scope in (Scope.BOOKINGS, Scope.SLOTS, Scope.CONFIG) if welcome.digests.get(scope, ours[scope]) != ours[scope]]
        if differing:
            log.warning("national link: the two sides hold different things scopes=%s", ",".join(differing))
            self._want(*differing)
        return bool(differing)
