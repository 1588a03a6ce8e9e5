"""The box of `tests/operations`, whose tickets are printed here."""

from tests.operations.conftest import box, fresh

__all__ = ["box", "fresh"]
