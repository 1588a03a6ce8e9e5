"""Visitors who come one after the other while something is done to the box: who was served, and how long nobody was."""

import contextlib
import http.client
import itertools
import json
import threading
import time
import uuid
from types import TracebackType
from typing import Self

from tests.box.hall import InstalledHall
from tests.box.machine import Box
from tests.box.network import STAFF
from tests.faults.traffic import Promise, Promises, hold_to, post

EVERY_S = 0.1


class Visitors:
    """They come as long as the block lasts; afterwards `hold` holds the hall to what it promised them."""

    def __init__(self, box: Box, hall: InstalledHall) -> None:
        self.promises = Promises()
        self._box = box
        self._hall = hall
        self._served_at: list[float] = []
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._come)

    def __enter__(self) -> Self:
        self._served_at.append(time.monotonic())
        with self._box.at(STAFF):
            self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._stop.set()
        self._thread.join()
        self._served_at.append(time.monotonic())

    def longest_wait_s(self) -> float:
        """Return the longest time in which nobody got a ticket."""
        return max(later - earlier for earlier, later in itertools.pairwise(self._served_at))

    def hold(self) -> int:
        """Everybody asks again for what they have; returns how many they are."""
        with self._box.at(STAFF):
            hold_to(self._hall, self.promises)
        return len(self.promises.posts)

    def _come(self) -> None:
        kiosk, body = self._hall.of_kind("kiosk")[0]["token"], json.dumps({"service": "passport", "lang": "ru"})
        while not self._stop.wait(EVERY_S):
            key = f"visitor-{uuid.uuid4()}"
            with contextlib.suppress(OSError, http.client.HTTPException):
                status, answer = post(self._hall, kiosk, "tickets", key, body)
                if status == 201:
                    self.promises.keep(Promise(kiosk, "tickets", key, body, answer))
                    self._served_at.append(time.monotonic())
