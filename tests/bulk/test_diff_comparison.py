"""What `tieout diff` says about two files, the same from both engines."""

import pytest

from tieout.bulk.comparison import Terms, agrees

HEADER = "account,symbol,quantity,average_price"

OURS = [HEADER, "A,AAPL,10,100.00", "A,MSFT,5,1e2", "A,TSLA,1,7"]
THEIRS = ["symbol,quantity,account,average_price", "AAPL,9,A,100.0", "MSFT,5.0,A,100", "NVDA,2,A,"]


def test_the_example_of_the_format_comes_out_byte_for_byte(write, run, engine):
    ours, theirs = write("ours.csv", OURS), write("theirs.csv", THEIRS)
    answer = run(ours, theirs, "--json", "--engine", engine, "--fields", "quantity")
    assert answer.stdout.decode() == (
        '{"ours": 3, "theirs": 3, "matched": 2, "breaks": ['
        '{"key": {"account": "A", "symbol": "AAPL"}, "kind": "quantity", '
        '"fields": {"quantity": {"ours": "10", "theirs": "9", "difference": "-1"}}}, '
        '{"key": {"account": "A", "symbol": "NVDA"}, "kind": "missing_in_book", '
        '"fields": {"quantity": {"ours": null, "theirs": "2", "difference": null}}}, '
        '{"key": {"account": "A", "symbol": "TSLA"}, "kind": "missing_at_broker", '
        '"fields": {"quantity": {"ours": "1", "theirs": null, "difference": null}}}], '
        '"counts": {"quantity": 1, "missing_at_broker": 1, "missing_in_book": 1}}\n'
    )
    assert (answer.status, answer.stderr) == (1, "")


def test_files_that_agree_are_tied_out(write, run, engine):
    ours = write("ours.csv", [HEADER, "A,AAPL,10,1e2", "B,AAPL,-.5,"])
    theirs = write("theirs.csv", [HEADER, "B,AAPL,-0.50,", " A , AAPL ,+10.,100.00"])
    answer = run(ours, theirs, "--json", "--engine", engine)
    assert answer.stdout == (
        b'{"ours": 2, "theirs": 2, "matched": 2, "breaks": [], "counts": {}}\n'
    )
    assert answer.status == 0


def test_all_shared_numeric_columns_are_compared_and_no_others(tie):
    ours = ["symbol,note,quantity,fee,side,only", "AAPL,1 lot,1,1,long,1", "MSFT,-,1,,short,1"]
    theirs = ["symbol,note,quantity,fee,side", "AAPL,two,1,2,short", "MSFT,-,1,,short"]
    (found,) = tie(ours, theirs)["breaks"]
    assert found == {
        "key": {"symbol": "AAPL"},
        "kind": "fee",
        "fields": {"fee": {"ours": "1", "theirs": "2", "difference": "1"}},
    }


def test_the_quantity_comes_first_and_names_the_kind(tie):
    ours = ["symbol,price,average_price,cash,quantity", "A,1,1,1,1", "B,1,1,1,1", "C,1,1,1,1"]
    theirs = ["symbol,price,average_price,cash,quantity", "A,2,2,2,2", "B,2,2,1,1", "C,1,2,2,1"]
    answer = tie(ours, theirs)
    assert [(found["kind"], list(found["fields"])) for found in answer["breaks"]] == [
        ("quantity", ["quantity", "price", "average_price", "cash"]),
        ("price", ["price", "average_price"]),
        ("cost", ["average_price", "cash"]),
    ]
    assert answer["counts"] == {"quantity": 1, "price": 1, "cost": 1}


def test_the_fields_asked_for_are_compared_in_their_order(tie):
    answer = tie(
        ["symbol,quantity,side,cash", "A,1,long,5"],
        ["symbol,quantity,side,cash", "A,2,short,6"],
        *("--fields", "side, cash"),
    )
    assert answer["breaks"][0]["kind"] == "side"
    assert answer["breaks"][0]["fields"] == {
        "side": {"ours": "long", "theirs": "short", "difference": None},
        "cash": {"ours": "5", "theirs": "6", "difference": "1"},
    }


def test_not_reported_is_not_flat(tie):
    answer = tie(["symbol,quantity", "A,0", "B,", "C,"], ["symbol,quantity", "A,", "B,0", "C,"])
    assert [found["fields"]["quantity"] for found in answer["breaks"]] == [
        {"ours": "0", "theirs": None, "difference": None},
        {"ours": None, "theirs": "0", "difference": None},
    ]


def test_a_difference_equal_to_the_tolerance_is_within_it(tie):
    ours = [HEADER, "A,IN,1,1.00", "A,OUT,1,1.00", "A,UNDER,1,1.00"]
    theirs = [HEADER, "A,IN,1,1.01", "A,OUT,1,1.0100000000000000000001", "A,UNDER,1,0.99"]
    answer = tie(ours, theirs, "--tolerance", "average_price=0.01", "--tolerance", "quantity=0")
    (found,) = answer["breaks"]
    assert found["key"]["symbol"] == "OUT"
    assert found["fields"]["average_price"]["difference"] == "0.0100000000000000000001"


def test_a_tolerance_never_makes_or_unmakes_a_position(tie):
    answer = tie(
        ["symbol,quantity,cash", "A,0,0", "B,1,1", "C,0.0,1"],
        ["symbol,quantity,cash", "A,1,1", "B,0,0", "C,0,2"],
        *("--tolerance", "quantity=5", "--tolerance", "cash=5"),
    )
    assert [(found["key"]["symbol"], list(found["fields"])) for found in answer["breaks"]] == [
        ("A", ["quantity"]),
        ("B", ["quantity"]),
    ]


def test_numbers_are_exact_at_any_length(tie):
    long = "9" * 500 + "." + "1" * 500
    longer = long[:-1] + "2"
    answer = tie(["symbol,quantity", f"A,{long}"], ["symbol,quantity", f"A,{longer}"])
    figures = answer["breaks"][0]["fields"]["quantity"]
    assert figures == {"ours": long, "theirs": longer, "difference": "0." + "0" * 499 + "1"}


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("1.50", "1.50"),
        ("+7", "7"),
        ("1e5", "100000"),
        ("1.50E-3", "0.00150"),
        ("007", "7"),
        (".5", "0.5"),
        ("5.", "5"),
        ("-0.0", "0.0"),
        ("1e9999", "1" + "0" * 9999),
    ],
)
def test_decimals_are_shown_plainly_with_the_zeros_somebody_wrote(tie, written, shown):
    answer = tie(["symbol,quantity", f"A,{written}"], ["symbol,quantity", "A,3"])
    assert answer["breaks"][0]["fields"]["quantity"]["ours"] == shown


def test_breaks_come_in_the_order_of_the_keys(tie):
    ours = ["account,symbol,quantity", "b,Z,1", "a,b,1", "a,B,1", "a,é,1", "a,z,1", "A,z,1"]
    answer = tie(ours, ["account,symbol,quantity"])
    assert [tuple(found["key"].values()) for found in answer["breaks"]] == [
        *(("A", "z"), ("a", "B"), ("a", "b"), ("a", "z"), ("a", "é"), ("b", "Z"))
    ]


def test_a_symbol_is_taken_as_it_is_written(tie):
    answer = tie(["symbol,quantity", "BTC/USD,1"], ["symbol,quantity", "BTCUSD,1"])
    assert answer["counts"] == {"missing_at_broker": 1, "missing_in_book": 1}


def test_the_key_is_what_the_user_says(tie):
    ours = ["account,symbol,side,quantity", "A,X,long,1", "A,X,short,2"]
    theirs = ["account,symbol,side,quantity", "A,X,short,2", "A,X,long,3"]
    answer = tie(ours, theirs, "--key", "symbol,side")
    assert answer["breaks"][0]["key"] == {"symbol": "X", "side": "long"}
    assert answer["matched"] == 2


def test_the_default_key_is_what_both_files_have(tie):
    answer = tie(["account,symbol,quantity", "A,X,1"], ["symbol,quantity", "X,1"])
    assert (answer["matched"], answer["breaks"]) == (1, [])


def test_their_columns_can_be_given_our_names(tie):
    answer = tie(
        ["symbol,quantity,average_price", "X,1,2"],
        ["quantity,Ticker,Avg,average_price", "1,X,3,9"],
        *("--map", "Ticker=symbol", "--map", "average_price=old", "--map", "Avg=average_price"),
    )
    assert answer["breaks"][0]["fields"] == {
        "average_price": {"ours": "2", "theirs": "3", "difference": "1"}
    }


def test_files_with_a_header_alone_have_no_rows(tie):
    answer = tie([HEADER], [HEADER, "A,X,1,2"])
    assert (answer["ours"], answer["theirs"], answer["counts"]) == (0, 1, {"missing_in_book": 1})
    assert tie([HEADER], [HEADER])["breaks"] == []


def test_a_missing_row_shows_what_is_there(tie):
    answer = tie(["symbol,quantity,cash", "X,1,"], ["symbol,quantity,cash"])
    assert answer["breaks"][0]["fields"] == {
        "quantity": {"ours": "1", "theirs": None, "difference": None},
        "cash": {"ours": None, "theirs": None, "difference": None},
    }


def test_a_quantity_that_only_one_file_has_is_told_on_stderr(write, run, engine):
    ours = write("ours.csv", ["symbol,quantity,price", "X,1,2"])
    theirs = write("theirs.csv", ["symbol,qty,price", "X,5,2"])
    answer = run(ours, theirs, "--engine", engine)
    assert answer.status == 0
    assert "--map THEIR_NAME=quantity" in answer.stderr
    assert "not compared   quantity, qty" in answer.stdout.decode()


def test_a_tolerance_is_compared_without_rounding():
    terms = Terms(key=("symbol",), fields=("cash",), tolerance={})
    assert agrees("cash", "1" + "0" * 60, "1" + "0" * 60 + ".0", terms=terms)
    assert not agrees("cash", "1" + "0" * 60, "1" + "0" * 60 + ".01", terms=terms)
