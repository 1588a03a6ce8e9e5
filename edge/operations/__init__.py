"""The use cases. One write transaction each; the only callers of `Transaction.append`. Rules live in `queueing`, never here."""
