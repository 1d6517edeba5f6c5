"""Anything that a venue, a file or a person might send: odd rows, activities and decisions."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from random import Random

from core.histories import BEGIN
from tieout.core.activity import ACTIVITY_TYPES, Activity, ActivityId, Ratio
from tieout.core.book import Account, AccountId, Book
from tieout.core.instrument import Instrument
from tieout.core.policy import COST_BASES, ON_MISSING, TRUTHS, KindRule, Policy
from tieout.core.snapshot import LOCAL_ACTIONS, Failure, Holding, Local, Snapshot

TEXTS = (
    "0", "-0", "1", "10", "-3", "0.5", "1e-30", "1E+30", "-7.25", "100.00", "", "NaN", "Infinity",
    "abc", " 5", "1_0", None, "0.00", "33.33",
)  # fmt: skip
NUMBERS = (
    *map(Decimal, ("0", "1", "-1", "0.5", "-0.5", "10", "-10", "1E-30", "1E+20", "33.33", "-7.25")),
    None,
)
SYMBOLS = (
    "AAPL", "BTC/USD", "BTC-USD", "BTCUSD", "ETH/USD", "ES", "XBTUSD", "AAPL270115C00150000", "FB",
    "META", " aapl ", "", "BTC",
)  # fmt: skip
INSTRUMENTS = (
    Instrument(symbol="XBTUSD", asset_class="perpetual", inverse=True),
    Instrument(symbol="ES", asset_class="future", multiplier=None),
    Instrument(symbol="FB", venue_ids=("1",), price_decimals=2),
    Instrument(symbol="AAPL", expires=date(2026, 3, 3)),
)
CLASSES = (None, None, None, "stock", "future", "option", "spot", "nonsense", "perpetual")
SIDES = (None, None, None, "long", "short")
RATIOS = (
    None,
    Ratio(new=Decimal(4), old=Decimal(1)),
    Ratio(new=Decimal(1), old=Decimal(3)),
    Ratio(new=Decimal(1), old=Decimal(10)),
)
VENUES = ("alpaca", "ibkr", "hyperliquid", "coinbase", "local", "ccxt:kraken")


@dataclass(frozen=True, slots=True, kw_only=True)
class OddStep:
    """What one run is given."""

    activities: tuple[Activity, ...]
    snapshot: Snapshot | Failure | None
    local: tuple[Local, ...]
    approve: bool
    now: datetime


def odd_book(random: Random) -> Book:
    return Book(
        account=Account(
            id=AccountId("main"),
            venue=random.choice(VENUES),
            history=random.choice(("full", "partial")),
        ),
        instruments=INSTRUMENTS,
    )


def odd_policy(random: Random) -> Policy:
    limited = KindRule(truth=random.choice(TRUTHS), limit=random.choice((None, Decimal(100))))
    return Policy(
        truth=random.choice(TRUTHS),
        on_missing=random.choice(ON_MISSING),
        cost_basis=random.choice(COST_BASES),
        missing_confirmations=random.choice((1, 2)),
        guard_close_min=random.choice((1, 3, 99)),
        guard_empty=random.random() < 0.5,
        grace_s=Decimal(random.choice((0, 60, 86400))),
        by_kind=random.choice(({}, {}, {"quantity": limited}, {"cost": KindRule(truth="manual")})),
    )


def odd_steps(random: Random) -> list[OddStep]:
    """Some runs of which nothing is to be expected but that each comes to a plan."""
    now, steps, number = BEGIN, [], 0
    for _ in range(random.randint(1, 6)):
        now += timedelta(seconds=random.choice((0, 30, 3600, 86400)))
        activities = []
        for _ in range(random.choice((0, 0, 1, 2, 4))):
            number += 1
            at = now - timedelta(seconds=random.choice((0, 1, 60, 90000)))
            activities.append(odd_activity(random, number=number, at=at))
        local = [odd_decision(random, at=now) for _ in range(random.choice((0, 0, 0, 1, 2)))]
        steps.append(
            OddStep(
                activities=tuple(activities),
                snapshot=odd_snapshot(random, now=now),
                local=tuple(local),
                approve=random.random() < 0.1,
                now=now,
            )
        )
    return steps


def odd_snapshot(random: Random, *, now: datetime) -> Snapshot | Failure | None:
    choice = random.random()
    if choice < 0.2:
        return None
    if choice < 0.4:
        return Failure(kind="unavailable", message="503")
    return Snapshot(
        as_of=now - timedelta(seconds=random.choice((0, 0, 5, 4000))),
        holdings=tuple(odd_row(random) for _ in range(random.choice((0, 1, 2, 3, 5)))),
        complete=random.random() < 0.8,
    )


def odd_row(random: Random) -> Holding:
    choose = random.choice
    return Holding(
        symbol=choose(SYMBOLS),
        quantity=choose(TEXTS),
        average_price=choose(TEXTS),
        price=choose(TEXTS),
        venue_id=choose((None, None, "1", "2", "")),
        side=choose(SIDES),
        asset_class=choose(CLASSES),
        currency=choose((None, "USD", "EUR", "")),
        multiplier=choose((None, None, None, *TEXTS)),
        leverage=choose(TEXTS),
        realized_pnl=choose(TEXTS),
    )


def odd_activity(random: Random, *, number: int, at: datetime) -> Activity:
    """An activity with any fields; ids come again, with the same content or other."""
    choose = random.choice
    return Activity(
        id=ActivityId(f"a{random.randint(1, number)}"),
        type=choose(ACTIVITY_TYPES),
        symbol=choose(SYMBOLS[:10]),
        at=at,
        quantity=choose(NUMBERS),
        price=choose(NUMBERS),
        fee=choose((None, None, *NUMBERS)),
        fee_currency=choose((None, None, "USD", "BTC", "BNB", "ETH")),
        cash=choose(NUMBERS),
        currency=choose((None, None, "EUR")),
        cost=choose((None, *NUMBERS)),
        ratio=choose(RATIOS),
        to=choose((None, "META", "NEW", "AAPL", "BTC/USD")),
        side=choose(SIDES),
        lot=choose((None, ActivityId("a1"), ActivityId("a2"))),
        venue_id=choose((None, None, "2")),
        deleveraged=random.random() < 0.1,
        cancels=choose((*[None] * 6, ActivityId("a1"), ActivityId("a2"), ActivityId("a3"))),
        realized_pnl=choose((None, None, *NUMBERS)),
    )


def odd_decision(random: Random, *, at: datetime) -> Local:
    return Local(
        action=random.choice(LOCAL_ACTIONS),
        symbol=random.choice(SYMBOLS),
        at=at,
        quantity=random.choice(NUMBERS),
        price=random.choice(NUMBERS),
        side=random.choice(SIDES),
    )
