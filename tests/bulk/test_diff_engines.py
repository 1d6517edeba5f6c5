"""Both engines give the same bytes, and DuckDB answers by itself wherever it can be certain."""

import csv
import io
import random
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tieout.bulk import FileFault, tie_out_files, write_json
from tieout.bulk.columns import Asked, choose_terms
from tieout.bulk.duck import DuckEngine
from tieout.bulk.exact import is_number
from tieout.bulk.faults import Doubt
from tieout.bulk.plain import tie_out as tie_out_plainly
from tieout.bulk.sheet import Side
from tieout.bulk.sources import open_source
from tieout.bulk.tying import sheet_of

FORMS = st.sampled_from(
    ["1", "1.0", "1.00", "+1", "1e0", "-1", "0", "-0", "", ".5", "5.", "1E400", "9" * 60]
)
ODD_FORMS = st.one_of(FORMS, st.sampled_from(["1,000", " 1", "NaN", "1_0", "x", "١", "1e99999"]))
SYMBOLS = st.sampled_from(["A", "B", " A", "É", "=x", "BTC/USD", "a b", "C1", "C2", "C3", "C4"])
ODD_SYMBOLS = st.one_of(SYMBOLS, st.sampled_from(['q"t', "a,b", "x\ny", "", " ", "\x00", "\u2028"]))


@st.composite
def files(draw: st.DrawFn) -> bytes:
    """A CSV file of few keys, often with something that is not as it should be."""
    is_odd = draw(st.booleans())
    symbols, forms = (ODD_SYMBOLS, ODD_FORMS) if is_odd else (SYMBOLS, FORMS)
    rows = draw(
        st.lists(
            st.tuples(st.sampled_from(["a", "b"]), symbols, forms, forms, forms),
            max_size=8,
            unique_by=None if is_odd else lambda row: (row[0], row[1].strip()),
        )
    )
    text = io.StringIO()
    quoting = draw(st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]))
    writer = csv.writer(text, quoting=quoting, lineterminator=draw(st.sampled_from(["\n", "\r\n"])))
    writer.writerow(["account", "symbol", "quantity", "average_price", "fee"])
    writer.writerows(rows)
    data = text.getvalue().encode()
    if is_odd:
        cut = draw(st.integers(len(data) // 2, len(data)))
        data = data[:cut] + draw(st.sampled_from([b"", b"\n", b'"', b",", b"\r", b"\xff", b" "]))
    return data


def answer(folder: Path, engine: str) -> bytes:
    """What an engine says: the JSON, or what is wrong."""
    names = (str(folder / "ours.csv"), str(folder / "theirs.csv"))
    text = io.StringIO()
    try:
        write_json(tie_out_files(*names, engine=engine, tolerance={"quantity": "0.5"}), text)
    except FileFault as fault:
        return str(fault).encode()
    return text.getvalue().encode()


@settings(max_examples=250, derandomize=True, deadline=None, database=None)
@given(ours=files(), theirs=files())
@example(ours=b"account,symbol,quantity\na,A,1\n,,,", theirs=b"account,symbol,quantity\na,A,1")
@example(ours=b"symbol,quantity\nA,1\n\n", theirs=b"\nsymbol,quantity\nA,1\n")
@example(ours=b"symbol,quantity\r\nA,1\nB,1\r\n", theirs=b"symbol,quantity\rA,1\rB,2\r")
@example(ours=b'symbol,quantity\n "A",1\n', theirs=b'symbol,quantity\n"A" ,1\n')
@example(ours=b'symbol,quantity\n""\n",1"\n', theirs=b'symbol,quantity\n"A","1\n')
@example(ours=b"symbol,fee\nA,1\nB,x\n", theirs=b"symbol,fee\nA,1\nB,1\n")
@example(ours=b"symbol,quantity\nA,1\nA,1\n", theirs=b"symbol,quantity\nA,1\nA,1\n")
def test_both_engines_give_the_same_bytes(ours: bytes, theirs: bytes):
    with TemporaryDirectory() as made:
        folder = Path(made)
        (folder / "ours.csv").write_bytes(ours)
        (folder / "theirs.csv").write_bytes(theirs)
        assert answer(folder, "duckdb") == answer(folder, "plain")


@settings(max_examples=500, derandomize=True, deadline=None, database=None)
@given(text=st.text(alphabet="0123456789+-.eE ,_xnaNif\n١", max_size=9))
def test_duckdb_and_python_agree_on_what_a_number_is(duckdb_is_number, text: str):
    assert duckdb_is_number(text) == is_number(text)


@pytest.fixture(scope="module")
def duckdb_is_number():
    import duckdb

    from tieout.bulk.duck import is_number as number_sql

    connection = duckdb.connect()
    sql = f"SELECT {number_sql('text')} FROM (SELECT CAST(? AS VARCHAR) AS text)"
    return lambda text: connection.execute(sql, [text]).fetchone()[0]


def outcomes(ours: str, theirs: str, folder: Path, *, fields: tuple[str, ...] | None = None):
    """What each engine finds by itself; Doubt passes through."""

    def side(name: str) -> Side:
        suffix = Path(name).suffix[1:]
        return Side(sheet_of(open_source(name, file_format=suffix, folder=folder, stdin=None)))

    book, broker = side(ours), side(theirs)
    engine = DuckEngine(folder)
    asked = Asked(fields=fields, tolerance={})
    terms = choose_terms(book, broker, asked, count=engine.count)
    assert terms == choose_terms(book, broker, asked)
    return (
        engine.tie_out(book, broker, terms=terms),
        tie_out_plainly(book, broker, terms=terms),
    )


USUAL = {
    "text": "symbol,quantity,fee\nX,1,\nY,2,3\n",
    "quoted": '"symbol","quantity","fee"\r\n"X ""Y""","1","2"\r\n"Z,Z",2,""\r\n',
    "blanks": "symbol,quantity,fee\n X ,1,1\n\nY,2,\n",
    "beyond ASCII": "symbol,quantity,fee\nÉ,1,1\n\u2028,2,2\n",
    "BOM": "\ufeffsymbol,quantity,fee\nX,1,1\n",
    "odd digits": f"symbol,quantity,fee\nX,{'1' * 1000},1e5\n",
    "a comma too many": "symbol,quantity,fee\nX,1,1,\n",
}


@pytest.mark.parametrize("text", USUAL.values(), ids=USUAL)
def test_duckdb_reads_usual_files_by_itself(write, tmp_path, text):
    ours = write("ours.csv", text)
    for theirs in (ours, write("theirs.csv", "symbol,quantity,fee\nX,1.0,2\nNEW,1,1\n")):
        ours_found, theirs_found = outcomes(ours, theirs, tmp_path)
        assert ours_found == theirs_found


def test_duckdb_takes_json_that_is_staged(write, tmp_path):
    ours = write("ours.json", '[{"symbol": "X", "quantity": 1.50, "fee": "a"}]')
    theirs = write("theirs.jsonl", '{"symbol": "X", "quantity": 1.5}\n{"symbol": "Y"}')
    ours_found, theirs_found = outcomes(ours, theirs, tmp_path)
    assert ours_found == theirs_found


DOUBTFUL = {
    "lines in a cell": 'symbol,quantity\n"X\nY",1\n',
    "mixed line ends": "symbol,quantity\r\nX,1\nY,2\r\n",
    "a quote in a cell": 'symbol,quantity\nX"Y,1\n',
    "a blank line first": "\nsymbol,quantity\nX,1\n",
    "an empty key": "symbol,quantity\n,1\n",
    "a repeated key": "symbol,quantity\nX,1\nX,1\n",
    "no number": "symbol,quantity\nX,1 \n",
    "a long line": f"symbol,quantity\nX,{'1' * 3_000_000}\n",
}


@pytest.mark.parametrize("text", DOUBTFUL.values(), ids=DOUBTFUL)
def test_duckdb_leaves_to_the_plain_engine_what_it_cannot_promise(write, tmp_path, text):
    ours = write("ours.csv", text)
    with pytest.raises(Doubt):
        outcomes(ours, ours, tmp_path)


def test_duckdb_leaves_a_file_of_one_column_to_the_plain_engine(write, tmp_path):
    ours, theirs = write("ours.csv", "symbol\n\nX\n"), write("theirs.csv", "symbol\n")
    with pytest.raises(Doubt):
        outcomes(ours, theirs, tmp_path)


def test_a_name_that_duckdb_takes_for_a_pattern_is_read_as_a_name(write, run):
    write("x1.csv", "symbol,quantity\nX,2\n")
    ours, theirs = write("x?.csv", "symbol,quantity\nX,1\n"), write("o'x.csv", "symbol,quantity\n")
    answer = run(ours, theirs, "--engine", "duckdb", "--json")
    assert answer.json["breaks"][0]["fields"]["quantity"]["ours"] == "1"


def many_rows(count: int, *, seed: int) -> tuple[list[str], list[str]]:
    """Two files that differ here and there, theirs in another order."""
    chance = random.Random(seed)
    rows = [
        (f"acc{at % 7},S{at}", f"{chance.randrange(10**6)}.{chance.randrange(10**18):018d}")
        for at in range(count)
    ]
    ours = [f"{key},{figure},{chance.choice(['', '1', '1.0'])}" for key, figure in rows]
    chance.shuffle(rows)
    theirs = [
        f"{key},{figure[:-1] if at % 1000 == 0 else figure}{'0' * (at % 3)},1"
        for at, (key, figure) in enumerate(rows)
        if at % 997
    ]
    return ours, theirs


def test_many_rows_come_out_the_same(write, run):
    header = "account,symbol,quantity,fee"
    ours, theirs = many_rows(60_000, seed=11)
    names = (write("ours.csv", [header, *ours]), write("theirs.csv", [header, *theirs]))
    plain, duckdb, auto = (
        run(*names, "--json", "--engine", engine) for engine in ("plain", "duckdb", "auto")
    )
    assert plain.stdout == duckdb.stdout == auto.stdout
    assert plain.json["counts"]["missing_at_broker"] == 61


@pytest.mark.torture
@pytest.mark.parametrize("seed", [1, 2])
def test_a_million_rows_come_out_the_same(write, run, seed):
    header = "account,symbol,quantity,fee"
    ours, theirs = many_rows(1_000_000, seed=seed)
    names = (write("ours.csv", [header, *ours]), write("theirs.csv", [header, *theirs]))
    plain, duckdb = (run(*names, "--json", "--engine", name) for name in ("plain", "duckdb"))
    assert plain.stdout == duckdb.stdout
