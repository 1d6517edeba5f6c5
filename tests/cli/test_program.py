"""The program as a whole: help, version, speed, and commands beside the book."""

import json
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import zlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import typer.main
from coinbase.rest import RESTClient

from cli.morning import BTC, written
from cli.shell import clean_environment, finish, real, start
from golden import check_golden
from runs.fakes import holding
from tieout import __version__
from tieout.cli.main import app
from tieout.core.errors import SettingsError

HEAVY = ("alpaca", "sqlalchemy", "alembic", "msgspec", "uvicorn", "rich", "duckdb", "pandas")


def commands(command=None, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Every command and group, as its words."""
    command = command or typer.main.get_command(app)
    for name, inner in getattr(command, "commands", {}).items():
        yield (*path, name)
        yield from commands(inner, (*path, name))


@pytest.mark.parametrize("command", list(commands()), ids=" ".join)
def test_every_command_has_help_with_an_example(tieout, command):
    result = tieout(*command, "--help")
    assert result.status == 0
    assert "Example" in result.out
    assert "tieout " + command[0] in result.out


def test_help_lists_the_commands(tieout):
    assert tieout("--help").out == tieout().out
    check_golden("cli/help.txt", tieout("--help").out)


@pytest.mark.parametrize("group", ["", "runs", "breaks", "users", "keys", "sim", "db"])
def test_no_list_of_commands_breaks_off_in_a_sentence(tieout, group):
    listed = tieout(*group.split(), "--help").out.partition("Commands:")[2]
    assert listed.strip()
    assert "..." not in listed


def test_the_version_is_said(tieout):
    assert tieout("--version").out == f"tieout {__version__}\n"


def test_help_waits_for_nothing_heavy(folder):
    script = (
        "import sys; from tieout.cli.main import run; status = run(['--help']); "
        "print(*sys.modules, file=sys.stderr); sys.exit(status)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=folder,
        env=clean_environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    loaded = set(done.stderr.split())
    assert "tieout.cli.main" in loaded
    assert loaded.isdisjoint(HEAVY)
    own = {name for name in loaded if name.startswith(("tieout.core", "tieout.store"))}
    assert own <= {"tieout.core", "tieout.core.errors"}


def test_a_tampered_book_is_found_and_the_entry_named(tieout, folder):
    written(folder).store.close()
    changed(
        folder, "UPDATE journal SET payload = replace(payload, '130', '131') WHERE sequence = 7"
    )
    result = tieout("verify")
    assert result.status == 2
    assert "the first bad entry is 7" in result.out
    assert tieout("verify", "--json").json["accounts"][0]["first_bad_entry"] == 7


@pytest.mark.parametrize(
    ("table", "column"),
    [("accounts", "state"), ("marks", "body"), ("instruments", "body"), ("breaks", "body")],
)
def test_a_row_that_cannot_be_read_is_named_and_verify_finds_it(tieout, folder, table, column):
    written(folder).store.close()
    changed(folder, f"UPDATE {table} SET {column} = 'zzz'")
    shown = tieout("positions")
    assert shown.status == 2
    assert f"the row of paper/PA1 in the table {table} cannot be read" in shown.err
    assert "`tieout verify` says what was changed" in shown.err
    found = tieout("verify")
    assert (found.status, found.err) == (2, "")
    assert "main: WRONG: " in found.out
    assert "tieout verify" not in found.out


def test_verify_finds_accounts_that_the_book_no_longer_lists(tieout, folder):
    written(folder).store.close()
    changed(folder, "DELETE FROM accounts")
    found = tieout("verify")
    assert found.status == 2
    assert "main: WRONG: 1 problem" in found.out
    assert "the account is gone, its journal is there" in found.out
    assert tieout("verify", "--account", "main").status == 2
    assert tieout("verify", "--account", "paper/PA1").status == 2
    assert tieout("verify", "--account", "other").err.startswith("tieout: no account is named")


@pytest.mark.parametrize("body", ["x'00'", "zeroblob(100)"])
def test_damaged_evidence_is_named_with_its_run_and_number(tieout, folder, body):
    written(folder).store.close()
    changed(folder, f"UPDATE evidence SET body = {body} WHERE run = 'run-3' AND number = 1")
    for option in ((), ("--raw",), ("--whole",)):
        shown = tieout("runs", "evidence", "run-3", *option)
        assert (shown.status, shown.out) == (2, "")
        assert "tieout: reply 1 of run run-3 is damaged" in shown.err
    verified = tieout("verify")
    assert verified.status == 2
    assert "reply 1 of run run-3 is not the one that it was made from" in verified.out


def test_evidence_that_is_no_reading_of_ours_is_named(tieout, folder):
    written(folder).store.close()
    letter = zlib.compress(b"this is a letter").hex()
    changed(folder, f"UPDATE evidence SET body = x'{letter}' WHERE call = 'tieout:read'")
    shown = tieout("runs", "evidence", "run-3")
    assert (shown.status, shown.out) == (2, "")
    assert "was given cannot be read" in shown.err


def changed(folder, statement: str) -> None:
    """A statement by somebody who is not Tieout."""
    with sqlite3.connect(folder / "book.db") as connection:
        connection.execute(statement)
    connection.close()


def test_a_head_that_was_noted_finds_a_rewritten_journal(tieout, folder):
    written(folder).store.close()
    (found,) = tieout("verify", "--json").json["accounts"]
    assert tieout("verify", "--head", found["head"]).status == 0
    sequence, _, head = found["head"].partition(":")
    other = f"{sequence}:{head[::-1]}"
    assert tieout("verify", "--head", other).status == 2


def test_the_book_is_copied_looked_at_and_tidied(tieout, folder):
    written(folder).store.close()
    assert tieout("db", "path").out == f"{folder / 'book.db'}\n"
    assert tieout("db", "version", "--json").json["up_to_date"] is True
    assert tieout("db", "upgrade").status == 0
    assert tieout("db", "backup", "monday.db").status == 0
    assert tieout("db", "prune", "--evidence-days", "0", "--ended-days", "0", "--json").json == {
        "replies": 15,
        "ended_positions": 1,
    }
    assert tieout("verify").status == 0
    (folder / "tieout.toml").write_text('[store]\nurl = "sqlite:///monday.db"\n')
    assert len(tieout("positions", "--all", "--json").json["ended"]) == 1
    assert tieout("verify").status == 0


def test_a_break_is_named_by_its_id_or_symbol(tieout, folder):
    written(folder).store.close()
    assert tieout("breaks", "ignore", "btc-usd").status == 0
    assert tieout("breaks").status == 0
    assert [each["status"] for each in tieout("breaks", "--all", "--json").json["breaks"]][-1] == (
        "ignored"
    )


def test_a_symbol_with_two_breaks_must_be_named_more_exactly(tieout, folder):
    bench = written(folder)
    second = replace(bench.order.account, id="paper/PA2")
    order = replace(bench.order, account=second)
    bench.run(BTC, holding("B", "1"), order=order)
    bench.run(holding("B", "1"), order=order)
    bench.store.close()
    result = tieout("breaks", "ignore", "BTC/USD")
    assert result.status == 2
    assert "may mean B8 in main, B1 in paper/PA2; name one, or its --account" in result.err
    assert tieout("breaks", "ignore", "BTC/USD", "--account", "paper/PA2").status == 0
    listed = tieout("positions").out
    assert "paper/PA2 (alpaca): " in listed
    assert " Account " in listed
    assert " Account " in tieout("runs").out
    assert " Account " in tieout("breaks").out


def test_doctor_says_what_is_not_there(tieout, folder):
    result = tieout("doctor")
    assert result.status == 2
    assert "no connection is set up" in result.out
    assert "`tieout sync` makes it" in result.out
    (folder / "tieout.db").write_bytes(b"a letter" * 1000)
    assert "WRONG book: the book" in tieout("doctor").out
    (folder / "tieout.toml").write_text('[[connections]]\nname = "p"\nvenue = "alpaca"\n')
    assert "set the environment variable APCA_API_KEY_ID" in tieout("doctor").out


def test_doctor_says_that_serve_would_not_start_without_anybody_to_sign_in(tieout, folder):
    (folder / "tieout.toml").write_text('[service]\nhost = "0.0.0.0"\n', encoding="utf-8")
    refused = "WRONG service: service.host: 0.0.0.0 can be reached by others"
    assert refused in tieout("doctor").out
    assert tieout("db", "upgrade").status == 0
    assert refused in tieout("doctor").out
    assert tieout("keys", "add", "bot").status == 0
    assert refused not in tieout("doctor").out


def test_doctor_has_a_line_for_each_fault_of_a_connection(tieout, folder):
    connection = '[[connections]]\nname = "p"\nvenue = "alpaca"\n'
    (folder / "tieout.toml").write_text(connection + 'key = "env:NO_KEY"\nsecret = "env:NO_SECRET"')
    faults = [line for line in tieout("doctor").out.splitlines() if line.startswith("WRONG p: ")]
    assert [each.partition("variable ")[2] for each in faults] == [
        "NO_KEY, it has no value", "NO_SECRET, it has no value",
    ]  # fmt: skip


def test_groups_without_a_command_say_what_they_have(tieout):
    assert "alpaca" in tieout("sim").out
    assert "backup" in tieout("db").out
    assert tieout("db", "path", "--json").json["exists"] is False


def test_runs_are_listed_in_two_ways(tieout, folder):
    written(folder).store.close()
    assert tieout("runs", "list", "--limit", "3").out == tieout("runs", "--limit", "3").out


ACCOUNTS_OF_THE_DEMO = [
    "stocks (alpaca)", "perps (hyperliquid)", "hedge (hyperliquid)", "family (ibkr)",
    "futures (ibkr)", "coins (coinbase)",
]  # fmt: skip


def test_one_round_of_the_demo(folder):
    listed = ("--config", "demo.toml", "positions", "--json")
    result = real("demo", "--once", "--db", "demo.db", folder=folder)
    assert result.status == 0, result.err
    assert result.out.startswith("\n--- round 1\n  alpaca ")
    for account in ACCOUNTS_OF_THE_DEMO:
        assert f"\n{account}: tied out" in result.out
    assert "NVDA" in result.out
    assert f"tieout --config {folder}/demo.toml positions" in result.out
    after = real("--config", "demo.toml", "positions", folder=folder)
    assert (after.status, after.err) == (0, "")
    held = json.loads(real(*listed, folder=folder).out)["positions"]
    assert {each["name"] for each in held} == {
        account.partition(" ")[0] for account in ACCOUNTS_OF_THE_DEMO
    }
    again = real("demo", "--once", "--db", "demo.db", folder=folder)
    assert (again.status, again.out) == (2, "")


def test_some_rounds_of_the_demo_in_this_process(tieout):
    arguments = ("--venue", "alpaca", "--rounds", "2", "--interval", "0", "--db", "demo.db")
    result = tieout("demo", *arguments)
    assert result.status == 0
    assert "--- round 2\n  alpaca  Prices move" in result.out
    assert "hyperliquid" not in result.out
    assert tieout("--config", "demo.toml", "history", "NVDA").status == 0


def test_without_a_file_the_demo_keeps_its_book_in_a_temporary_folder(tieout, monkeypatch, folder):
    monkeypatch.setenv("TMPDIR", str(folder))
    monkeypatch.setattr("tempfile.tempdir", None)
    result = tieout("demo", "--once", "--json", "--venue", "alpaca")
    assert json.loads(result.out)["round"] == 1
    assert [each.name for each in folder.glob("tieout-demo-*/book.db")] == ["book.db"]


def test_without_any_sdk_the_demo_says_what_to_install(tieout, monkeypatch):
    def missing(venue):
        raise SettingsError(f"venue {venue!r} needs a package that is not installed")

    monkeypatch.setattr("tieout.cli.demo_brokers.factory", missing)
    result = tieout("demo", "--once")
    assert (result.status, result.out) == (2, "")
    assert result.err.splitlines()[-1] == (
        "tieout: there is no broker to show, as no package for one is installed: "
        "pip install 'tieout[alpaca,hyperliquid,ibkr,coinbase]', or one of these"
    )


def test_the_demo_tells_programs_one_object_a_round(folder):
    result = real(
        "demo", "--rounds", "3", "--interval", "0", "--json", "--db", "d.db", folder=folder
    )
    rounds = [json.loads(line) for line in result.out.splitlines()]
    assert [each["round"] for each in rounds] == [1, 2, 3]
    assert all(each["tied_out"] for each in rounds)
    assert result.status == 0


def test_ctrl_c_ends_the_demo_and_says_what_to_try_next(folder):
    process = start("demo", "--interval", "3600", "--db", "demo.db", folder=folder)
    assert process.stdout is not None
    while "NVDA " not in process.stdout.readline():
        assert process.poll() is None
    process.send_signal(signal.SIGINT)
    result = finish(process)
    assert result.status == 0
    assert "Traceback" not in result.err
    assert "Try next:" in result.out


def test_the_simulator_says_how_to_reach_it(folder):
    process = start("sim", "alpaca", "--port", "0", folder=folder)
    assert process.stdout is not None
    told = {}
    while "APCA_API_SECRET_KEY" not in told:
        found = re.match(r"  export (\w+)=(\S+)", process.stdout.readline())
        told |= {found[1]: found[2]} if found else {}
    synced = real("sync", "--json", folder=folder, environment=told)
    assert synced.json["tied_out"] is True
    process.send_signal(signal.SIGINT)
    result = finish(process)
    assert (result.status, result.err) == (0, "tieout: the simulator has stopped\n")


def test_the_simulated_coinbase_says_whom_to_trust(folder):
    process = start("sim", "coinbase", "--port", "0", "--json", folder=folder)
    assert process.stdout is not None
    text = ""
    while not text.endswith("}\n"):
        text += process.stdout.readline()
    told = json.loads(text)
    client = RESTClient(
        told["COINBASE_KEY"],
        told["COINBASE_SECRET"],
        base_url=told["address"].removeprefix("https://"),
        timeout=10,
    )
    client.session.verify, client.session.trust_env = told["ca_file"], False
    assert {row["currency"] for row in client.get_accounts().to_dict()["accounts"]} >= {"BTC"}
    process.send_signal(signal.SIGINT)
    assert finish(process).status == 0
    assert not Path(told["ca_file"]).exists()


def test_a_port_that_is_taken_is_an_error(folder):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        result = real("sim", "alpaca", "--port", port, folder=folder)
    assert result.status == 2
    assert f"--port: {port} cannot be used" in result.err
