"""A headless kiosk: an `issue` becomes a ticket, the answer an `issued`."""

from edge.devices import payloads
from edge.operations import tickets, views
from edge.operations.context import Context


def answer(ctx: Context, device: str, payload: bytes) -> views.View:
    """Decide a wish of ``device``. Returns the fields of `issued`. Raises payloads.Unreadable."""
    try:
        wish = payloads.read_issue(payload)
    except payloads.Bad as bad:
        return {"request_id": bad.id, "result": "bad", "ticket": None, "reason": None}
    return tickets.issue_headless(ctx, device, tickets.IssueRequest(wish.id, wish.service, wish.category, wish.lang))
