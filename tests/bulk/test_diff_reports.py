"""The table people read, and the reports: read back, and harmless in a spreadsheet."""

import csv
import doctest
import json
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest

from golden import check_golden
from tieout.bulk import (
    FileFault,
    exact,
    report_lines,
    tie_out_files,
    write_json,
    write_report,
)

HEADER = "account,symbol,quantity,average_price"
OURS = [HEADER, "A,AAPL,10,100.00", "A,MSFT,5,1e2", "A,TSLA,1,7", "A,=1+1,-2,-3"]
THEIRS = [HEADER, "A,AAPL,9,99.5", "A,MSFT,5.0,100", "A,NVDA,2,"]

LINES = [
    ["account", "symbol", "kind", "field", "ours", "theirs", "difference"],
    ["A", "=1+1", "missing_at_broker", "quantity", "-2", "", ""],
    ["A", "=1+1", "missing_at_broker", "average_price", "-3", "", ""],
    ["A", "AAPL", "quantity", "quantity", "10", "9", "-1"],
    ["A", "AAPL", "quantity", "average_price", "100.00", "99.5", "-0.50"],
    ["A", "NVDA", "missing_in_book", "quantity", "", "2", ""],
    ["A", "NVDA", "missing_in_book", "average_price", "", "", ""],
    ["A", "TSLA", "missing_at_broker", "quantity", "1", "", ""],
    ["A", "TSLA", "missing_at_broker", "average_price", "7", "", ""],
]


def readable(stdout: bytes) -> str:
    """What is printed, without the blanks at the end of lines, which no editor keeps."""
    return "".join(f"{line.rstrip()}\n" for line in stdout.decode().splitlines())


@pytest.fixture
def both(write):
    return write("ours.csv", OURS), write("theirs.csv", THEIRS)


def test_the_table_shows_each_field_that_breaks(run, both, engine):
    answer = run(*both, "--engine", engine)
    assert answer.status == 1
    check_golden("diff_breaks.txt", readable(answer.stdout))


def test_the_table_says_when_all_is_tied_out(run, both):
    answer = run(both[0], both[0])
    assert answer.status == 0
    check_golden("diff_tied_out.txt", readable(answer.stdout))


def test_the_table_stays_readable_where_it_is_narrow(write, run):
    ours = write("ours.csv", ["symbol,quantity,note", f"X,{'123456789.' + '0' * 70},[red]a"])
    theirs = write("theirs.csv", ["symbol,quantity,note", "\x1b[31mX,1,b"])
    answer = run(ours, theirs, columns=80)
    check_golden("diff_narrow.txt", readable(answer.stdout))


def test_the_help_shows_the_options_and_examples(run):
    text = readable(run("--help", columns=100).stdout)
    assert "tieout diff book.csv broker.csv" in text
    for option in ("--key", "--fields", "--tolerance", "--map", "--format", "--out", "--engine"):
        assert option in text


def test_a_long_table_is_cut_and_says_so(write, run):
    ours = write("ours.csv", ["symbol,quantity", *[f"S{at:04d},1" for at in range(300)]])
    answer = run(ours, write("theirs.csv", ["symbol,quantity"]))
    text = answer.stdout.decode()
    assert "S0199" in text
    assert "S0200" not in text
    assert "Only the first 200 lines; --json and --out have all." in text


def test_a_csv_report_reads_back(run, both, engine, tmp_path):
    answer = run(*both, "--out", "breaks.csv", "--engine", engine)
    assert answer.status == 1
    with Path("breaks.csv").open(encoding="utf-8", newline="") as text:
        lines = list(csv.reader(text))
    assert lines == [[cell.replace("=1+1", "'=1+1") for cell in line] for line in LINES]
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "breaks.csv",
        "ours.csv",
        "theirs.csv",
    ]


def test_a_parquet_report_reads_back(run, both, engine):
    parquet = pytest.importorskip("pyarrow.parquet")
    run(*both, "--out", "breaks.PARQUET", "--engine", engine)
    table = parquet.read_table("breaks.PARQUET")
    assert [*map(str, table.schema.types)] == ["string"] * 7
    rows = [[cell or "" for cell in row.values()] for row in table.to_pylist()]
    assert [table.column_names, *rows] == LINES
    assert table.to_pylist()[0]["theirs"] is None


class Cells(HTMLParser):
    """The cells of the one table, and the elements of the page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.rows: list[list[str]] = []
        self.elements: set[str] = set()
        self.in_cell = False
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.elements.add(tag)
        self.in_cell = tag in ("td", "th")
        if tag == "tr":
            self.rows.append([])
        if self.in_cell:
            self.rows[-1].append("")

    def handle_endtag(self, tag: str) -> None:
        self.in_cell = False

    def handle_data(self, data: str) -> None:
        if self.in_cell:
            self.rows[-1][-1] += data


def test_an_html_report_reads_back_and_needs_nothing_else(run, both, engine):
    run(*both, "--out", "breaks.html", "--engine", engine)
    text = Path("breaks.html").read_text(encoding="utf-8")
    shown = [[cell.replace("=1+1", "'=1+1") or "–" for cell in line] for line in LINES]
    page = Cells(text)
    assert page.rows == shown
    assert page.elements.isdisjoint({"script", "link", "img", "iframe"})
    assert "http:" not in text
    assert "https:" not in text
    assert "Not tied out" in text


def test_what_a_file_holds_is_text_in_html_and_not_markup(write, run):
    ours = write("ours.csv", ["symbol,quantity", "<script>alert(1)</script>,1"])
    run(ours, write("<b>.csv", ["symbol,quantity"]), "--out", "breaks.html")
    text = Path("breaks.html").read_text(encoding="utf-8")
    assert "<script>" not in text
    assert "<b>" not in text
    assert Cells(text).rows[1][0] == "<script>alert(1)</script>"


def test_a_long_html_report_is_cut_and_says_so(write, run):
    ours = write("ours.csv", ["symbol,quantity", *[f"S{at:05d},1" for at in range(10_001)]])
    run(ours, write("theirs.csv", ["symbol,quantity"]), "--out", "breaks.html")
    text = Path("breaks.html").read_text(encoding="utf-8")
    assert "S09999" in text
    assert "S10000" not in text
    assert "Only the first 10,000 lines" in text


@pytest.mark.parametrize("name", ["breaks.csv", "breaks.parquet", "breaks.html"])
def test_a_report_of_nothing_is_still_a_report(run, both, name):
    assert run(both[0], both[0], "--out", name).status == 0
    assert Path(name).stat().st_size > 0


@pytest.mark.parametrize("cell", ["=1", "+x", "-x", "@x", "\tx", "\rx"])
def test_a_text_that_starts_like_a_formula_gets_an_apostrophe(cell):
    assert report_lines.harmless(cell) == f"'{cell}"


@pytest.mark.parametrize("cell", ["-1", "+1.5", "-0.001", "1e5", "A=1", "BRK.B"])
def test_a_number_is_never_changed(cell):
    assert report_lines.harmless(cell) == cell


def test_a_key_may_have_the_name_of_a_figure(write, run):
    ours = write("ours.csv", ["kind,ours,quantity", "a,b,1"])
    theirs = write("theirs.csv", ["kind,ours,quantity"])
    answer = run(ours, theirs, "--key", "kind,ours", "--out", "breaks.csv")
    assert answer.status == 1
    assert Path("breaks.csv").read_text().splitlines()[0].startswith("key_kind,key_ours,kind,")


def test_a_report_that_cannot_be_written_leaves_nothing(run, both, tmp_path):
    answer = run(*both, "--json", "--out", "nowhere/breaks.csv")
    assert (answer.status, answer.stdout) == (2, b"")
    assert answer.stderr == "nowhere/breaks.csv: cannot be written: No such file or directory\n"


def test_without_pyarrow_the_report_that_was_asked_for_is_named(both, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)
    with pytest.raises(FileFault, match=r"^x.parquet: --out: writing Parquet needs pyarrow"):
        write_report(tie_out_files(*both), Path("x.parquet"))


def test_a_file_that_is_there_is_not_replaced_unasked(run, both):
    Path("breaks.csv").write_text("mine")
    answer = run(*both, "--out", "breaks.csv")
    assert (answer.status, answer.stdout) == (2, b"")
    assert answer.stderr == "breaks.csv: is there already; name a new file, or --force it\n"
    assert Path("breaks.csv").read_text() == "mine"


def test_an_older_report_is_replaced_whole_if_asked(run, both):
    Path("breaks.csv").write_text("old\n" * 1000)
    run(*both, "--out", "breaks.csv", "--force")
    assert len(Path("breaks.csv").read_text().splitlines()) == len(LINES)


def test_json_beside_a_report_is_alone_on_stdout(run, both):
    answer = run(*both, "--json", "--out", "breaks.csv")
    assert json.loads(answer.stdout)["counts"] == {
        "quantity": 1,
        "missing_at_broker": 2,
        "missing_in_book": 1,
    }
    assert answer.stderr == ""


def test_the_library_says_what_the_command_says(run, both):
    import io

    text = io.StringIO()
    statement = tie_out_files(*both, tolerance={"average_price": "0.5"})
    write_json(statement, text)
    answer = run(*both, "--json", "--tolerance", "average_price=0.50")
    assert text.getvalue().encode() == answer.stdout
    assert not statement.is_tied_out


@pytest.mark.parametrize("module", [exact, report_lines])
def test_the_examples_in_the_docstrings_are_true(module):
    assert doctest.testmod(module) == (0, doctest.testmod(module).attempted)
