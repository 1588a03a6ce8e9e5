"""Notices on the boards: one for each zone, until it is taken down. The text itself stands in the journal, with who put it up."""

from collections.abc import Iterable, Mapping

from edge.errors import Unknown
from edge.operations import asked
from edge.operations.context import Context
from edge.operations.decision import Once
from edge.operations.settings import change_key
from edge.queueing.policy import Names, Policy


def put_up(ctx: Context, zones: Iterable[str], text: Mapping[str, str], *, actor: str, once: Once | None = None) -> None:
    """Show ``text`` on the boards of ``zones``, in place of what was there. Raises Incomplete, Unknown (zone)."""
    wanted = list(zones)
    asked.complete(asked.text_faults(text), iter(()) if wanted else iter([("zones", "missing")]))

    def notices(policy: Policy) -> Mapping[str, Names]:
        for zone in wanted:
            _require(policy, zone)
        return {**policy.notices, **dict.fromkeys(wanted, asked.filled(text))}

    change_key(ctx, "notices", notices, reason=None, actor=actor, once=once)


def take_down(ctx: Context, zone: str, *, actor: str, once: Once | None = None) -> None:
    """Take down the notice of a zone; one that is not there is down already. Raises Unknown (zone)."""

    def notices(policy: Policy) -> Mapping[str, Names]:
        _require(policy, zone)
        return {other: text for other, text in policy.notices.items() if other != zone}

    change_key(ctx, "notices", notices, reason=None, actor=actor, once=once)


def _require(policy: Policy, zone: str) -> None:
    if zone not in policy.zones:
        raise Unknown(f"zone {zone!r} does not exist; known are {', '.join(policy.zones)}", field="zone")
