"""Numbers, times and differences as a person reads them. Exact figures are in --json."""

from collections.abc import Iterable
from datetime import datetime
from decimal import ROUND_HALF_EVEN, Decimal

from tieout.core.breaks import Break
from tieout.core.instrument import Instrument
from tieout.core.numbers import CENT, magnitude, normal, plain
from tieout.core.plan import Change
from tieout.core.pnl import Totals

DECIMALS_MAX = 8
NOT_KNOWN = "-"

_UNITS = {"stock": "share", "fund": "share", "option": "contract", "future": "contract",
          "perpetual": "contract", "bond": "bond"}  # fmt: skip


def clean(text: str) -> str:
    """A text from elsewhere without anything that a terminal would act on."""
    return "".join(letter if letter.isprintable() else "?" for letter in text)


def number(value: Decimal | None) -> str:
    """A quantity or price with thousands apart and at most eight decimals.

    >>> number(Decimal("1234567.50")), number(Decimal("0.123456789")), number(None)
    ('1,234,567.50', '0.12345679', '-')
    """
    if value is None:
        return NOT_KNOWN
    if -int(value.as_tuple().exponent) > DECIMALS_MAX:
        value = normal(value.quantize(Decimal(1).scaleb(-DECIMALS_MAX), ROUND_HALF_EVEN))
    return f"{Decimal(plain(value)):,f}"


def money(value: Decimal | None, currency: str = "", *, is_signed: bool = True) -> str:
    """An amount to the cent; smaller ones keep two digits that say something.

    >>> money(Decimal("119"), "USD"), money(Decimal("-0.00312"), "USD")
    ('+119.00 USD', '-0.0031 USD')
    """
    if value is None:
        return f"not known {currency}".rstrip()
    digit = CENT
    if value and magnitude(value) < CENT:
        digit = Decimal(1).scaleb(max(value.adjusted() - 1, -DECIMALS_MAX))
    rounded = value.quantize(digit, ROUND_HALF_EVEN)
    sign = "+" if is_signed and rounded > 0 else ""
    return f"{sign}{rounded:,f} {currency}".rstrip()


def units(quantity: Decimal, instrument: Instrument | None) -> str:
    """A quantity with its unit: 1 share, 2 contracts, 0.5 BTC."""
    size = number(magnitude(quantity))
    if instrument is None:
        return size
    if instrument.asset_class in ("spot", "forex"):
        return f"{size} {instrument.base}"
    unit = _UNITS.get(instrument.asset_class, "unit")
    return f"{size} {unit}" if magnitude(quantity) == 1 else f"{size} {unit}s"


def holding(quantity: Decimal | None) -> str:
    """What one side holds, in words: 10, 5 short, nothing."""
    if quantity is None:
        return "nothing"
    if not quantity:
        return "flat"
    return number(quantity) if quantity > 0 else f"{number(magnitude(quantity))} short"


def time_of_day(moment: datetime | None, *, now: datetime) -> str:
    """A time in the reader's own zone: 09:31 today, with the date before that."""
    if moment is None:
        return "never"
    here, today = moment.astimezone(), now.astimezone()
    return here.strftime("%H:%M:%S" if here.date() == today.date() else "%Y-%m-%d %H:%M")


def since(moment: datetime, *, now: datetime) -> str:
    """The same, to the minute."""
    here, today = moment.astimezone(), now.astimezone()
    return here.strftime("%H:%M" if here.date() == today.date() else "%Y-%m-%d %H:%M")


def span(seconds: float) -> str:
    """A length of time in its largest unit.

    >>> span(0.31), span(42), span(600), span(7300), span(200_000)
    ('0.3 s', '42 s', '10 min', '2 h', '2 d')
    """
    if seconds < 10:
        return f"{seconds:.1f} s"
    for size, unit in ((86_400, "d"), (3600, "h"), (60, "min")):
        if seconds >= 2 * size or (seconds >= size and unit == "min"):
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.0f} s"


def count(number_of: int, noun: str) -> str:
    """A number of things.

    >>> count(1, "break"), count(2, "break")
    ('1 break', '2 breaks')
    """
    return f"{number_of} {noun}" if number_of == 1 else f"{number_of} {noun}s"


# Differences


def break_sentence(found: Break, instrument: Instrument | None, *, now: datetime) -> str:
    """One break as a sentence: who says what, what explains a part of it, what is left."""
    name = clean(found.symbol) if found.symbol else "The whole account"
    if found.side is not None:
        name = f"{name} {found.side}"
    parts = [*_sides(found), *_explained(found), _since(found, instrument, now=now)]
    return f"{name}: {'; '.join(part for part in parts if part)}"


def _sides(found: Break) -> list[str]:
    match found.kind:
        case "incomplete_source":
            return ["the broker could not be read in full, nothing was closed"]
        case "stale_source":
            return ["the broker's answer was older than the last one, it was not used"]
        case "duplicate":
            return ["reported twice"]
        case _:
            pass
    if _has(found, "quantity"):
        ours, theirs = _field(found, "quantity")
        theirs_words = "lists none" if _is_absent(found) else f"says {holding(theirs)}"
        return [f"we hold {holding(ours)}, broker {theirs_words}"]
    return [
        f"our {name.replace('_', ' ')} {number(_field(found, name)[0])}, "
        f"broker's {number(_field(found, name)[1])}"
        for name in {**(found.ours or {}), **(found.theirs or {})}
    ]


def _has(found: Break, name: str) -> bool:
    return name in (found.ours or {}) or name in (found.theirs or {})


def _field(found: Break, name: str) -> tuple[Decimal | None, Decimal | None]:
    return (found.ours or {}).get(name), (found.theirs or {}).get(name)


def _is_absent(found: Break) -> bool:
    return found.kind == "missing_at_broker"


def _explained(found: Break) -> list[str]:
    if not found.explanation:
        return ["nothing explains it"] if found.remainder else []
    return [
        f"{each.cause} {clean(each.id)} explains {number(each.quantity)}"
        for each in found.explanation
    ]


def _since(found: Break, instrument: Instrument | None, *, now: datetime) -> str:
    began = since(found.first_at, now=now)
    if found.status != "open":
        return f"{found.status}, first seen {began}"
    if found.remainder is None or not _has(found, "quantity"):
        return f"since {began}"
    return f"{units(found.remainder, instrument)} unexplained since {began}"


# Changes


def change_sentence(change: Change) -> str:
    """One change of a position as a sentence."""
    name = f"{clean(change.symbol)} {change.side or ''}".rstrip()
    moved = f"{number(change.before)} -> {number(change.after)}"
    if change.average_price is not None:
        moved += f" @ {number(change.average_price)}"
    parts = [f"{change.kind} {moved}"]
    if change.renamed_from is not None:
        parts.append(f"was {clean(change.renamed_from)}")
    if change.realized is not None and not change.realized.is_nothing:
        estimated = " (estimated)" if change.is_estimated else ""
        parts.append(f"realized {net_words(change.realized)}{estimated}")
    if change.explained_by:
        parts.append(f"by {listed(change.explained_by)}")
    if change.reason is not None:
        parts.append(change.reason)
    if change.reconciliation != "SYNCED":
        parts.append(change.reconciliation)
    return f"{name}: {', '.join(parts)}"


def net_words(totals: Totals) -> str:
    """What was realized net, currency by currency; what is not known is said."""
    found = []
    for currency, figures in sorted(totals.by_currency.items()):
        if figures.unknown:
            found.append(f"not known {currency}")
        elif not figures.is_nothing:
            received = figures.net.value + figures.funding + figures.income
            found.append(money(received, currency))
    return " and ".join(found)


def listed(items: Iterable[str], most: int = 4) -> str:
    """The first few, and how many more there are."""
    names = [clean(item) for item in items]
    more = len(names) - most
    shown = ", ".join(names[:most])
    return f"{shown} and {more} more" if more > 0 else shown
