"""What every AccessStore and ServiceStore must do. Run by each store, which gives `store`."""

from datetime import timedelta

import pytest

from store.plans import ACCOUNT, AT, MINUTE, next_commit, tell
from tieout.core.book import Account, AccountId
from tieout.core.errors import StoreError
from tieout.ports import (
    ApiKey,
    Delivery,
    Event,
    FailedLogin,
    Notice,
    RunRecord,
    RunTotals,
    Session,
    Store,
    User,
)

OTHER = AccountId("other")
READER = User(
    name="reader", password_hash="$argon2id$...", capabilities=frozenset({"read"}), created_at=AT
)
KEY = ApiKey(
    id="k1",
    name="bot",
    digest="ab" * 32,
    capabilities=frozenset({"read", "positions:write"}),
    created_at=AT,
)
SESSION = Session(
    digest="cd" * 32, user="reader", created_at=AT, expires_at=AT + timedelta(hours=8)
)


def test_a_user_comes_back_as_put_and_can_be_changed(store: Store):
    assert (store.users(), store.user("reader")) == ([], None)
    store.put_user(READER)
    assert store.user("reader") == READER
    admin = User(
        name="reader",
        password_hash="$other",
        capabilities=frozenset({"read", "admin:write"}),
        created_at=AT + MINUTE,
    )
    store.put_user(admin)
    changed = store.user("reader")
    assert changed is not None
    assert (changed.password_hash, changed.capabilities) == ("$other", admin.capabilities)
    assert changed.created_at == AT
    assert [each.name for each in store.users()] == ["reader"]


def test_the_sessions_of_a_changed_or_removed_user_end(store: Store):
    for change in (lambda: store.put_user(READER), lambda: store.drop_user("reader")):
        store.put_user(READER)
        store.put_session(SESSION)
        assert store.session_of(SESSION.digest, at=AT) == SESSION
        change()
        assert store.session_of(SESSION.digest, at=AT) is None


def test_removing_says_whether_there_was_one(store: Store):
    store.put_user(READER)
    assert [store.drop_user("reader"), store.drop_user("reader")] == [True, False]


def test_a_key_is_found_by_its_digest_and_revoked_for_ever(store: Store):
    store.add_key(KEY)
    assert store.key_of(KEY.digest) == KEY
    assert store.key_of("ef" * 32) is None
    store.use_key("k1", at=AT + MINUTE)
    assert store.revoke_key("k1", at=AT + 2 * MINUTE)
    assert not store.revoke_key("k1", at=AT + 3 * MINUTE)
    (kept,) = store.api_keys()
    assert (kept.last_used_at, kept.revoked_at) == (AT + MINUTE, AT + 2 * MINUTE)


@pytest.mark.parametrize("taken", ["id", "digest"])
def test_a_key_is_not_replaced(store: Store, taken):
    store.add_key(KEY)
    other = ApiKey(
        id="k1" if taken == "id" else "k2",
        name="x",
        digest=KEY.digest if taken == "digest" else "ef" * 32,
        capabilities=frozenset(),
        created_at=AT,
    )
    with pytest.raises(StoreError):
        store.add_key(other)
    assert store.api_keys() == [KEY]


def test_a_session_ends_at_its_time_or_when_it_is_dropped(store: Store):
    store.put_session(SESSION)
    assert store.session_of(SESSION.digest, at=SESSION.expires_at - MINUTE) == SESSION
    assert store.session_of(SESSION.digest, at=SESSION.expires_at) is None
    store.drop_session(SESSION.digest)
    assert store.session_of(SESSION.digest, at=AT) is None


def test_expired_sessions_are_forgotten_when_a_new_one_begins(store: Store):
    store.put_session(SESSION)
    later = AT + timedelta(days=1)
    store.put_session(
        Session(digest="ef" * 32, user="reader", created_at=later, expires_at=later + MINUTE)
    )
    assert store.session_of(SESSION.digest, at=AT) is None


def test_refused_logins_are_found_by_name_or_by_address(store: Store):
    tried = [
        FailedLogin(name="a", address="10.0.0.1", at=AT),
        FailedLogin(name="b", address="10.0.0.1", at=AT + MINUTE),
        FailedLogin(name="a", address="10.0.0.2", at=AT + 2 * MINUTE),
        FailedLogin(name="c", address="10.0.0.3", at=AT + 3 * MINUTE),
    ]
    for each in tried:
        store.add_failed_login(each)
    assert store.failed_logins(since=AT, name="a", address="10.0.0.1") == tried[:3]
    assert store.failed_logins(since=AT + MINUTE, name="a", address="-") == [tried[2]]
    store.clear_failed_logins(name="a", address="10.0.0.1")
    assert store.failed_logins(since=AT, name="a", address="10.0.0.1") == tried[1:3]


def test_refused_logins_are_kept_for_a_day(store: Store):
    store.add_failed_login(FailedLogin(name="a", address="x", at=AT))
    later = AT + timedelta(days=1, seconds=1)
    store.add_failed_login(FailedLogin(name="b", address="y", at=later))
    assert store.failed_logins(since=AT, name="a", address="x") == []


def test_settings_are_put_changed_and_taken_back(store: Store):
    assert store.runtime_settings() == {}
    store.put_runtime_settings({"service.schedule": "60", "service.is_paused": "true"})
    store.put_runtime_settings({"service.schedule": "30", "service.is_paused": None})
    assert store.runtime_settings() == {"service.schedule": "30"}


def test_how_far_a_target_was_told_is_kept(store: Store):
    first = Delivery(target="hook", event=3, attempts=2, next_at=AT + MINUTE, last_error="503")
    store.put_delivery(first)
    assert store.deliveries() == {"hook": first}
    done = Delivery(target="hook", event=4)
    store.put_delivery(done)
    assert store.deliveries() == {"hook": done}


def test_a_notice_is_kept_until_it_is_dropped(store: Store):
    notice = Notice(
        key="run/main", account=ACCOUNT.id, digest="x", first_at=AT, told_at=AT + MINUTE, times=2
    )
    store.put_notice(notice)
    assert store.notices() == {"run/main": notice}
    store.drop_notices(["run/main", "never/there"])
    assert store.notices() == {}


def test_an_event_of_no_run_is_in_line_with_the_others(store: Store):
    tell(store, runs=1)
    before = store.last_event()
    number = store.add_event(Event(type="run:started", at=AT, payload="{}"), account=ACCOUNT.id)
    store.add_event(Event(type="settings:changed", at=AT, payload="{}"), account=None)
    store.commit(next_commit(store, 2))
    first, second, *_ = store.events(after=before)
    assert (first.id, number) == (before + 1, before + 1)
    assert (first.account, first.run, first.event.type) == (ACCOUNT.id, None, "run:started")
    assert (second.account, second.run) == (None, None)


def run_of(number: int, outcome: str = "applied", account: Account = ACCOUNT) -> RunRecord:
    at = AT + number * MINUTE
    return RunRecord(
        id=f"{account.id}-{number:03}",
        account=account.id,
        trigger="schedule",
        started_at=at,
        finished_at=at + timedelta(seconds=2),
        outcome=outcome,
        reason=None,
        tied_out=outcome == "applied",
        counts={"created": 1, "updated": number, "removed": 2},
    )


def test_runs_are_counted(store: Store):
    assert store.run_totals() == RunTotals()
    for number, outcome in enumerate(("applied", "failed", "partial", "held", "rejected")):
        store.record_run(ACCOUNT, run_of(number, outcome), ())
    totals = store.run_totals(ACCOUNT.id)
    assert (totals.total, totals.successful, totals.failed) == (5, 1, 4)
    assert (totals.created, totals.updated, totals.removed) == (5, 10, 10)
    assert totals.last == run_of(4, "rejected")
    assert totals.last_success_at == AT + timedelta(seconds=2)


def test_runs_of_other_accounts_are_counted_apart_and_together(store: Store):
    other = Account(id=OTHER, venue="ibkr")
    store.record_run(ACCOUNT, run_of(1), ())
    assert store.run_totals().total == 1
    store.record_run(other, run_of(2, "failed", other), ())
    store.record_run(other, run_of(3, account=other), ())
    assert store.run_totals(ACCOUNT.id).total == 1
    assert (store.run_totals(OTHER).total, store.run_totals(OTHER).failed) == (2, 1)
    assert store.run_totals().total == 3
    assert store.run_totals().last == run_of(3, account=other)


def test_older_runs_follow_page_by_page(store: Store):
    other = Account(id=OTHER, venue="ibkr")
    for number in range(5):
        store.record_run(ACCOUNT, run_of(number), ())
        store.record_run(other, run_of(number, account=other), ())
    for first, account in ((100, ACCOUNT.id), (200, None)):
        every = [each.id for each in store.runs(account)]
        pages: list[str] = []
        before = None
        while page := store.runs(account, limit=3, before=before):
            pages += [each.id for each in page]
            before = page[-1].id
            store.record_run(ACCOUNT, run_of(first + len(pages)), ())  # news do not move the rest
        assert pages == every


def test_a_store_that_works_says_so(store: Store):
    store.check()
