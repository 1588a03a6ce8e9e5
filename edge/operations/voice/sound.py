"""Sound as numbers: WAV in and out, silence cut off, levelled to one loudness, put together. Mono, 16 bits, 22,050 a second, as espeak-ng speaks.

Plain Python on purpose: what is worked on lasts a few seconds and is kept (`cache`), so the box needs no library for it. No step holds the
interpreter for more than a few milliseconds: a press must not wait for it.
"""

import io
import math
import sys
import wave
from array import array
from collections.abc import Iterable, Iterator
from operator import mul
from typing import TypeAlias

Samples: TypeAlias = "array[int]"  # a text: Python 3.11 cannot subscript it

RATE = 22_050
WINDOW = RATE // 50  # 20 ms: what counts as one moment
LEVEL = 3_277  # root mean square of speech, -20 dB of full scale
PEAK = 29_200  # -1 dB: no louder, whatever the level
QUIET = 0.05  # of the loudest moment: what is softer than that at an end is silence
SPOKEN = 0.1  # of the loudest moment: what is softer is a pause, and does not count for the level
EDGE_S = 0.03  # of silence left at both ends
RATES = range(8_000, 48_001)
SAMPLE_BYTES, HEADER_BYTES = 2, 44


class NotSound(ValueError):
    """These bytes are no WAV that can be used; the sentence says what is accepted."""


def read(content: bytes) -> Samples:
    """Read a WAV of 16 bits, mono or stereo, 8,000 to 48,000 a second. Raises NotSound."""
    try:
        with wave.open(io.BytesIO(content)) as file:
            channels, width, rate = file.getnchannels(), file.getsampwidth(), file.getframerate()
            if width != SAMPLE_BYTES or channels not in (1, 2) or rate not in RATES:
                raise NotSound(f"{8 * width} bits, {channels} channels, {rate} a second: 16 bits, 1 or 2 channels, 8000 to 48000 are accepted")
            frames = file.readframes(len(content))  # a stream's header may promise more than there is
    except (wave.Error, EOFError) as error:
        raise NotSound(f"no WAV file: {error}") from error
    samples = array("h", frames[: len(frames) // (SAMPLE_BYTES * channels) * SAMPLE_BYTES * channels])
    if sys.byteorder == "big":
        samples.byteswap()
    if channels == 2:  # noqa: PLR2004 -- left and right
        samples = array("h", [(left + right) // 2 for left, right in zip(samples[::2], samples[1::2], strict=True)])
    return samples if rate == RATE else _at_our_rate(samples, rate)


def write(samples: Samples) -> bytes:
    """Return a WAV."""
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(SAMPLE_BYTES)
        file.setframerate(RATE)
        file.writeframes(samples.tobytes())
    return out.getvalue()


def seconds(samples: Samples) -> float:
    """Return how long it lasts."""
    return len(samples) / RATE


def lasts(size_bytes: int) -> float:
    """Return how long a WAV of our making with so many bytes lasts."""
    return max(0, size_bytes - HEADER_BYTES) / SAMPLE_BYTES / RATE


def trimmed(samples: Samples) -> Samples:
    """Return it without the silence at its ends, but for `EDGE_S`. Raises NotSound when nothing else is there."""
    levels = list(moments(samples))
    loudest = max(levels, default=0.0)
    if loudest < 1:
        raise NotSound("nothing but silence")
    heard = [place for place, level in enumerate(levels) if level >= loudest * QUIET]
    edge = round(EDGE_S * RATE)
    return samples[max(0, heard[0] * WINDOW - edge) : (heard[-1] + 1) * WINDOW + edge]


def levelled(samples: Samples) -> Samples:
    """Return it as loud as everything else: its speech at `LEVEL`, no peak above `PEAK`."""
    highest, lowest = max(samples), min(samples)
    gain = min(LEVEL / max(1.0, level(samples)), PEAK / max(1, highest, -lowest))
    factor = int(gain * 4096)
    return array("h", [sample * factor >> 12 for sample in samples])  # whole numbers: half the time


def level(samples: Samples) -> float:
    """Return the root mean square of its speech; pauses do not count."""
    levels = list(moments(samples))
    floor = max(levels, default=0.0) * SPOKEN
    spoken = [each * each for each in levels if each >= floor]
    return math.sqrt(sum(spoken) / len(spoken)) if spoken else 0.0


def joined(parts: Iterable[Samples], gap_s: float) -> Samples:
    """Return the parts one after the other, ``gap_s`` of silence between."""
    gap = array("h", bytes(SAMPLE_BYTES * round(gap_s * RATE)))
    whole = array("h")
    for part in parts:
        if whole:
            whole.extend(gap)
        whole.extend(part)
    return whole


def moments(samples: Samples) -> Iterator[float]:
    """Yield the root mean square of each moment."""
    for start in range(0, len(samples), WINDOW):
        moment = samples[start : start + WINDOW : 3]  # every third sample tells the loudness as well
        yield math.sqrt(sum(map(mul, moment, moment)) / len(moment))


def _at_our_rate(samples: Samples, rate: int) -> Samples:
    """Return it at `RATE`, each sample taken from the straight line between its neighbours."""
    last = len(samples) - 1
    if last < 1:
        return samples
    step = rate / RATE
    made = array("h")
    for place in range(int(last / step)):
        before, part = divmod(place * step, 1)
        here = int(before)
        made.append(round(samples[here] * (1 - part) + samples[here + 1] * part))
    return made
