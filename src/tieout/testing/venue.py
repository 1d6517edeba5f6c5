"""What every venue promises, whatever it is: one suite, run by each module at its simulator.

A test module makes a `Stage` of its venue and a class of this suite:

    from tieout.testing.venue import Stage, VenueSuite

    class TestMyVenue(VenueSuite):
        @pytest.fixture
        def stage(self) -> Iterator[Stage]: ...

Nothing in here sleeps or waits: a stage gives its venue a clock and a sleep of its own, and
timeouts of a few hundredths of a second.
"""

import asyncio
from collections.abc import Sequence
from datetime import UTC
from typing import Literal, Protocol

import pytest

from tieout.core.activity import content_digest, missing_fields
from tieout.core.book import AccountId
from tieout.core.errors import VenueError, VenueRefused, VenueReplyInvalid, VenueUnavailable
from tieout.core.numbers import ZERO, add, exact
from tieout.core.snapshot import Holding
from tieout.ports import Read, Venue

Trouble = Literal[
    "server_error", "rate_limit", "hang_up", "silence", "cut_body", "web_page", "null",
    "error_object",
]  # fmt: skip

PASSING: tuple[Trouble, ...] = ("server_error", "rate_limit", "hang_up", "silence")
GARBLED: tuple[Trouble, ...] = ("cut_body", "web_page", "null", "error_object")


class Stage(Protocol):
    """A venue with an account of its own, and the power to make things happen there.

    `long` and `short` are symbols, as people see them, that can be traded; `secrets` what must
    never be shown.
    """

    venue: Venue
    account: AccountId
    secrets: Sequence[str]
    long: str
    short: str

    def trade(self, symbol: str, quantity: str) -> None:
        """Buy (+) or sell (-) at the venue, at some price, once and completely."""
        ...

    def trouble(self, kind: Trouble, *, times: int | None = None) -> None:
        """From now on every reply about positions and accounts goes wrong (or only so many)."""
        ...

    def heal(self) -> None:
        """No more trouble."""
        ...

    def revoke(self) -> None:
        """The venue no longer takes the login."""
        ...

    def swap_account(self) -> None:
        """The login now answers for another account."""
        ...


class VenueSuite:
    """Subclass it with a fixture `stage`.

    What has no HTTP says what its good replies and its refusal of a login carry instead.
    """

    good_status: int | None = 200
    refusal_status: int | None = 401

    def test_it_names_the_accounts_it_reaches(self, stage: Stage) -> None:
        accounts = asyncio.run(stage.venue.accounts())
        assert stage.account in [account.id for account in accounts]
        assert all(account.currency for account in accounts)

    def test_an_empty_account_is_complete_and_empty(self, stage: Stage) -> None:
        found = read(stage)
        assert found.snapshot.complete
        assert found.snapshot.holdings == ()
        assert found.activities == ()

    def test_holdings_are_signed_and_activities_account_for_them(self, stage: Stage) -> None:
        stage.trade(stage.long, "10")
        stage.trade(stage.long, "-4")
        stage.trade(stage.short, "-7")
        found = read(stage)
        assert found.snapshot.complete
        assert quantities(found.snapshot.holdings) == {
            stage.long: exact("6"),
            stage.short: exact("-7"),
        }
        assert moved(found) == quantities(found.snapshot.holdings)
        assert not any(missing_fields(activity) for activity in found.activities)

    def test_a_position_that_was_closed_is_gone_and_its_trades_are_told(self, stage: Stage) -> None:
        stage.trade(stage.long, "10")
        stage.trade(stage.long, "-10")
        found = read(stage)
        assert found.snapshot.complete
        assert all(not exact(each.quantity or "0") for each in found.snapshot.holdings)
        assert moved(found) == {stage.long: ZERO}

    def test_reading_twice_tells_the_same(self, stage: Stage) -> None:
        stage.trade(stage.long, "10")
        first, second = read(stage), read(stage)
        assert digests(first) == digests(second)

    def test_the_cursor_loses_nothing_and_changes_nothing(self, stage: Stage) -> None:
        stage.trade(stage.long, "10")
        first = read(stage)
        stage.trade(stage.long, "5")
        second = read(stage, cursor=first.cursor)
        third = read(stage, cursor=second.cursor)
        known = digests(first) | digests(second) | digests(third)
        assert known == digests(read(stage))
        assert quantities(second.snapshot.holdings) == {stage.long: exact("15")}

    def test_every_activity_has_an_id_of_its_own_and_a_time_in_utc(self, stage: Stage) -> None:
        for quantity in ("1", "1", "1", "-1"):
            stage.trade(stage.long, quantity)
        found = read(stage)
        assert len({activity.id for activity in found.activities}) == len(found.activities)
        assert {activity.at.tzinfo for activity in found.activities} == {UTC}
        assert found.snapshot.as_of.tzinfo is UTC

    def test_the_raw_replies_are_kept_without_secrets(self, stage: Stage) -> None:
        stage.trade(stage.long, "10")
        found = read(stage)
        assert found.evidence
        assert all(each.status == self.good_status and each.body for each in found.evidence)
        assert_clean(stage, f"{found!r} {stage.venue!r}")

    @pytest.mark.parametrize("kind", PASSING)
    def test_what_passes_by_itself_is_unavailable_in_the_end(
        self, stage: Stage, kind: Trouble
    ) -> None:
        stage.trade(stage.long, "10")
        stage.trouble(kind)
        assert isinstance(failure(stage), VenueUnavailable)
        stage.heal()
        assert read(stage).snapshot.complete

    @pytest.mark.parametrize("kind", GARBLED)
    def test_what_cannot_be_read_is_never_flat(self, stage: Stage, kind: Trouble) -> None:
        stage.trade(stage.long, "10")
        stage.trouble(kind)
        assert isinstance(failure(stage), VenueReplyInvalid)
        stage.heal()
        assert read(stage).snapshot.complete

    @pytest.mark.parametrize("kind", [*PASSING, "cut_body"])
    def test_trouble_that_happens_once_is_got_over(self, stage: Stage, kind: Trouble) -> None:
        stage.trade(stage.long, "10")
        stage.trouble(kind, times=1)
        found = read(stage)
        assert found.snapshot.complete
        assert quantities(found.snapshot.holdings) == {stage.long: exact("10")}

    def test_a_login_that_is_refused_says_so(self, stage: Stage) -> None:
        stage.revoke()
        error = failure(stage)
        assert isinstance(error, VenueRefused)
        assert error.status == self.refusal_status

    def test_an_account_that_is_not_reached_is_refused(self, stage: Stage) -> None:
        assert isinstance(failure(stage, account="somebody-else"), VenueRefused)

    def test_another_account_behind_the_login_is_refused(self, stage: Stage) -> None:
        stage.trade(stage.long, "10")
        assert read(stage).snapshot.complete
        stage.swap_account()
        assert isinstance(failure(stage), VenueRefused)

    @pytest.mark.parametrize("kind", [*PASSING, *GARBLED])
    def test_an_error_says_where_and_what_to_do_and_has_the_evidence(
        self, stage: Stage, kind: Trouble
    ) -> None:
        stage.trouble(kind)
        error = failure(stage)
        assert error.advice
        assert str(error).startswith(f"{stage.venue.name}: ")
        assert len(str(error)) > len(error.advice) + len(stage.venue.name) + 10
        assert error.evidence
        assert_clean(stage, f"{error!r} {vars(error)}")

    def test_the_checkup_never_fails(self, stage: Stage) -> None:
        good = asyncio.run(stage.venue.check())
        assert good
        assert not [finding for finding in good if finding.level == "error"]
        stage.revoke()
        bad = asyncio.run(stage.venue.check())
        assert [finding for finding in bad if finding.level == "error"]
        assert all(finding.advice for finding in (*good, *bad) if finding.level != "ok")
        assert_clean(stage, f"{good!r} {bad!r}")

    def test_it_can_be_closed_and_used_again(self, stage: Stage) -> None:
        before = read(stage)
        asyncio.run(stage.venue.aclose())
        assert read(stage, cursor=before.cursor).snapshot.complete


def read(stage: Stage, *, account: str | None = None, cursor: str | None = None) -> Read:
    """One reading of the stage's account."""
    return asyncio.run(stage.venue.read(AccountId(account or stage.account), cursor=cursor))


def failure(stage: Stage, *, account: str | None = None) -> VenueError:
    """The error of a reading that must fail."""
    with pytest.raises(VenueError) as caught:
        read(stage, account=account)
    return caught.value


def quantities(holdings: Sequence[Holding]) -> dict[str, object]:
    """What is held, by symbol."""
    assert not any(each.problem for each in holdings)
    return {each.symbol: exact(each.quantity) for each in holdings}


def moved(found: Read) -> dict[str, object]:
    """What the activities move in all, by symbol."""
    totals = {activity.symbol: ZERO for activity in found.activities if activity.quantity}
    for activity in found.activities:
        if activity.quantity is not None:
            totals[activity.symbol] = add(totals[activity.symbol], activity.quantity)
    return dict(totals)


def digests(found: Read) -> set[tuple[str, str]]:
    """The activities by id and content."""
    return {(activity.id, content_digest(activity)) for activity in found.activities}


def assert_clean(stage: Stage, text: str) -> None:
    """No secret in a text."""
    for secret in stage.secrets:
        assert secret not in text
