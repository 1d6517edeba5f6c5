"""Running a case from a shell: what goes where, and the exit status."""

import json
from dataclasses import replace

import pytest
import typer
from typer.testing import CliRunner

from scenario import check, read
from tieout.cases.reading import read_case
from tieout.cases.writing import case_of, case_text
from tieout.cli.case import case as command
from tieout.core.instrument import Instrument

APP = typer.Typer()
APP.command("case")(command)

TIED_OUT = """
    book AAPL 10 @ 100.00
    fill f1 AAPL -4 @ 130.00 fee 1.00
    broker AAPL 6 @ 100.00
"""
NOT_TIED_OUT = """
    book AAPL 10 @ 100.00
    broker AAPL 6 @ 100.00
"""


def file_of(text):
    return json.dumps(read(text).material)


def run_command(*arguments, text=None):
    return CliRunner().invoke(APP, [*arguments], input=text)


def test_a_file_that_ties_out_is_status_0(tmp_path):
    path = tmp_path / "monday.json"
    path.write_text(file_of(TIED_OUT))
    result = run_command(str(path))
    assert result.exit_code == 0
    assert result.stdout.startswith("main at alpaca: tied out\n")


def test_a_file_that_does_not_is_status_1():
    result = run_command("-", text=file_of(NOT_TIED_OUT))
    assert (result.exit_code, result.stderr) == (1, "")
    assert "NOT tied out" in result.stdout


def test_what_is_known_in_the_accounts_own_currency_is_shown_beside_the_rest():
    text = file_of("""
        instrument XYZ EUR
        fill f1 XYZ 100 @ 50 rate 1.10
        fill f2 XYZ -100 @ 55 rate 1.20
        broker nothing
    """)
    shown = run_command("-", text=text).stdout
    words = "realized 500 EUR (gross 500, fees 0), 1100.00 USD (price 600.00, exchange 500.00)"
    assert shown.count(words) == 2  # of the change, and of the position that ended
    told = json.loads(run_command("-", "--json", text=text).stdout)
    (change,), (ended,) = told["steps"][0]["changes"], told["closed"]
    base = {"net": "1100.00", "price": "600.00", "exchange": "500.00", "currency": "USD"}
    assert change["base"] == ended["base"] == base


def test_json_and_nothing_else_goes_to_stdout():
    result = run_command("-", "--json", text=file_of(TIED_OUT))
    assert json.loads(result.stdout)["tied_out"] is True


def test_every_fault_of_a_wrong_file_is_a_line_on_stderr():
    material = json.loads(file_of(TIED_OUT))
    material["policy"] = {"truth": "me"}
    del material["steps"][0]["activities"][0]["price"]
    result = run_command("-", "--json", text=json.dumps(material))
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.splitlines() == [
        '$.policy.truth: must be one of broker, book, manual, not "me"',
        "$.steps[0].activities[0].price: a fill needs a price",
    ]


def test_a_file_that_is_not_there_is_status_2(tmp_path):
    result = run_command(str(tmp_path / "nothing.json"))
    assert result.exit_code == 2
    assert "No such file" in result.stderr


def test_help_has_examples():
    result = run_command("--help")
    assert "tieout case monday.json" in result.stdout


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("fill f1 AAPL 1 @ 1", 0),
        ("fill f1 AAPL 0 @ 1", 1),
        ("broker AAPL 1 @ 1", 0),
        ("broker AAPL 1 @ 1 \n --- \n fill f1 AAPL 1 @ 1", 0),
        ("broker AAPL 1 @ 1 \n --- \n fill f1 AAPL 0 @ 1", 1),
        ("book AAPL 2 @ 1 \n broker AAPL 1 @ 1 \n --- \n fill f1 AAPL 1 @ 1", 1),
        ("book AAPL 2 @ 1 \n broker AAPL 1 @ 1 \n --- \n broker AAPL 1 @ 1", 0),
        ("broker fails unavailable 503", 1),
        ("broker incomplete", 1),
        ("book AAPL 1 @ 1 \n broker nothing", 1),
    ],
)
def test_the_exit_status_is_that_of_the_last_snapshot_and_step(text, status):
    assert check(text).exit_status == status


ROUND_TRIPS = [
    TIED_OUT,
    """
        account venue ibkr history partial currency EUR id U1
        policy truth manual, cost_basis fifo, guard_empty false, grace_s 0.5
        policy tolerance.average_price 0.01, by_kind.cost.truth book, by_kind.cost.limit 5
        instrument ESZ6 future x50 USD id 1 id 2 expires 2026-12-18 decimals 2 spelling "ES Z6"
        instrument XBTUSD perpetual BTC inverse
        instrument BTC/USD:BTC perpetual BTC inverse
        book AAPL 10 @ 100.00 REDUCED lots 5 @ 99 2026-01-02, 5 @ 101 2026-01-03 fees 1
        book BTC -1 @ 30000 side short id 7 x2 EUR realized 5 expires 2027-01-01
        local open MSFT 5 @ 100 side long
        fill f1 AAPL -4 @ 130.00 fee 0.1 BNB lot x cancels y id 7 side long pnl 3
        split s1 AAPL 1 for 10 cash 5 EUR
        liquidation l1 BTC 1 @ 30000 deleveraged side short
        broker incomplete
        broker AAPL null @ NaN price 1 x50 EUR option leverage 2 margin cross liquidation 9 pnl 1
        approve
        ---
        broker fails refused "wrong key"
    """,
]


@pytest.mark.parametrize("text", ROUND_TRIPS)
def test_a_case_that_is_written_is_read_as_the_same_case(text):
    case = read(text).case
    assert read_case(case_text(case).encode()) == case


def test_products_that_are_declared_each_for_itself_stay_apart():
    one = read("account venue coinbase\ninstrument BTC-USD decimals 2\nbroker nothing").case
    assert one.instruments[0].spellings == ("BTC", "BTC-USDC")
    two = read("""
        account venue coinbase
        instrument BTC-USD decimals 2
        instrument BTC-USDC USDC
        broker nothing
    """).case
    assert [each.spellings for each in two.instruments] == [(), ()]
    assert read_case(case_text(two).encode()) == two


def test_what_its_symbol_tells_to_be_inverse_may_be_declared_not_to_be():
    material = read("instrument BTC/USD:BTC perpetual\nbroker nothing").material
    assert read_case(json.dumps(material).encode()).instruments[0].inverse
    material["instruments"][0]["inverse"] = False
    case = read_case(json.dumps(material).encode())
    assert not case.instruments[0].inverse
    assert read_case(case_text(case).encode()) == case


def test_a_row_that_could_not_be_read_is_invalid_again():
    material = read("broker AAPL 1 @ 1").material
    material["steps"][0]["snapshot"]["holdings"][0]["side"] = "sideways"
    case = read_case(json.dumps(material).encode())
    assert case.steps[0].snapshot.holdings[0].problem
    again = read_case(case_text(case).encode())
    assert again.steps[0].snapshot.holdings[0].quantity is None


@pytest.mark.parametrize(
    "row",
    [
        r'"\ud800"',
        r'["\ud800"]',
        r'{"symbol": "\ud800", "quantity": "1"}',
        r'{"symbol": "X", "quantity": "1\ud800"}',
        r'{"symbol": "X", "quantity": "1", "venue_id": "\ud800"}',
    ],
)
def test_half_a_character_in_a_row_is_the_brokers_fault(row):
    step = f'{{"snapshot": {{"as_of": "2026-11-20T15:00:00Z", "holdings": [{row}]}}}}'
    text = f'{{"case": 1, "account": {{"venue": "alpaca"}}, "steps": [{step}]}}'
    result = run_command("-", "--json", text=text)
    assert result.exit_code == 1
    (found,) = json.loads(result.stdout)["steps"]
    assert (found["outcome"], [each["row"] for each in found["errors"]]) == ("partial", [1])


def test_a_book_becomes_the_case_that_starts_from_it():
    statement = check("""
        account venue alpaca currency USD
        policy cost_basis fifo
        instrument ESZ6 future x50 USD id 7
        fill f1 ESZ6 2 @ 5000.25 fee 1.00
        fill f2 ESZ6 1 @ 5001 fee 0.50
        fill f3 ESZ6 -1 @ 5002 fee 0.50
        broker ESZ6 2 @ 5000.50 price 5003 id 7
    """)
    case = case_of(statement.book, policy=statement.case.policy, steps=())
    row = case.book[0]
    assert [(lot.quantity, str(lot.price)) for lot in row.lots] == [(1, "5000.25"), (1, "5001")]
    assert read_case(case_text(case).encode()) == case
    assert (row.quantity, row.venue_id, row.basis) == (2, "7", "actual")


@pytest.mark.parametrize("now", ["A", "B"])
def test_an_instrument_of_two_names_is_declared_under_that_of_its_position(now):
    statement = check(f"""
        instrument C id 8
        book    A 4 @ 10 id 7
        book    C 1 @ 10 id 8
        broker  {now} 4 @ 10 id 7
        broker  C 1 @ 10 id 8
        =>      tied out  and more
    """)
    told = [replace(statement.book.instruments[0], symbol=name, venue_ids=("7",)) for name in "AB"]
    book = replace(statement.book, instruments=(*told, *statement.book.instruments))
    case = case_of(book, policy=statement.case.policy, steps=())
    assert [(each.symbol, each.venue_ids) for each in case.instruments] == [
        (now, ("7",)), ("C", ("8",))
    ]  # fmt: skip
    assert read_case(case_text(case).encode()) == case


def test_two_instruments_of_one_name_are_both_declared():
    statement = check("""
        book    ABC 10 @ 100 id 1
        broker  ABC 10 @ 100 id 1
        broker  ABC 5 @ 7 id 2
        =>      created ABC 0 -> 5  and more
    """)
    case = case_of(statement.book, policy=statement.case.policy, steps=())
    assert [each.venue_ids for each in case.instruments] == [("1",), ("2",)]
    assert read_case(case_text(case).encode()) == case


def test_a_name_that_two_instruments_had_one_after_the_other_is_written_once():
    statement = check("""
        book    A 4 @ 10
        book    B 1 @ 10
        broker  A 4 @ 10
        broker  B 1 @ 10
        =>      tied out
    """)
    told = [Instrument(symbol=name, spellings=("OLD", f"{name}.US")) for name in "AB"]
    case = case_of(replace(statement.book, instruments=tuple(told), ledgers={}),
                   policy=statement.case.policy, steps=())  # fmt: skip
    assert [each.spellings for each in case.instruments] == [("A.US",), ("OLD", "B.US")]
    assert read_case(case_text(case).encode()) == case
