"""Numbers, times and differences as a person reads them. Exact figures are in --json."""

from collections.abc import Iterable
from datetime import datetime
from decimal import MAX_EMAX, MAX_PREC, MIN_EMIN, ROUND_HALF_EVEN, Context, Decimal

from tieout.core.breaks import Break
from tieout.core.instrument import Instrument
from tieout.core.numbers import CENT, add, exponent_of, magnitude, normal, plain
from tieout.core.plan import Change
from tieout.core.pnl import BaseFigure, Totals

QUANTITY_DECIMALS_MAX = 9
PRICE_DECIMALS_MAX = 4
SMALL_PRICE_DECIMALS_MAX = 8
ID_LETTERS_MAX = 20
NOT_KNOWN = "-"

# Rounding what is shown must never fail, however long a figure is.
WIDE = Context(prec=MAX_PREC, Emax=MAX_EMAX, Emin=MIN_EMIN)

# What is counted in hundredths; one of any other, such as a coin, may be worth a great deal.
_IN_CENTS = frozenset(
    ("", "USD", "EUR", "GBP", "JPY", "CHF", "CAD", "AUD", "NZD", "SEK", "NOK", "DKK", "PLN", "CZK",
     "HUF", "HKD", "SGD", "CNH", "CNY", "INR", "KRW", "ILS", "ZAR", "MXN", "BRL", "TRY",
     "USDT", "USDC", "USDG", "USDH", "USDE", "USDT0", "DAI", "FDUSD", "TUSD", "BUSD", "PYUSD",
     "RLUSD")
)  # fmt: skip

_UNITS = {"stock": "share", "fund": "share", "option": "contract", "future": "contract",
          "perpetual": "contract", "bond": "bond"}  # fmt: skip


def clean(text: str) -> str:
    """A text from elsewhere without anything that a terminal would act on."""
    return "".join(letter if letter.isprintable() else "?" for letter in text)


def quantity(value: Decimal | None) -> str:
    """A quantity with thousands apart and at most nine decimals, as many as brokers deal in.

    >>> quantity(Decimal("1234567.50")), quantity(Decimal("0.1234567891")), quantity(None)
    ('1,234,567.5', '0.123456789', '-')
    """
    if value is None:
        return NOT_KNOWN
    return f"{Decimal(plain(normal(_rounded(value, QUANTITY_DECIMALS_MAX)))):,f}"


def price(value: Decimal | None) -> str:
    """A price or average: two to four decimals, below 1 up to eight.

    >>> price(Decimal("228.4")), price(Decimal("61311.50834725")), price(Decimal("0.00001234"))
    ('228.40', '61,311.5083', '0.00001234')
    """
    if value is None:
        return NOT_KNOWN
    decimals = PRICE_DECIMALS_MAX if magnitude(value) >= 1 else SMALL_PRICE_DECIMALS_MAX
    rounded = normal(_rounded(value, decimals))
    if -int(rounded.as_tuple().exponent) < 2:
        return f"{rounded:,.2f}"
    return f"{rounded:,f}"


def _rounded(value: Decimal, decimals: int) -> Decimal:
    if -int(value.as_tuple().exponent) <= decimals:
        return value
    return value.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_EVEN, context=WIDE)


def short(name: str) -> str:
    """An id that is easily told from others, by its end where it is long.

    >>> short("f1"), short("20261120075023867::1a2b8f1f-f1fd-42a2-9755-d4c13a902931")
    ('f1', '…3a902931')
    """
    words = clean(name)
    return words if len(words) <= ID_LETTERS_MAX else f"…{words[-8:]}"


def money(
    value: Decimal | None, currency: str = "", *, of: str = "", is_signed: bool = True
) -> str:
    """An amount to the cent; smaller ones keep two digits that say something, coins eight decimals.

    `of` is the currency where it stands elsewhere.

    >>> money(Decimal("119"), "USD"), money(Decimal("-0.00312"), "USD")
    ('+119.00 USD', '-0.0031 USD')
    >>> money(Decimal("0.49955"), "BTC"), money(Decimal("2"), of="ETH", is_signed=False)
    ('+0.49955 BTC', '2.00')
    """
    if value is None:
        return f"not known {currency}".rstrip()
    digit = CENT
    if (of or currency) not in _IN_CENTS:
        last = max(-SMALL_PRICE_DECIMALS_MAX, min(-2, exponent_of(normal(value))))
        digit = Decimal(1).scaleb(last)
    elif value and magnitude(value) < CENT:
        digit = Decimal(1).scaleb(max(value.adjusted() - 1, -SMALL_PRICE_DECIMALS_MAX))
    rounded = value.quantize(digit, ROUND_HALF_EVEN, context=WIDE)
    sign = "+" if is_signed and rounded > 0 else ""
    return f"{sign}{rounded:,f} {currency}".rstrip()


def units(amount: Decimal, instrument: Instrument | None) -> str:
    """A quantity with its unit: 1 share, 2 contracts, 0.5 BTC."""
    size = quantity(magnitude(amount))
    if instrument is None:
        return size
    if instrument.asset_class in ("spot", "forex"):
        return f"{size} {instrument.base}"
    unit = _UNITS.get(instrument.asset_class, "unit")
    return f"{size} {unit}" if magnitude(amount) == 1 else f"{size} {unit}s"


def holding(held: Decimal | None) -> str:
    """What one side holds, in words: 10, 5 short, nothing."""
    if not held:
        return "nothing"
    return quantity(held) if held > 0 else f"{quantity(magnitude(held))} short"


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
        ours, theirs = _figure(found, "quantity")
        theirs_words = "lists none" if _is_absent(found) else f"says {holding(theirs)}"
        return [f"we hold {holding(ours)}, broker {theirs_words}"]
    return [
        f"our {name.replace('_', ' ')} {_shown(name, (found.ours or {}).get(name))}, "
        f"broker's {_shown(name, (found.theirs or {}).get(name))}"
        for name in {**(found.ours or {}), **(found.theirs or {})}
    ]


def _shown(name: str, value: Decimal | str | None) -> str:
    """What one side says in one field: a price, a contract size, or a text such as a currency."""
    if isinstance(value, str):
        return clean(value)
    return quantity(value) if name == "multiplier" else price(value)


def _has(found: Break, name: str) -> bool:
    return name in (found.ours or {}) or name in (found.theirs or {})


def _figure(found: Break, name: str) -> tuple[Decimal | None, Decimal | None]:
    ours, theirs = ((side or {}).get(name) for side in (found.ours, found.theirs))
    assert not isinstance(ours, str), found.id
    assert not isinstance(theirs, str), found.id
    return ours, theirs


def _is_absent(found: Break) -> bool:
    return found.kind == "missing_at_broker"


def _explained(found: Break) -> list[str]:
    return [
        f"{each.cause} {short(each.id)} explains {quantity(each.quantity)}"
        for each in found.explanation
    ]


def _since(found: Break, instrument: Instrument | None, *, now: datetime) -> str:
    began = since(found.first_at, now=now)
    if found.status != "open":
        return f"{found.status}, first seen {began}"
    if not found.remainder or not _has(found, "quantity"):
        return f"since {began}"
    return f"{units(found.remainder, instrument)} unexplained since {began}"


# Changes


def change_sentence(change: Change) -> str:
    """One change of a position as a sentence."""
    name = f"{clean(change.symbol) or 'A row without symbol'} {change.side or ''}".rstrip()
    moved = f"{quantity(change.before)} -> {quantity(change.after)}"
    if change.average_price is not None:
        moved += f" @ {price(change.average_price)}"
    parts = [_kind_words(change) or f"{change.kind} {moved}"]
    if change.renamed_from is not None:
        parts.append(f"was {clean(change.renamed_from)}")
    if change.realized is not None and not change.realized.is_nothing:
        estimated = " (estimated)" if change.is_estimated else ""
        base = in_base(change.base, of=change.realized)
        parts.append(f"realized {net_words(change.realized)}{estimated}{base}")
    if change.explained_by:
        parts.append(f"by {listed(change.explained_by)}")
    if change.reason is not None:
        parts.append(change.reason)
    if change.reconciliation != "SYNCED":
        parts.append(change.reconciliation)
    return f"{name}: {', '.join(parts)}"


def _kind_words(change: Change) -> str:
    """Where nothing moved: what there is to say."""
    match change.kind:
        case "missing":
            return f"missing at the broker, we hold {holding(change.after)}"
        case "invalid":
            return f"reported in a way that cannot be used, we hold {holding(change.after)}"
        case _:
            return ""


def net_words(totals: Totals) -> str:
    """What was realized net, currency by currency; what is not known is said."""
    found = []
    for currency, figures in sorted(totals.by_currency.items()):
        if figures.unknown:
            found.append(f"not known {currency}")
        elif not figures.is_nothing:
            received = add(figures.net.value, add(figures.funding, figures.income))
            found.append(money(received, currency))
    return " and ".join(found)


def in_base(base: BaseFigure | None, *, of: Totals) -> str:
    """What to add to realized money where the closings in it are known in the account's currency.

    `net_words` says all of that money; what else than closings is in it has no base value.
    """
    if base is None:
        return ""
    said = [figures for figures in of.by_currency.values() if not figures.is_nothing]
    is_all = len(said) == 1 and not (said[0].funding or said[0].income)
    return f" ({base_words(base)})" if is_all else f" (closings {base_words(base)})"


def base_words(base: BaseFigure) -> str:
    """A net in the account's own currency, and what made it."""
    net = money(base.net.value, base.currency)
    price_part = money(base.price.value, of=base.currency)
    exchange = money(base.exchange.value, of=base.currency)
    return f"{net}: price {price_part}, exchange {exchange}"


def listed(items: Iterable[str], most: int = 4) -> str:
    """The first few, and how many more there are."""
    names = [short(item) for item in items]
    more = len(names) - most
    shown = ", ".join(names[:most])
    return f"{shown} and {more} more" if more > 0 else shown
