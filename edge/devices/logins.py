"""Who may log in to the broker, following the registry: new devices get their login, revoked ones lose it and are disconnected.

In a thread of its own, woken by the commit: a revoked device is out within two seconds, and whoever commits does not wait for the broker's trial.
"""

import logging
import threading
from collections.abc import Callable

from edge.devices import access, families
from edge.devices.access import Account
from edge.devices.broker import Broker
from edge.errors import EdgeError
from edge.operations import registry
from edge.operations.announce import Commit
from edge.operations.context import Context
from edge.queueing import events
from edge.queueing.registry import Device

log = logging.getLogger(__name__)

STOPPED_WITHIN_S = 5.0


class Logins:
    """The accounts of the registry that the broker has now, and the thread that keeps them so."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx
        self._broker: Broker | None = None
        self._heard_changed: Callable[[], None] | None = None
        self._registered = _registered(ctx)
        self._guard = threading.Lock()
        self._due = threading.Event()
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="broker-logins", daemon=True)

    def accounts(self) -> list[Account]:
        """Return all accounts but the server's own and the canary's."""
        keys, devices = self._ctx.keys, self._registered.values()
        monitor = access.monitor(keys.text("mqtt-account", access.MONITOR))
        own = [access.device(device, registry.derived(keys, device).mqtt_password) for device in devices if device.family is None]
        return [monitor, *own, *families.accounts(devices, keys)]

    def start(self, broker: Broker, heard_changed: Callable[[], None]) -> None:
        """Follow the registry from now on; ``broker`` has the `accounts` of before.

        ``heard_changed``: called when devices of other families came or went, so that what they say is heard.
        """
        self._broker, self._heard_changed = broker, heard_changed
        self._ctx.announcer.listen(self._committed)
        self._thread.start()

    def stop(self) -> None:
        """Follow no longer."""
        self._stopping = True
        self._due.set()
        if self._thread.is_alive():
            self._thread.join(STOPPED_WITHIN_S)

    def follow(self) -> None:
        """Do what is due; the ticker's way to try again what the broker refused."""
        with self._guard:
            registered = _registered(self._ctx)
            if registered == self._registered or self._broker is None:
                return
            before, self._registered = self._registered, registered
            try:
                self._broker.reload(self.accounts())
            except EdgeError as error:
                self._registered = before
                log.error("devices keep their old logins: %s", error)  # noqa: TRY400 -- the sentence says it all
                return
            if self._heard_changed and families.spoken(before.values()) != families.spoken(registered.values()):
                self._heard_changed()

    def _committed(self, commit: Commit) -> None:
        if any(isinstance(fact.event, events.DeviceRegistered) for fact in commit.facts):
            self._due.set()

    def _run(self) -> None:
        while self._due.wait() and not self._stopping:
            self._due.clear()
            try:
                self.follow()
            except Exception:  # the ticker tries again
                log.exception("registry not followed")


def _registered(ctx: Context) -> dict[str, Device]:
    return {name: device for name, device in ctx.hall.devices.items() if device.active}
