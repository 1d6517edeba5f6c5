"""What the generated histories amount to: how many, and that nothing is missing from them."""

from random import Random

from core import test_base_sums, test_money, test_oddities, test_properties, test_quiet
from core.histories import ANYTHING, History, history
from core.model_values import Account
from core.seeds import HISTORIES, HISTORIES_BY_DEFAULT, PROMISED, PROPERTIES
from core.test_money import BALANCED
from tieout.core.policy import COST_BASES

__all__ = ["test_base_sums", "test_money", "test_oddities", "test_properties", "test_quiet"]

SEEDS = range(200)


def test_ten_thousand_histories_are_the_default():
    assert HISTORIES_BY_DEFAULT >= 10_000


def test_the_promised_properties_go_through_them_all():
    promised = [each for each in PROPERTIES if each.is_promised]
    assert {each.check.__name__ for each in promised} == PROMISED
    assert sum(len(each.seeds) for each in promised) >= HISTORIES


def test_every_cost_basis_has_shorts_flips_and_splits():
    for flavour in (ANYTHING, BALANCED):
        lives = [history(Random(seed), flavour) for seed in SEEDS]
        assert {each for lived in lives for each in features(lived)} == {
            (basis, what) for basis in COST_BASES for what in ("short", "flip", "split")
        }


def features(lived: History) -> set[tuple[str, str]]:
    accounts = lived.truth().accounts.values()
    found = {"split" for each in lived.activities if each.type == "split"}
    found |= {"short" for each in accounts if each.quantity < 0}
    found |= {"flip" for each in accounts if has_flipped(each)}
    return {(lived.cost_basis, what) for what in found}


def has_flipped(account: Account) -> bool:
    opened = {each.opened_by for each in account.ended}
    if account.episode is not None:
        opened.add(account.episode.opened_by)
    return bool(opened & {each.closed_by for each in account.ended})
