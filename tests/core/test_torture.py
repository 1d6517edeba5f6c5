"""The properties over a great many more histories; `make torture` runs them."""

from collections.abc import Iterable

import pytest

from core import test_base_sums, test_money, test_oddities, test_properties, test_quiet
from core.seeds import Property, go_through, tortures, wanted

__all__ = ["test_base_sums", "test_money", "test_oddities", "test_properties", "test_quiet"]


@pytest.mark.torture
@pytest.mark.timeout(3600)
@pytest.mark.parametrize(("check", "seeds"), list(tortures()))
def test_holds_for_many_more_histories(check: Property, seeds: Iterable[int]) -> None:
    go_through(check, wanted(list(seeds)))
