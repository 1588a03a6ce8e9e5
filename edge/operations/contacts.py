"""A visitor's contact: encrypted where it lies, in no answer, log or message, and erased when the day closes."""

import base64

from edge.operations.keys import Keys
from edge.store.transaction import Transaction


def keep(keys: Keys, transaction: Transaction, ticket: str, contact: str) -> None:
    """Store ``contact`` (phone or address as typed) for a ticket, in the transaction that issued it."""
    from cryptography.fernet import Fernet  # heavy, and most tickets have no contact

    secret = base64.urlsafe_b64encode(keys.derive("contact"))
    transaction.keep_contact(ticket, Fernet(secret).encrypt(contact.encode()))
