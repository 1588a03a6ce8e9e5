"""What a printer is asked, and what its answers mean, bit by bit (Epson's reference: DLE EOT, GS r).

The library's own two questions are not enough: it takes silence for enough paper, and does not ask why a printer is offline.
"""

ASK_OFFLINE, ASK_PAPER = b"\x10\x04\x02", b"\x10\x04\x04"  # answered at once, whatever is being printed
ASK_WHEN_DONE = b"\x1dr\x01"  # stands in line: answered when everything before it was printed

_FIXED, _FIXED_IS = 0x93, 0x12  # bits that every answer to DLE EOT has alike
_COVER_OPEN, _PAPER_END_STOP, _FAULT = 0x04, 0x20, 0x40  # of ASK_OFFLINE
_PAPER_OUT = 0x60  # of ASK_PAPER


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
