"""A broker's replies, byte for byte as Alpaca writes them; the same seed gives the same replies."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from uuid import UUID

SEED = 20260105
FIRST_AT = datetime(2026, 1, 5, 15, 0, tzinfo=UTC)
BETWEEN = timedelta(minutes=5)

LETTERS = 26
SHORT_ONE_IN = 10
FRACTIONAL_ONE_IN = 5
UNITS = 1000  # quantities are kept in thousandths
AVERAGE_DIGIT = Decimal("0.000001")

POSITION = (
    '{"asset_id":"%s","symbol":"%s","exchange":"NASDAQ","asset_class":"us_equity",'
    '"asset_marginable":true,"qty":"%s","avg_entry_price":"%s","side":"%s","market_value":"%s",'
    '"cost_basis":"%s","unrealized_pl":"%s","unrealized_plpc":"0.0441176470588235",'
    '"unrealized_intraday_pl":"12.5","unrealized_intraday_plpc":"0.0032679738562092",'
    '"current_price":"%s","lastday_price":"%s","change_today":"0.0034722222222222",'
    '"qty_available":"%s"}'
)
FILL = (
    '{"id":"%s::%s","account_id":"%s","activity_type":"FILL","transaction_time":"%s",'
    '"type":"fill","price":"%s","qty":"%s","side":"%s","symbol":"%s","leaves_qty":"0",'
    '"order_id":"%s","cum_qty":"%s","order_status":"filled"}'
)
NO_FILLS = b"[]"


@dataclass(frozen=True, slots=True)
class Replies:
    """What the broker answers at one moment: its positions, and the fills since the last time."""

    at: datetime
    positions: bytes
    fills: bytes = NO_FILLS


@dataclass(slots=True)
class _Held:
    """One position at the broker; `units` are thousandths, signed, the price is in cents."""

    asset_id: str
    symbol: str
    units: int
    average: Decimal
    cents: int


class Broker:
    """Holds `positions` positions. Prices move before every reply, `changed` quantities too.

    With `tells_fills` the trades behind the changes are among the activities; without, nothing
    explains them.
    """

    def __init__(self, positions: int, *, changed: int = 0, tells_fills: bool = False) -> None:
        self._chance = random.Random(SEED)
        self._held = [self._opened(number) for number in range(positions)]
        self._changed = changed
        self._tells_fills = tells_fills
        self._at = FIRST_AT

    def replies(self, count: int) -> Iterator[Replies]:
        """This many replies; the first shows the positions before any trade."""
        for _ in range(count):
            yield self.reply()

    def reply(self) -> Replies:
        """The next reply, a few minutes after the one before."""
        fills = self._traded() if self._at > FIRST_AT else []
        for held in self._held:
            held.cents = max(100, held.cents + self._chance.randrange(-40, 41))
        told = self._at
        self._at += BETWEEN
        return Replies(
            at=told,
            positions=_array(_position(held) for held in self._held),
            fills=_array(fills) if self._tells_fills else NO_FILLS,
        )

    def _opened(self, number: int) -> _Held:
        chance = self._chance
        units = chance.randrange(10, 5000) * UNITS
        if number % FRACTIONAL_ONE_IN == 0:
            units += chance.randrange(1, UNITS)
        cents = chance.randrange(1_000, 50_000)
        return _Held(
            asset_id=_id(chance),
            symbol=ticker(number),
            units=-units if number % SHORT_ONE_IN == 1 else units,
            average=Decimal(cents - chance.randrange(-300, 301)).scaleb(-2),
            cents=cents,
        )

    def _traded(self) -> list[str]:
        """Let some positions grow by a fill at the last price each; the fills as rows."""
        chosen = self._chance.sample(range(len(self._held)), self._changed)
        return [self._trade(self._held[place]) for place in sorted(chosen)]

    def _trade(self, held: _Held) -> str:
        size = self._chance.randrange(1, 9) * UNITS
        sign = 1 if held.units > 0 else -1
        cost = held.average * abs(held.units) + Decimal(held.cents).scaleb(-2) * size
        held.units += sign * size
        held.average = (cost / abs(held.units)).quantize(AVERAGE_DIGIT, ROUND_HALF_EVEN)
        at = self._at - timedelta(minutes=1)
        side = "buy" if sign > 0 else "sell_short"
        return FILL % (
            f"{at:%Y%m%d%H%M%S}000", _id(self._chance), "904837e3-3b76-47ec-b432-046db621571b",
            f"{at:%Y-%m-%dT%H:%M:%SZ}", _money(held.cents), _quantity(size), side, held.symbol,
            _id(self._chance), _quantity(size),
        )  # fmt: skip


def _array(rows: "Iterator[str] | list[str]") -> bytes:
    return f"[{','.join(rows)}]".encode()


def _position(held: _Held) -> str:
    quantity, price = _quantity(held.units), _money(held.cents)
    return POSITION % (
        held.asset_id, held.symbol, quantity, f"{held.average.normalize():f}",
        "long" if held.units > 0 else "short", _money(held.cents * held.units // UNITS),
        "15300.25", "675.75", price, price, quantity,
    )  # fmt: skip


def ticker(number: int) -> str:
    """AAA, AAB, ... with as many letters as it takes."""
    rest, text = number, ""
    while rest or len(text) < 3:
        rest, letter = divmod(rest, LETTERS)
        text = chr(ord("A") + letter) + text
    return text


def _id(chance: random.Random) -> str:
    return str(UUID(int=chance.getrandbits(128), version=4))


def _money(cents: int) -> str:
    sign = "-" if cents < 0 else ""
    whole, rest = divmod(abs(cents), 100)
    return f"{sign}{whole}.{rest:02d}".removesuffix("0").removesuffix(".0")


def _quantity(units: int) -> str:
    """Thousandths as Alpaca writes a quantity: 12.5, and 12 without a point."""
    sign = "-" if units < 0 else ""
    whole, rest = divmod(abs(units), UNITS)
    fraction = f".{rest:03d}".rstrip("0") if rest else ""
    return f"{sign}{whole}{fraction}"
