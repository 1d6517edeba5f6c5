"""Whatever is wrong gets one clear message, status 2, no traceback, and nothing is changed."""

import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from cli.morning import written
from cli.shell import clean_environment, real

TEAM = '[[notifications]]\nname = "team"\nurl = "nonsense://planted-token"\n'
MEMORY = '[store]\nurl = "sqlite:///:memory:"\n'
CONNECTION = '[[connections]]\nname = "paper"\nvenue = "alpaca"\n'
KEYED = CONNECTION + 'key = "k"\nsecret = "s"\n'


def nothing(folder: Path) -> None:
    """The working folder is empty."""


def book(folder: Path) -> None:
    written(folder).store.close()


def settings(text: str) -> Callable[[Path], None]:
    def prepare(folder: Path) -> None:
        (folder / "tieout.toml").write_text(text, encoding="utf-8")

    return prepare


def not_a_database(folder: Path) -> None:
    (folder / "tieout.db").write_bytes(b"this is a letter, not a database" * 100)


def another_program(folder: Path) -> None:
    with sqlite3.connect(folder / "tieout.db") as connection:
        connection.execute("CREATE TABLE songs (title TEXT)")
    connection.close()


def empty_file(folder: Path) -> None:
    (folder / "tieout.db").touch()


def a_folder(folder: Path) -> None:
    (folder / "tieout.db").mkdir()


def damaged(folder: Path) -> None:
    book(folder)
    path = folder / "book.db"
    content = bytearray(path.read_bytes())
    for place in range(8192, len(content), 4096):
        content[place : place + 200] = b"\xff" * 200
    path.write_bytes(content)


WRONG = [
    # what is there, the arguments, what the message says
    (nothing, "nope", "tieout: No such command 'nope'"),
    (nothing, "--nope", "tieout: No such option: --nope"),
    (nothing, "sync --nope", "tieout sync: No such option: --nope"),
    (nothing, "sync now", "tieout sync: Got unexpected extra argument"),
    (nothing, "history", "tieout history: Missing argument 'SYMBOL'"),
    (nothing, "runs show", "tieout runs show: Missing argument 'RUN'"),
    (nothing, "runs nope", "tieout runs: No such command 'nope'"),
    (nothing, "runs --limit 0", "'--limit'"),
    (nothing, "runs --limit many", "'--limit'"),
    (nothing, "pnl --by week", "'--by'"),
    (nothing, "pnl --from yesterday", "--from: 'yesterday' is not a time; write 2026-11-20"),
    (nothing, "pnl --to 2026-02-30", "--to: '2026-02-30' is not a time"),
    (nothing, "demo --rounds 0", "than or equal to 1. See `tieout demo --help`."),
    (nothing, "demo --interval x", "'--interval'"),
    (
        nothing,
        "demo --venue nyse",
        "--venue: 'nyse' is not one of: alpaca, hyperliquid, ibkr, coin",
    ),
    (nothing, "demo --db nowhere/x.db", "--db: there is no folder"),
    (nothing, "sim alpaca --port 70000", "'--port'"),
    (nothing, "positions", "there is no book at"),
    (nothing, "breaks accept-broker AAPL", "there is no book at"),
    (nothing, "runs approve r", "there is no book at"),
    (nothing, "sync", "no connection is set up: set APCA_API_KEY_ID and APCA_API_SECRET_KEY"),
    (nothing, "plan", "or IBKR_HOST, or write [[connections]] into tieout.toml"),
    (nothing, "db version", "is not there"),
    (nothing, "db backup x.db", "is not there"),
    (nothing, "--config nope.toml sync", "--config: there is no file nope.toml"),
    (settings("[store"), "sync", "tieout.toml: is not TOML"),
    (settings("[store]\nurl = 3\n"), "positions", "tieout.toml:2: store.url: is 3, must be"),
    (settings("[sotre]\n"), "doctor", "sotre: is no setting; did you mean store?"),
    (settings('[store]\nurl = "postgresql://h/b"\n'), "positions", "PostgreSQL"),
    (settings('[store]\nurl = "sqlite:///no/such/book.db"\n'), "sync", "no connection is set up"),
    (settings(CONNECTION + 'key = "env:NOPE"\n'), "sync", "set the environment variable NOPE"),
    (settings(CONNECTION + "key = 7\n"), "sync", "connections.paper.key: must be a text"),
    (settings('[[connections]]\nname = "x"\nvenue = "lpaca"\n'), "sync", "'lpaca' is not known"),
    (not_a_database, "positions", "is not a database; name another file"),
    (another_program, "positions", "is the database of another program"),
    (a_folder, "positions", "cannot be opened"),
    (empty_file, "verify", "is empty, it is no book; `tieout sync` makes one"),
    (empty_file, "positions", "is empty, it is no book"),
    (empty_file, "doctor", "is empty, it is no book"),
    (
        settings('[store]\nurl = "sqlite:///no/book.db"\n'),
        "doctor",
        "no/book.db is not there; make",
    ),
    (settings(MEMORY + CONNECTION), "sync", "store.url: a book in memory (sqlite:///:memory:) is"),
    (settings(MEMORY + CONNECTION), "serve", "store.url: a book in memory"),
    (settings(MEMORY), "doctor", "a book in memory (sqlite:///:memory:) is gone when this ends"),
    (settings('[store]\nurl = "sqlite:///q.db?mode=ro"\n'), "doctor", "without ? and what"),
    (
        settings('[service]\nschedule = "abc"\n'),
        "doctor",
        "WRONG service: service.schedule: is 'abc'",
    ),
    (
        settings('[service]\nschedule = "abc"\n' + KEYED),
        "serve",
        "service.schedule: is 'abc', must",
    ),
    (settings('[service]\ntimezone = "Mars"\n'), "doctor", "service.timezone: 'Mars' is no zone"),
    (settings(TEAM), "doctor", "WRONG service: notifications.team.url is no address that Apprise"),
    (settings(TEAM + KEYED), "serve", "tieout: notifications.team.url is no address that Apprise"),
    (
        settings('[service]\ndefault_account = "nope"\n'),
        "doctor",
        "look  service: service.default_account: no account is named 'nope' so far; known are none",
    ),
    (
        settings('[[connections]]\nname = "x"\nvenue = "alpacca"\n'),
        "sync",
        "connections.x.venue: venue 'alpacca' is not known; use one of: alpaca",
    ),
    (
        settings(CONNECTION + '[accounts.paper]\nname = "a"\n'),
        "sync",
        'all of that connection are "paper/*"',
    ),
    (damaged, "positions", "book.db"),
    (book, "positions --account nope", "no account is named 'nope'; in the book: main"),
    (book, "positions --as-of soon", "--as-of: 'soon' is not a time"),
    (book, "positions --known-at 25:00", "--known-at: '25:00' is not a time"),
    (book, "positions --as-of 9999-12-31", "--as-of: '9999-12-31' is too far away; write a year"),
    (book, "positions --known-at 9999-12-31T23:59:59.999999", "is too far away; write a year"),
    (book, "pnl --to 9999-12-31", "--to: '9999-12-31' is too far away; write a year from 1900"),
    (book, "pnl --from 0001-01-01", "--from: '0001-01-01' is too far away"),
    (book, "pnl --from 0001-01-01T00:00+14:00", "is too far away"),
    (book, "pnl --from=", "--from: '' is not a time"),
    (book, "pnl --to=", "--to: '' is not a time"),
    (book, "pnl --known-at=", "--known-at: '' is not a time"),
    (book, "positions --as-of=", "--as-of: '' is not a time"),
    (book, "positions --known-at=", "--known-at: '' is not a time"),
    (book, "positions --account=", "no account is named ''; in the book: main"),
    (book, "runs --account=", "no account is named ''; in the book: main"),
    (book, "runs list --account=", "no account is named ''; in the book: main"),
    (book, "breaks --account=", "no account is named ''; in the book: main"),
    (book, "breaks ignore X --account=", "no account is named ''; in the book: main"),
    (book, "history AAPL --account=", "no account is named ''; in the book: main"),
    (book, "pnl --account=", "no account is named ''; in the book: main"),
    (book, "verify --account=", "no account is named ''; in the book: main"),
    (book, "pnl --from 2026-12-01 --to 2026-11-01", "--from: 2026-12-01 is after --to 2026-11-01"),
    (book, "positions --all --as-of 2026-11-20", "--all has no meaning beside --as-of"),
    (book, "positions --all --known-at 2026-11-20", "--all has no meaning beside --as-of or --kno"),
    (book, "runs evidence run-1 --raw --whole", "--whole has no meaning beside --raw"),
    (nothing, "demo --once --rounds 3", "--once is one round; leave it or --rounds out"),
    (book, "history NOPE", "the book knows no 'NOPE'"),
    (book, "history APPL", "did you mean AAPL?"),
    (book, "runs show nope", "there is no run 'nope'; `tieout runs` lists them"),
    (book, "runs show run", "8 runs are named like 'run'"),
    (book, "runs approve run-1", "no run of main waits for approval"),
    (book, "runs reject run-5", "no run of main waits for approval"),
    (book, "runs evidence run-1 --out nowhere/x.json", "--out: cannot write nowhere/x.json"),
    (book, "runs evidence run-1 --out book.db", "--out: book.db is there already; name a new"),
    (book, "runs evidence run-1 --raw --out tieout.toml", "--out: tieout.toml is there already"),
    (book, "runs evidence run-1 --out book.db-wal", "--out: book.db-wal belongs to the book"),
    (book, "runs evidence run-1 --out ./book.db-shm", "book.db-shm belongs to the book"),
    (book, "runs evidence run-1 --out book.db.leases", "book.db.leases belongs to the book"),
    (book, "runs evidence run-1 --out .", "--out: cannot write ."),
    (book, "breaks ignore NOPE", "there is no open break 'NOPE'"),
    (book, "breaks accept-broker B1", "there is no open break 'B1'"),
    (book, "verify --head x", "is no anchor"),
    (book, "verify --account nope", "no account is named 'nope'"),
    (book, "db backup book.db", "is there already"),
    (book, "db backup book.db-wal", "book.db-wal belongs to the book"),
    (book, "demo --db tieout.db", "--db: the demo keeps its settings in"),
    (book, "demo --db tieout.toml", "--db: tieout.toml is there already"),
    (nothing, "demo --db demo.toml", "--db: demo.toml is where the demo keeps its settings"),
    (book, "db prune --evidence-days -1", "'--evidence-days'"),
    (book, "db prune --evidence-days 99999999", "'--evidence-days'"),
    (book, "db prune --ended-days 99999999", "'--ended-days'"),
    (book, "sync --account nope", "no account or connection is named 'nope'; there are: paper"),
    (book, "sync", "set the environment variable NO_KEY"),
]


def content(folder: Path) -> dict[str, bytes]:
    """Every file, but for what SQLite makes beside a database that is open."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.name.endswith(("-wal", "-shm"))
    }


@pytest.mark.parametrize(("prepare", "command", "message"), WRONG)
def test_what_is_wrong_is_named_and_nothing_is_changed(tieout, folder, prepare, command, message):
    prepare(folder)
    before = content(folder)
    result = tieout(*command.split())
    assert result.status == 2
    assert message in result.err + result.out
    assert "Traceback" not in result.err
    assert "planted" not in result.err + result.out
    assert content(folder) == before


@pytest.mark.parametrize(
    "command", ["sync --nope", "--config nope.toml positions", "positions", "runs show"]
)
def test_the_real_program_says_one_line_and_no_traceback(folder, command):
    result = real(*command.split(), folder=folder)
    assert (result.status, result.out) == (2, "")
    assert len(result.err.splitlines()) == 1
    assert list(folder.iterdir()) == []


def test_several_wrong_settings_are_told_at_once(tieout, folder):
    settings("[store]\nurl = 3\n[runs]\nspeed = 1\n")(folder)
    assert tieout("positions").err.startswith("tieout: 2 settings are wrong:\n  ")


def test_a_variable_is_named_like_a_key(tieout, folder, monkeypatch):
    monkeypatch.setenv("TIEOUT_RUNS_DEADLINE_S", "soon")
    assert "TIEOUT_RUNS_DEADLINE_S: is 'soon', must be a number" in tieout("positions").err


@pytest.mark.parametrize("encoding", ["latin-1", "ascii"])
def test_a_terminal_without_our_letters_gets_what_it_can_show(folder, encoding):
    book(folder)
    named = (folder / "tieout.toml").read_text(encoding="utf-8").replace('"main"', '"ma…in €"')
    (folder / "tieout.toml").write_text(named, encoding="utf-8")
    setting = {"PYTHONIOENCODING": encoding}
    for command in (("history", "TSLA"), ("positions",), ("runs",)):
        shown = real(*command, folder=folder, environment=setting)
        assert (shown.status in (0, 1), shown.err) == (True, ""), shown
    read = real("accounts", "--json", folder=folder, environment=setting).json
    assert read["accounts"][0]["name"] == "ma…in €"


@pytest.mark.parametrize("command", ["openapi", "--version", "positions", "runs --json", "--help"])
def test_a_full_disk_is_one_line_and_no_traceback(folder, command):
    book(folder)
    with Path("/dev/full").open("w", encoding="utf-8") as full:
        done = subprocess.run(
            [sys.executable, "-m", "tieout", *command.split()],
            cwd=folder, env=clean_environment(), stdout=full, stderr=subprocess.PIPE, check=False,
        )  # fmt: skip
    assert done.returncode == 2
    assert done.stderr == b"tieout: the output cannot be written: No space left on device\n"


def test_a_reader_that_goes_away_is_no_error_of_ours(folder):
    book(folder)
    shell = f"{sys.executable} -m tieout runs --json --limit 100 | head -c 1"
    done = subprocess.run(
        shell, shell=True, cwd=folder, env=clean_environment(), capture_output=True, check=False
    )
    assert done.stdout == b"{"
    assert b"Traceback" not in done.stderr


@pytest.mark.parametrize("closed", [">&-", "2>&-", "<&-", "<&- >&- 2>&-"])
@pytest.mark.parametrize("command", ["accounts", "accounts --json", "nonsense"])
def test_a_stream_that_is_closed_changes_nothing_else(folder, command, closed):
    book(folder)
    usual = real(*command.split(), folder=folder)
    shell = f"{sys.executable} -m tieout {command} {closed}"
    done = subprocess.run(
        shell, shell=True, cwd=folder, env=clean_environment(), capture_output=True, check=False,
        text=True,
    )  # fmt: skip
    assert done.returncode == usual.status
    assert done.stdout == ("" if ">&-" in closed.split() else usual.out)
    assert done.stderr == ("" if "2>&-" in closed else usual.err)


def test_settings_may_begin_with_the_mark_of_an_editor(folder):
    text = (CONNECTION + 'key = "env:NOPE"\n').encode("utf-8-sig")
    (folder / "tieout.toml").write_bytes(text)
    assert "set the environment variable NOPE" in real("sync", folder=folder).err
