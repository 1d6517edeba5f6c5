"""What goes wrong between us and Coinbase, how it is called, and what is said to do."""

import asyncio
from contextlib import suppress
from datetime import timedelta
from email.utils import format_datetime

import pytest

from tieout.core.errors import VenueError, VenueRefused, VenueReplyInvalid, VenueUnavailable
from venues.coinbase import Bench
from venues.coinbase_gateway_lists import AUTH, POSITIONS, TRADES
from venues.coinbase_keys import identity
from venues.coinbase_rows import KEY, OTHER, PORTFOLIO, TOKEN, wallet
from venues.coinbase_stub import ACCOUNTS, FILLS, PERMISSIONS, PORTFOLIOS
from venues.stub import Said, said

BREAKDOWN = f"{PORTFOLIOS}/{PORTFOLIO}"
EVERY_CALL = (ACCOUNTS, FILLS, BREAKDOWN, PERMISSIONS, AUTH, POSITIONS, TRADES)


@pytest.fixture
def bench():
    bench = Bench()
    bench.stub.hold("BTC", "1", cost="100")
    yield bench
    bench.close()


def failure(bench, *, cursor=None, venue=None):
    with pytest.raises(VenueError) as caught:
        asyncio.run((venue or bench.venue).read(PORTFOLIO, cursor=cursor))
    return caught.value


@pytest.mark.parametrize(
    ("reply", "error", "words"),
    [
        (Said(status=401, body=b"Unauthorized"), VenueRefused, "COINBASE_KEY or COINBASE_API_KEY"),
        (Said(status=403, body=b'{"error_details":"Missing required scopes"}'), VenueRefused,
         "Missing required scopes - the key is known but may not read this: give it the"),
        (Said(status=404), VenueRefused, "this is not Coinbase's API"),
        (Said(status=410), VenueRefused, "no longer offers this"),
        (Said(status=429), VenueUnavailable, "share its 30 requests a second"),
        (Said(status=500), VenueUnavailable, "tried again in the next run"),
        (Said(status=503, body=b"maintenance"), VenueUnavailable, "503"),
        (Said(status=502, body=b"<html>Bad Gateway</html>"), VenueUnavailable, "502"),
        (Said(status=302, headers={"Location": "/x"}), VenueRefused, "redirects are not followed"),
        (Said(status=204), VenueReplyInvalid, "204"),
        (Said(hung_up=True), VenueUnavailable, "could not be reached"),
        (Said(body=b'{"accounts": [', cut=8), VenueReplyInvalid, "broke off in the middle"),
        (Said(body=b'{"accounts": ['), VenueReplyInvalid, "no valid JSON"),
        (Said(body=b""), VenueReplyInvalid, "nothing at all"),
        (Said(body=b"<!DOCTYPE html>"), VenueReplyInvalid, "a web page instead of JSON"),
        (Said(body=b'{"accounts": NaN}'), VenueReplyInvalid, "no valid JSON"),
        (said([]), VenueReplyInvalid, "a list instead of a page of accounts"),
        (said("ok"), VenueReplyInvalid, "a text instead of a page of accounts"),
        (said({"error": "x", "message": "down"}), VenueReplyInvalid, "an error object (down)"),
    ],
)  # fmt: skip
def test_every_failure_has_its_kind_and_says_what_to_do(bench, reply, error, words):
    bench.stub.say(ACCOUNTS, reply)
    found = failure(bench)
    assert type(found) is error
    assert words in str(found)
    assert found.evidence


@pytest.mark.parametrize("path", EVERY_CALL)
@pytest.mark.parametrize(
    "reply",
    [
        Said(status=401, body=b"Unauthorized"), Said(status=404), Said(status=410),
        Said(status=429), Said(status=500), Said(hung_up=True), Said(body=b"{}"), said(None),
        said([]), Said(body=b"<html>"), Said(body=b'{"result": [], "accounts": []}', cut=12),
    ],
)  # fmt: skip
def test_no_failure_of_any_call_changes_the_book_and_the_next_run_ties_out(bench, path, reply):
    assert bench.tie_out().tied_out
    bench.clock.advance(4000)  # the token is no longer good, all is asked again
    bench.venue = bench.another()
    bench.stub.say(path, reply)
    with suppress(VenueError):
        assert bench.tie_out().changes == ()
    bench.stub.heal()
    plan = bench.tie_out()
    assert plan.tied_out
    assert plan.changes == ()


def test_what_was_asked_for_with_retry_after_is_waited_for(bench):
    bench.stub.say(ACCOUNTS, Said(status=429, headers={"Retry-After": "7"}))
    bench.stub.say_once(said({"portfolio_uuid": PORTFOLIO, "can_view": True}))
    error = failure(bench)
    assert isinstance(error, VenueUnavailable)
    assert error.retry_after_s == 7
    assert "it asks to wait 7 s" in str(error)
    assert 7.0 in bench.clock.slept


def test_a_long_wish_holds_for_the_next_run_too(bench):
    bench.stub.say_once(Said(status=429, headers={"Retry-After": "600"}))
    failure(bench)
    bench.stub.forget()
    assert "asked to be left alone for another" in str(failure(bench))
    assert bench.stub.asked == []
    bench.clock.advance(601)
    assert bench.read().snapshot.complete


@pytest.mark.parametrize("unit", ["seconds", "moment"])
def test_the_limits_reset_is_a_wish_in_either_unit(bench, unit):
    reset = "9" if unit == "seconds" else f"{bench.clock.now().timestamp() + 9:.0f}"
    bench.stub.say_once(Said(status=429, headers={"x-ratelimit-reset": reset}))
    assert bench.read().snapshot.complete
    assert bench.clock.slept[0] == 9.0


def test_a_401_of_a_machine_whose_clock_is_wrong_says_so_first(bench):
    theirs = format_datetime(bench.clock.now() - timedelta(minutes=5), usegmt=True)
    bench.stub.say("", Said(status=401, body=b"Unauthorized", headers={"Date": theirs}))
    assert "set this machine's clock first, it is 300 s ahead of Coinbase's" in str(failure(bench))


def test_another_portfolio_behind_the_key_is_refused_at_every_reading(bench):
    cursor = bench.read().cursor
    bench.stub.login.portfolio = OTHER
    error = failure(bench, cursor=cursor)
    assert (error.reason, type(error)) == ("account_mismatch", VenueRefused)


def test_another_portfolio_is_noticed_where_no_wallet_names_it_too(bench):
    bench.stub.names_portfolios = False
    cursor = bench.read().cursor
    assert bench.read(cursor=cursor).snapshot.complete
    bench.stub.login.portfolio = OTHER
    assert failure(bench, cursor=cursor).reason == "account_mismatch"


def test_wallets_of_another_portfolio_are_foreign(bench):
    bench.read()
    row = wallet("ETH", "1", portfolio=OTHER)
    page = {"accounts": [row], "has_next": False, "cursor": "", "size": 1}
    bench.stub.say(ACCOUNTS, said(page))
    assert "what came is of 0b8e9f1c" in str(failure(bench))


def test_the_portfolio_that_was_set_has_to_be_that_of_the_key(bench):
    with pytest.raises(VenueRefused, match="account_mismatch"):
        asyncio.run(bench.another(account=OTHER).accounts())
    (account,) = asyncio.run(bench.another(account=PORTFOLIO).accounts())
    assert (account.id, account.venue, account.currency) == (PORTFOLIO, "coinbase", "USD")


def test_no_secret_is_in_errors_and_evidence_even_if_it_is_echoed(bench):
    secret = identity().secret
    lines = secret.splitlines()[1:-1]

    def echo(asked):
        text = f"{asked.headers} {secret} {KEY} {TOKEN}"
        bench.stub.say("", Said(status=403, body=text.encode()))

    bench.read()  # learns the token
    bench.stub.before = echo
    error = failure(bench)
    shown = f"{error!r} {vars(error)} {bench.venue!r} {vars(bench.venue)}"
    for planted in (KEY, TOKEN, *lines, "eyJ"):
        assert planted not in shown


def test_a_token_in_a_reply_is_not_kept(bench):
    found = bench.read()
    kept = [each.body.decode() for each in found.evidence if "public/auth" in each.call]
    assert kept
    assert TOKEN not in kept[0]
    assert '"[removed]"' in kept[0]


def test_the_sdk_writes_nothing_anywhere(bench, capfd, caplog):
    bench.stub.say(ACCOUNTS, Said(status=502, body=b"secret words"))
    failure(bench)
    out, err = capfd.readouterr()
    assert "secret words" not in out + err + caplog.text
