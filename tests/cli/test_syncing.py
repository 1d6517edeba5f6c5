"""From the shell to the broker and back: the simulator, the real SDK, and SQLite on disk."""

import json

import pytest

from cli.shell import real
from tieout.simulators.faults import Delay, Fault, SetField


@pytest.fixture
def book(tieout, broker):
    """A broker and a book that agree on four positions."""
    for symbol in ("AAPL", "MSFT", "NVDA", "TSLA"):
        broker.trade(symbol, "10")
    assert tieout("sync").status == 0
    broker.goes_live()
    return broker


def quantities(tieout) -> dict[str, int]:
    listed = tieout("positions", "--json").json["positions"]
    return {each["symbol"]: each["quantity"] for each in listed}


def test_a_first_sync_takes_over_what_the_broker_holds(tieout, broker):
    broker.trade("AAPL", "10", "228.40")
    result = tieout("sync")
    assert result.status == 0
    assert result.out.startswith("main (alpaca): tied out, ")
    assert "AAPL: created 0 -> 10 @ 228.40" in result.out
    assert quantities(tieout) == {"AAPL": 10}


def test_a_fill_is_booked_at_its_price_with_its_profit(tieout, book):
    book.trade("AAPL", "-4", "130.00")
    result = tieout("sync", "--json")
    (account,) = result.json["accounts"]
    (change,) = account["statement"]["changes"]
    assert (result.status, account["tied_out"]) == (0, True), result.out
    assert (change["kind"], change["from"], change["to"]) == ("reduced", 10, 6)
    assert change["realized"]["net"] == 120
    assert "AAPL" in tieout("pnl", "--by", "symbol").out


def test_a_plan_says_what_a_sync_then_does_and_does_nothing(tieout, book, folder):
    book.trade("AAPL", "-4", "130.00")
    planned = tieout("plan", "--json")
    assert quantities(tieout)["AAPL"] == 10
    done = tieout("sync", "--json")
    statements = [each.json["accounts"][0]["statement"] for each in (planned, done)]
    assert planned.json["plan"] is True
    (account,) = planned.json["accounts"]
    assert account["would_be"] == "applied"
    assert {"outcome", "id"}.isdisjoint(account)
    assert statements[0] == statements[1]


def test_a_plan_alone_makes_no_book(tieout, broker, folder):
    broker.trade("AAPL", "10")
    result = tieout("plan")
    assert result.status == 0
    assert "would be tied out" in result.out
    assert "nothing was written" in result.out
    assert [each.name for each in folder.iterdir()] == ["tieout.toml"]


def test_an_outage_closes_nothing_and_the_next_sync_goes_on(tieout, book):
    book.refuse(401)
    failed = tieout("sync")
    assert failed.status == 2
    assert "NOT READ: refused:" in failed.out
    assert "APCA_API_KEY_ID" in failed.out
    assert len(quantities(tieout)) == 4
    assert {each["reconciliation"] for each in tieout("positions", "--json").json["positions"]} == {
        "FAILED"
    }
    book.mend()
    assert tieout("sync").status == 0


def test_an_empty_reply_is_held_until_a_person_approves(tieout, book):
    book.answer_empty()
    held = tieout("sync")
    run = tieout("runs", "--json").json["runs"][0]
    assert held.status == 1
    assert "HELD: the snapshot is empty and the book holds 4 positions" in held.out
    assert f"tieout runs approve {run['id']}" in held.out
    assert len(quantities(tieout)) == 4
    approved = tieout("runs", "approve", run["id"])
    assert approved.status == 1
    assert "AAPL: closed 10 -> 0" in approved.out
    assert quantities(tieout) == {}
    assert tieout("verify").status == 0


def test_an_empty_reply_is_held_until_a_person_rejects(tieout, book):
    book.answer_empty()
    tieout("sync")
    run = tieout("runs", "--json").json["runs"][0]["id"]
    rejected = tieout("runs", "reject", run[-6:])
    assert rejected.status == 0
    assert "was rejected by a person" in rejected.out
    shown = tieout("positions").out
    assert f"main (alpaca): REJECTED: the snapshot of run {run} was rejected by a person" in shown
    assert "HELD" not in shown
    assert tieout("accounts").status == 1  # nobody knows until the next reading
    assert tieout("runs", "approve", run).status == 2
    assert tieout("sync").status == 0
    assert len(quantities(tieout)) == 4


def test_nothing_is_accepted_that_only_a_rejected_snapshot_showed(tieout, book):
    book.answer_empty()
    tieout("sync")
    tieout("runs", "reject", tieout("runs", "--json").json["runs"][0]["id"])
    accepted = tieout("breaks", "accept-broker", "AAPL")
    assert accepted.status == 2
    assert "only a snapshot that was rejected showed it; `tieout sync` reads anew" in accepted.err
    assert tieout("breaks", "--json").json["breaks"] == []
    assert len(quantities(tieout)) == 4
    assert tieout("verify").status == 0


def test_case_94_a_paper_account_that_was_reset_is_another_account(tieout, book, folder):
    book.market.reset_account("main")
    number = book.market.account("main").number
    reset = tieout("sync")
    assert reset.status == 2
    assert "account_mismatch: asked for account" in reset.out
    assert f"give the connection another name to take {number} in" in reset.out
    assert len(quantities(tieout)) == 4

    settings = book.write_settings(folder)
    settings.write_text(settings.read_text().replace("paper", "again"))
    book.trade("AAPL", "3")
    assert tieout("sync").status == 0
    accounts = {each["account"] for each in tieout("accounts", "--json").json["accounts"]}
    assert accounts > {f"again/{number}"}  # and the old one, as it was


def test_doctor_names_a_connection_of_another_account_once(tieout, broker, folder):
    path = folder / "tieout.toml"
    path.write_text(path.read_text().replace('"alpaca"', '"alpaca"\naccount = "PAOTHER"'))
    assert "WRONG paper login: account_mismatch: asked for" in tieout("doctor").out


def test_a_retired_account_is_not_read_any_more(tieout, book, folder):
    path = folder / "tieout.toml"
    path.write_text(path.read_text().replace('name = "main"', 'name = "main"\nretired = true'))
    book.trade("AAPL", "3")
    assert tieout("sync").status == 0
    assert len(tieout("runs", "--json").json["runs"]) == 1
    assert len(quantities(tieout)) == 4


def test_the_keys_of_another_account_change_nothing(tieout, book, folder):
    book.market.open_account("other", cash="5")
    keys = book.simulator.credentials("other")
    settings = (folder / "tieout.toml").read_text()
    mine = book.simulator.credentials("main")
    settings = settings.replace(mine.key_id, keys.key_id).replace(mine.secret_key, keys.secret_key)
    (folder / "tieout.toml").write_text(settings)
    result = tieout("sync")
    assert result.status == 2
    assert "account_mismatch" in result.out
    assert len(quantities(tieout)) == 4
    assert [each["name"] for each in tieout("accounts", "--json").json["accounts"]] == ["main"]


def test_a_broker_that_is_away_before_the_first_sync_is_an_error(tieout, broker):
    broker.refuse(403)
    result = tieout("sync")
    assert result.status == 2
    assert "paper: GET /v2/account " in result.out.splitlines()[0]
    assert "403" in result.out


def test_a_difference_nobody_explains_is_told_and_a_person_settles_it(tieout, book, folder):
    settings = (folder / "tieout.toml").read_text()
    policy = '[accounts."paper/*".policy]\ntruth = "manual"\n'
    (folder / "tieout.toml").write_text(settings + policy)
    wrong = SetField(field="qty", value="9", row=0)
    book.simulator.faults.add(Fault(wrong, path="/v2/positions", times=None))
    result = tieout("sync")
    listed = tieout("breaks")
    assert (result.status, listed.status) == (1, 1)
    assert "AAPL: we hold 10, broker says 9; 1 share unexplained since " in listed.out
    settled = tieout("breaks", "accept-broker", "AAPL")
    assert settled.status == 0
    assert "decided, the book follows the broker: AAPL" in settled.out
    assert quantities(tieout)["AAPL"] == 9
    assert tieout("breaks").out == "No breaks.\n"
    assert tieout("sync").status == 0


def test_what_does_not_agree_is_not_said_to_agree_again(tieout, book, folder):
    settings = (folder / "tieout.toml").read_text()
    policy = '[accounts."paper/*".policy]\ntruth = "manual"\n'
    (folder / "tieout.toml").write_text(settings + policy)
    for row in (0, 1):
        wrong = SetField(field="qty", value="9", row=row)
        book.simulator.faults.add(Fault(wrong, path="/v2/positions", times=None))
    tieout("sync")
    ignored = tieout("breaks", "ignore", "AAPL")
    assert ignored.status == 1  # the other one is still open
    assert "ignored, though it does not agree: AAPL" in ignored.out
    kept = tieout("breaks", "keep-book", "MSFT")
    assert kept.status == 0
    assert "decided, ours is kept while theirs stays the same: MSFT" in kept.out
    after = tieout("sync")
    assert after.status == 0
    assert "ignored, though it does not agree: AAPL" in after.out
    book.mend()
    agreed = tieout("sync").out
    assert "agrees again: AAPL" in agreed
    assert "agree" not in ignored.out.replace("does not agree", "") + kept.out
    assert "agrees again" not in after.out


def test_decimals_are_number_literals_or_strings_on_request(tieout, book):
    book.trade("AAPL", "-4", "130.00")
    tieout("sync")
    numbers, *_ = tieout("positions", "--json").json["positions"]
    strings, *_ = tieout("--decimals", "strings", "positions", "--json").json["positions"]
    assert (numbers["quantity"], strings["quantity"]) == (6, "6")
    assert '"quantity": 6,' in tieout("positions", "--json").out
    assert tieout("--decimals", "words", "positions").status == 2


def test_a_quiet_sync_makes_three_calls(tieout, book):
    tieout("sync")
    counting = book.simulator.faults.add(Fault(Delay(0), path="/v2/*", times=None))
    assert tieout("sync", "--json").json["accounts"][0]["venue_calls"] == 3
    (standing,) = [each for each in book.simulator.faults.standing() if each.number == counting]
    assert standing.fired == 3


def test_a_run_is_exported_as_a_case_that_gives_the_same_answer(tieout, book, folder):
    book.trade("AAPL", "-4", "130.00")
    done = tieout("--decimals", "strings", "sync", "--json").json["accounts"][0]
    exported = tieout("runs", "evidence", done["id"], "--out", "monday.json")
    assert (exported.status, exported.out) == (0, "")
    assert exported.err == "tieout: wrote monday.json\n"
    again = tieout("case", "monday.json", "--json")
    step = json.loads(again.out)["steps"][-1]
    assert step == done["statement"]
    raw = tieout("runs", "evidence", done["id"], "--raw").json["replies"]
    assert any("/v2/positions" in each["call"] for each in raw)


def test_no_secret_is_in_anything_that_is_written(tieout, book, folder):
    keys = book.simulator.credentials("main")
    book.refuse(401)
    told = [tieout("sync"), tieout("doctor"), tieout("runs", "--json")]
    run = tieout("runs", "--json").json["runs"][-1]["id"]
    told += [tieout("runs", "evidence", run, "--raw"), tieout("runs", "show", run)]
    files = [each for each in folder.rglob("*") if each.is_file() and each.name != "tieout.toml"]
    for secret in (keys.secret_key, keys.key_id):
        assert not any(secret in each.out + each.err for each in told)
        assert not any(secret.encode() in each.read_bytes() for each in files)


def test_doctor_says_that_all_is_well_or_what_is_not(tieout, book):
    well = tieout("doctor", "--json")
    assert well.status == 0
    subjects = {each["subject"]: each["level"] for each in well.json["findings"]}
    assert subjects["settings"] == subjects["book"] == subjects["paper login"] == "ok"
    book.refuse(401)
    ill = tieout("doctor")
    assert ill.status == 2
    assert ill.out.startswith("WRONG paper login: ")


def test_only_the_accounts_that_are_named_are_synced(tieout, book):
    assert tieout("sync", "--account", "main", "--json").json["accounts"][0]["name"] == "main"
    assert tieout("sync", "--account", "paper").status == 0
    other = tieout("sync", "--account", "main", "--account", "paper/PA0")
    assert (other.status, "paper/PA0: there is no such account" in other.out) == (2, True)
    unknown = tieout("sync", "--account", "nope")
    assert unknown.status == 2
    assert "no account or connection is named 'nope'; there are: paper, main" in unknown.err


def test_the_environment_alone_is_enough(broker, folder):
    broker.trade("AAPL", "10")
    (folder / "tieout.toml").unlink()
    keys = broker.simulator.credentials("main")
    environment = {
        "APCA_API_KEY_ID": keys.key_id,
        "APCA_API_SECRET_KEY": keys.secret_key,
        "APCA_API_BASE_URL": broker.simulator.address,
        "DB_PATH": "logs.db",
    }
    result = real("sync", "--json", folder=folder, environment=environment)
    assert result.status == 0
    assert result.json["tied_out"] is True
    assert (folder / "logs.db").exists()
