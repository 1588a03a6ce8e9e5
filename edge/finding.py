"""What a look at a machine or a centre finds: by the installer before anything is changed, and by `edge doctor`."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Finding:
    """``mark``: ok, advice (works, but look at it) or trouble (must be put right)."""

    mark: Literal["ok", "advice", "trouble"]
    sentence: str
