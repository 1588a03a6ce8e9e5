"""Tickets on paper: how one looks, the few commands that printers understand, the cable, and the thread that prints."""
