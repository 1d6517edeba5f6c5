"""No money is made or lost by arithmetic: the core against a model in fractions."""

from collections.abc import Iterable
from decimal import Context, Decimal, localcontext
from fractions import Fraction
from random import Random

from core.driving import Step, empty_book, last_book, policy_of, whole_fold
from core.histories import ANYTHING, Flavour, History, history
from core.model_values import Account, Closing, Episode, Money
from core.seeds import holds_for_generated_histories
from tieout.core.lots import Lot, total_cost, total_fees, total_quantity
from tieout.core.numbers import Amount
from tieout.core.pnl import Closing as CoreClosing
from tieout.core.pnl import Figures, Totals
from tieout.core.position import Episode as CoreEpisode
from tieout.core.position import Position
from tieout.core.working import Folded

# A quotient has 50 digits; what is left of a large figure after small ones are taken off it has
# fewer, so differences are measured against what went through the account.
SMALLEST = Fraction(1, 10**44)
KNOWN_COSTS = Flavour(unknown_costs=False)
# A transfer takes its cost along, which is a quotient that nothing balances.
BALANCED = Flavour(unknown_costs=False, transfers=False)
SOME_PRICE = Decimal("123.456789")
CURRENCY = "USD"


def folds(lived: History) -> dict[str, Folded]:
    """What the core makes of a history, by symbol."""
    policy = policy_of(lived)
    at_once = Step(activities=lived.activities, now=lived.end_at)
    book = last_book(empty_book(lived), [at_once], policy)
    return {each.instrument.symbol: each for each in whole_fold(book, policy).values()}


def both(lived: History) -> Iterable[tuple[Folded, Account]]:
    """The core's account and the model's, for every instrument that something happened to."""
    found = folds(lived)
    for account in lived.truth().accounts.values():
        if account.symbol in found:
            yield found[account.symbol], account
        else:
            assert not account.lots
            assert not account.money


def near(ours: Amount, theirs: Fraction, *, scale: Fraction) -> bool:
    """Equal, or apart in the last digits of a quotient; an exact figure has no such digits."""
    if not ours.quotient:
        return Fraction(ours.value) == theirs
    return abs(Fraction(ours.value) - theirs) <= SMALLEST * max(scale, abs(theirs))


def scale_of(account: Account) -> Fraction:
    """The size of what went through an account."""
    return account.turnover + Fraction(1)


# Every figure


@holds_for_generated_histories(share=0.16, kept=(1272, 1095, 472, 691))
def test_every_lot_closing_and_episode_is_that_of_the_model(random: Random) -> None:
    for folded, account in both(history(random, ANYTHING)):
        check_position(folded.position, account)
        ours = [closing for _, closing in folded.closings]
        assert [each.by for each in ours] == [each.by for each in account.closings]
        for closing, model_closing in zip(ours, account.closings, strict=True):
            check_closing(closing, model_closing, scale=scale_of(account))
        check_totals(folded.totals, account.money, scale=scale_of(account))
        assert len(folded.ended) == len(account.ended)
        for episode, model_episode in zip(folded.ended, account.ended, strict=True):
            check_episode(episode, model_episode, scale=scale_of(account))


def check_position(position: Position | None, account: Account) -> None:
    lots: tuple[Lot, ...] = position.lots if position is not None else ()
    assert [(lot.id, Fraction(lot.quantity)) for lot in lots] == [
        (lot.id, lot.quantity) for lot in account.lots
    ]
    for lot, model_lot in zip(lots, account.lots, strict=True):
        assert near(lot.fees, model_lot.fees, scale=scale_of(account))
        assert (lot.cost is None) == (model_lot.cost is None)
        if lot.cost is not None and model_lot.cost is not None:
            assert near(lot.cost, model_lot.cost, scale=scale_of(account))
    if position is not None and account.episode is not None:
        assert total_quantity(position.lots) == position.quantity
        assert position.status == account.status
        assert position.opened_by == account.episode.opened_by
        check_totals(position.totals, account.episode.money, scale=scale_of(account))


def check_closing(ours: CoreClosing, theirs: Closing, *, scale: Fraction) -> None:
    assert Fraction(ours.quantity) == theirs.quantity
    assert near(ours.fees, theirs.fees, scale=scale)
    assert (ours.gross is None) == (theirs.gross is None)
    if ours.gross is not None and theirs.gross is not None:
        assert near(ours.gross, theirs.gross, scale=scale)


def check_totals(ours: Totals, theirs: dict[str, Money], *, scale: Fraction) -> None:
    for currency in {*ours.by_currency, *theirs}:
        check_figures(ours.of(currency), theirs.get(currency, Money()), scale=scale)


def check_figures(ours: Figures, theirs: Money, *, scale: Fraction) -> None:
    assert near(ours.gross, theirs.gross, scale=scale)
    assert near(ours.fees, theirs.fees, scale=scale)
    assert Fraction(ours.funding) == theirs.funding
    assert Fraction(ours.income) == theirs.income
    assert ours.unknown == theirs.unknown


def check_episode(ours: CoreEpisode, theirs: Episode, *, scale: Fraction) -> None:
    assert (ours.opened_by, ours.opened_at) == (theirs.opened_by, theirs.opened_at)
    assert (ours.closed_by, ours.closed_at) == (theirs.closed_by, theirs.closed_at)
    assert ours.reason == theirs.reason
    check_totals(ours.totals, theirs.money, scale=scale)


# Sums, exactly


@holds_for_generated_histories(share=0.18, kept=(2323, 1976))
def test_realized_and_unrealized_are_proceeds_less_cost_less_fees(random: Random) -> None:
    """To the last digit, whatever quotients were rounded on the way."""
    for folded, account in both(history(random, BALANCED)):
        figures = folded.totals.of(CURRENCY)
        open_cost, open_fees, worth = Fraction(0), Fraction(0), Fraction(0)
        if folded.position is not None:
            cost = total_cost(folded.position.lots)
            assert cost is not None
            open_cost = Fraction(cost.value)
            open_fees = Fraction(total_fees(folded.position.lots).value)
            worth = Fraction(SOME_PRICE) * account.quantity * account.multiplier
        unrealized = worth - open_cost
        assert Fraction(figures.gross.value) + unrealized == worth - account.paid
        assert Fraction(figures.fees.value) + open_fees == account.charged
        if folded.position is not None:
            ours = folded.position.unrealized_pnl(folded.instrument, SOME_PRICE)
            assert ours is not None
            assert Fraction(ours.value) == unrealized


@holds_for_generated_histories(share=0.04)
def test_the_totals_of_what_is_flat_have_no_quotient_in_them(random: Random) -> None:
    """But for the fee of a fill through zero, which two episodes share."""
    flavour = Flavour(unknown_costs=False, transfers=False, instruments_max=2, length_max=20)
    for folded, _ in both(history(random, flavour)):
        opened = {each.opened_by for each in folded.ended}
        if folded.position is not None:
            opened.add(folded.position.opened_by)
        flips = opened & {each.closed_by for each in folded.ended}
        for episode in folded.ended:
            figures = episode.totals.of(CURRENCY)
            assert figures.gross.quotient == 0
            if not flips & {episode.opened_by, episode.closed_by}:
                assert figures.fees.quotient == 0


@holds_for_generated_histories(share=0.02, kept=(1000981,))
def test_the_decimal_context_of_the_thread_changes_nothing(random: Random) -> None:
    lived = history(random, KNOWN_COSTS)
    expected = folds(lived)
    with localcontext(Context(prec=2, Emax=9, Emin=-9)):
        assert folds(lived) == expected
