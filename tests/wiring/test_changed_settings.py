"""Settings changed at run time: they hold for everybody who opens the book, while they fit."""

import asyncio
import json
from dataclasses import replace

import pytest

from tieout.core.book import AccountId
from tieout.core.errors import SettingsError
from tieout.settings.values import AccountSettings
from tieout.wiring.desk import Desk
from wiring.scripted import MINUTE, events, holding

ONE = AccountId("paper/1")
BOOK = {"accounts.paper/1.policy.truth": "book"}
MSFT = holding("MSFT", "5")


@pytest.fixture
def paper(stage):
    return stage.venue("paper")


def change(stage, changed):
    assert stage.service is not None
    stage.timer.ask(stage.service.change_settings(changed, by="test"))


def kept(store):
    return {key: json.loads(text) for key, text in store.runtime_settings().items()}


def test_a_policy_that_was_changed_holds_for_commands_and_programs_too(stage, store, paper):
    stage.start(store)
    stage.turn(MINUTE)
    change(stage, BOOK)
    paper.holdings = (holding("AAPL", "12"), MSFT)
    stage.stop()
    desk = Desk(stage.settings(), store=store, clock=stage.timer)
    assert desk.settings.policy_for(ONE, venue="scripted").truth == "book"
    (planned,) = asyncio.run(desk.sync(is_plan=True))
    assert [each.kind for each in planned.finished.plan.breaks] == ["quantity"]
    asyncio.run(desk.sync())
    ledgers = store.load(store.accounts()[0]).book.ledgers.values()
    assert sorted(each.position.quantity for each in ledgers) == [5, 10]


def test_a_program_that_stays_open_takes_a_change_up_with_its_next_sync(stage, store, paper):
    desk = Desk(stage.settings(), store=store, clock=stage.timer)
    store.put_runtime_settings({"accounts.paper/*.policy.truth": '"book"'})
    asyncio.run(desk.sync(is_plan=True))
    assert desk.settings.policy_for(ONE, venue="scripted").truth == "book"


def test_a_change_that_no_longer_fits_is_left_out_with_a_warning(stage, store, paper):
    stage.start(store)
    stage.turn(MINUTE)
    change(stage, {**BOOK, "service.stale_page_s": 30})
    stage.stop()
    other = stage.venue("other")
    del stage.venues["paper"]
    service = stage.start(store)
    (said,) = stage.log.texts("warning")
    assert "accounts.paper/1.policy.truth: must be of connection/account" in said
    assert "tieout db settings --clear accounts.paper/1.policy.truth" in said
    assert service.desk.settings.service.stale_page_s == 30
    stage.turn(MINUTE)
    assert len(other.asked_at) == 1

    change(stage, {"service.schedule": "60"})
    change(stage, {"accounts.paper/1.policy.truth": None})
    assert kept(store) == {"service.stale_page_s": 30, "service.schedule": "60"}


@pytest.mark.parametrize(
    ("key", "text"),
    [
        ("service.schedule", '"whenever"'),
        ("service.timezone", '"Mars"'),
        ("service.gone", "1"),
        ("service.enabled", "no JSON"),
        ("accounts.paper/1.policy.truth", '"nobody"'),
    ],
)
def test_whatever_a_change_has_become_the_service_starts(stage, store, paper, key, text):
    store.put_runtime_settings({key: text})
    stage.start(store)
    (said,) = stage.log.texts("warning")
    assert said.endswith(f"tieout db settings --clear {key}")
    stage.turn(MINUTE)
    assert len(paper.asked_at) == 1


def test_a_policy_of_an_account_that_nobody_knows_is_refused(stage, store, paper):
    """A slip of the pen must make no account, of which every run would fail for ever."""
    stage.start(store)
    stage.turn(MINUTE)
    wrong = {"accounts.paper/11.policy.grace_s": 120, "accounts.paper/*.policy.grace_s": 60}
    with pytest.raises(SettingsError, match=r"accounts\.paper/11\.policy.*paper/1") as caught:
        change(stage, wrong)
    assert "grace_s\n" not in str(caught.value)
    assert kept(store) == {}
    change(stage, {"accounts.paper/1.policy.grace_s": 120, "accounts.paper/*.policy.grace_s": 60})
    stage.turn(10 * MINUTE)
    assert [each.id for each in store.accounts()] == ["paper/1"]


def test_a_policy_of_an_account_that_is_in_the_file_only_can_be_changed(stage, store, paper):
    paper.numbers = ("2",)
    named = {"paper/2": AccountSettings(key="paper/2", name="two")}
    stage.start(store, settings=replace(stage.settings(), accounts=named))
    change(stage, {"accounts.paper/2.policy.grace_s": 120})
    assert kept(store) == {"accounts.paper/2.policy.grace_s": 120}


@pytest.mark.parametrize(
    "key", ["service.nope", "service.port", "accounts.nope/x.policy.grace_s", "nonsense"]
)
def test_what_never_was_a_change_cannot_be_taken_back(stage, store, paper, key):
    stage.start(store)
    with pytest.raises(SettingsError, match=key):
        change(stage, {key: None})
    assert events(store, "settings:changed") == []
    change(stage, {"service.schedule": None})  # it may have been taken back before


def test_enabling_what_the_settings_enable_leaves_the_word_to_them(stage, store, paper):
    service = stage.start(store)
    stage.timer.ask(service.disable())
    assert kept(store) == {"service.enabled": False}
    stage.timer.ask(service.enable())
    assert kept(store) == {}
    stage.stop()
    service = stage.start(store, settings=stage.settings(enabled=False))
    assert not service.state().is_enabled
    stage.timer.ask(service.enable())
    assert service.state().is_enabled
    assert kept(store) == {"service.enabled": True}


@pytest.mark.parametrize(
    ("key", "value", "told"),
    [
        ("service.enabled", "maybe", "is 'maybe', must be true or false"),
        ("service.is_paused", 3, "is 3, must be true or false"),
        ("service.schedule", "often", "is 'often', must be"),
        ("service.schedule", 0, "is '0', must be"),
        (
            "service.timezone",
            "Mars/Olympus",
            "'Mars/Olympus' is no zone; use one like America",
        ),
        ("service.timezone", 3, "is 3, must be a text"),
        ("service.stale_page_s", 0, "is 0, must be a number from 1 to 86400"),
        ("accounts.paper/*.policy.truth", "me", "is 'me', must be one of broker"),
        ("accounts.paper/*.policy.tolerance.money", -1, "is -1, must be a number of at least 0"),
    ],
)
def test_a_refused_value_is_told_with_its_field_and_what_is_allowed(
    stage, store, paper, key, value, told
):
    stage.start(store)
    with pytest.raises(SettingsError) as refused:
        change(stage, {key: value})
    assert f"{key}: {told}" in str(refused.value)
    assert kept(store) == {}


def test_changes_at_the_same_time_are_made_one_on_top_of_the_other(stage, store, paper):
    stage.start(store)

    async def both():
        await asyncio.gather(
            stage.service.change_settings({"service.schedule": "60"}, by="ada"),
            stage.service.change_settings({"service.stale_page_s": 30}, by="bob"),
        )

    stage.timer.ask(both())
    service = stage.service.desk.settings.service
    assert (service.schedule, service.stale_page_s) == ("60", 30)
