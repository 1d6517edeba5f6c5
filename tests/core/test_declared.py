"""What a person declares about an instrument, beside what its symbol and its venue tell."""

from datetime import date
from decimal import Decimal

import pytest

from tieout.core.declared import Declared
from tieout.core.instrument import Instrument, unknown_size

BOND = Instrument(
    symbol="IBCID5", asset_class="bond", currency="EUR", multiplier=None, venue_ids=("5",),
    spellings=("US-T",), expires=date(2031, 5, 15), price_decimals=4,
)  # fmt: skip


def alone(**said):
    return Declared(**{"symbol": "ESZ6", **said}).alone(venue="ibkr", currency="USD")


def test_what_is_declared_goes_before_what_is_told():
    said = Declared(
        symbol="IBCID5", asset_class="fund", multiplier=Decimal(10), currency="CHF",
        venue_ids=("5", "6"), spellings=("T-BILL",), expires=date(2032, 1, 1), price_decimals=0,
        inverse=True,
    )  # fmt: skip
    assert said.over(BOND) == Instrument(
        symbol="IBCID5", asset_class="fund", multiplier=Decimal(10), currency="CHF",
        venue_ids=("5", "6"), spellings=("T-BILL",), expires=date(2032, 1, 1), price_decimals=0,
        inverse=True,
    )  # fmt: skip


def test_what_is_left_open_is_as_told():
    assert Declared(symbol="ibcid5").over(BOND) == BOND


def test_a_flag_that_is_declared_false_is_so():
    told = Instrument(symbol="BTCUSD", inverse=True)
    assert not Declared(symbol="BTCUSD", inverse=False).over(told).inverse


def test_alone_it_is_what_the_symbol_tells_and_what_is_declared():
    found = alone(symbol=" AAPL260417C00200000 ", price_decimals=2)
    assert (found.symbol, found.asset_class, found.multiplier) == (
        "AAPL260417C00200000", "option", 100,
    )  # fmt: skip
    assert (found.expires, found.price_decimals) == (date(2026, 4, 17), 2)


@pytest.mark.parametrize(
    ("said", "multiplier"),
    [
        ({}, 1),
        ({"asset_class": "stock"}, 1),
        ({"asset_class": "fund"}, 1),
        ({"asset_class": "future"}, None),
        ({"asset_class": "option"}, None),
        ({"asset_class": "future", "multiplier": Decimal(50)}, 50),
        ({"symbol": "AAPL260417C00200000", "asset_class": "option"}, 100),
        ({"symbol": "AAPL260417C00200000", "asset_class": "future"}, None),
    ],
)
def test_the_size_of_a_contract_is_never_taken_as_one(said, multiplier):
    assert alone(**said).multiplier == multiplier


def test_an_unknown_size_says_the_setting_that_gives_it():
    assert unknown_size(BOND) == (
        "the multiplier of the bond IBCID5 is not known; give it in instruments: "
        'in tieout.toml, [instruments."IBCID5"] with multiplier = a number'
    )
