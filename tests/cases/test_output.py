"""What `tieout case` writes: the example of the format's document, and golden files."""

import json
from decimal import Decimal

import pytest

from golden import check_golden
from scenario import read
from tieout.cases.output import decimal_text, json_text, time_text
from tieout.cases.reading import read_case
from tieout.cases.running import Statement, run_case
from tieout.cases.statement import statement_text
from tieout.core.numbers import divide
from tieout.core.opening import open_book

EXAMPLE = """
{
  "case": 1,
  "account": {"id": "main", "venue": "alpaca", "currency": "USD"},
  "policy": {"truth": "broker", "on_missing": "close", "missing_confirmations": 2,
             "cost_basis": "average", "guard_close_share": 0.5, "guard_close_min": 3,
             "grace_s": 60, "tolerance": {"quantity": "0", "average_price": "0.01"}},
  "instruments": [{"symbol": "ESZ6", "asset_class": "future", "multiplier": "50",
                   "currency": "USD", "venue_id": "495512552", "spellings": ["ES 20261218"],
                   "expires": "2026-12-18", "price_decimals": 2}],
  "book": [{"symbol": "AAPL", "quantity": "10", "average_price": "100.00", "status": "OPEN",
            "opened_at": "2026-11-02T15:00:00Z"}],
  "steps": [
    {"at": "2026-11-20T15:00:00Z",
     "activities": [{"id": "f1", "type": "fill", "symbol": "AAPL", "quantity": "-4",
                     "price": "130.00", "fee": "1.00", "at": "2026-11-20T14:58:00Z"}],
     "snapshot": {"as_of": "2026-11-20T14:59:58Z", "complete": true,
                  "holdings": [{"symbol": "AAPL", "quantity": "6", "average_price": "100.00",
                                "price": "131.00"}]},
     "approve": false}
  ]
}
"""
EXAMPLE_RESULT = """
{
  "case": 1,
  "tied_out": true,
  "steps": [
    {"outcome": "applied", "reason": null, "tied_out": true,
     "changes": [{"kind": "reduced", "symbol": "AAPL", "from": "10", "to": "6",
                  "average_price": "100.00", "status": "REDUCED", "reconciliation": "SYNCED",
                  "realized": {"gross": "120.00", "fees": "1.00", "net": "119.00",
                               "currency": "USD", "estimated": false}, "explained_by": ["f1"]}],
     "breaks": [], "errors": [], "alerts": [], "events": ["position:changed", "position:updated"],
     "created": [], "updated": ["AAPL"], "removed": []}
  ],
  "book": [{"symbol": "AAPL", "quantity": "6", "average_price": "100.00", "status": "REDUCED",
            "reconciliation": "SYNCED", "basis": "venue", "price": "131.00",
            "unrealized_pnl": "186.00"}],
  "closed": [],
  "realized": {"USD": {"gross": "120.00", "fees": "1.00", "net": "119.00", "incomplete": false}}
}
"""

GOLDEN = {
    "missing_closed": """
        book AAPL 10 @ 100.00 opened 2026-11-02T15:00:00Z
        book MSFT 5 @ 300.00 opened 2026-11-02T15:00:00Z
        broker AAPL 10 @ 100.00 price 101.00
        ---
        broker AAPL 10 @ 100.00 price 101.00
    """,
    "flip": """
        book AAPL 10 @ 100.00 opened 2026-11-02T15:00:00Z
        fill f1 AAPL -15 @ 110.00 fee 3.00
        broker AAPL -5 @ 110.00 price 108.00
    """,
    "hedging": """
        account venue ccxt:bybit currency USDT
        instrument BTC/USDT:USDT perpetual
        book BTC/USDT:USDT 0.003 @ 37000 side long opened 2026-11-02T15:00:00Z
        book BTC/USDT:USDT -0.003 @ 37416.5 side short opened 2026-11-02T15:00:00Z
        fill f1 BTC/USDT:USDT 0.003 @ 37000 side short
        broker BTC/USDT:USDT 0.003 @ 37000 side long price 37100
    """,
    "other_fees": """
        fill f1 ETH/USD 1 @ 2000 fee 0.01 BNB
        fill f2 ETH/USD -1 @ 2100 fee 0.02 BNB
    """,
    "incomplete": """
        transfer t1 AAPL 4
        broker AAPL 4 @ 157.44 price 158
        ---
        fill f1 AAPL -4 @ 160 fee 0.10
        broker nothing
    """,
    "funding": """
        account venue hyperliquid
        book BTC 1 @ 30000 opened 2026-11-02T15:00:00Z
        funding n1 BTC cash -0.12
        broker BTC 1 @ 30000 price 30100
    """,
    "held": """
        book AAPL 1 @ 1 opened 2026-11-02T15:00:00Z
        book MSFT 2 @ 2 opened 2026-11-02T15:00:00Z
        broker nothing
        ---
        approve
    """,
    "partial": """
        book AAPL 1 @ 1 opened 2026-11-02T15:00:00Z
        book MSFT 2 @ 2 opened 2026-11-02T15:00:00Z
        broker AAPL NaN @ 1
        broker MSFT 2 @ 2 price 3
        ---
        broker incomplete
        broker MSFT 3 @ 2 price 3
        ---
        broker fails unavailable "503 from the venue"
        ---
        broker as of 14:00
        broker MSFT 2 @ 2
    """,
    "breaks": """
        policy on_missing flag
        book AAPL 14 @ 100.00 opened 2026-11-02T15:00:00Z
        fill f1 AAPL -4 @ 110.00
        fill f2 MSFT 0 @ 1
        broker AAPL 9 @ 100.00 price 111.00
        broker TSLA 1 @ 200
        ---
        broker AAPL 9 @ 100.00 price 111.00
        broker TSLA 1 @ 200
    """,
    "reference": """
        instrument ESZ6 future x50
        book ESZ6 1 @ 6302 opened 2026-11-02T15:00:00Z
        book SAP 1 @ 100 EUR opened 2026-11-02T15:00:00Z
        broker ESZ6 1 @ 630.2 price 6310 x500 EUR
        broker SAP 1 @ 108 price 109 USD
    """,
    "quotients": """
        fill f1 XYZ 100 @ 10
        fill f2 XYZ 50 @ 12
        fill f3 XYZ 30 @ 15
        fill f4 XYZ -120 @ 16
    """,
}


def statement_of(name: str) -> Statement:
    case = read_case(EXAMPLE.encode()) if name == "example" else read(GOLDEN[name]).case
    return run_case(case)


def test_the_example_of_the_document_comes_out_as_it_says():
    result = json_text(statement_of("example").json())
    in_order = [json.dumps(json.loads(text)) for text in (result, EXAMPLE_RESULT)]
    assert in_order[0] == in_order[1]


@pytest.mark.parametrize("name", ["example", *GOLDEN])
def test_json(name):
    check_golden(f"cases/{name}.json", json_text(statement_of(name).json()))


@pytest.mark.parametrize("name", ["example", *GOLDEN])
def test_statement(name):
    check_golden(f"cases/{name}.txt", statement_text(statement_of(name)))


@pytest.mark.parametrize("name", ["example", *GOLDEN])
def test_the_same_input_gives_the_same_bytes(name):
    first, second = (json_text(statement_of(name).json()) for _ in range(2))
    assert first == second


def test_a_case_without_steps_has_nothing_to_tie_out():
    statement = run_case(read_case(b'{"case": 1, "account": {"venue": "local"}, "steps": []}'))
    assert (statement.tied_out, statement.exit_status) == (None, 0)
    assert "no snapshot to tie out to" in statement_text(statement)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Decimal("100.00"), "100.00"),
        (Decimal("1E+3"), "1000"),
        (Decimal("19660.5738784516887649123456789"), "19660.5738784516887649123456789"),
        (divide(Decimal(2050), Decimal(180)), "11.388888888888888889"),
        (divide(Decimal(1), Decimal(8)), "0.125"),
        (None, None),
    ],
)
def test_a_decimal_has_the_digits_that_mean_something(value, text):
    assert decimal_text(value) == text


@pytest.mark.parametrize(
    ("lines", "gross", "fees", "net"),
    [
        # A fee of 2 is shared 0.8 and 1.2; what is put together again has no more decimals than 2.
        (["10 @ 100 fee 2", "-4 @ 130 fee 1", "-6 @ 90 fee 0"], "60", "3", "57"),
        (["10 @ 100 fee 2.00", "-4 @ 130 fee 1", "-6 @ 90 fee 0"], "60", "3.00", "57.00"),
        (["10 @ 100.00 fee 2", "-4 @ 130 fee 1", "-6 @ 90 fee 0"], "60.00", "3", "57.00"),
        (["10 @ 100 fee 2", "-4 @ 130 fee 1"], "120", "1.8", "118.2"),
        (["0.5 @ 2001 fee 0.10", "-0.5 @ 2004 fee 0.10"], "1.5", "0.20", "1.30"),
        (["1 @ 3 fee 0", "1 @ 4 fee 0", "-1 @ 4 fee 0", "-1 @ 4 fee 0"], "1", "0", "1"),
        (["1 @ 2000.00 fee 0.1 ABC", "-0.9 @ 2000.00 fee 0"], "0.00", "200.00", "-200.00"),
    ],
)
def test_what_is_realized_has_no_zeros_that_nobody_wrote(lines, gross, fees, net):
    fills = "\n".join(f"fill f{number} ABC {line}" for number, line in enumerate(lines))
    result = run_case(read(f"account venue coinbase\n{fills}").case).json()
    (made,) = result["realized"].values()
    assert (made["gross"], made["fees"], made["net"]) == (gross, fees, net)


def test_an_average_has_no_zeros_that_nobody_wrote():
    text = "fill f1 X 1 @ 4 fee 0\nfill f2 X 3 @ {} fee 0\nfill f3 X -1 @ 6 fee 0"
    for price, average in (("5", "4.75"), ("4", "4"), ("4.00", "4.00"), ("5.60", "5.20")):
        (row,) = run_case(read(text.format(price)).case).json()["book"]
        assert row["average_price"] == average


def test_zeros_of_a_price_in_a_snapshot_were_written():
    result = run_case(read("book X 4 @ 10\nbroker X 2 @ 10 price 12.50").case).json()
    assert result["realized"]["USD"]["gross"] == "5.00"
    assert result["book"][0]["unrealized_pnl"] == "5.00"


@pytest.mark.parametrize("fraction", ["", ".5", ".000001"])
def test_a_time_has_a_fraction_only_where_there_is_one(fraction):
    case = read(f"at 2026-11-20T15:00:00{fraction}Z").case
    assert time_text(case.steps[0].at) == f"2026-11-20T15:00:00{fraction}Z"


def test_the_book_is_ordered_by_symbol_and_side():
    case = read("""
        account venue ccxt:okx
        book B 1 @ 1 side long
        book A 1 @ 1
        book B -1 @ 1 side short
    """).case
    book = open_book(
        case.account, case.book, instruments=(), policy=case.policy, at=case.steps[0].at
    )
    statement = Statement(case=case, plans=(), book=book, closed=())
    names = [(row["symbol"], row.get("side")) for row in statement.json()["book"]]
    assert names == [("A", None), ("B", "long"), ("B", "short")]
