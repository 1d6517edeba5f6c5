"""What is said of positions that their fills and trades do not account for."""

from collections.abc import Mapping, Sequence

from tieout.core.snapshot import Holding


def doubted(holding: Holding, doubts: Mapping[str, str]) -> Holding:
    """A row that is not believed yet is a problem of that row."""
    if holding.symbol not in doubts or holding.problem:
        return holding
    problem = f"it moved to {holding.quantity} without a fill, since {doubts[holding.symbol]}"
    return Holding(symbol=holding.symbol, problem=problem)


def absent(holdings: Sequence[Holding], doubts: Mapping[str, str]) -> list[str]:
    """Why a list is not whole that lacks what no trade has closed."""
    gone = set(doubts) - {each.symbol for each in holdings}
    return [f"{symbol} is gone without a fill, since {doubts[symbol]}" for symbol in sorted(gone)]


def contradicted(doubts: Mapping[str, str]) -> list[str]:
    """Why a first reading is not used."""
    return [
        f"{symbol} is reported otherwise than its fills lead to: if the next reading says the "
        "same, it is believed"
        for symbol in sorted(doubts)
    ]
