"""Wakes the threads that print. A ring is a hint: whoever wakes looks at what is there, and what was rung for before is there, too."""

import threading


class Bell:
    """Rung after each commit of something to print."""

    def __init__(self) -> None:
        self._listeners: list[threading.Event] = []

    def listen(self, listener: threading.Event) -> None:
        """Set ``listener`` at each ring from now on."""
        self._listeners.append(listener)

    def ring(self) -> None:
        """Wake everybody who listens."""
        for listener in self._listeners:
            listener.set()
