"""Messages for people, by Apprise, to an address on loopback."""

import json
from typing import Any

import pytest

from handturned import START, HandTurned
from notify.receiver import Receiver
from tieout.core.book import AccountId
from tieout.core.errors import SettingsError
from tieout.notify import Chat, Undelivered, Wanted
from tieout.ports import Event, StoredEvent

ALERT = {"account": "paper/1", "message": "paper/1: AAPL is off by 2", "matters": ["AAPL"]}


def event(kind: str, payload: dict[str, Any], account: str | None = "paper/1") -> StoredEvent:
    told = Event(type=kind, at=START, payload=json.dumps(payload))
    return StoredEvent(id=1, account=account and AccountId(account), run=None, event=told)


def chat_at(receiver: Receiver, **wanted: frozenset[str]) -> Chat:
    url = receiver.url.replace("http://", "json://")
    return Chat("desk", url=url, wanted=Wanted(**wanted))


def sent(told: StoredEvent) -> dict[str, Any]:
    """What arrives at the chat."""
    with Receiver() as receiver:
        HandTurned().run(chat_at(receiver).send(told))
        (posted,) = receiver.posted
    message: dict[str, Any] = json.loads(posted.body)
    return message


def test_an_alert_is_a_warning_with_its_words():
    message = sent(event("alert:raised", ALERT))
    assert message["title"] == "Tieout: look at this"
    assert message["message"] == "paper/1: AAPL is off by 2"
    assert message["type"] == "warning"


def test_what_is_over_is_good_news():
    message = sent(event("alert:recovered", {**ALERT, "message": "paper/1: over now"}))
    assert (message["title"], message["type"]) == ("Tieout: over", "success")


def test_other_events_are_told_with_their_facts():
    payload = {"type": "reconciliation", "created": ["AAPL", "MSFT"], "removed": [], "of": None}
    message = sent(event("position:updated", payload))
    assert message["title"] == "Tieout: position:updated"
    assert "created: AAPL MSFT, removed: none, of: none" in message["message"]


def test_without_a_choice_people_are_told_of_alerts_only():
    with Receiver() as receiver:
        usual, own = chat_at(receiver), chat_at(receiver, types=frozenset({"break:*"}))
        one = chat_at(receiver, accounts=frozenset({"paper/2"}))
        kinds = ["alert:raised", "alert:recovered", "run:finished", "break:opened"]
        told = [event(each, {}) for each in kinds]
        assert [usual.wants(each) for each in told] == [True, True, False, False]
        assert [own.wants(each) for each in told] == [False, False, False, True]
        assert not one.wants(event("alert:raised", {}))
        assert one.wants(event("alert:raised", {}, account="paper/2"))
        assert not one.wants(event("run:finished", {}, account="paper/2"))


def test_a_refusal_is_a_failed_attempt_without_the_address():
    with Receiver() as receiver:
        receiver.status = 500
        with pytest.raises(Undelivered) as caught:
            HandTurned().run(chat_at(receiver).send(event("alert:raised", ALERT)))
    assert "127.0.0.1" not in str(caught.value)


def test_an_address_that_apprise_does_not_know_is_refused_by_name_and_not_shown():
    with pytest.raises(SettingsError) as caught:
        Chat("desk", url="carrier-pigeon://planted-token", wanted=Wanted())
    assert "notifications.desk.url is no address that Apprise knows" in str(caught.value)
    assert "planted-token" not in str(caught.value)
