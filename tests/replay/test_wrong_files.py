"""A file that cannot be read is refused with one message: file, row, column, what is allowed."""

import json

import pytest

from replay.conftest import Replay
from replay.exports import (
    HEADING,
    activities,
    alpaca_fill,
    coinbase_fill,
    hyperliquid_fill,
    sale,
    statement,
    trade,
    trade_history,
)
from tieout.bulk.faults import FileFault

AT = "2026-11-20T15:00:00Z"
CSV = "symbol,quantity,price,at"


def row(**values: object) -> str:
    return json.dumps([{"symbol": "AAPL", "quantity": "1", "price": "2", "at": AT, **values}])


OWN = {
    "an unknown column": (
        f"{CSV},qty\nAAPL,1,2,{AT},3\n",
        "line 1, column qty: unknown column; allowed are id, type, symbol, quantity,",
        "qty is called quantity, signed here",
    ),
    "no column for the time": ("symbol,quantity\nAAPL,1\n", "line 1, column at: is missing"),
    "a number that is none": (
        f"{CSV}\nAAPL,1,2,{AT}\nAAPL,one,2,{AT}\n",
        'line 3 (row 2), column quantity: must be a finite number, not "one"',
    ),
    "a time without a zone": (
        f"{CSV}\nAAPL,1,2,2026-11-20T15:00:00\n",
        "line 2 (row 1), column at: needs a time zone",
    ),
    "a side that trades": (
        f"{CSV},side\nAAPL,1,2,{AT},buy\n",
        "line 2 (row 1), column side: must be one of long, short",
        "quantity is signed, a sale is negative",
    ),
    "a fill without a price": (
        f"{CSV}\nAAPL,1,,{AT}\n", "row 1, column price: a fill needs price",
    ),
    "a fill of nothing": (f"{CSV}\nAAPL,0,1,{AT}\n", "row 1, column quantity: must not be 0"),
    "an asset class that is none": (
        row(asset_class="share"),
        "row 1), column asset_class: 'share' is not one of stock, option,",
    ),
    "a contract without its size": (
        row(symbol="ESZ6", asset_class="future"),
        "row 1), column multiplier: is needed for the future ESZ6",
    ),
    "a contract of two sizes": (
        f"{CSV},multiplier\nES,1,2,{AT},50\nES,1,2,{AT},5\n",
        "line 3 (row 2), column multiplier: is another one than in row 1",
    ),
    "a size below zero": (row(multiplier="-1"), "column multiplier: must be more than 0"),
    "an id that two rows have": (
        f"id,{CSV}\nf1,AAPL,1,2,{AT}\nf1,AAPL,1,3,{AT}\n",
        "row 2, column id: f1 was there before, with other content",
    ),
    "an unknown key": (row(size=3), "row 1), column size: unknown key size; allowed are"),
    "an object where a text belongs": (
        row(account={"id": 1}), "row 1), column account: an object where a text or number belongs",
    ),
    "a case file": (json.dumps({"case": 1, "steps": []}), "is a case file; `tieout case` runs it"),
    "a name that comes twice": ('[{"symbol": "A", "symbol": "B"}]', "line 1, column symbol"),
    "a list that is not closed": (row()[:-1], "line 1", "expected , or ]"),
    "text after the list": ("[] []", "there is more after the list"),
    "no JSON": ("[{symbol}]", "line 1", "is not JSON"),
    "no JSON line": (f'{row()[1:-1]}\n{{"symbol"\n', "line 2", "is not JSON"),
    "a name that comes twice in a line": (
        f'{row()[1:-1]}\n{{"symbol": "A", "symbol": "B"}}\n',
        "line 2, column symbol: the object has this name twice",
    ),
    "a line with two objects": (
        f"{row()[1:-1]}\n{row()[1:-1]} {{}}\n", "line 2: there is more after the JSON value",
    ),
    "an object of which one name comes twice": (
        '{\n"symbol": "A", "symbol": "B"}', "column symbol: the object has this name twice",
    ),
    "an object in the place of a number": (row(fee={}), "column fee: must be a finite number"),
    "a flag that is none": (
        row(deleveraged="perhaps"), "column deleveraged: must be true or false",
    ),
    "nothing for a row": ("[null]", "line 1: null where a fill belongs"),
    "a list for a row": ("[[]]", "line 1: a list where a fill belongs"),
    "a number in a list": ("[1]", "line 1: '1' where a fill belongs"),
    "an unfinished object": ('{"fills": [\n', "line", "is not JSON"),
    "XML": ("<FlexQueryResponse/>", "is XML, which is read with --venue ibkr-flex only"),
    "nothing": ("", "the file is empty"),
    "a short row": (f"{CSV}\nAAPL,1\n", "line 2, column price: 2 cells where the header has 4"),
    "bytes that are no text": (
        b"symbol,at\n\xff\xfe,1\n", "line 2: byte 1 of the line is not UTF-8",
    ),
    "a list in bytes that are no text": (b'["\xff"]', "line 1: byte 3 of the line is not UTF-8"),
}  # fmt: skip


@pytest.mark.parametrize("case", OWN)
def test_a_wrong_file_of_our_own(replay: Replay, case: str):
    content, *expected = OWN[case]
    assert_refused(replay, content, expected)


VENUES = {
    ("hyperliquid", "a coin is missing"): (
        [hyperliquid_fill(coin=None)], "row 1), column coin: is missing or empty",
    ),
    ("hyperliquid", "a side that is none"): (
        [hyperliquid_fill(side="buy")], "row 1), column side: 'buy' is not one of B, A",
    ),
    ("hyperliquid", "a size that is no number"): (
        [hyperliquid_fill(sz="x")], "column sz: 'x' is not a number; give a plain number such as",
    ),
    ("hyperliquid", "a size below zero"): (
        [hyperliquid_fill(sz="-1")], "column sz: '-1' is not above 0; the side tells the sign",
    ),
    ("hyperliquid", "a time beyond time"): (
        [hyperliquid_fill(time="9" * 30)], "column time: ", "give milliseconds since 1970",
    ),
    ("hyperliquid", "one trade told in two ways"): (
        [hyperliquid_fill(tid=5), hyperliquid_fill(tid=5, px="7")],
        "row 2, column tid: 5/7/B was there before, with other content",
    ),
    ("hyperliquid", "a heading without a column"): (
        HEADING.replace("Start Position", "Start") + "\n",
        "line 1, column Start Position: is missing; a trade history has Account, Coin,",
    ),
    ("hyperliquid", "a row with a day that is none"): (
        trade_history("BTC BUY 1 1 0 0 0").replace("02-12-2024", "32-12-2024"),
        "line 2 (row 1), column Timestamp IST: '32-12-2024 22:50' is not a time such as",
    ),
    ("hyperliquid", "a row with another kind of time"): (
        trade_history("BTC BUY 1 1 0 0 0").replace("02-12-2024 22:50", "1.73E+12"),
        "column Timestamp IST: '1.73E+12' is not a time such as 02-12-2024 22:50",
    ),
    ("hyperliquid", "an error of the API"): (
        {"error": "rate limited"}, "(row 1), column coin: is missing or empty",
    ),
    ("coinbase", "a time that is none"): (
        [coinbase_fill(trade_time="noon")], "column trade_time: 'noon' is not a time with a zone",
    ),
    ("coinbase", "no price"): (
        [coinbase_fill(price=None)], "column price: is missing or empty; give a plain number",
    ),
    ("coinbase", "a fill in a page that is none"): (
        {"fills": [1]}, "row 1: '1' where a fill belongs",
    ),
    ("coinbase", "a time without a zone"): (
        [coinbase_fill(trade_time="2026-11-20T15:00:00")],
        "column trade_time: '2026-11-20T15:00:00' is not a time with a zone such as",
    ),
    ("coinbase", "yes or no that is neither"): (
        [coinbase_fill(size_in_quote="yes")], "column size_in_quote: 'yes' is not true or false",
    ),
    ("coinbase", "a price of nothing"): (
        [coinbase_fill(price="0", size_in_quote=True)], "column price: must be more than 0 where",
    ),
    ("coinbase", "an activity file"): (activities("f1,AAPL,1,2"), "column product_id: is missing"),
    ("alpaca", "a spreadsheet"): (activities("f1,AAPL,1,2"), "is not JSON; give it the list"),
    ("alpaca", "an error of the API"): (
        {"code": 40110000, "message": "access key verification failed"},
        "an error object (access key verification failed)", "a list of activities belongs here",
    ),
    ("alpaca", "a fill with a word for its quantity"): (
        [alpaca_fill(qty="ten")], "row 1, column qty: 'ten' is not a number; give a plain number",
    ),
    ("alpaca", "a fill without a quantity"): (
        [alpaca_fill(), alpaca_fill(id="2", qty=None)],
        "row 2, column qty: is missing or empty; give a plain number",
    ),
    ("alpaca", "an id with two contents"): (
        [alpaca_fill(), alpaca_fill(), alpaca_fill(qty="11")],
        "row 1, column id: 20261120100000000::1 is there twice, with other content",
    ),
    ("alpaca", "a fill of nothing"): ([alpaca_fill(qty="0")], "row 1, column qty: must not be 0"),
    ("alpaca", "a fill with a word for its price"): (
        [alpaca_fill(price="cheap")], "row 1, column price: 'cheap' is not a number",
    ),
    ("alpaca", "a fill of no side"): (
        [alpaca_fill(side=None)], "row 1, column side: is missing or empty; every fill has one",
    ),
    ("alpaca", "a fill of another side"): (
        [alpaca_fill(side="hold")], "row 1, column side: 'hold' is neither buy nor sell",
    ),
    ("alpaca", "a dividend with a word for its money"): (
        [alpaca_fill(activity_type="DIV", net_amount="some")],
        "row 1, column net_amount: 'some' is not a number",
    ),
    ("alpaca", "a row that is no object"): (["x"], "row 1: a row is a text, not an object"),
    ("alpaca", "a row of no kind"): (
        [{"id": "1", "date": "2026-11-20"}], "row 1, column activity_type: is missing or empty",
    ),
    ("alpaca", "a row without an id"): (
        [alpaca_fill(id=None)], "a FILL row has no id",
    ),
    ("ibkr-flex", "JSON"): ([], "is not XML; a Flex query gives it with the format XML"),
    ("ibkr-flex", "another XML"): (
        "<html><body/></html>", "begins with <html>; a Flex statement begins with <Flex",
    ),
    ("ibkr-flex", "XML that is cut off"): (
        statement(trade())[:-30], "line", "is not well-formed XML",
    ),
    ("ibkr-flex", "a statement without the section"): (
        "<FlexQueryResponse><FlexStatements/></FlexQueryResponse>",
        "has no trades; the query needs the section Trades",
    ),
    ("ibkr-flex", "a document type"): (
        '<!DOCTYPE x [<!ENTITY a "aaaa">]><FlexQueryResponse/>',
        "line 1: has a document type, which no Flex statement has",
    ),
    ("ibkr-flex", "elements without an end"): (
        "<FlexQueryResponse>" + "<a>" * 40, "its elements are nested too deeply",
    ),
    ("ibkr-flex", "a category that is none"): (
        statement(trade(assetCategory="XYZ")),
        "(row 1), column assetCategory: 'XYZ' is not one of STK, OPT,",
    ),
    ("ibkr-flex", "day before month"): (
        statement(trade(dateTime="20/11/2026;100000")),
        "column dateTime: '20/11/2026;100000' is not a time such as 20261120;143000",
    ),
    ("ibkr-flex", "a month that is none"): (
        statement(trade(dateTime="20261320;100000")), "column dateTime: '20261320;100000'",
    ),
    ("ibkr-flex", "an option without its size"): (
        statement(trade(assetCategory="OPT", multiplier="")),
        "column multiplier: is missing or empty; a future or option needs it",
    ),
    ("ibkr-flex", "a quantity of nothing"): (
        statement(sale(quantity="0")), "column quantity: must not be 0",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("venue", "case"), VENUES)
def test_a_wrong_export_of_a_venue(replay: Replay, venue: str, case: str):
    content, *expected = VENUES[venue, case]
    assert_refused(replay, content, expected, venue=venue)


def assert_refused(replay: Replay, content: object, expected: list[str], **options: str) -> None:
    with pytest.raises(FileFault) as refused:
        replay(content, name="given", **options)
    message = str(refused.value)
    assert "given" in message
    assert [part for part in expected if part not in message] == [], message
    assert "\n" not in message


@pytest.mark.parametrize("lot", ["", "f9"])
def test_specific_needs_a_lot_that_is_there(replay: Replay, lot: str):
    text = f"id,{CSV},lot\nf1,AAPL,1,2,{AT},\nf2,AAPL,-1,2,{AT},{lot}\n"
    with pytest.raises(FileFault, match="row 2, column lot: "):
        replay(text, cost_basis="specific")


def test_a_venue_that_is_none(replay: Replay):
    with pytest.raises(FileFault, match="'kraken' is no venue; allowed are hyperliquid, alpaca"):
        replay("[]", venue="kraken")


def test_a_file_that_is_too_large_to_be_read_as_a_whole(
    replay: Replay, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("tieout.replay.files.DOCUMENT_BYTES_MAX", 10)
    with pytest.raises(FileFault, match="is larger than 10 bytes"):
        replay('{\n"fills": []}', venue="coinbase")
