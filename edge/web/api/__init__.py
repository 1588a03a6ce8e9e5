"""`/api/v1`: one module for each group of calls, one blueprint for all. `gate` decides who may pass before a body is read."""

from edge.web.api import boards, bookings, desks, device, journal, services, sessions, tickets
from edge.web.api.blueprint import blueprint

__all__ = ["blueprint", "boards", "bookings", "desks", "device", "journal", "services", "sessions", "tickets"]
