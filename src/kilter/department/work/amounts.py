"""Amounts of money and numbers of pieces as people type them."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

from kilter.measure.error import BadInput

MOST_MONEY = Decimal(10) ** 9
MOST_PIECES = 1_000_000


def money(field: str, given: str) -> Decimal | None:
    """Read an amount of money with at most two places, None where nothing is given.

    Raises:
        BadInput: not a plain amount from 0 up.
    """
    typed = given.strip()
    if not typed:
        return None
    try:
        if not typed.isascii() or "_" in typed or "e" in typed.lower():
            raise InvalidOperation
        amount = Decimal(typed)
        if amount.is_finite() and 0 <= amount < MOST_MONEY and amount == round(amount, 2):
            return round(amount, 2)
    except InvalidOperation:
        pass
    raise BadInput(f"{field}: must be an amount such as 120.50", field=field)


def pieces(field: str, given: object, *, least: int = 1) -> int:
    """Read a number of pieces.

    Raises:
        BadInput: not a whole number within the range.
    """
    if isinstance(given, bool) or not isinstance(given, int) or not least <= given <= MOST_PIECES:
        raise BadInput(f"{field}: must be a whole number from {least} to {MOST_PIECES}", field=field)
    return given
