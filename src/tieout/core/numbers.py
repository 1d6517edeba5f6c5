"""Exact arithmetic: sums and products at any length, quotients to 50 digits.

Python's `Decimal` operators round to the context of the thread. Nothing in the core uses them:
`add`, `subtract` and `multiply` below are exact, `divide` is the one place where digits end.
"""

import re
from dataclasses import dataclass
from decimal import MAX_EMAX, MAX_PREC, MIN_EMIN, ROUND_DOWN, ROUND_HALF_EVEN, Context, Decimal
from decimal import InvalidOperation as _InvalidOperation

from tieout.core.errors import NumberError

ZERO = Decimal(0)
ONE = Decimal(1)
CENT = Decimal("0.01")
QUOTIENT_DIGITS = 50
PRINTED_DECIMALS = 18
PLAIN_MAX = 50
EXPONENT_MAX = 2000  # a longer number is a mistake, and would take the memory of one

_PLAIN = re.compile(r"-?[0-9]+(\.[0-9]+)?", re.ASCII).fullmatch
_EXACT = Context(prec=MAX_PREC, Emax=MAX_EMAX, Emin=MIN_EMIN)
_QUOTIENT = Context(prec=QUOTIENT_DIGITS, rounding=ROUND_HALF_EVEN, Emax=MAX_EMAX, Emin=MIN_EMIN)
_NO_FIGURES = frozenset(("nan", "snan", "inf", "infinity"))
_PRINTED = Decimal(1).scaleb(-PRINTED_DECIMALS)

add = _EXACT.add
subtract = _EXACT.subtract
multiply = _EXACT.multiply
divide = _QUOTIENT.divide
negate = Decimal.copy_negate
magnitude = Decimal.copy_abs


def exact(value: object) -> Decimal:
    """The number a text, integer or Decimal stands for; floats, NaN and infinities are refused.

    >>> exact("19660.5738784516887649")
    Decimal('19660.5738784516887649')
    >>> exact(" 0x10")
    Traceback (most recent call last):
    ...
    tieout.core.errors.NumberError: ' 0x10' is not a finite decimal number
    """
    if type(value) is str and len(value) < PLAIN_MAX and _PLAIN(value):
        return Decimal(value)  # plain digits, which most numbers are
    if isinstance(value, Decimal):
        number = value
    elif isinstance(value, str) and value.isascii() and "_" not in value and value == value.strip():
        try:
            number = Decimal(value)
        except _InvalidOperation:
            raise NumberError(f"{value!r} is not a finite decimal number") from None
    elif isinstance(value, int) and not isinstance(value, bool):
        number = Decimal(value)
    else:
        raise NumberError(f"{value!r} is not a finite decimal number")
    if not number.is_finite():
        raise NumberError(f"{str(value)!r} is not a finite decimal number")
    if number and (number.adjusted() > EXPONENT_MAX or exponent_of(number) < -EXPONENT_MAX):
        raise NumberError(f"{str(value)[:40]!r} has more than {EXPONENT_MAX} digits")
    return number


def is_unreadable(text: str | None) -> bool:
    """Whether something is written that is no number. NaN and infinite are not reported instead.

    >>> [is_unreadable(text) for text in ("zz", "[]", "true", "1e999999999")]
    [True, True, True, True]
    >>> [is_unreadable(text) for text in (None, "", "NaN", "-Infinity", "1.50", "1e5", "0")]
    [False, False, False, False, False, False, False]
    """
    if not text or _PLAIN(text):
        return False
    try:
        exact(text)
    except NumberError:
        return text.lstrip("+-").lower() not in _NO_FIGURES
    return False


def exponent_of(value: Decimal) -> int:
    """The power of ten of the last digit of a finite number."""
    exponent = value.as_tuple().exponent
    assert isinstance(exponent, int), value
    return exponent


def plain(value: Decimal) -> str:
    """A number in plain notation, with the digits it has and no exponent.

    >>> plain(Decimal("1E+2")), plain(Decimal("100.00")), plain(Decimal("-0"))
    ('100', '100.00', '0')
    """
    if not value:
        value = value.copy_abs()
        if exponent_of(value) > 0:
            return "0"
    text = str(value)
    return text if "E" not in text else format(value, "f")


def printed(value: Decimal) -> str:
    """A quotient as people and programs see it: at most 18 decimals, no trailing zeros.

    >>> printed(divide(Decimal("2050"), Decimal("180")))
    '11.388888888888888889'
    """
    if -exponent_of(value) <= PRINTED_DECIMALS:
        return plain(value)
    text = format(value.quantize(_PRINTED, ROUND_HALF_EVEN, context=_EXACT), "f")
    text = text.rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


def figure_text(value: Decimal) -> str:
    """All digits of a figure; one that fills a quotient's digits was cut there, and is rounded.

    >>> figure_text(exact("19660.573878451688764912345")), figure_text(divide(ONE, Decimal(3)))
    ('19660.573878451688764912345', '0.333333333333333333')
    """
    return plain(value) if len(value.as_tuple().digits) < QUOTIENT_DIGITS - 5 else printed(value)


def normal(value: Decimal) -> Decimal:
    """The same number without trailing zeros, however long it is."""
    return value.normalize(_EXACT)


def trimmed(value: Decimal, *, like: Decimal) -> Decimal:
    """The same number without the trailing zeros that only a product made.

    Zeros stay as far as `like`, the price or cost that somebody wrote, has decimals.

    >>> trimmed(Decimal("0.5") * Decimal("2000.00"), like=Decimal("2000.00"))
    Decimal('1000.00')
    """
    if value.same_quantum(like):
        return value
    decimals = exponent_of(like)
    if exponent_of(value) >= decimals:
        return value
    short = normal(value)
    if exponent_of(short) <= decimals:
        return short
    return short.quantize(Decimal(1).scaleb(decimals, _EXACT), context=_EXACT)


def truncate(value: Decimal, decimals: int) -> Decimal:
    """Cut after `decimals` places towards zero, as Hyperliquid does with its averages."""
    return value.quantize(Decimal(1).scaleb(-decimals, _EXACT), ROUND_DOWN, context=_EXACT)


def is_quotient(result: Decimal, *, of: Decimal, by: Decimal) -> bool:
    """Whether digits were lost when `of` was divided by `by`."""
    return multiply(result, by) != of


def last_digit(value: Decimal) -> Decimal:
    """One unit of the last digit that was written: 0.001 for 12.345, 1 for 12."""
    return Decimal(1).scaleb(min(0, exponent_of(value)), _EXACT)


@dataclass(frozen=True, slots=True)
class Amount:
    """Money or cost as an exact part plus the part in which a quotient was rounded.

    The two are kept apart so that what a quotient took from one figure and gave to another
    cancels to nothing when the position is flat, and the total is exact again.
    """

    exact: Decimal = ZERO
    quotient: Decimal = ZERO

    @property
    def value(self) -> Decimal:
        return add(self.exact, self.quotient) if self.quotient else self.exact

    def plus(self, other: "Amount") -> "Amount":
        return Amount(add(self.exact, other.exact), add(self.quotient, other.quotient))

    def minus(self, other: "Amount") -> "Amount":
        return Amount(subtract(self.exact, other.exact), subtract(self.quotient, other.quotient))

    def times(self, factor: Decimal) -> "Amount":
        return Amount(multiply(self.exact, factor), multiply(self.quotient, factor))

    def negated(self) -> "Amount":
        return Amount(negate(self.exact), negate(self.quotient))

    def share(self, part: Decimal, whole: Decimal) -> "Amount":
        """`part` of `whole` of this amount, for example the cost of 4 units of 10.

        >>> Amount(Decimal("1000.00")).share(Decimal(4), Decimal(10))
        Amount(exact=Decimal('400.00'), quotient=Decimal('0'))
        """
        value = self.value
        product = multiply(value, part)
        result = divide(product, whole)
        if self.quotient or is_quotient(result, of=product, by=whole):
            return Amount(ZERO, result)
        return Amount(trimmed(result, like=value))

    def text(self) -> str:
        """Every digit if the figure is exact, else at most 18 decimals."""
        return printed(self.value) if self.quotient else plain(self.exact)


NOTHING = Amount()


def money(value: Decimal) -> Amount:
    """An exact amount."""
    return Amount(value)
