"""Trades, options, transfers and lots of Flex statements as activities, each once and exact."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from tieout.venues.ibkr.flex_books import told_by
from tieout.venues.ibkr.flex_files import FlexFiles
from venues.flex import OPTION, STEM, element, statement, trade, write

SHORT = {"buySell": "SELL", "openCloseIndicator": "O"}


def told(folder, *trades, more="", **sections):
    """What one statement tells."""
    write(folder, statement(Trades="".join(trades) + more, **sections))
    return told_by(FlexFiles(folder).shelf().of("U1"))


def one(found):
    assert found.problems == ()
    (activity,) = found.activities
    return activity


def test_an_execution_has_what_the_row_says(tmp_path):
    found = one(
        told(
            tmp_path,
            trade("-1,000.5", "190.123456789012345", ibExecID=f"{STEM}.01", transactionID="5",
                  ibCommission="-1.25", taxes="-0.10", fifoPnlRealized="12.3456789012345678"),
        )
    )  # fmt: skip
    assert (found.id, found.type, found.symbol) == (f"{STEM}.01", "fill", "AAPL")
    assert found.quantity == Decimal("-1000.5")
    assert found.price == Decimal("190.123456789012345")
    assert (found.fee, found.fee_currency, found.currency) == (Decimal("1.35"), "USD", "USD")
    assert found.at == datetime(2026, 11, 20, 14, 30, tzinfo=UTC)
    assert (found.venue_id, found.earliest_at) == ("265598", None)
    assert found.realized_pnl == Decimal("12.3456789012345678")


def test_what_opens_has_no_realized_figure_and_a_rebate_is_kept(tmp_path):
    found = one(told(tmp_path, trade(ibCommission="0.25")))
    assert (found.realized_pnl, found.fee) == (None, Decimal("-0.25"))


def test_case_37_a_reinvested_dividend_is_a_small_buy(tmp_path):
    row = trade("0.5", "20", notes="R", transactionType="FracShare", transactionID="9")
    found = one(told(tmp_path, row))
    assert (found.type, found.quantity, found.price) == ("fill", Decimal("0.5"), 20)


def test_the_side_has_the_last_word_on_the_sign(tmp_path):
    assert one(told(tmp_path, trade("10", buySell="SELL"))).quantity == -10


def test_a_day_alone_is_all_of_it_in_new_york(tmp_path):
    found = one(told(tmp_path, trade(dateTime="", tradeDate="20261120")))
    assert found.earliest_at == datetime(2026, 11, 20, 5, tzinfo=UTC)
    assert found.at == datetime(2026, 11, 21, 4, 59, 59, tzinfo=UTC)


def test_a_day_and_a_time_apart_are_one_moment(tmp_path):
    found = one(told(tmp_path, trade(dateTime="", tradeDate="2026-11-20", tradeTime="093000")))
    assert found.at == datetime(2026, 11, 20, 14, 30, tzinfo=UTC)


def test_a_trade_without_execution_goes_by_its_transaction(tmp_path):
    assert one(told(tmp_path, trade(transactionID="2381339439"))).id == "flex:2381339439"


@pytest.mark.parametrize("level", ["ORDER", "SYMBOL_SUMMARY", "CLOSED_LOT"])
def test_other_levels_of_the_same_trades_do_not_count_again(tmp_path, level):
    found = told(tmp_path, trade(transactionID="1"), trade(levelOfDetail=level))
    assert len(found.activities) == 1
    assert found.ignored == (f"1 x Flex trades of the level {level}",)


def test_currency_trades_are_left_out_and_said(tmp_path):
    found = told(tmp_path, trade(assetCategory="CASH", symbol="EUR.USD"))
    assert (found.activities, found.problems) == ((), ())
    assert found.ignored == ("1 x Flex rows left out: a currency trade",)


def test_a_forced_sale_is_a_liquidation(tmp_path):
    assert one(told(tmp_path, trade("-10", notes="L;P"))).type == "liquidation"


@pytest.mark.parametrize(
    ("notes", "kind", "figure"),
    [("Ep", "expiry", -302), ("A", "assignment", None), ("Ex", "exercise", None)],
)
def test_an_option_ends_by_a_booked_trade(tmp_path, notes, kind, figure):
    row = trade(
        "-2", "0", **OPTION, notes=notes, transactionType="BookTrade", fifoPnlRealized="-302",
        ibCommission="0", transactionID="7",
    )  # fmt: skip
    found = one(told(tmp_path, row))
    assert (found.type, found.price, found.realized_pnl) == (kind, 0, figure)


def test_a_stock_that_an_option_delivers_is_a_fill(tmp_path):
    assert one(told(tmp_path, trade(notes="A", transactionType="BookTrade"))).type == "fill"


def event(**more):
    given = {**OPTION, "date": "20261120", "transactionType": "Expiration", "quantity": "-2",
             "tradePrice": "0.0000", "tradeID": "77", "realizedPnl": "-302.00",
             "commisionsAndTax": "0.00"}  # fmt: skip
    return element("OptionEAE", **{**given, **more})


def test_an_option_event_that_no_trade_tells_ends_the_option(tmp_path):
    found = one(told(tmp_path, OptionEAE=event()))
    assert (found.id, found.type, found.quantity) == ("flex:event:77", "expiry", -2)
    assert found.realized_pnl == Decimal("-302.00")
    assert found.at == datetime(2026, 11, 21, 4, 59, 59, tzinfo=UTC)


def test_an_option_event_that_a_trade_tells_counts_once(tmp_path):
    booked = {"transactionType": "BookTrade", "notes": "Ep", "transactionID": "7"}
    for told_as in ({"tradeID": "77"}, {"tradeID": ""}):
        row = trade("-2", "0", **OPTION, **booked, **told_as)
        assert one(told(tmp_path, row, OptionEAE=event())).id == "flex:7"


def test_an_assignment_delivers_its_shares_at_the_strike(tmp_path):
    shares = event(
        assetCategory="STK", symbol="SPY", conid="8", multiplier="1", expiry="",
        transactionType="Sell", quantity="200", tradePrice="500", tradeID="78",
    )  # fmt: skip
    found = told(tmp_path, OptionEAE=event(transactionType="Assignment", quantity="2") + shares)
    assert [(each.type, each.symbol, each.quantity, each.price) for each in found.activities] == [
        ("assignment", "SPY   261120C00500000", 2, 0), ("fill", "SPY", -200, 500),
    ]  # fmt: skip


def test_an_option_event_of_which_too_little_is_told_is_said(tmp_path):
    found = told(tmp_path, OptionEAE=event(transactionType="Cash Settlement") + event(date=""))
    assert found.activities == ()
    assert found.ignored[0].startswith("2 x Flex option events of SPY")


def cancel(**more):
    return trade("-10", **{"transactionType": "TradeCancel", "buySell": "BUY (Ca.)", **more})


@pytest.mark.parametrize(
    "by", [{"origTransactionID": "1"}, {"origTradeID": "7"}, {"ibExecID": f"{STEM}.01"}]
)
def test_a_cancelled_trade_is_taken_back_and_booked_again(tmp_path, by):
    found = told(
        tmp_path,
        trade("10", tradeID="7", transactionID="1", ibExecID=f"{STEM}.01"),
        cancel(transactionID="2", **by),
        trade("9", tradeID="7", transactionID="3", ibExecID=f"{STEM}.01"),
    )
    assert [(each.id, each.quantity, each.cancels) for each in found.activities] == [
        (f"{STEM}.01", 10, None), ("flex:2", -10, f"{STEM}.01"), ("flex:3", 9, None),
    ]  # fmt: skip


def test_a_cancellation_of_what_is_not_there_is_said(tmp_path):
    found = told(tmp_path, cancel(origTransactionID="99", transactionID="2"))
    assert found.activities == ()
    assert "take back a trade of AAPL that is not here" in found.ignored[0]


def test_an_execution_that_was_corrected_is_not_taken_back_twice(tmp_path):
    found = told(
        tmp_path,
        trade("10", "100", ibExecID=f"{STEM}.01", transactionID="1"),
        trade("10", "101", ibExecID=f"{STEM}.02", transactionID="2"),
        cancel(origTransactionID="1", transactionID="3"),
    )
    assert [each.id for each in found.activities] == [f"{STEM}.01", f"{STEM}.02"]


def test_a_row_of_two_statements_counts_once(tmp_path):
    write(tmp_path, statement(Trades=trade(transactionID="1")), name="monday.xml")
    both = trade(transactionID="1") + trade("5", transactionID="2", tradeID="9")
    write(tmp_path, statement(Trades=both, made="20261122;013000"), name="tuesday.xml")
    found = told_by(FlexFiles(tmp_path).shelf().of("U1"))
    assert [each.id for each in found.activities] == ["flex:1", "flex:2"]
    assert found.source["flex:1"].file == "monday.xml"


def test_two_equal_trades_without_any_id_of_two_statements_are_the_same_ones(tmp_path):
    for name in ("monday.xml", "tuesday.xml"):
        write(tmp_path, statement(Trades=trade()), name=name)
    assert len(told_by(FlexFiles(tmp_path).shelf().of("U1")).activities) == 1


def lot(opened, **more):
    return element("Lot", levelOfDetail="CLOSED_LOT", conid="265598", openDateTime=opened,
                   transactionID="2", currency="USD", assetCategory="STK", **more)  # fmt: skip


def test_a_closing_of_one_lot_names_it(tmp_path):
    bought = trade("10", transactionID="1", dateTime="20261117;100000")
    sold = trade("-10", transactionID="2")
    found = told(tmp_path, bought, sold, more=lot("20261117;100000"))
    assert [each.lot for each in found.activities] == [None, "flex:1"]
    two = told(tmp_path, bought, sold, more=lot("20261117;100000") + lot("20261112;100000"))
    assert [each.lot for each in two.activities] == [None, None]
    unknown = told(tmp_path, bought, sold, more=lot("20261112;100000"))
    assert [each.lot for each in unknown.activities] == [None, None]


def transfer(direction, quantity, **more):
    given = {"currency": "USD", "assetCategory": "STK", "symbol": "FMTIF", "conid": "86544467",
             "multiplier": "1", "date": "2011-07-18", "type": "ACATS", "direction": direction,
             "quantity": quantity, "transferPrice": "0", "positionAmount": "11.51"}  # fmt: skip
    return element("Transfer", **{**given, **more})


@pytest.mark.parametrize(
    ("direction", "quantity", "moved"), [("IN", "226702", 226702), ("OUT", "-5", -5),
                                         ("OUT", "5", -5), ("-", "-5", -5)],
)  # fmt: skip
def test_a_transfer_moves_units_of_unknown_cost(tmp_path, direction, quantity, moved):
    found = one(told(tmp_path, Transfers=transfer(direction, quantity)))
    assert (found.type, found.quantity, found.cost) == ("transfer", moved, None)
    assert found.earliest_at == datetime(2011, 7, 18, 4, tzinfo=UTC)


def test_cash_that_is_transferred_moves_no_position(tmp_path):
    cash = transfer("IN", "0", assetCategory="CASH", cashTransfer="500")
    assert told(tmp_path, Transfers=cash).activities == ()


def test_a_trade_that_was_done_elsewhere_comes_with_its_cost(tmp_path):
    row = element(
        "TradeTransfer", currency="USD", assetCategory="STK", symbol="ADGI", conid="764451",
        multiplier="1", tradeID="599063639", tradeDate="2011-08-19", tradeTime="202000",
        transactionType="DvpTrade", quantity="10000", tradePrice="3.1", cost="31011",
        direction="From", levelOfDetail="TRADE_TRANSFERS",
    )  # fmt: skip
    found = one(told(tmp_path, TradeTransfers=row))
    assert (found.type, found.quantity, found.cost) == ("transfer", 10000, 31011)
    gone = one(told(tmp_path, TradeTransfers=row.replace('"From"', '"To"')))
    assert (gone.quantity, gone.cost) == (-10000, None)


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (trade(dateTime="11/12/2026;093000"), "may mean two days"),
        (trade(dateTime="20261120;093000-0500"), "has an offset"),
        (trade(dateTime="yesterday"), "dateTime"),
        (trade(quantity="many"), "quantity"),
        (trade(tradePrice="150,25"), "tradePrice='150,25' has a comma that parts no thousands"),
        (trade(quantity="1,5"), "quantity='1,5' has a comma that parts no thousands"),
        (trade(quantity="NaN"), "its quantity, price or time is not told"),
        (trade(tradePrice=""), "its quantity, price or time is not told"),
        (trade(notes="NoSuchCode"), "notes"),
        (trade(currency="ZZZ"), "Unknown currency"),
    ],
)
def test_a_row_that_cannot_be_read_is_said_and_the_others_are(tmp_path, row, words):
    found = told(tmp_path, row, trade(transactionID="2", symbol="TSLA", conid="2"))
    (problem,) = found.problems
    assert words in problem
    assert "AAPL" in problem
    assert [each.symbol for each in found.activities] == ["TSLA"]


def test_an_option_of_unknown_size_is_told_without_one(tmp_path):
    found = told(tmp_path, trade(assetCategory="OPT", multiplier=""))
    assert one(found).quantity == 10
    assert [each.multiplier for each in found.instruments] == [None]
    sized = trade(assetCategory="OPT", multiplier="100", transactionID="2")
    again = told(tmp_path, trade(assetCategory="OPT", multiplier="", transactionID="1"), sized)
    assert [each.multiplier for each in again.instruments] == [100]


def test_an_attribute_a_row_and_a_section_that_nobody_knows_do_no_harm(tmp_path):
    row = trade(newAttribute="1", transactionID="1")
    found = told(tmp_path, row, "<WashSale a='1' />", NewSection="<NewRow b='2' />")
    assert one(found).id == "flex:1"


def test_a_trade_in_another_currency_has_its_rate_where_the_statement_says_the_accounts(tmp_path):
    row = trade(currency="EUR", fxRateToBase="1.08655")
    assert one(told(tmp_path, row, currency="USD")).base_rate == Decimal("1.08655")
    assert one(told(tmp_path, row)).base_rate is None


@pytest.mark.parametrize(
    ("currency", "rate"), [("USD", "1"), ("EUR", ""), ("EUR", "0"), ("EUR", "-1")]
)
def test_a_rate_that_is_none_or_not_needed_is_left_out(tmp_path, currency, rate):
    row = trade(currency=currency, fxRateToBase=rate)
    assert one(told(tmp_path, row, currency="USD")).base_rate is None


def test_a_rate_counts_only_in_the_currency_that_the_account_has_now(tmp_path):
    rows = [trade(currency="EUR", fxRateToBase="1.1", ibExecID=f"{STEM}.0{n}", transactionID=str(n))
            for n in (1, 2)]  # fmt: skip
    days = ("20261109", "20261113")
    write(tmp_path, statement(Trades=rows[0], currency="CHF", days=days), name="a.xml")
    write(tmp_path, statement(Trades=rows[1], currency="USD"), name="b.xml")
    found = told_by(FlexFiles(tmp_path).shelf().of("U1"))
    assert [each.base_rate for each in found.activities] == [None, Decimal("1.1")]
