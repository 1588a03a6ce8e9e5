"""The command line's operations on devices (`control` carries them): plain JSON in and out, the same use cases as the screens."""

from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any

from edge.operations import pairing, registry
from edge.operations.context import Context
from edge.operations.orders import Op
from edge.queueing.devices import fresh_name
from edge.queueing.registry import Device, Family, Kind
from edge.store import presence

Args = Mapping[str, Any]
_BY_HAND = "system"  # the journal's actor: whoever has the data directory is no member of staff


def _list(ctx: Context, _args: Args) -> Any:
    said = presence.everything(ctx.database)
    nothing: Mapping[str, str | None] = dict.fromkeys(("state", "seen_at", "fw"))
    return [{**asdict(each), **{key: said.get(name, nothing)[key] for key in nothing}} for name, each in ctx.hall.devices.items()]


def _add(ctx: Context, args: Args) -> Any:
    return asdict(registry.add(ctx, _new(ctx, args), actor=_BY_HAND))


def _look(ctx: Context, args: Args) -> Any:
    """Which screen shows the code; ``seconds``: for how long it has."""
    found = pairing.look(ctx, args["code"], actor=_BY_HAND)
    return {"model": found.model, "address": found.address, "wanted": found.wanted, "seconds": int(ctx.clock.monotonic() - found.asked_at)}


def _pair(ctx: Context, args: Args) -> Any:
    """``known``: the id of a device of the registry; None: it becomes a new one of ``kind``."""
    return asdict(pairing.confirm(ctx, args["code"], args["known"] or _new(ctx, args), actor=_BY_HAND))


def _replace(ctx: Context, args: Args) -> Any:
    return asdict(registry.renew(ctx, args["device"], actor=_BY_HAND))


def _revoke(ctx: Context, args: Args) -> Any:
    return asdict(registry.revoke(ctx, args["device"], actor=_BY_HAND))


def _identify(ctx: Context, args: Args) -> Any:
    return {"order": registry.tell(ctx, args["device"], Op.IDENTIFY, actor=_BY_HAND).id}


def _new(ctx: Context, args: Args) -> Device:
    """A new device; without an id of its own it is called by its kind and place."""
    kind, desk, zone = Kind(args["kind"]), args.get("desk"), args.get("zone")
    name = args.get("device") or fresh_name(ctx.hall.devices, kind, desk or zone or "1")
    services = tuple(args["services"]) if args.get("services") else None
    family = Family(args["family"]) if args.get("family") else None
    return Device(name, kind, desk, zone, services, family=family, address=args.get("address"))


OPERATIONS: Mapping[str, Callable[[Context, Args], Any]] = {
    "device.list": _list,
    "device.add": _add,
    "device.look": _look,
    "device.pair": _pair,
    "device.replace": _replace,
    "device.revoke": _revoke,
    "device.identify": _identify,
}
