"""Generated histories of an account, and a broker that knows all of it.

Everything comes from one `random.Random`: a seed is a history. Hypothesis can drive the same
generator, and then shrinks it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Context, Decimal
from fractions import Fraction
from random import Random

from core.model import Model, counting, exactly
from core.model_values import Account, Nonsense
from tieout.core.activity import Activity, ActivityId, ActivityType, Ratio
from tieout.core.instrument import AssetClass, Instrument
from tieout.core.policy import COST_BASES, CostBasis
from tieout.core.snapshot import Holding, Snapshot

BEGIN = datetime(2026, 3, 2, 14, 30, tzinfo=UTC)
OPTION = "AAPL270115C00150000"
LONG = Context(prec=400)
SHOWN = Context(prec=30)
MULTIPLIERS = ("1", "50", "0.001", "0.0000000000000001", "1234567890123456789012.345678901234567")
RATIOS = (("4", "1"), ("2", "1"), ("3", "2"), ("1", "10"), ("1", "4"), ("5", "4"), ("7", "1"))
OTHER_COIN = "BNB"


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """What happened in an account that was empty before, in order of time."""

    instruments: tuple[Instrument, ...]
    activities: tuple[Activity, ...]
    cost_basis: CostBasis

    @property
    def end_at(self) -> datetime:
        return self.activities[-1].at if self.activities else BEGIN

    def truth(self, *, until: datetime | None = None) -> Model:
        """The account as the broker has it at that time."""
        known = self.activities if until is None else self.known_by(until)
        return Model.of(known, instruments=self.instruments, cost_basis=self.cost_basis)

    def known_by(self, until: datetime) -> list[Activity]:
        """What has happened by then; what replaces a fill is known when that is taken back."""
        past = {each.id: each for each in self.activities if each.at <= until}
        return [
            each for key, each in past.items() if not key.startswith("c") or f"x{key[1:]}" in past
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Flavour:
    """What kinds of history are wanted; everything is on unless a property cannot use it."""

    cost_bases: tuple[CostBasis, ...] = COST_BASES
    corrections: bool = True
    refusals: bool = True
    renames_max: int = 5
    splits: bool = True
    transfers: bool = True
    unknown_costs: bool = True
    length_max: int = 14
    instruments_max: int = 4
    venue_ids: bool | None = None
    digits: tuple[str, ...] = ("whole", "cents", "coin", "wei", "long")


ANYTHING = Flavour()


def history(random: Random, flavour: Flavour = ANYTHING) -> History:
    """One account's history."""
    cost_basis = random.choice(flavour.cost_bases)
    traders = [
        _Trader(random, instrument, flavour, random.choice(flavour.digits))
        for instrument in instruments(random, flavour)
    ]
    model = Model([each.instrument for each in traders], cost_basis=cost_basis)
    told: list[Activity] = []
    at = BEGIN
    for number in range(1, random.randint(1, flavour.length_max) + 1):
        at += timedelta(seconds=random.choice((1, 60, 3600, 86400)), microseconds=number)
        trader = random.choice(traders)
        activity = trader.next(model.accounts[trader.instrument.symbol], number=number, at=at)
        model.apply(activity)
        if activity.id in model.refused and not flavour.refusals:
            continue
        told.append(activity)
        if flavour.corrections and random.random() < 0.08:
            corrections = trader.correction(told, number=number, at=at)
            corrected = _corrected(traders, [*told, *corrections], cost_basis)
            if corrected is None or (corrected.refused and not flavour.refusals):
                continue
            if corrections:
                told.extend(corrections)
                model = corrected
    told.sort(key=lambda each: each.at)
    return History(
        instruments=tuple(each.instrument for each in traders),
        activities=tuple(told),
        cost_basis=cost_basis,
    )


def _corrected(
    traders: Sequence["_Trader"], told: Sequence[Activity], cost_basis: CostBasis
) -> Model | None:
    """The account with its corrections; None if what came after makes no sense then."""
    try:
        return Model.of(
            told, instruments=[each.instrument for each in traders], cost_basis=cost_basis
        )
    except Nonsense:
        return None


def instruments(random: Random, flavour: Flavour) -> list[Instrument]:
    """A few different instruments of different kinds, all with the venue's ids or none."""
    kinds: list[tuple[str, AssetClass]] = [
        ("AAPL", "stock"), ("MSFT", "stock"), ("ESZ7", "future"), ("ETH/USD", "spot"),
        ("BTC-PERP", "perpetual"), (OPTION, "option"), ("SOL/USD", "spot"),
    ]  # fmt: skip
    chosen = random.sample(kinds, random.randint(1, flavour.instruments_max))
    has_ids = flavour.venue_ids
    if has_ids is None:
        has_ids = random.random() < 0.5
    return [_instrument(random, symbol, kind, has_ids=has_ids) for symbol, kind in chosen]


def _instrument(random: Random, symbol: str, kind: AssetClass, *, has_ids: bool) -> Instrument:
    multiplier = Decimal(1)
    if kind == "option":
        multiplier = Decimal(100)
    elif kind in ("future", "perpetual"):
        multiplier = Decimal(random.choice(MULTIPLIERS))
    return Instrument(
        symbol=symbol,
        asset_class=kind,
        currency="USD",
        multiplier=multiplier,
        venue_ids=(f"id-{symbol}",) if has_ids else (),
        expires=date(2027, 1, 15) if kind == "option" else None,
    )


@dataclass
class _Trader:
    """Somebody who trades one instrument, with numbers of one style."""

    random: Random
    instrument: Instrument
    flavour: Flavour
    digits: str
    names: int = 0
    kinds: tuple[ActivityType, ...] = field(init=False)

    def __post_init__(self) -> None:
        wanted: list[ActivityType] = ["fill"] * 9 + ["fee"]
        wanted += OCCURS[self.instrument.asset_class]
        if self.flavour.splits and self.instrument.asset_class == "stock":
            wanted += ["split", "split"]
        if self.flavour.renames_max:
            wanted.append("rename")
        if self.flavour.transfers:
            wanted += ["transfer", "transfer"]
        self.kinds = tuple(wanted)

    def next(self, account: Account, *, number: int, at: datetime) -> Activity:
        kind = self.random.choice(self.kinds)
        needs_units = kind in ("funding", "dividend", "expiry", "liquidation", "split")
        if needs_units and not account.quantity:
            kind = "fill"
        if kind == "rename" and self.names == self.flavour.renames_max:
            kind = "fill"
        bare = Activity(id=ActivityId(f"a{number}"), type=kind, symbol=account.symbol, at=at)
        return FILLED_IN[kind](self, account, bare)

    # Numbers

    def quantity(self) -> Decimal:
        return self.number(NUMBERS[self.digits][0])

    def price(self) -> Decimal:
        return self.number(NUMBERS[self.digits][1])

    def number(self, shape: tuple[int, int]) -> Decimal:
        """A positive number of at most so many digits, with so many decimals."""
        digits, decimals = shape
        size = self.random.randint(1, digits)
        return Decimal(self.random.randint(1, 10**size)).scaleb(-decimals, context=LONG)

    def money(self) -> Decimal:
        return Decimal(self.random.randint(-2000, 5000)).scaleb(-2)

    def signed(self, number: Decimal) -> Decimal:
        return number if self.random.random() < 0.6 else number.copy_negate()

    def part_of(self, account: Account, *, may_flip: bool = False) -> Decimal:
        """The signed change that takes a part, all, or more than all of what is held."""
        held = exactly(account.quantity)
        choice = self.random.random()
        if choice < 0.35:
            return held.copy_negate()
        part = LONG.multiply(held, Decimal(self.random.randint(1, 99)).scaleb(-2))
        if self.digits == "whole" and abs(held) > 1:
            part = Decimal(self.random.randint(1, int(abs(held)))).copy_sign(held)
        if may_flip and choice > 0.8:
            part = LONG.add(held, self.quantity().copy_sign(held))
        return part.copy_negate()

    # Activities

    def fill(self, account: Account, bare: Activity) -> Activity:
        held, quantity = account.quantity, self.signed(self.quantity())
        lot = None
        if held and self.random.random() < 0.55:
            quantity = self.part_of(account, may_flip=True)
            chosen = self.random.choice(account.lots)
            lot = ActivityId(chosen.id)
            if self.flavour.cost_bases != ("average",) and self.random.random() < 0.5:
                quantity = exactly(-chosen.quantity)
        made = replace(bare, quantity=quantity, price=self.price(), lot=lot)
        return self.with_fee(made)

    def with_fee(self, fill: Activity) -> Activity:
        choice = self.random.random()
        if choice < 0.25:
            return fill
        if choice < 0.65:
            return replace(fill, fee=self.money())
        if choice < 0.75 or self.instrument.asset_class != "spot":
            return replace(fill, fee=self.money(), fee_currency=OTHER_COIN)
        assert fill.quantity is not None
        coin = LONG.multiply(fill.quantity.copy_abs(), Decimal("0.001"))
        coin = coin if self.random.random() < 0.8 else -coin
        return replace(fill, fee=coin, fee_currency=fill.symbol.split("/")[0])

    def liquidation(self, account: Account, bare: Activity) -> Activity:
        return replace(
            bare,
            quantity=self.part_of(account),
            price=self.price(),
            lot=ActivityId(account.lots[0].id),
            deleveraged=self.random.random() < 0.3,
        )

    def fee(self, account: Account, bare: Activity) -> Activity:
        if self.instrument.asset_class == "spot" and account.quantity > 0:
            coin = LONG.multiply(exactly(account.quantity), Decimal("-0.01"))
            return replace(bare, quantity=coin, price=self.price())
        return replace(bare, cash=-self.money())

    def cash(self, account: Account, bare: Activity) -> Activity:
        currency = self.random.choice((None, None, "EUR"))
        return replace(bare, cash=self.money(), currency=currency)

    def split(self, account: Account, bare: Activity) -> Activity:
        new, old = self.random.choice(RATIOS)
        after = account.quantity * Fraction(new) / Fraction(old)
        is_paid = after.denominator != 1 and abs(after) > 1 and self.random.random() < 0.5
        return replace(
            bare,
            ratio=Ratio(new=Decimal(new), old=Decimal(old)),
            cash=self.number((3, 2)).copy_sign(exactly(after)) if is_paid else None,
        )

    def rename(self, account: Account, bare: Activity) -> Activity:
        self.names += 1
        return replace(bare, to=f"{account.instrument.symbol.split('/')[0]}{self.names}")

    def transfer(self, account: Account, bare: Activity) -> Activity:
        if account.quantity and self.random.random() < 0.6:
            lot = ActivityId(account.lots[0].id)
            quantity = self.part_of(account)
            if quantity.copy_abs() > abs(account.lots[0].quantity):
                quantity = exactly(-account.lots[0].quantity)
            return replace(bare, quantity=quantity, lot=lot)
        is_known = not self.flavour.unknown_costs or self.random.random() < 0.7
        quantity = self.quantity()
        if account.quantity < 0:
            quantity = quantity.copy_negate()
        return replace(bare, quantity=quantity, cost=self.number((6, 2)) if is_known else None)

    def expiry(self, account: Account, bare: Activity) -> Activity:
        quantity = self.random.choice((None, exactly(-account.quantity)))
        return replace(bare, quantity=quantity)

    def correction(
        self, told: Sequence[Activity], *, number: int, at: datetime
    ) -> tuple[Activity, ...]:
        """An earlier fill taken back, perhaps with a better one in its place."""
        standing = {each.id for each in counting(told)}
        cancellable = [each for each in told if each.type == "fill" and each.id in standing]
        if not cancellable:
            return ()
        target = self.random.choice(cancellable)
        assert target.quantity is not None
        later = at + timedelta(microseconds=250)
        back = replace(
            target, id=ActivityId(f"x{number}"), at=later, cancels=target.id, fee=None,
            quantity=target.quantity.copy_negate(),
        )  # fmt: skip
        if self.random.random() < 0.5:
            return (back,)
        better = replace(
            target, id=ActivityId(f"c{number}"), at=target.at + timedelta(microseconds=250),
            price=self.price(),
        )  # fmt: skip
        return (back, better)


NUMBERS: Mapping[str, tuple[tuple[int, int], tuple[int, int]]] = {
    "whole": ((4, 0), (5, 2)),
    "cents": ((5, 2), (6, 2)),
    "coin": ((10, 8), (8, 3)),
    "wei": ((21, 18), (22, 18)),
    "long": ((40, 30), (40, 25)),
}
OCCURS: Mapping[AssetClass, list[ActivityType]] = {
    "stock": ["dividend"],
    "future": ["liquidation"],
    "spot": ["fee", "dividend"],
    "perpetual": ["funding", "funding", "liquidation"],
    "option": ["expiry"],
}
FILLED_IN: Mapping[ActivityType, Callable[[_Trader, Account, Activity], Activity]] = {
    "fill": _Trader.fill,
    "liquidation": _Trader.liquidation,
    "fee": _Trader.fee,
    "funding": _Trader.cash,
    "dividend": _Trader.cash,
    "split": _Trader.split,
    "rename": _Trader.rename,
    "transfer": _Trader.transfer,
    "expiry": _Trader.expiry,
}


# Brokers


def snapshot(
    truth: Model, *, at: datetime, random: Random | None = None, averages: bool = True
) -> Snapshot:
    """All that a broker holds who knows the truth; the price is his own."""
    random = random or Random(0)
    rows = [holding(each, random, averages=averages) for each in truth.accounts.values()]
    return Snapshot(as_of=at, holdings=tuple(row for row in rows if row is not None))


def holding(account: Account, random: Random, *, averages: bool = True) -> Holding | None:
    """One row; none for what is flat."""
    if not account.quantity:
        return None
    average = shown(account.average) if averages and account.average is not None else None
    return Holding(
        symbol=account.symbol,
        venue_id=account.instrument.venue_ids[0] if account.instrument.venue_ids else None,
        quantity=format(exactly(account.quantity), "f"),
        average_price=average,
        price=format(Decimal(random.randint(1, 10**6)).scaleb(-2), "f"),
    )


def shown(value: Fraction) -> str:
    """A number as the broker shows it, to thirty digits."""
    return format(SHOWN.divide(Decimal(value.numerator), Decimal(value.denominator)), "f")
