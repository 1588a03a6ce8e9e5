"""What a page keeps in memory, asked of Chromium once nothing more can be collected."""

from playwright.sync_api import CDPSession


def heap(tools: CDPSession) -> float:
    """Return the bytes of JavaScript in use."""
    tools.send("HeapProfiler.collectGarbage")
    return float(tools.send("Runtime.getHeapUsage")["usedSize"])


def counters(tools: CDPSession) -> dict[str, int]:
    """Return how many `documents`, `nodes` and `jsEventListeners` live."""
    tools.send("HeapProfiler.collectGarbage")
    return dict(tools.send("Memory.getDOMCounters"))
