"""The supervisor's hall page: what is wrong first, then numbers, queues, desks, tickets put aside and devices; every act asks for its reason.

What renews itself holds only links and no form, so that nothing typed is ever lost; acts have pages of their own, by plain GET and POST.
"""

from edge.web.screens.hall import closures, day, desk, door, emergency, national, notice, overview, paper, ticket, today
from edge.web.screens.hall.frame import blueprint

__all__ = ["blueprint", "closures", "day", "desk", "door", "emergency", "national", "notice", "overview", "paper", "ticket", "today"]
