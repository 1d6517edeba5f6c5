"""CSV, JSON, JSON lines and Parquet are read exactly, from files and from stdin."""

import json
from decimal import Decimal

import pytest

ROWS = [("A", "AAPL", "10.50"), ("B", "BTC/USD", "12345678901234567.123456789"), ("C", "É", "")]
CSV = ["account,symbol,quantity", *[",".join(row) for row in ROWS]]
EMPTY_KEY = "is empty; rows are matched by it (--key names what tells rows apart)"


def json_rows() -> list[str]:
    """The rows with number literals, which no float must touch."""
    names = ("account", "symbol", "quantity")
    return [
        "{"
        + ", ".join(
            f'"{name}": {(cell or "null") if name == "quantity" else json.dumps(cell)}'
            for name, cell in zip(names, row, strict=True)
        )
        + "}"
        for row in ROWS
    ]


def content_of(file_format: str) -> str:
    return {
        "csv": "\r\n".join(CSV) + "\r\n",
        "json": "[\n" + ",\n".join(json_rows()) + "\n]\n",
        "jsonl": "\n".join(json_rows()),
    }[file_format]


@pytest.mark.parametrize("ours", ["csv", "json", "jsonl"])
@pytest.mark.parametrize("theirs", ["csv", "json", "jsonl"])
@pytest.mark.parametrize("bom", ["", "\ufeff"])
def test_the_formats_say_the_same(write, run, engine, ours, theirs, bom):
    names = (
        write(f"ours.{ours}", bom + content_of(ours)),
        write(f"theirs.{theirs}", content_of(theirs)),
    )
    answer = run(*names, "--json", "--engine", engine)
    assert answer.json == {"ours": 3, "theirs": 3, "matched": 3, "breaks": [], "counts": {}}


@pytest.mark.parametrize("file_format", ["csv", "json", "jsonl"])
@pytest.mark.parametrize("options", [("--format",), ("--theirs-format",)])
def test_stdin_is_read_in_the_format_asked_for(write, run, engine, file_format, options):
    ours = write("ours.json", content_of("json"))
    stdin = content_of(file_format).encode()
    answer = run(ours, "-", *options, file_format, "--json", "--engine", engine, stdin=stdin)
    assert (answer.status, answer.stderr) == (0, "")
    assert run("-", ours, "--ours-format", file_format, stdin=stdin).status == 0


def test_a_format_that_is_asked_for_counts_before_the_extension(write, run, engine):
    ours, theirs = write("ours.json", content_of("csv")), write("theirs", content_of("csv"))
    assert run(ours, theirs, "--format", "csv", "--engine", engine).status == 0
    assert run(ours, theirs, "--ours-format", "csv", "--theirs-format", "csv").status == 0


def test_faults_of_stdin_are_named_stdin(write, run):
    answer = run(write("ours.csv", CSV), "-", "--format", "csv", stdin=b"account,symbol\nA,X")
    assert answer.stderr.startswith("the files share no numeric column; ours.csv has")
    header = b"account,symbol,quantity\n"
    answer = run(write("ours.csv", CSV), "-", "--format", "csv", stdin=header + b",A,1")
    assert answer.stderr == f"stdin, line 2, column account: {EMPTY_KEY}\n"


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("last", ["", "END"])
def test_every_line_end_is_read(write, run, engine, end, last):
    ours = write("ours.csv", end.join(CSV) + last.replace("END", end))
    answer = run(ours, write("theirs.csv", CSV), "--json", "--engine", engine)
    assert (answer.status, answer.json["matched"]) == (0, 3)


def test_quoted_cells_may_hold_commas_quotes_and_lines(write, run, engine):
    ours = write("ours.csv", 'symbol,quantity,note\n"A,""B""\nC","1","x\r\ny"\n')
    theirs = write("theirs.csv", '"note","symbol","quantity"\n,"A,""B""\nC",2\n')
    answer = run(ours, theirs, "--json", "--engine", engine)
    assert answer.json["breaks"][0]["key"] == {"symbol": 'A,"B"\nC'}


def test_blank_lines_and_empty_cells_too_many_are_passed_over(write, run, engine):
    ours = write("ours.csv", "\nsymbol,quantity\n\nX,1\n\n\nY,2,,\n\n")
    theirs = write("theirs.csv", "symbol,quantity\nY,2,\nX,1\n")
    answer = run(ours, theirs, "--json", "--engine", engine)
    assert (answer.status, answer.json["matched"]) == (0, 2)


def test_files_with_nothing_but_keys_are_not_compared(write, run, engine):
    ours, theirs = write("ours.csv", "symbol\nX\n\nY\n"), write("theirs.csv", "symbol\n\nY\n")
    assert run(ours, theirs, "--engine", engine).status == 2
    answer = run(ours, theirs, "--fields", "", "--json", "--engine", engine)
    assert (answer.status, answer.stdout) == (2, b"")
    assert "--fields names no column; the files share nothing beside symbol" in answer.stderr


def test_json_numbers_keep_every_digit_and_zero(write, run, engine):
    long = "9" * 1000 + ".10"
    ours = write("ours.json", f'[{{"symbol": "X", "quantity": {long}, "price": 1.50e1}}]')
    theirs = write("theirs.jsonl", '{"symbol": "X", "quantity": "-0.9", "price": null}')
    answer = run(ours, theirs, "--json", "--engine", engine)
    assert answer.json["breaks"][0]["fields"] == {
        "quantity": {"ours": long, "theirs": "-0.9", "difference": "-1" + "0" * 1000 + ".00"},
        "price": {"ours": "15.0", "theirs": None, "difference": None},
    }


def test_a_json_file_without_rows_has_no_columns_to_miss(write, run, engine):
    empty, ours = write("empty.json", "[]"), write("ours.csv", CSV)
    answer = run(ours, empty, "--json", "--engine", engine)
    assert answer.json["counts"] == {"missing_at_broker": 3}
    assert run(empty, write("e.jsonl", "\n"), "--json", "--engine", engine).status == 0


def test_json_objects_need_not_have_every_name(write, run, engine):
    ours = write("ours.jsonl", '{"symbol": "X"}\n{"symbol": "Y", "quantity": 1, "fee": 2}')
    theirs = write("theirs.json", '[{"symbol": "Y", "fee": 3}, {"quantity": 5, "symbol": "X"}]')
    answer = run(ours, theirs, "--json", "--engine", engine)
    assert answer.json["breaks"] == [
        {
            "key": {"symbol": "X"},
            "kind": "quantity",
            "fields": {"quantity": {"ours": None, "theirs": "5", "difference": None}},
        },
        {
            "key": {"symbol": "Y"},
            "kind": "quantity",
            "fields": {
                "quantity": {"ours": "1", "theirs": None, "difference": None},
                "fee": {"ours": "2", "theirs": "3", "difference": "1"},
            },
        },
    ]


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("x.json", '[\n {"symbol": "X"},\n {"symbol" "Y"}]',
         "x.json, line 3: at character 12: is not JSON: Expecting ':' delimiter"),
        ("x.json", '{"positions": []}', "x.json, line 1: at character 1: expected a list of "
         "objects, [{...}, ...]; for one object a line say jsonl"),
        ("x.json", "", "x.json, line 1: at character 1: expected a list of objects, "
         "[{...}, ...]; for one object a line say jsonl"),
        ("x.json", '[{"symbol": "X"}', "x.json, line 1: at character 17: the list is not closed: "
         "expected , or ]"),
        ("x.json", '[{"symbol": "X"},]', "x.json, line 1: at character 18: is not JSON: "
         "Expecting value"),
        ("x.json", "[]\n[]", "x.json, line 2: at character 1: there is more after the list"),
        ("x.json", "[\n\n12]", "x.json, line 3: '12' where an object such as "
         '{"symbol": ..., "quantity": ...} belongs'),
        ("x.json", "[" + "[" * 100_000, "x.json, line 1: at character 2: is not JSON: it is "
         "nested too deeply"),
        ("x.jsonl", '{"symbol": "X"}\n\n  {"symbol": }', "x.jsonl, line 3: is not JSON at "
         "character 14: Expecting value"),
        ("x.jsonl", '{"symbol": "X"} {"symbol": "Y"}', "x.jsonl, line 1: has more after the "
         "object, at character 16; JSON lines have one object a line"),
        ("x.jsonl", '\n["X"]', 'x.jsonl, line 2: a list where an object such as {"symbol": ..., '
         '"quantity": ...} belongs'),
        ("x.jsonl", '{"symbol": "X", "quantity": 1, "quantity": 2}',
         "x.jsonl, line 1, column quantity: the object has this name twice"),
        ("x.jsonl", '{"symbol": "X", "quantity": 1}\n{"symbol": {}, "quantity": 1}',
         "x.jsonl, line 2, column symbol: an object where a text, a number or null belongs"),
        ("x.jsonl", '{"symbol": true, "quantity": 1}',
         "x.jsonl, line 1, column symbol: true where a text, a number or null belongs"),
        ("x.jsonl", '{"symbol": "X", "quantity": [1]}',
         "x.jsonl, line 1, column quantity: a list where a text, a number or null belongs"),
        ("x.jsonl", '{"symbol": "\\ud800", "quantity": 1}',
         "x.jsonl, line 1, column symbol: half a character (a lone surrogate)"),
        ("x.jsonl", '{"symbol": "X", "quantity": 1}\n{"quantity": 1}',
         f"x.jsonl, line 2, column symbol: {EMPTY_KEY}"),
        ("x.jsonl", '{"symbol": "X"}\n{"symbol": "Y", "quantity": NaN}', "x.jsonl, line 2, "
         "column quantity: 'NaN' is not a number; allowed are the digits 0-9 with an optional "
         "sign, decimal point and exponent of up to four digits, such as -1234.50 or 1e5"),
    ],
)  # fmt: skip
def test_a_fault_in_json_is_named_with_its_line(write, run, engine, name, text, said):
    theirs = write("theirs.csv", ["symbol,quantity", "X,1"])
    answer = run(write(name, text), theirs, "--json", "--engine", engine)
    assert (answer.status, answer.stdout, answer.stderr) == (2, b"", f"{said}\n")


def test_a_json_list_longer_than_a_piece_is_read_whole(write, run, engine):
    rows = [
        f'{{"symbol": "S{at}", "quantity": {at}.0, "note": "{"x" * 90}"}}' for at in range(30000)
    ]
    ours = write("ours.json", "[\n" + ",\n".join(rows) + "]")
    theirs = write("theirs.jsonl", rows[:-1])
    answer = run(ours, theirs, "--json", "--engine", engine)
    assert (answer.json["ours"], answer.json["counts"]) == (30000, {"missing_at_broker": 1})
    broken = write("broken.json", "[\n" + ",\n".join([*rows, "{"]) + "]")
    said = run(broken, theirs, "--engine", engine).stderr
    assert said.startswith("broken.json, line 30002: at character 2: is not JSON")


arrow = pytest.importorskip("pyarrow")


@pytest.fixture
def parquet(write):
    """Write a Parquet file in the current folder."""
    import pyarrow.parquet

    def write_columns(name: str, **columns: object) -> str:
        pyarrow.parquet.write_table(arrow.table(columns), name)
        return name

    return write_columns


def decimals(*texts: str | None, digits: int = 38, scale: int = 18) -> object:
    kind = arrow.decimal128 if digits <= 38 else arrow.decimal256
    return arrow.array([text and Decimal(text) for text in texts], kind(digits, scale))


def test_parquet_is_exact_and_shows_no_padding(write, run, parquet, engine):
    ours = parquet(
        "ours.parquet",
        symbol=arrow.array(["X", "Y", "Z"]).dictionary_encode(),
        quantity=decimals("10", "-0.5", None),
        price=arrow.array([0.1 + 0.2, 1e22, None]),
        cash=arrow.array([0.1, 16777216, 1e-7], arrow.float32()),
        units=arrow.array([2**64 - 1, 0, 1], arrow.uint64()),
    )
    theirs = ["symbol,quantity,price,cash,units", "X,10.0,0.3,0.1,18446744073709551616", "Y,0,1,1,"]
    answer = run(ours, write("theirs.csv", theirs), "--json", "--engine", engine)
    assert [found["fields"] for found in answer.json["breaks"]] == [
        {
            "price": {
                "ours": "0.30000000000000004",
                "theirs": "0.3",
                "difference": "-0.00000000000000004",
            },
            "units": {
                "ours": "18446744073709551615",
                "theirs": "18446744073709551616",
                "difference": "1",
            },
        },
        {
            "quantity": {"ours": "-0.5", "theirs": "0", "difference": "0.5"},
            "price": {
                "ours": "10000000000000000000000",
                "theirs": "1",
                "difference": "-9999999999999999999999",
            },
            "cash": {"ours": "16777216", "theirs": "1", "difference": "-16777215"},
            "units": {"ours": "0", "theirs": None, "difference": None},
        },
        {
            "quantity": {"ours": None, "theirs": None, "difference": None},
            "price": {"ours": None, "theirs": None, "difference": None},
            "cash": {"ours": "0.0000001", "theirs": None, "difference": None},
            "units": {"ours": "1", "theirs": None, "difference": None},
        },
    ]


def test_two_parquet_files_may_have_different_types(run, parquet, engine):
    ours = parquet(
        "ours.parquet",
        account=[7, 8],
        symbol=["X", "X"],
        quantity=decimals("1.5", "2"),
        price=arrow.array([0.1, 2], arrow.float32()),
        **{'odd "name"': [1, 1]},
    )
    theirs = parquet(
        "theirs.parquet",
        symbol=["X", "X"],
        account=["8", "7"],
        quantity=decimals("2.0", "1.50", digits=20, scale=4),
        price=arrow.array([2.0, 0.1]),
        **{'odd "name"': [1.0, 2.5]},
    )
    answer = run(ours, theirs, "--json", "--engine", engine)
    assert [(found["key"]["account"], found["fields"]) for found in answer.json["breaks"]] == [
        ("7", {'odd "name"': {"ours": "1", "theirs": "2.5", "difference": "1.5"}})
    ]


def test_a_parquet_decimal_longer_than_a_database_has_is_exact(run, parquet, engine):
    long = "1" * 50 + ".01"
    ours = parquet("ours.parquet", symbol=["X"], quantity=decimals(long, digits=60, scale=2))
    theirs = parquet(
        "theirs.parquet", symbol=["X"], quantity=decimals("1" * 50, digits=60, scale=2)
    )
    answer = run(ours, theirs, "--json", "--engine", engine)
    assert answer.json["breaks"][0]["fields"]["quantity"] == {
        "ours": long,
        "theirs": "1" * 50,
        "difference": "-0.01",
    }


def test_faults_in_parquet_are_named_with_their_row(write, run, parquet, engine):
    good = parquet("good.parquet", symbol=["X", "Y"], quantity=[1, 2])
    nan = parquet("nan.parquet", symbol=["X", "Y"], quantity=[1.0, float("nan")])
    twice = parquet("twice.parquet", symbol=["X", "X"], quantity=[1, 2])
    dated = parquet("dated.parquet", symbol=["X"], quantity=arrow.array([0], arrow.date32()))
    damaged = write("damaged.parquet", b"PAR1 no more PAR1")

    def said(*files: str) -> str:
        answer = run(*files, "--json", "--engine", engine)
        assert (answer.status, answer.stdout) == (2, b"")
        return answer.stderr

    assert said(good, dated).startswith(
        "dated.parquet, schema, column quantity: date32[day] cannot be compared"
    )
    infinite = parquet("inf.parquet", symbol=["X", "Y"], quantity=[1.0, float("inf")])
    assert said(good, infinite).startswith(
        "inf.parquet, row 2, column quantity: 'inf' is not a num"
    )
    assert run(nan, nan, "--json", "--engine", engine).status == 0
    told = json.loads(run(good, nan, "--json", "--engine", engine).stdout)
    assert [each["fields"]["quantity"]["theirs"] for each in told["breaks"]] == [None]
    assert said(twice, good).startswith("twice.parquet, row 2, column symbol: the key 'X' is alr")
    assert said(damaged, good).startswith("damaged.parquet: is not a readable Parquet file: ")
    assert said(dated, good, "--fields", "quantity") == (
        "dated.parquet, schema, column quantity: date32[day] cannot be compared; "
        "allowed are text, whole numbers, decimals, floats\n"
    )
    assert said(good, good, "--fields", "cash").startswith(
        "good.parquet, schema, column cash: there is no such column"
    )
