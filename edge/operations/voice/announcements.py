"""Announcements are made ahead: when a ticket waits, its number and the desks that may call it are spoken into files, so that a call finds them.

Nothing of this is on the way of a press: a call asks for what lies ready, and takes nothing when something is missing. One thread makes them, in the
order of the tickets, and rests three times as long as it worked. Whatever goes wrong here is said in the health report, and the hall goes on without
a voice.
"""

import contextlib
import hashlib
import json
import logging
import queue
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from edge.operations.announce import Commit
from edge.operations.context import Context
from edge.operations.voice import clips, espeak, loudness, phrases, sound
from edge.operations.voice.cache import Cache
from edge.operations.voice.clips import Clips
from edge.operations.voice.espeak import Espeak, Mute
from edge.operations.voice.phrases import Phrase
from edge.operations.voice.sound import NotSound, Samples
from edge.queueing.hall import Hall
from edge.queueing.ticket import Ticket, TicketId, TicketState

log = logging.getLogger(__name__)

AWAITED = frozenset({TicketState.WAITING, TicketState.CALLED, TicketState.HELD, TicketState.MISSED})
MADE_AS = 1  # grows when what is done with a sound changes: what was made before has other names then
LONGEST_S = 6.0  # of an announcement, its chime included: longer ones would pile up
CHIME_S = 0.8  # as the board's page plays it
GAP_S = 0.1  # between the halves
RESTS = 3  # times as long as it worked: a quarter of one core at most, and a box with 5,000 visitors a day keeps up
LONGEST_REST_S = 0.25  # where it took long because others were at work, it need not wait as well
MOST_ASKED = 5_000  # phrases that are waited for; a hall that has more speaks again when they are made


@dataclass(frozen=True, slots=True)
class Made:
    """A sound that lies ready."""

    name: str
    seconds: float


class Announcements:
    """``data``: the data directory, with the recordings in `voice/`; what is made lies in `voice-made/`."""

    def __init__(self, ctx: Context, data: Path, program: Espeak | None = None) -> None:
        self._ctx = ctx
        self._folder = data / "voice"
        self._cache = Cache(data / "voice-made")
        self._espeak = program or espeak.find()
        self._clips = Clips()
        self._ready: dict[Phrase, Made] = {}
        self._asked: queue.Queue[tuple[Phrase, TicketId] | None] = queue.Queue(MOST_ASKED)
        self._known: set[Phrase] = set()  # asked for, or made
        self._fault: str | None = None
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._work, name="voice", daemon=True)

    def start(self) -> None:
        """Take over what was made before, and make what the tickets that wait need. Never raises: a hall without a voice works."""
        try:
            self._cache.open()
            self._clips = clips.look(self._folder)
        except OSError as error:
            self._fault = f"its files cannot be reached: {error}"
            log.warning("no announcements: %s", self._fault)
            return
        self._ctx.announcer.listen(self._committed)
        for ticket in self._ctx.hall.waiting():
            self._ask(self._ctx.hall, ticket)
        self._thread.start()

    def stop(self) -> None:
        """Let what is being made be finished, and end."""
        self._stopped.set()
        if self._thread.is_alive():
            with contextlib.suppress(queue.Full):  # it looks at the event before the next one
                self._asked.put_nowait(None)
            self._thread.join()

    def urls(self, hall: Hall, tick: int, ticket: Ticket, desk: str) -> list[str]:
        """Return the paths of what is said for a call, in order; none when it is not to be spoken now or does not lie ready. Quick, no I/O."""
        if not hall.policy.voice.spoken or loudness.volume(hall, tick) == 0:
            return []
        halves = [self._ready.get(phrase) for phrase in (phrases.number(ticket.lang, ticket.number), phrases.desk(ticket.lang, desk))]
        made = [half for half in halves if half is not None]
        fits = CHIME_S + GAP_S + sum(half.seconds for half in made) <= LONGEST_S
        return [f"/audio/{half.name}.wav" for half in made] if fits and len(made) == len(halves) else []

    def sound(self, name: str) -> bytes | None:
        """Return a sound by its name; None when there is no such sound."""
        return self._cache.get(name)

    def trouble(self) -> str | None:
        """Say why nothing is spoken, or not everything; None while all is well or nothing shall be spoken."""
        if not self._ctx.hall.policy.voice.spoken:
            return None
        if self._fault:
            return self._fault
        unrecorded = [lang for lang in self._ctx.hall.policy.centre.langs if self._clips.missing(lang)]
        if self._espeak is None and unrecorded:
            return f"{espeak.PROGRAM} is not installed and {', '.join(unrecorded)} not recorded: calls have a chime and no words"
        return None

    def _committed(self, commit: Commit) -> None:
        """Runs in the committing thread: asks, and nothing else."""
        for fact in commit.facts:
            ticket = commit.hall.tickets.get(getattr(fact.event, "ticket", ""))
            if ticket is not None and ticket.state is TicketState.WAITING:
                self._ask(commit.hall, ticket)

    def _ask(self, hall: Hall, ticket: Ticket) -> None:
        policy = hall.policy
        if not policy.voice.spoken or policy.is_quiet(ticket.service):
            return
        desks = [ticket.to_desk] if ticket.to_desk else [plan.desk for plan in policy.desks_of(ticket.service)]
        for phrase in (phrases.number(ticket.lang, ticket.number), *(phrases.desk(ticket.lang, desk) for desk in desks)):
            if made := self._ready.get(phrase):
                self._cache.used(made.name)
            elif phrase not in self._known:
                try:
                    self._asked.put_nowait((phrase, ticket.id))
                except queue.Full:
                    return
                self._known.add(phrase)

    def _work(self) -> None:
        for phrase, ticket in iter(self._asked.get, None):
            if self._stopped.is_set():
                return
            if not self._is_awaited(ticket):
                self._known.discard(phrase)
                continue
            began = time.monotonic()
            try:
                self._make(phrase)
            except (Mute, NotSound, OSError) as error:
                self._known.discard(phrase)  # tried again with the next ticket
                self._say_once(str(error))
            except Exception:  # the next one may go well
                log.exception("announcement not made text=%r", phrase.text)
            else:
                self._fault = None
            self._stopped.wait(min(RESTS * (time.monotonic() - began), LONGEST_REST_S))

    def _is_awaited(self, ticket: TicketId) -> bool:
        """Tell whether a ticket may still be called, or called again; the hall was faster than the voice when not."""
        found = self._ctx.hall.tickets.get(ticket)
        return found is not None and found.state in AWAITED

    def _say_once(self, fault: str) -> None:
        if fault != self._fault:
            log.warning("an announcement was not made: %s", fault)
        self._fault = fault

    def _make(self, phrase: Phrase) -> None:
        """Have a phrase ready, from an earlier day or made now; without anybody to speak it there is nothing to do."""
        voice = self._voice(phrase)
        if voice is None:
            return
        source, say = voice
        name = hashlib.sha256(json.dumps([MADE_AS, source, phrase.lang, phrase.text]).encode()).hexdigest()[:32]
        size = self._cache.size(name)
        if size is None:
            content = sound.write(sound.levelled(say(phrase)))
            self._forget(self._cache.put(name, content))
            size = len(content)
        self._ready[phrase] = Made(name, sound.lasts(size))

    def _voice(self, phrase: Phrase) -> tuple[str, Callable[[Phrase], Samples]] | None:
        """Return who speaks a phrase, and what says that it is the same voice as before."""
        if self._clips.has(phrase):
            return self._clips.digests[phrase.lang], self._clips.say
        return (self._espeak.version, self._espeak.say) if self._espeak else None

    def _forget(self, gone: list[str]) -> None:
        """What had to go from the cache is made again when it is asked for again."""
        for phrase in [phrase for phrase, made in self._ready.items() if made.name in gone]:
            del self._ready[phrase]
            self._known.discard(phrase)
