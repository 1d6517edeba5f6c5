"""A fault of ours ends no command with a traceback, and none with the status of breaks."""

from importlib import import_module

import pytest


@pytest.fixture
def book(broker, tieout):
    broker.trade("AAPL", "10")
    assert tieout("sync").status == 0
    return broker


@pytest.fixture
def faulty(book, monkeypatch):
    def fail(*_, **__):
        raise KeyError("planted-secret")

    monkeypatch.setattr(import_module("tieout.runs.run"), "tie_out", fail)


@pytest.mark.parametrize("command", ["sync", "plan"])
def test_a_fault_in_a_run_is_one_clear_error(tieout, faulty, command):
    result = tieout(command)
    assert result.status == 2
    assert "main: this is a fault of Tieout: KeyError in tieout.runs.run line" in result.out
    assert "planted-secret" not in result.out + result.err
    assert "Traceback" not in result.out + result.err
    assert tieout("verify").status == 0


def test_the_traceback_is_there_for_those_who_ask(tieout, faulty):
    result = tieout("--traceback", "sync", "--json")
    assert result.status == 2
    assert result.json["accounts"][0]["outcome"] == "error"
    assert "Traceback" in result.err
    assert "KeyError: 'planted-secret'" in result.err


def test_a_run_that_ended_in_a_fault_is_kept_as_failed(tieout, faulty):
    tieout("sync")
    (last, *_) = tieout("runs", "--json").json["runs"]
    assert (last["outcome"], last["tied_out"]) == ("failed", False)
    assert "this is a fault of Tieout" in last["reason"]


@pytest.mark.parametrize("error", [RuntimeError("x"), OSError(5, "no such disk", "book.db")])
def test_a_fault_in_any_command_is_one_clear_error(tieout, book, monkeypatch, error):
    def fail(*_, **__):
        raise error

    monkeypatch.setattr("tieout.wiring.desk.Desk.name_of", fail)
    result = tieout("accounts")
    assert (result.status, result.out) == (2, "")
    assert result.err.startswith(f"tieout: this is a fault of Tieout: {type(error).__name__} in ")
    assert result.err.count("\n") == 1
    assert "Traceback" in tieout("--traceback", "accounts").err
