"""What the quick run takes of a large set of cases: enough that every kind of thing occurs. `bash tests/long.sh everything` takes them all."""

import os
from collections.abc import Collection, Sequence
from typing import TypeVar

import pytest

T = TypeVar("T")
EVERYTHING = bool(os.environ.get("EDGE_EVERYTHING"))


def some(everything: Collection[T], *places: int) -> Sequence[T]:
    """Return what stands at ``places``, or everything in the long run."""
    cases = list(everything)
    return cases if EVERYTHING else [cases[place] for place in places]


everything_only = pytest.mark.skipif(not EVERYTHING, reason="bash tests/long.sh everything")
