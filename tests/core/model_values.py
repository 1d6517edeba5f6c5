"""What the model in fractions is made of: lots, money, closings, episodes, one instrument."""

from dataclasses import dataclass, field
from datetime import datetime
from fractions import Fraction

from tieout.core.instrument import Instrument

NONE = Fraction(0)


class Nonsense(Exception):
    """Something that cannot happen at a venue, such as a transfer of more than is held."""


@dataclass
class Lot:
    """Units that came together; `cost` is a total signed like the quantity, None if unknown."""

    id: str
    quantity: Fraction
    cost: Fraction | None
    fees: Fraction


@dataclass
class Money:
    """What was realized in one currency; `unknown` closings are in no figure but the fees."""

    gross: Fraction = NONE
    fees: Fraction = NONE
    funding: Fraction = NONE
    income: Fraction = NONE
    unknown: int = 0

    def add(self, other: "Money") -> None:
        self.gross += other.gross
        self.fees += other.fees
        self.funding += other.funding
        self.income += other.income
        self.unknown += other.unknown


@dataclass
class Closing:
    """One realization; `quantity` is signed like the position it closed."""

    by: str
    quantity: Fraction
    gross: Fraction | None
    fees: Fraction


@dataclass
class Episode:
    """From flat to flat: who opened and closed it, and what it realized by currency."""

    opened_by: str
    opened_at: datetime
    money: dict[str, Money] = field(default_factory=dict)
    closed_by: str = ""
    closed_at: datetime | None = None
    reason: str = ""


@dataclass
class Account:
    """One instrument of the model: its lots, its open episode and all that went before."""

    instrument: Instrument
    symbol: str
    lots: list[Lot] = field(default_factory=list)
    episode: Episode | None = None
    ended: list[Episode] = field(default_factory=list)
    closings: list[Closing] = field(default_factory=list)
    money: dict[str, Money] = field(default_factory=dict)
    status: str = "CLOSED"
    paid: Fraction = NONE
    charged: Fraction = NONE
    turnover: Fraction = NONE

    @property
    def quantity(self) -> Fraction:
        return sum((lot.quantity for lot in self.lots), NONE)

    @property
    def cost(self) -> Fraction | None:
        costs = [lot.cost for lot in self.lots if lot.cost is not None]
        return sum(costs, NONE) if len(costs) == len(self.lots) else None

    @property
    def fees(self) -> Fraction:
        """The opening fees that the open units still carry."""
        return sum((lot.fees for lot in self.lots), NONE)

    @property
    def multiplier(self) -> Fraction:
        assert self.instrument.multiplier is not None
        return Fraction(self.instrument.multiplier)

    @property
    def average(self) -> Fraction | None:
        if self.cost is None or not self.lots:
            return None
        return self.cost / self.quantity / self.multiplier

    def realize(self, currency: str, money: Money) -> None:
        """Money for the account and for the open episode."""
        self.money.setdefault(currency, Money()).add(money)
        if self.episode is not None:
            self.episode.money.setdefault(currency, Money()).add(money)
