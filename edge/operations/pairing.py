"""Pairing a screen: it shows a code, an administrator confirms the code, and the screen that knows the secret behind it becomes the device.

The code only says which screen is meant; the credential goes to whoever holds the secret, which no screen shows and no log has. What was
confirmed is an event of the registry.
"""

from functools import partial

from edge.errors import Unknown
from edge.operations import codes
from edge.operations.codes import Waiting
from edge.operations.context import Context
from edge.operations.decision import Once, deciding
from edge.operations.delays import Guessed
from edge.queueing import commands
from edge.queueing.decide import decide
from edge.queueing.devices import device_of
from edge.queueing.registry import Device

FREE_GUESSES = 5


def ask(ctx: Context, *, model: str, address: str, wanted: str | None) -> tuple[Waiting, str]:
    """Let a screen ask to be paired: what it shows, and the secret it polls with. Raises Refused when too many wait."""
    return ctx.pairing.ask(ctx.clock.monotonic(), model=model, address=address, wanted=wanted)


def look(ctx: Context, code: str, *, actor: str) -> Waiting:
    """Return the screen that shows ``code``. Raises Unknown, and Delayed after some wrong ones of the same member."""
    now, guessed = ctx.clock.monotonic(), Guessed(f"pairing:{actor}", FREE_GUESSES)
    with ctx.delays.one_by_one(guessed):
        ctx.delays.check(guessed, now)
        found = ctx.pairing.of_code(codes.written(code), now)
        if found is None:
            ctx.delays.failed(guessed, now)
            raise Unknown(f"no screen shows the code {code[:12]!r}: a screen to be paired shows one for ten minutes", field="code")
        return found  # a right one forgives nothing: else whoever has a screen of their own could guess between two looks at it


def confirm(ctx: Context, code: str, wanted: Device | str, *, actor: str, once: Once | None = None) -> Device:
    """Let the screen with ``code`` be a device: a new one, or by its id one that is known, whose old screen goes dark.

    Raises Unknown (code, device, place), Delayed, Refused (a new device that cannot be).
    """
    name = wanted if isinstance(wanted, str) else wanted.device
    with deciding(ctx, actor) as decision:
        if earlier := decision.recall(once):
            return device_of(decision.turn.hall, earlier)
        waiting = look(ctx, code, actor=actor)
        decide(decision.turn, commands.ReplaceDevice(name, paired=True) if isinstance(wanted, str) else commands.AddDevice(wanted))
        device = decision.turn.hall.devices[name]
        decision.remember(once, name)
        decision.transaction.once_durable.append(partial(ctx.pairing.give, waiting, device, ctx.clock.monotonic()))
    return device


def collect(ctx: Context, secret: str) -> Device | None:
    """Return the device that the holder of ``secret`` became; None while nobody confirmed it, and when the device was replaced since.

    For two minutes it may be asked again: an answer that was lost on its way is no reason to bring an administrator back.
    """
    waiting = ctx.pairing.of_secret(secret, ctx.clock.monotonic())
    given = waiting.given if waiting else None
    return given if given is not None and ctx.hall.devices.get(given.device) == given else None
