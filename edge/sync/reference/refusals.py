"""What a call is refused with: status, a word of the contract, a sentence, and what the word wants beside it."""

from typing import Any


class Refusal(Exception):
    """An answer that is no acknowledgement. Nothing of the call was kept. ``more``: `seq` of a fork, `expected` of a gap."""

    def __init__(self, status: int, word: str, detail: str, **more: Any) -> None:
        super().__init__(detail)
        self.status, self.word, self.detail, self.more = status, word, detail, more

    def body(self) -> dict[str, Any]:
        """Return the JSON that travels."""
        return {"error": self.word, "detail": self.detail, **self.more}


def headers(detail: str) -> Refusal:
    """Return the refusal of a missing, malformed or contradicting header."""
    return Refusal(400, "headers", detail)


def envelope(detail: str) -> Refusal:
    """Return the refusal of a body that is not what the contract says."""
    return Refusal(400, "envelope", detail)


def stale(detail: str) -> Refusal:
    """Return the refusal of a box that must say hello before anything else."""
    return Refusal(409, "stale_epoch", detail)
