"""IBKR Flex statements: trades, cancellations, option events, corporate actions, its own P&L."""

import subprocess
import sys

import pytest

from replay.conftest import Replay, shown
from replay.exports import corporate_action, option_event, sale, statement, trade

FRIDAY, MONDAY = "20261120;100000", "20261123;100000"


def flex(replay: Replay, *trades: str, actions: str = "", events: str = "", **options: str):
    text = statement(*trades, actions=actions, events=events)
    return replay(text, name="flex.xml", venue="ibkr-flex", **options)


def test_ibkrs_figure_is_fifo_and_net_of_both_commissions(replay: Replay):
    """100 at 100 and 100 at 110, 150 sold at 120: 2,000 and 500, less 1, 0.5 and 1.5."""
    result = flex(
        replay,
        trade(quantity="100", tradePrice="100", transactionID="1"),
        trade(quantity="100", tradePrice="110", transactionID="2"),
        sale(
            quantity="-150", tradePrice="120", ibCommission="-1.5", fifoPnlRealized="2497",
            transactionID="3", dateTime=MONDAY,
        ),
    )  # fmt: skip
    assert (result.counts.known, result.counts.agree) == (1, 1)
    assert shown(result)["realized"]["USD"] == {
        "gross": "2250", "fees": "3.0", "net": "2247.0", "incomplete": False,
    }  # fmt: skip
    by_fifo = flex(
        replay,
        trade(quantity="100", tradePrice="100", transactionID="1"),
        sale(quantity="-100", tradePrice="120", fifoPnlRealized="1998.5", transactionID="3",
             dateTime=MONDAY),
        cost_basis="fifo",
    )  # fmt: skip
    assert shown(by_fifo)["closings"]["differ"] == [
        {
            "row": 2, "symbol": "AAPL", "ours": "1998", "theirs": "1998.5",
            "difference": "-0.5", "exact": "1998",
        }
    ]  # fmt: skip


def test_a_multiplier_and_another_currency(replay: Replay):
    dax = {"assetCategory": "FUT", "symbol": "FDXM", "conid": "8", "multiplier": "5"}
    dax |= {"currency": "EUR", "ibCommissionCurrency": "EUR", "quantity": "1"}
    result = flex(
        replay,
        trade(**dax, tradePrice="24000", transactionID="1"),
        sale(**{**dax, "quantity": "-1"}, tradePrice="24010", fifoPnlRealized="48",
             transactionID="2", dateTime=MONDAY),
    )  # fmt: skip
    assert result.agrees
    assert shown(result)["realized"] == {
        "EUR": {"gross": "50", "fees": "2", "net": "48", "incomplete": False}
    }


def test_a_closing_of_what_no_trade_opened_has_no_known_entry(replay: Replay):
    result = flex(replay, trade(transactionID="1"), sale(quantity="-15", transactionID="2"))
    assert (result.counts.known, result.counts.unknown_entry) == (0, 1)
    assert (result.positions, result.gaps) == ([], [])


def test_without_an_indicator_a_realized_figure_tells_a_closing(replay: Replay):
    result = flex(replay, sale(openCloseIndicator="", fifoPnlRealized="12"))
    assert (result.counts.unknown_entry, result.positions) == (1, [])


def test_a_trade_that_closes_and_opens_goes_through_zero(replay: Replay):
    result = flex(
        replay,
        trade(transactionID="1"),
        sale(quantity="-15", tradePrice="110", openCloseIndicator="C;O", fifoPnlRealized="98.33",
             ibCommission="-1", transactionID="2"),
    )  # fmt: skip
    assert (result.counts.known, result.counts.agree) == (1, 1)
    assert [each["quantity"] for each in shown(result)["positions"]] == ["-5"]


def test_a_cancelled_trade_and_its_correction(replay: Replay):
    """The correction is booked under the trade's id again, with a transaction of its own."""
    cancel = {"transactionType": "TradeCancel", "buySell": "BUY (Ca.)", "notes": "Ca"}
    result = flex(
        replay,
        trade(quantity="10", tradeID="7", transactionID="1"),
        trade(**cancel, quantity="-10", tradeID="", origTradeID="7", transactionID="2"),
        trade(quantity="9", tradeID="7", transactionID="3"),
    )
    assert [each["quantity"] for each in shown(result)["positions"]] == ["9"]
    assert result.remarks == []


def test_a_cancellation_of_what_is_not_there_is_told(replay: Replay):
    cancel = {"transactionType": "TradeCancel", "buySell": "SELL (Ca.)"}
    result = flex(
        replay, trade(transactionID="1"), trade(**cancel, origTransactionID="99", transactionID="2")
    )
    assert result.remarks == ["row 2 takes back 99, which is not here"]


EXEC = "0000e0d5.6367d5f4.01"


@pytest.mark.parametrize("is_turned", [False, True])
def test_a_corrected_execution_counts_as_last_corrected(replay: Replay, is_turned: bool):
    """Edge case 51: a correction differs only in the digits after the final period."""
    trades = [
        trade(tradePrice=price, ibExecID=f"{EXEC}.0{number}", transactionID=str(number))
        for number, price in ((1, "100"), (2, "100.5"), (3, "100.25"))
    ]
    other = trade(quantity="1", ibExecID="0000e0d5.6367d5f4.02.01", transactionID="9")
    result = flex(replay, *(reversed(trades) if is_turned else trades), other, cost_basis="fifo")
    [position] = shown(result)["positions"]
    assert (position["quantity"], position["average_price"]) == ("11", "100.227272727272727273")
    assert result.fills == 2
    assert result.remarks == ["2 x an execution that a later one corrects: not counted"]


def test_a_correction_is_of_its_account(replay: Replay):
    result = flex(
        replay,
        trade(accountId="U1", ibExecID=f"{EXEC}.01", transactionID="1"),
        trade(accountId="U2", ibExecID=f"{EXEC}.02", transactionID="2"),
        trade(accountId="U2", ibExecID="", transactionID="3"),
        trade(accountId="U2", ibExecID="7", transactionID="4"),
    )
    assert [each["quantity"] for each in shown(result)["positions"]] == ["10", "30"]
    assert result.remarks == []


def test_a_corrected_execution_may_be_cancelled_too(replay: Replay):
    """Whether the old one or the corrected one is taken back, the old one never counts again."""
    cancel = {"transactionType": "TradeCancel", "buySell": "BUY (Ca.)", "quantity": "-10"}
    both = [
        trade(ibExecID=f"{EXEC}.0{number}", transactionID=str(number), ibCommission="0")
        for number in (1, 2)
    ]
    kept = flex(replay, *both, trade(**cancel, origTransactionID="1", transactionID="3"))
    assert [each["quantity"] for each in shown(kept)["positions"]] == ["10"]
    gone = flex(replay, *both, trade(**cancel, origTransactionID="2", transactionID="3"))
    assert shown(gone)["positions"] == []
    assert gone.remarks == kept.remarks


OPTION = {"assetCategory": "OPT", "symbol": "SPY   261120C00500000", "conid": "9"}
OPTION |= {"multiplier": "100", "expiry": "20261120"}


@pytest.mark.parametrize(
    ("code", "figure", "judged"), [("Ep", "-302", 1), ("A", "0", 0), ("Ex", "0", 0)]
)
def test_an_option_that_ends(replay: Replay, code: str, figure: str, judged: int):
    """What is assigned or exercised realizes nothing at IBKR: the premium goes into the stock."""
    event = {"transactionType": "BookTrade", "notes": code, "tradePrice": "0", "ibCommission": "0"}
    result = flex(
        replay,
        trade(**OPTION, quantity="2", tradePrice="1.5", ibCommission="-2", transactionID="1"),
        sale(**OPTION, **event, quantity="-2", fifoPnlRealized=figure, transactionID="2",
             dateTime="20261120;162000"),
    )  # fmt: skip
    assert (result.counts.known, result.counts.judged) == (1, judged)
    assert result.agrees
    assert shown(result)["realized"]["USD"]["net"] == "-302.0"


@pytest.mark.parametrize("conid", ["9", ""])
def test_an_option_event_that_no_trade_tells_ends_the_option(replay: Replay, conid: str):
    """At the end of its day, so after a purchase of the same day."""
    result = flex(
        replay,
        trade(**OPTION, quantity="2", tradePrice="1.5", ibCommission="-2", transactionID="1",
              dateTime="20261120;155900"),
        events=option_event(conid=conid, realizedPnl="-302"),
    )  # fmt: skip
    assert (result.counts.agree, result.positions, result.remarks) == (1, [], [])
    assert shown(result)["realized"]["USD"]["net"] == "-302.0"


def test_an_option_event_that_a_trade_tells_counts_once(replay: Replay):
    event = {"transactionType": "BookTrade", "notes": "Ep", "tradePrice": "0", "ibCommission": "0"}
    bought = trade(**OPTION, quantity="2", tradePrice="1.5", transactionID="1")
    for told in ({"tradeID": "77"}, {"tradeID": ""}):
        result = flex(
            replay,
            bought,
            sale(**OPTION, **event, **told, quantity="-2", fifoPnlRealized="-301",
                 transactionID="2"),
            events=option_event(date="20261121"),
        )  # fmt: skip
        assert (result.counts.known, result.positions, result.agrees) == (1, [], True)


def test_an_assignment_delivers_its_shares(replay: Replay):
    """Two puts written at 1.5, strike 20: 200 shares at 20."""
    put = {**OPTION, "symbol": "XYZ   261120P00020000", "conid": "8"}
    row = {"transactionType": "Assignment", "symbol": put["symbol"], "conid": "8"}
    shares = {"assetCategory": "STK", "symbol": "XYZ", "conid": "7", "multiplier": "1"}
    result = flex(
        replay,
        trade(**put, quantity="-2", buySell="SELL", tradePrice="1.5", transactionID="1"),
        events=option_event(**row, quantity="2", realizedPnl="0")
        + option_event(**shares, transactionType="Buy", quantity="200", tradePrice="20",
                       tradeID="78", commisionsAndTax="-1"),
    )  # fmt: skip
    assert shown(result)["realized"]["USD"]["gross"] == "300.0"
    [position] = shown(result)["positions"]
    assert (position["symbol"], position["quantity"]) == ("XYZ", "200")
    assert position["average_price"] == "20"


def test_an_option_event_that_cannot_be_used_is_told(replay: Replay):
    result = flex(
        replay,
        trade(transactionID="1"),
        events=option_event(transactionType="Cash Settlement")
        + option_event(quantity="")
        + option_event(date="")
        + option_event(multiplier=""),
    )
    option = "SPY   261120C00500000"
    assert (result.agrees, result.passed_over) == (False, 4)
    assert result.remarks == [
        f"1 x not used: option event Cash Settlement {option}",
        f"2 x not used: option event Expiration {option}: its quantity or its date is not told",
        f"1 x not used: option event {option}: the size of a contract is not told",
    ]


def test_a_forward_split_by_its_description(replay: Replay):
    split = corporate_action(
        type="FS", quantity="30", dateTime="20261121;202500", transactionID="5",
        description="AAPL(US0378331005) SPLIT 4 FOR 1 (AAPL, APPLE INC, US0378331005)",
    )  # fmt: skip
    result = flex(
        replay,
        trade(ibCommission="0", transactionID="1"),
        sale(quantity="-40", tradePrice="30", ibCommission="0", fifoPnlRealized="200",
             transactionID="2", dateTime=MONDAY),
        actions=split,
    )  # fmt: skip
    assert (result.counts.agree, result.positions) == (1, [])


def test_another_corporate_action_leaves_units_of_unknown_cost(replay: Replay):
    reverse = corporate_action(type="RS", quantity="-10", transactionID="5")
    reverse += corporate_action(type="RS", quantity="1", symbol="AAPL.NEW", conid="2",
                                transactionID="6")  # fmt: skip
    nothing = corporate_action(type="PV", quantity="0", transactionID="7")
    result = flex(
        replay,
        trade(transactionID="1"),
        sale(quantity="-1", symbol="AAPL.NEW", conid="2", fifoPnlRealized="5", transactionID="2",
             dateTime=MONDAY),
        actions=reverse + nothing,
    )  # fmt: skip
    assert (result.counts.known, result.counts.unknown_entry) == (0, 1)
    assert result.positions == []
    assert result.remarks == [
        "1 x corporate action RS AAPL: the cost is not told",
        "1 x corporate action RS AAPL.NEW: the cost is not told",
        "1 x not used: corporate action PV AAPL",
    ]


def test_instruments_are_told_apart_by_contract_and_not_by_symbol(replay: Replay):
    result = flex(
        replay,
        trade(symbol="META", conid="1", transactionID="1"),
        trade(symbol="META", conid="2", quantity="-10", buySell="SELL", transactionID="2"),
    )
    assert [each["quantity"] for each in shown(result)["positions"]] == ["10", "-10"]


def test_a_statement_is_replayed_without_the_packages_of_the_venue():
    lines = (
        "import sys",
        "sys.modules |= dict.fromkeys(['ibflex', 'ib_async'])",  # as if they were not installed
        "import tieout.replay.readers",
    )
    subprocess.run([sys.executable, "-c", "\n".join(lines)], check=True, timeout=60)


def test_the_money_of_a_bond_is_rounded_to_cents(replay: Replay):
    bond = {"assetCategory": "BOND", "symbol": "T 4", "conid": "4", "ibCommission": "0"}
    result = flex(
        replay,
        trade(**bond, quantity="1000", tradePrice="98.7465", tradeMoney="987.47",
              transactionID="1"),
        sale(**bond, quantity="-1000", tradePrice="99", tradeMoney="-990", transactionID="2",
             fifoPnlRealized="2.535", dateTime=MONDAY),
    )  # fmt: skip
    assert result.counts.agree == 1


def test_a_bonds_price_is_of_a_hundred_face_value(replay: Replay):
    bond = {"assetCategory": "BOND", "symbol": "T 4", "conid": "4", "ibCommission": "0"}
    result = flex(
        replay,
        trade(**bond, quantity="10000", tradePrice="98.5", tradeMoney="9850", transactionID="1"),
        sale(**bond, quantity="-10000", tradePrice="99", tradeMoney="-9900", transactionID="2",
             fifoPnlRealized="50", dateTime=MONDAY),
    )  # fmt: skip
    assert result.counts.agree == 1


def test_currency_trades_are_replayed_and_not_compared(replay: Replay):
    pair = {"assetCategory": "CASH", "symbol": "EUR.USD", "conid": "3", "ibCommission": "0"}
    result = flex(
        replay,
        trade(**pair, quantity="1000", tradePrice="1.10", transactionID="1"),
        trade(**pair, quantity="-1000", tradePrice="1.20", buySell="SELL", transactionID="2"),
    )
    assert (result.counts.known, result.counts.judged) == (1, 0)
    assert result.agrees


def test_summary_rows_are_not_counted_again(replay: Replay):
    result = flex(replay, trade(transactionID="1"), trade(levelOfDetail="ORDER"))
    assert (result.fills, result.remarks) == (1, ["1 x not used: the level ORDER among the trades"])
    assert result.agrees
    only = flex(replay, trade(levelOfDetail="ORDER"))
    assert (only.agrees, only.passed_over) == (False, 1)


def test_an_old_statement_has_day_and_time_apart(replay: Replay):
    result = flex(replay, trade(dateTime="", tradeDate="2013-04-01", tradeTime="093406"))
    assert shown(result)["positions"][0]["opened_at"] == "2013-04-01T13:34:06Z"


def test_two_accounts_in_one_file(replay: Replay):
    text = statement(trade(transactionID="1")).replace(
        "</FlexStatement></FlexStatements>",
        '</FlexStatement><FlexStatement accountId="U2"><Trades>'
        f"{trade(transactionID='1')}</Trades></FlexStatement></FlexStatements>",
    )
    result = replay(text, name="flex.xml", venue="ibkr-flex")
    assert [each["account"] for each in shown(result)["positions"]] == ["U1234567", "U2"]


def test_a_statement_without_trades_that_day_is_empty(replay: Replay):
    assert flex(replay).fills == 0
