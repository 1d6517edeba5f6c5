"""Numbers as they are written: read exactly, subtracted exactly, printed without an exponent."""

import re
from decimal import (
    MAX_EMAX,
    MAX_PREC,
    MIN_EMIN,
    Clamped,
    Context,
    Decimal,
    Inexact,
    InvalidOperation,
    Overflow,
    Underflow,
)

# An exponent of more than four digits is no position and would print as megabytes of zeros.
# The same pattern is given to DuckDB, whose dialect reads it alike.
NUMBER_PATTERN = r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,4})?"
NUMBER = re.compile(NUMBER_PATTERN)
NUMBER_ALLOWED = (
    "allowed are the digits 0-9 with an optional sign, decimal point and exponent "
    "of up to four digits, such as -1234.50 or 1e5"
)

WRITTEN_PLAINLY = re.compile(r"(?:-(?=[0.]*[1-9]))?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?")
ZERO = Decimal(0)

# Traps instead of rounding: a difference that would lose a digit is our mistake.
EXACT = Context(
    prec=MAX_PREC,
    Emax=MAX_EMAX,
    Emin=MIN_EMIN,
    traps=[Clamped, Inexact, InvalidOperation, Overflow, Underflow],
)


def is_number(text: str) -> bool:
    """Whether a text is a finite decimal number and nothing else.

    >>> [is_number(text) for text in ("-1.50", "+1", ".5", "1e5")]
    [True, True, True, True]
    >>> [is_number(text) for text in ("1,000", "1_000", " 1 ", "NaN", "Infinity", "0x10", "")]
    [False, False, False, False, False, False, False]
    """
    return NUMBER.fullmatch(text) is not None


def plain(text: str) -> str:
    """A number in plain notation, with the trailing zeros that somebody wrote and no others.

    >>> [plain(text) for text in ("1.50", "+7", "1e5", "1.50e-3", "007", ".5", "-0.0")]
    ['1.50', '7', '100000', '0.00150', '7', '0.5', '0.0']
    """
    if WRITTEN_PLAINLY.fullmatch(text):
        return text
    number = Decimal(text)
    return format(abs_of_zero(number), "f")


def without_padding(text: str) -> str:
    """A number of a typed column, without the zeros its type pads it with; other text as it is.

    >>> [without_padding(text) for text in ("10.000", "100", "1e+16", "-0.0", "nan")]
    ['10', '100', '10000000000000000', '0', 'nan']
    """
    if not is_number(text):
        return text
    written = plain(text)
    return written.rstrip("0").rstrip(".") if "." in written else written


def difference(ours: str, theirs: str) -> Decimal:
    """Theirs less ours, to the last digit.

    >>> difference("10.00", "9")
    Decimal('-1.00')
    """
    return EXACT.subtract(Decimal(theirs), Decimal(ours))


def abs_of_zero(number: Decimal) -> Decimal:
    """Zero without a sign; any other number as it is."""
    return number.copy_abs() if number == ZERO else number


def shortened(text: str, *, length_max: int = 40) -> str:
    """A text in quotes for a message, cut where it would fill the screen."""
    return repr(text if len(text) <= length_max else text[:length_max] + "…")
