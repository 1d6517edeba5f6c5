"""What is wrong with a file is named with file, line and column; nothing is written."""

import pytest

GOOD = ["account,symbol,quantity,average_price", "A,AAPL,10,100.00", "A,MSFT,5,1"]

NOT_A_NUMBER = (
    "{} is not a number; allowed are the digits 0-9 with an optional sign, decimal point and "
    "exponent of up to four digits, such as -1234.50 or 1e5"
)
SHORT_ROW = (
    "{} cells where the header has 3; quote a cell that holds a comma, "
    "and leave an unknown one empty"
)
EMPTY_KEY = "is empty; rows are matched by it (--key names what tells rows apart)"


@pytest.fixture
def refusal(write, run, engine):
    """What a run says that must refuse, and must not answer."""

    def refused(ours, theirs, *arguments: str, stdin: bytes | None = None) -> str:
        def named(name, content):
            if isinstance(content, tuple):
                return write(*content)
            return content if content == "-" else write(f"{name}.csv", content)

        names = (named("ours", ours), named("theirs", theirs))
        answer = run(*names, "--json", "--engine", engine, *arguments, stdin=stdin)
        assert (answer.status, answer.stdout) == (2, b""), answer
        return answer.stderr.removesuffix("\n")

    return refused


@pytest.mark.parametrize(
    "cell",
    ["'1,000'", "1_000", " 1 ", "1 ", "NaN", "nan", "Infinity", "-inf", "0x10", "abc", "1e", "--1",
     ".", "1.2.3", "١", "1e10000", "$5", "(5)", "5%", "1 000"],
)  # fmt: skip
def test_an_unreadable_number_is_named_with_its_place(refusal, cell):
    cell = cell.strip("'")
    theirs = [*GOOD, "", f'A,TSLA,1,"{cell}"']
    assert refusal(GOOD, theirs) == (
        "theirs.csv, line 5, column average_price: " + NOT_A_NUMBER.format(repr(cell))
    )
    assert refusal(theirs, theirs).startswith("ours.csv, line 5, column average_price: ")


def test_a_stray_word_in_a_column_of_numbers_is_a_fault(refusal):
    theirs = ["symbol,fee", "A,1", "B,2", "C,n/a"]
    assert refusal(["symbol,fee", "A,1"], theirs) == (
        "theirs.csv, line 4, column fee: " + NOT_A_NUMBER.format("'n/a'")
    )


def test_a_field_that_is_asked_for_must_be_numbers(refusal):
    files = [["symbol,note", "A,x"]] * 2
    assert refusal(*files, "--fields", "note") == (
        "ours.csv, line 2, column note: " + NOT_A_NUMBER.format("'x'")
    )


@pytest.mark.parametrize("in_ours", [True, False])
def test_a_repeated_key_is_named_with_both_places(refusal, in_ours):
    twice = ["symbol,account,quantity", "X,A,1", '"Y\n",A,1', "", " X , A,1"]
    once = ["symbol,account,quantity", "X,A,1"]
    name = "ours.csv" if in_ours else "theirs.csv"
    assert refusal(*([twice, once] if in_ours else [once, twice])) == (
        f"{name}, line 6, column account,symbol: the key 'A', 'X' is already on line 2; "
        "each may appear once (--key names the columns that tell rows apart)"
    )


@pytest.mark.parametrize("other", [["symbol,quantity"], ["symbol,quantity", "X,1"]])
def test_a_repeated_key_is_found_wherever_it_is(refusal, other):
    twice = ["symbol,quantity", "X,1", "X,1"]
    assert refusal(twice, other).startswith("ours.csv, line 3, column symbol: the key 'X' is")
    assert refusal(other, twice).startswith("theirs.csv, line 3, column symbol: the key 'X' is")
    assert refusal(twice, twice).startswith("ours.csv, line 3, column symbol: the key 'X' is")


def test_a_key_within_tolerance_is_refused_when_it_is_there_twice(refusal):
    twice = ["symbol,quantity", "X,1.0", "X,1.00"]
    assert "line 3" in refusal(["symbol,quantity", "X,1"], twice)


@pytest.mark.parametrize(("row", "column"), [(",X,1", "account"), ("A,  ,1", "symbol")])
def test_an_empty_key_is_refused(refusal, row, column):
    files = [["account,symbol,quantity", "A,Y,1", row]] * 2
    assert refusal(*files) == f"ours.csv, line 3, column {column}: {EMPTY_KEY}"


@pytest.mark.parametrize(
    ("row", "column", "cells"),
    [("X", "quantity", 1), ("X,1", "average_price", 2), ("X,1,2,3", "4", 4), ("X,1,,,5", "4", 5)],
)
def test_a_ragged_row_is_refused(refusal, row, column, cells):
    theirs = ["symbol,quantity,average_price", '"A\r\nB",1,2', row]
    assert refusal(GOOD[:1], theirs) == (
        f"theirs.csv, line 4, column {column}: {SHORT_ROW.format(cells)}"
    )


def test_a_column_that_is_not_there_is_named(refusal):
    assert refusal(GOOD, GOOD, "--fields", "quantity,price") == (
        "ours.csv, line 1, column price: there is no such column, and --fields names it; "
        "the file has account, symbol, quantity, average_price"
    )
    assert refusal(GOOD, ["symbol,quantity", "X,1"], "--key", "account,symbol") == (
        "theirs.csv, line 1, column account: there is no such column, and --key names it; "
        "the file has symbol, quantity"
    )
    assert refusal(GOOD, ["Ticker,quantity", "X,1"]) == (
        "theirs.csv, line 1, column symbol: there is no such column, and rows are matched by it "
        "(say --key, or --map THEIR_NAME=symbol); the file has Ticker, quantity"
    )
    assert refusal(["Ticker,quantity", "X,1"], ["symbol,quantity", "X,1"]) == (
        "ours.csv, line 1, column symbol: there is no such column, and rows are matched by it "
        "(say --key, or --map THEIR_NAME=symbol); the file has Ticker, quantity"
    )
    assert refusal(GOOD, GOOD, "--map", "Qty=quantity") == (
        "theirs.csv, line 1, column Qty: there is no such column, and --map names it; "
        "the file has account, symbol, quantity, average_price"
    )


def test_a_name_for_two_columns_is_refused(refusal):
    assert refusal(["symbol,quantity, symbol"], GOOD) == (
        "ours.csv, line 1, column symbol: there are two columns of this name; "
        "each name may appear once"
    )
    theirs = ["symbol,quantity,Qty", "X,1,2"]
    assert refusal(GOOD, theirs, "--map", "Qty=quantity").startswith(
        "theirs.csv, line 1, column quantity: --map Qty=quantity: the file already has a column"
    )
    assert refusal(GOOD, theirs, "--map", "Qty=cash", "--map", "quantity=cash") == (
        "--map gives the name cash to two columns"
    )


def test_files_without_a_common_number_are_refused(refusal):
    assert refusal(["symbol,a", "X,1"], ["symbol,b", "X,1"]) == (
        "the files share no numeric column; ours.csv has symbol, a; theirs.csv has symbol, b; "
        "say --map THEIR_NAME=OUR_NAME or --fields"
    )


@pytest.mark.parametrize("content", ["", "\n\n", "\ufeff"])
def test_an_empty_file_is_refused(refusal, content):
    assert refusal(("empty.csv", content), GOOD) == (
        "empty.csv, line 1: the file is empty; it needs a header such as account,symbol,quantity"
    )


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
def test_bytes_that_are_not_utf8_are_found(refusal, end):
    data = end.join([b"symbol,note,quantity", "é,x,1".encode(), b"X,\xe9,1", b"Y,,1"])
    assert refusal(("latin.csv", data), GOOD) == (
        "latin.csv, line 3: byte 3 of the line is not UTF-8; save the file as UTF-8"
    )
    cut = b"symbol,quantity\nX,1\n\xe2\x82"
    assert refusal(("cut.csv", cut), GOOD).startswith("cut.csv, line 3: byte 1 of the line")


@pytest.mark.parametrize(
    ("data", "place"),
    [
        (b"symbol,quantity\nAA\0PL,1\n", "line 2: byte 3"),
        (b"symbol,quantity\r\nX,1\r\n\0\0\0\0", "line 3: byte 1"),
        ("symbol,quantity\nX,1\n".encode("utf-16-le"), "line 1: byte 2"),
        (b"symbol,quantity\n" + b"X,1\n" * 400_000 + b"\0", "line 400002: byte 1"),
        (b"symbol,quantity\nX" + b" " * 2**20 + b"\0,1\n", "line 2: byte 1048578"),
    ],
)
def test_a_byte_that_no_text_has_is_found(refusal, data, place):
    """A file of which a part was never written, or that is UTF-16 without saying so."""
    assert refusal(("gaps.csv", data), GOOD) == (
        f"gaps.csv, {place} of the line is 0, which no text has; save the file anew, as UTF-8"
    )


@pytest.mark.parametrize("mark", [";", "\t", "|"])
def test_cells_that_are_not_parted_by_commas_are_told(refusal, mark):
    rows = [f"symbol{mark}quantity", f"X{mark}1"]
    assert refusal(rows, GOOD) == (
        f"ours.csv, line 1: the cells are parted by {mark!r}; save the file with commas between "
        "them, and points in its numbers"
    )


@pytest.mark.parametrize("row", ['X,"1', '"X"Y,1', 'X,"1" '])
def test_a_quote_that_is_not_closed_is_found_where_it_opens(refusal, row):
    files = [["symbol,quantity", '"A\nB",1', row, "Z,1"]] * 2
    assert refusal(*files).startswith("ours.csv, line 4: is not well-formed CSV: ")


def test_a_file_that_is_not_there_is_named(refusal):
    assert refusal(GOOD, "-", stdin=b"").startswith("-: stdin has no extension: say --format")
    assert refusal("-", "-", "--format", "csv") == "only one of the two files can be stdin (-)"


def test_files_that_cannot_be_read_are_named(write, run, tmp_path):
    ours = write("ours.csv", GOOD)
    (tmp_path / "folder.csv").mkdir()
    for name, said in [
        ("gone.csv", "gone.csv: cannot be read: No such file or directory\n"),
        ("folder.csv", "folder.csv: cannot be read: Is a directory\n"),
        ("book.xlsx", "book.xlsx: the extension does not tell the format: allowed are .csv, "
         ".json, .jsonl, .ndjson, .parquet, or say --format with one of csv, json, jsonl, "
         "parquet\n"),
    ]:  # fmt: skip
        answer = run(ours, name)
        assert (answer.status, answer.stdout, answer.stderr) == (2, b"", said)


@pytest.mark.parametrize(
    ("option", "said"),
    [
        (("--tolerance", "quantity"), "--tolerance 'quantity': the form is FIELD=VALUE"),
        (("--tolerance", "quantity=x"), "--tolerance quantity='x': allowed is a number from 0"),
        (("--tolerance", "cash=1"), "--tolerance names cash, which is not compared; "
         "fields: quantity, average_price"),
        (("--tolerance", "quantity=-1"), "--tolerance quantity='-1': allowed is a number from 0"),
        (("--tolerance", "quantity=1", "--tolerance", "quantity=2"), "--tolerance names quantity "
         "twice"),
        (("--map", "x"), "--map 'x': the form is THEIR_NAME=OUR_NAME"),
        (("--key", ""), "--key names no column; it needs at least one, such as --key symbol"),
        (("--key", "symbol,symbol"), "--key names symbol twice"),
        *(
            (("--fields", empty), "--fields names no column; the files share quantity, "
             "average_price")
            for empty in ("", " ", ",")
        ),
        (("--fields", "symbol"), "--fields: symbol is part of the key and cannot be compared as "
         "well"),
        (("--format", "xml"), "ours.csv: 'xml' is no format; allowed are csv, json, jsonl, "
         "parquet"),
        (("--engine", "spark"), "--engine 'spark': allowed are auto, duckdb, plain"),
        (("--out", "report.txt"), "report.txt: --out: the extension tells the format; allowed "
         "are .csv, .parquet, .html"),
        (("--out", "ours.csv"), "ours.csv: --out would overwrite the file that is compared"),
    ],
)  # fmt: skip
def test_an_option_that_makes_no_sense_is_refused(write, run, option, said):
    ours, theirs = write("ours.csv", GOOD), write("theirs.csv", GOOD)
    answer = run(ours, theirs, *option)
    assert (answer.status, answer.stdout, answer.stderr) == (2, b"", f"{said}\n")


def test_nothing_is_written_when_a_file_is_wrong(write, run, tmp_path):
    ours, theirs = write("ours.csv", GOOD), write("theirs.csv", [*GOOD, "A,X,x,1"])
    assert run(ours, theirs, "--out", "breaks.csv").status == 2
    assert sorted(path.name for path in tmp_path.iterdir()) == ["ours.csv", "theirs.csv"]
