"""The same properties with hypothesis choosing: what it finds it makes as small as it can."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core import test_base_sums, test_money, test_oddities, test_properties, test_quiet
from core.seeds import PROPERTIES, Property

MODULES = (test_base_sums, test_money, test_oddities, test_properties, test_quiet)
EXAMPLES = 25
NAMES = {each.check.__name__: each.check for each in PROPERTIES}


def test_every_property_is_here():
    found = {
        name
        for module in MODULES
        for name, item in vars(module).items()
        if name.startswith("test_") and getattr(item, "is_property", False)
    }
    assert found == set(NAMES)


@pytest.mark.parametrize("check", NAMES.values(), ids=NAMES.keys())
def test_hypothesis_finds_no_history_that_breaks_it(check: Property) -> None:
    @settings(
        max_examples=EXAMPLES,
        derandomize=True,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(st.randoms(use_true_random=False, note_method_calls=False))
    def holds(random) -> None:
        check(random)

    holds()


def test_the_shares_of_the_promised_properties_make_one():
    assert round(sum(each.share for each in PROPERTIES if each.is_promised), 6) == 1
