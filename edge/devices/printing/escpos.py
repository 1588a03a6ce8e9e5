"""The few commands of ESC/POS that a picture needs, and what a printer answers (Epson's reference: ESC @, GS v 0, ESC d, GS V, DLE EOT, GS r).

A picture goes in pieces: cheap printers have little memory, and one long command that is cut leaves them waiting for the rest of it.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL import Image

START = b"\x1b@"
PIECE_ROWS = 128
FEED_AND_CUT = b"\x1bd\x04\x1dV\x42\x00"
ASK_OFFLINE, ASK_PAPER = b"\x10\x04\x02", b"\x10\x04\x04"  # answered at once, whatever is being printed
ASK_WHEN_DONE = b"\x1dr\x01"  # stands in line: answered when everything before it was printed

_FIXED, _FIXED_IS = 0x93, 0x12  # bits that every answer to DLE EOT has alike
_COVER_OPEN, _PAPER_END_STOP, _FAULT = 0x04, 0x20, 0x40  # of ASK_OFFLINE
_PAPER_OUT = 0x60  # of ASK_PAPER
_INVERTED = bytes(255 - byte for byte in range(256))


def pieces(picture: "Image.Image") -> Iterator[bytes]:
    """Yield a black and white picture as commands, each printing some rows of it. Its width must be whole bytes."""
    width, height = picture.width // 8, picture.height
    dots = picture.tobytes().translate(_INVERTED)  # Pillow: 1 is white; the printer: 1 is ink
    for top in range(0, height, PIECE_ROWS):
        rows = min(PIECE_ROWS, height - top)
        head = b"\x1dv0\x00" + width.to_bytes(2, "little") + rows.to_bytes(2, "little")
        yield head + dots[top * width : (top + rows) * width]


def is_status(byte: int) -> bool:
    """Tell whether a byte can be an answer to DLE EOT."""
    return byte & _FIXED == _FIXED_IS


def has_paper(offline: int, paper: int) -> bool:
    """Tell from both answers whether there is paper."""
    return not (offline & _PAPER_END_STOP or paper & _PAPER_OUT)


def is_covered(offline: int) -> bool:
    """Tell whether the cover is closed."""
    return not offline & _COVER_OPEN


def is_well(offline: int) -> bool:
    """Tell whether the printer reports no fault of its own."""
    return not offline & _FAULT
