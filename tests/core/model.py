"""A second opinion: positions and realized money in fractions, written from the rules alone.

It shares nothing with the core but the activities it reads. Fractions have no digits to lose, so
where the core rounds a quotient the two may differ in the fiftieth digit, and nowhere else.
"""

from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from fractions import Fraction

from core.model_values import NONE, Account, Closing, Episode, Lot, Money, Nonsense
from tieout.core.activity import Activity
from tieout.core.instrument import Instrument
from tieout.core.policy import CostBasis


class Model:
    """An account folded from activities in order of time."""

    def __init__(self, instruments: Iterable[Instrument], *, cost_basis: CostBasis) -> None:
        self.cost_basis = cost_basis
        self.accounts = {each.symbol: Account(each, each.symbol) for each in instruments}
        self.names: dict[str, Account] = dict(self.accounts)
        self.refused: set[str] = set()

    @classmethod
    def of(
        cls,
        activities: Iterable[Activity],
        *,
        instruments: Iterable[Instrument],
        cost_basis: CostBasis,
    ) -> "Model":
        """Everything that counts, in order of time; what is taken back is left out."""
        model = cls(instruments, cost_basis=cost_basis)
        for activity in counting(activities):
            model.apply(activity)
        return model

    def apply(self, activity: Activity) -> None:
        account = self.names[activity.symbol]
        if self.cost_basis == "specific" and not self._has_lot(account, activity):
            self.refused.add(activity.id)
            return
        EFFECTS[activity.type](self, account, activity)

    def _has_lot(self, account: Account, activity: Activity) -> bool:
        """Under `specific` a trade that closes names a lot that holds all it closes."""
        if activity.quantity is None or activity.type not in ("fill", "liquidation"):
            return True
        moved, _ = moved_by(account, activity)
        held = account.quantity
        if not held or (held > 0) == (moved > 0):
            return True
        part = min(abs(moved), abs(held))
        return any(lot.id == activity.lot and abs(lot.quantity) >= part for lot in account.lots)

    # Movements

    def move(
        self,
        account: Account,
        activity: Activity,
        quantity: Fraction,
        *,
        price: Fraction,
        fee: Fraction = NONE,
        reason: str = "fill",
        reduces: bool = True,
    ) -> None:
        """A trade: units come in, go out, or both; the fee divides by quantity."""
        held = account.quantity
        account.paid += quantity * price * account.multiplier
        account.turnover += abs(quantity * price * account.multiplier) + abs(fee)
        account.charged += fee
        if not held or (held > 0) == (quantity > 0):
            self.open(account, activity, quantity, quantity * price * account.multiplier, fee)
            return
        if abs(quantity) <= abs(held):
            self.close(account, activity, quantity, price=price, fee=fee, reason=reason)
            if account.lots and reduces:
                account.status = "REDUCED"
            return
        share = fee * held / -quantity
        rest = quantity + held
        self.close(account, activity, -held, price=price, fee=share, reason=reason)
        self.open(account, activity, rest, rest * price * account.multiplier, fee - share)

    def open(
        self,
        account: Account,
        activity: Activity,
        quantity: Fraction,
        cost: Fraction | None,
        fee: Fraction,
    ) -> None:
        if account.episode is None:
            account.episode = Episode(activity.id, activity.at)
        account.status = "OPEN"
        lot = Lot(activity.id, quantity, cost, fee)
        if self.cost_basis == "average" and account.lots:
            pool = account.lots[0]
            pool.cost = None if pool.cost is None or cost is None else pool.cost + cost
            pool.quantity += quantity
            pool.fees += fee
        else:
            account.lots.append(lot)

    def close(
        self,
        account: Account,
        activity: Activity,
        quantity: Fraction,
        *,
        price: Fraction | None,
        fee: Fraction = NONE,
        reason: str,
    ) -> None:
        """Take units out; with a price they realize, without one they take their cost along."""
        cost, fees = self.take(account, -quantity, activity.lot)
        if price is not None:
            gross = None if cost is None else -quantity * price * account.multiplier - cost
            account.closings.append(Closing(activity.id, -quantity, gross, fees + fee))
            figures = Money(fees=fees + fee, unknown=1)
            if gross is not None:
                figures = Money(gross=gross, fees=fees + fee)
            account.realize(account.instrument.currency, figures)
        else:
            account.paid -= cost if cost is not None else NONE
            account.charged -= fees
        if not account.lots:
            self.end(account, activity, reason=reason)

    def end(self, account: Account, activity: Activity, *, reason: str) -> None:
        episode = account.episode
        assert episode is not None
        episode.closed_by, episode.closed_at, episode.reason = activity.id, activity.at, reason
        account.ended.append(episode)
        account.episode = None
        account.status = "LIQUIDATED" if reason == "liquidation" else "CLOSED"

    def take(
        self, account: Account, quantity: Fraction, name: str | None
    ) -> tuple[Fraction | None, Fraction]:
        """The cost and opening fees of the units that go, lot by lot in the method's order."""
        cost: Fraction | None = NONE
        fees, left = NONE, quantity
        for lot in self.order(account, name):
            if not left:
                break
            part = lot.quantity if abs(lot.quantity) <= abs(left) else left
            ratio = part / lot.quantity
            cost = None if cost is None or lot.cost is None else cost + lot.cost * ratio
            fees += lot.fees * ratio
            lot.cost = None if lot.cost is None else lot.cost * (1 - ratio)
            lot.fees *= 1 - ratio
            lot.quantity -= part
            left -= part
        if left:
            raise Nonsense(account.symbol)
        account.lots = [lot for lot in account.lots if lot.quantity]
        return cost, fees

    def order(self, account: Account, name: str | None) -> list[Lot]:
        lots = list(account.lots)
        if self.cost_basis == "lifo":
            return lots[::-1]
        if self.cost_basis == "hifo":
            return sorted(lots, key=lambda lot: gain_rank(lot))
        if self.cost_basis == "specific" and name is not None:
            return [lot for lot in lots if lot.id == name]
        return lots

    # What each activity does

    def fill(self, account: Account, activity: Activity) -> None:
        assert activity.price is not None
        moved, fee = moved_by(account, activity)
        reason = "fill"
        if activity.type == "liquidation":
            reason = "deleveraged" if activity.deleveraged else "liquidation"
        self.move(account, activity, moved, price=Fraction(activity.price), fee=fee, reason=reason)
        if activity.fee and is_foreign(account, activity):
            assert activity.fee_currency is not None
            figures = Money(fees=Fraction(activity.fee))
            open_episode = account.episode
            if open_episode is None:
                account.episode = account.ended[-1]
            account.realize(activity.fee_currency, figures)
            account.episode = open_episode

    def fee(self, account: Account, activity: Activity) -> None:
        if activity.quantity is None:
            assert activity.cash is not None
            currency = activity.currency or account.instrument.currency
            if currency == account.instrument.currency:
                account.charged -= Fraction(activity.cash)
            account.realize(currency, Money(fees=-Fraction(activity.cash)))
            return
        assert activity.price is not None
        quantity, price = Fraction(activity.quantity), Fraction(activity.price)
        sensible(account, quantity)
        worth = -quantity * price * account.multiplier
        self.move(account, activity, quantity, price=price, fee=worth, reduces=False)

    def cash(self, account: Account, activity: Activity) -> None:
        assert activity.cash is not None
        cash = Fraction(activity.cash)
        is_funding = activity.type == "funding"
        figures = Money(funding=cash) if is_funding else Money(income=cash)
        account.realize(activity.currency or account.instrument.currency, figures)

    def split(self, account: Account, activity: Activity) -> None:
        assert activity.ratio is not None
        for lot in account.lots:
            lot.quantity *= Fraction(activity.ratio.new) / Fraction(activity.ratio.old)
        if activity.cash is None:
            return
        held = account.quantity
        fraction = held - int(held)
        if not fraction:
            raise Nonsense("cash in lieu of nothing")
        price = Fraction(activity.cash) / fraction / account.multiplier
        self.move(account, activity, -fraction, price=price, reduces=False)

    def rename(self, account: Account, activity: Activity) -> None:
        assert activity.to is not None
        self.names[activity.to] = account
        account.symbol = activity.to

    def transfer(self, account: Account, activity: Activity) -> None:
        assert activity.quantity is not None
        quantity, held = Fraction(activity.quantity), account.quantity
        if held and (held > 0) != (quantity > 0):
            self.close(account, activity, quantity, price=None, reason="transfer")
            return
        cost = None
        if activity.cost is not None:
            cost = Fraction(activity.cost) if quantity > 0 else -Fraction(activity.cost)
            account.paid += cost
            account.turnover += abs(cost)
        self.open(account, activity, quantity, cost, NONE)

    def expiry(self, account: Account, activity: Activity) -> None:
        price = Fraction(activity.price) if activity.price is not None else NONE
        quantity = -account.quantity
        if activity.quantity is not None:
            quantity = Fraction(activity.quantity)
        if quantity:
            sensible(account, quantity)
            self.move(account, activity, quantity, price=price, reason=activity.type, reduces=False)


EFFECTS: Mapping[str, Callable[[Model, Account, Activity], None]] = {
    "fill": Model.fill,
    "liquidation": Model.fill,
    "fee": Model.fee,
    "funding": Model.cash,
    "dividend": Model.cash,
    "split": Model.split,
    "rename": Model.rename,
    "transfer": Model.transfer,
    "expiry": Model.expiry,
    "assignment": Model.expiry,
    "exercise": Model.expiry,
}


def counting(activities: Iterable[Activity]) -> list[Activity]:
    """The activities that count, each id once, in order of time; cancelled ones are left out."""
    known = {activity.id: activity for activity in activities}
    taken_back: set[str] = set()
    waiting: set[str] = set()
    for activity in sorted(known.values(), key=lambda each: each.at, reverse=True):
        if activity.cancels is None or activity.id in taken_back:
            continue
        if activity.cancels not in known:
            waiting.add(activity.id)
            continue
        taken_back.add(activity.cancels)
        target = known[activity.cancels]
        if activity.quantity == (
            None if target.quantity is None else target.quantity.copy_negate()
        ):
            taken_back.add(activity.id)
    left = [each for each in known.values() if each.id not in taken_back | waiting]
    return sorted(left, key=lambda each: each.at)


def is_own_coin(account: Account, activity: Activity) -> bool:
    base = account.symbol.split("/")[0]
    return account.instrument.asset_class == "spot" and activity.fee_currency == base


def is_foreign(account: Account, activity: Activity) -> bool:
    currency = activity.fee_currency or account.instrument.currency
    return currency != account.instrument.currency and not is_own_coin(account, activity)


def moved_by(account: Account, activity: Activity) -> tuple[Fraction, Fraction]:
    """What a fill moves, and its fee in the instrument's currency; a coin fee takes units along."""
    assert activity.quantity is not None
    assert activity.price is not None
    quantity = Fraction(activity.quantity)
    fee = Fraction(activity.fee) if activity.fee is not None else NONE
    if is_own_coin(account, activity):
        return quantity - fee, fee * Fraction(activity.price) * account.multiplier
    return quantity, NONE if is_foreign(account, activity) else fee


def gain_rank(lot: Lot) -> tuple[int, Fraction]:
    """What gains least first: the dearest of a long, the cheapest sale of a short."""
    if lot.cost is None:
        return 1, NONE
    price = lot.cost / lot.quantity
    return 0, -price if lot.quantity > 0 else price


def sensible(account: Account, quantity: Fraction) -> None:
    """Only units that are held can expire or be taken as a fee."""
    if account.quantity * quantity > 0 or abs(quantity) > abs(account.quantity):
        raise Nonsense(account.symbol)


def exactly(value: Fraction) -> Decimal:
    """A fraction whose decimals end, as a Decimal with all of them."""
    shift = 0
    numerator, denominator = value.numerator, value.denominator
    while denominator % 2 == 0 or denominator % 5 == 0:
        factor = 10 if denominator % 10 == 0 else (2 if denominator % 2 == 0 else 5)
        denominator //= factor
        numerator *= 10 // factor
        shift += 1
    assert denominator == 1, f"{value} has no last digit"
    return Decimal(f"{numerator}E-{shift}")
