"""A visitor's contact: encrypted where it lies, in no answer, log or message, and erased when the day closes."""

import base64

from edge.operations.keys import Keys
from edge.store.transaction import Transaction


def read(keys: Keys, sealed: bytes) -> str:
    """Return a contact as it was typed. Only for a member of staff who is going to use it now."""
    from cryptography.fernet import Fernet  # heavy, and most contacts are never read

    return Fernet(base64.urlsafe_b64encode(keys.derive("contact"))).decrypt(sealed).decode()


def keep(keys: Keys, transaction: Transaction, owner: str, contact: str, until: str | None = None) -> None:
    """Store ``contact`` (phone or address as typed) for a ticket or booking, in the transaction that made it; ``until``: a day, None: today."""
    from cryptography.fernet import Fernet  # heavy, and most tickets have no contact

    secret = base64.urlsafe_b64encode(keys.derive("contact"))
    transaction.keep_contact(owner, Fernet(secret).encrypt(contact.encode()), until)
