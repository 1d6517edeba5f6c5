"""Numbers, times and differences as a person reads them."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from tieout.cli.moments import end_before, end_of, start_of
from tieout.cli.output import json_line, json_text
from tieout.cli.words import (
    break_sentence,
    change_sentence,
    clean,
    holding,
    in_base,
    listed,
    money,
    net_words,
    price,
    quantity,
    short,
    since,
    span,
    time_of_day,
    units,
)
from tieout.core.activity import ActivityId
from tieout.core.breaks import Break, BreakId, Cause
from tieout.core.errors import SettingsError
from tieout.core.instrument import Instrument, LedgerId
from tieout.core.numbers import Amount
from tieout.core.plan import Change
from tieout.core.pnl import BaseFigure, Figures, Totals

NOW = datetime(2024, 11, 20, 15, 0, tzinfo=UTC)
BEGAN = datetime(2024, 11, 20, 9, 31, tzinfo=UTC)
STOCK = Instrument(symbol="AAPL")
COIN = Instrument(symbol="BTC/USD", asset_class="spot")


def found(kind: str = "quantity", **more: object) -> Break:
    given = {
        "id": BreakId("B1"),
        "kind": kind,
        "ledger": LedgerId("AAPL"),
        "symbol": "AAPL",
        "ours": {"quantity": Decimal(10)},
        "theirs": {"quantity": Decimal(9)},
        "remainder": Decimal(-1),
        "first_at": BEGAN,
        "last_at": BEGAN,
    }
    return Break(**{**given, **more})


def cause(name: str, moved: str) -> Cause:
    return Cause(cause="fill", id=ActivityId(name), quantity=Decimal(moved))


SENTENCES = [
    (found(), STOCK, "AAPL: we hold 10, broker says 9; 1 share unexplained since 09:31"),
    (found(explanation=(cause("f1", "-4"), cause("f2", "3"))), STOCK,
     "AAPL: we hold 10, broker says 9; fill f1 explains -4; fill f2 explains 3; "
     "1 share unexplained since 09:31"),
    (found(kind="reference", ours={"multiplier": Decimal(50)}, remainder=None,
           theirs={"multiplier": Decimal(500)}), STOCK,
     "AAPL: our multiplier 50, broker's 500; since 09:31"),
    (found(kind="reference", ours={"currency": "USD"}, theirs={"currency": "E\x1bUR"},
           remainder=None), STOCK,
     "AAPL: our currency USD, broker's E?UR; since 09:31"),
    (found(theirs={"quantity": Decimal(-3)}, remainder=Decimal(-13)), STOCK,
     "AAPL: we hold 10, broker says 3 short; 13 shares unexplained since 09:31"),
    (found("missing_at_broker", theirs=None, remainder=Decimal(-10)), STOCK,
     "AAPL: we hold 10, broker lists none; 10 shares unexplained since 09:31"),
    (found("missing_in_book", ours={"quantity": Decimal(0)}, remainder=Decimal(9)), STOCK,
     "AAPL: we hold nothing, broker says 9; 9 shares unexplained since 09:31"),
    (found(symbol="BTC/USD", remainder=Decimal("0.000625")), COIN,
     "BTC/USD: we hold 10, broker says 9; 0.000625 BTC unexplained since 09:31"),
    (found("side", side="short"), None,
     "AAPL short: we hold 10, broker says 9; 1 unexplained since 09:31"),
    (found("cost", ours={"average_price": Decimal("100.00")},
           theirs={"average_price": Decimal("99.50")}, remainder=Decimal("-0.50")), STOCK,
     "AAPL: our average price 100.00, broker's 99.50; since 09:31"),
    (found("incomplete_source", symbol=None, ledger=None, ours=None, theirs=None, remainder=None),
     None,
     "The whole account: the broker could not be read in full, nothing was closed; since 09:31"),
    (found("stale_source", symbol=None, ours=None, theirs=None, remainder=None), None,
     "The whole account: the broker's answer was older than the last one, it was not used; "
     "since 09:31"),
    (found("duplicate", ours=None, theirs=None, remainder=None), None,
     "AAPL: reported twice; since 09:31"),
    (found("duplicate", theirs={"quantity": Decimal(10)}, remainder=Decimal(0)), STOCK,
     "AAPL: reported twice; since 09:31"),
    (found(status="resolved"), STOCK,
     "AAPL: we hold 10, broker says 9; resolved, first seen 09:31"),
    (found(symbol="\x1b[31mEVIL\x07"), STOCK,
     "?[31mEVIL?: we hold 10, broker says 9; 1 share unexplained since 09:31"),
]  # fmt: skip


@pytest.mark.parametrize(("difference", "instrument", "sentence"), SENTENCES)
def test_a_break_is_a_sentence(folder, difference, instrument, sentence):
    assert break_sentence(difference, instrument, now=NOW) == sentence


def change(kind: str = "reduced", **more: object) -> Change:
    given = {
        "kind": kind, "ledger": LedgerId("AAPL"), "symbol": "AAPL", "side": None,
        "before": Decimal(10), "after": Decimal(6), "average_price": Decimal(100),
        "status": "REDUCED", "reconciliation": "SYNCED", "currency": "USD",
    }  # fmt: skip
    return Change(**{**given, **more})


def realized(**by_currency: Figures) -> Totals:
    return Totals(by_currency)


WON = Figures(gross=Amount(Decimal(120)), fees=Amount(Decimal(1)), closings=1)
CHANGES = [
    (change(), "AAPL: reduced 10 -> 6 @ 100.00"),
    (change(realized=realized(USD=WON), explained_by=(ActivityId("f1"),)),
     "AAPL: reduced 10 -> 6 @ 100.00, realized +119.00 USD, by f1"),
    (change(realized=realized(USD=WON), is_estimated=True, reconciliation="DRIFT"),
     "AAPL: reduced 10 -> 6 @ 100.00, realized +119.00 USD (estimated), DRIFT"),
    (change(realized=realized(USD=Figures(closings=1, unknown=1), BNB=WON)),
     "AAPL: reduced 10 -> 6 @ 100.00, realized +119.00 BNB and not known USD"),
    (change(realized=realized(USD=Figures())), "AAPL: reduced 10 -> 6 @ 100.00"),
    (change("closed", after=Decimal(0), average_price=None, reason="expiry", side="long"),
     "AAPL long: closed 10 -> 0, expiry"),
    (change("renamed", renamed_from="FB"), "AAPL: renamed 10 -> 6 @ 100.00, was FB"),
    (change("missing", reconciliation="PENDING"),
     "AAPL: missing at the broker, we hold 6, PENDING"),
    (change("invalid", reconciliation="FAILED"),
     "AAPL: reported in a way that cannot be used, we hold 6, FAILED"),
    (change("invalid", symbol="", after=Decimal(0), reconciliation="FAILED"),
     "A row without symbol: reported in a way that cannot be used, we hold nothing, FAILED"),
]  # fmt: skip


IN_EUROS = BaseFigure(currency="EUR", net=Amount(Decimal(110)), price=Amount(Decimal("107.5")))
DIVIDEND = Figures(income=Decimal(5))


@pytest.mark.parametrize(
    ("made", "words"),
    [
        (realized(USD=WON),
         "+119.00 USD (+110.00 EUR: price +107.50, exchange +2.50)"),
        (realized(USD=WON.plus(DIVIDEND)),
         "+124.00 USD (closings +110.00 EUR: price +107.50, exchange +2.50)"),
        (realized(USD=WON, BNB=Figures(fees=Amount(Decimal(1)))),
         "-1.00 BNB and +119.00 USD (closings +110.00 EUR: price +107.50, exchange +2.50)"),
        (realized(USD=WON, BNB=Figures()),
         "+119.00 USD (+110.00 EUR: price +107.50, exchange +2.50)"),
    ],
)  # fmt: skip
def test_a_base_value_is_never_taken_for_money_that_no_closing_brought(made, words):
    assert net_words(made) + in_base(IN_EUROS, of=made) == words
    assert in_base(None, of=made) == ""


@pytest.mark.parametrize(("made", "sentence"), CHANGES)
def test_a_change_is_a_sentence(made, sentence):
    assert change_sentence(made) == sentence


def test_numbers_are_short_but_never_wrong_by_a_share():
    assert quantity(Decimal("1E+3")) == "1,000"
    assert quantity(Decimal("0.123456789")) == "0.123456789"
    assert quantity(None) == price(None) == "-"
    assert price(Decimal("0.5")) == "0.50"
    assert price(Decimal("1234.56789")) == "1,234.5679"
    assert money(Decimal(0), "USD") == "0.00 USD"
    assert money(None, "USD") == "not known USD"
    assert money(Decimal("1234567.891"), "USD") == "+1,234,567.89 USD"
    assert money(Decimal("9" * 60), is_signed=False).endswith("999.00")
    assert money(Decimal("0.000000001")) == "0.00000000"


def test_units_have_their_words():
    option = Instrument(symbol="X", asset_class="option", multiplier=Decimal(100))
    other = Instrument(symbol="X", asset_class="other")
    assert units(Decimal(-1), option) == "1 contract"
    assert units(Decimal(2), other) == "2 units"
    assert holding(None) == holding(Decimal(0)) == "nothing"


def test_times_are_of_today_or_carry_their_date(folder):
    assert time_of_day(None, now=NOW) == "never"
    assert time_of_day(BEGAN, now=NOW) == "09:31:00"
    assert time_of_day(BEGAN, now=NOW + timedelta(days=1)) == "2024-11-20 09:31"
    assert since(BEGAN, now=NOW + timedelta(days=1)) == "2024-11-20 09:31"
    assert [span(each) for each in (0.05, 59, 60, 3600, 90_000)] == [
        "0.1 s", "59 s", "1 min", "60 min", "25 h",
    ]  # fmt: skip


def test_long_ids_and_lists_are_shortened():
    assert short("20261120074935364::1a2b8f1f-f1fd-42a2-9755-d4c13a902931") == "…3a902931"
    assert listed(["a", "b", "c", "d", "e", "f"]) == "a, b, c, d and 2 more"
    assert clean("a\tb\n") == "a?b?"


def test_a_day_alone_is_all_of_it(folder):
    day = "2024-11-20"
    assert start_of(day, "--from") == datetime(2024, 11, 20, tzinfo=UTC)
    assert end_before(day, "--to") == datetime(2024, 11, 21, tzinfo=UTC)
    assert end_of(day, "--as-of") == datetime(2024, 11, 20, 23, 59, 59, 999_999, tzinfo=UTC)
    for read in (start_of, end_before, end_of):
        assert read("2024-11-20T09:31", "--x") == BEGAN
        assert read("2024-11-20T04:31-05:00", "--x") == BEGAN
        with pytest.raises(SettingsError, match="--x: '2024-11-31' is not a time"):
            read("2024-11-31", "--x")


def test_json_has_every_digit_as_a_number():
    long = Decimal("12345678901234567.123456789")
    material = {"a": long, "b": [Decimal("1E-7")], "c": None, "d": NOW, "e": NOW.date()}
    line = '{"a":12345678901234567.123456789,"b":[0.0000001],"c":null,'
    assert json_line(material) == line + '"d":"2024-11-20T15:00:00Z","e":"2024-11-20"}\n'
    assert '  "a": 12345678901234567.123456789,\n' in json_text(material)
