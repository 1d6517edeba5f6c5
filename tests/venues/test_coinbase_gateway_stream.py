"""The gateway's socket: signing in, subscribing, what is news, and silence."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from websockets.asyncio.server import ServerConnection, serve

from tieout.ports import News
from tieout.venues.coinbase.gateway_stream import GatewayChannel
from tieout.venues.coinbase.limits import Limits
from tieout.venues.coinbase.rows import SubaccountRow
from tieout.venues.coinbase.slots import Slots
from venues.coinbase import NOW, login
from venues.coinbase_keys import certificates, server_tls
from venues.coinbase_rows import KEY, TOKEN
from venues.hearing import Ear

PATIENT = Limits(silent_s=5, reconnect_s=0.01, reconnect_s_max=0.02, connect_s=2)
BRIEF = replace(PATIENT, silent_s=0.2)
CONNECTED = ("connected", "the gateway for international derivatives")
Say = Callable[[ServerConnection], Any]


@dataclass
class Gateway:
    """A gateway that answers what is asked, and says its messages once somebody subscribed.

    `later` is said once a method was asked for so many times.
    """

    messages: list[Any] = field(default_factory=list)
    later: dict[tuple[str, int], Any] = field(default_factory=dict)
    answers: dict[str, Any] = field(default_factory=dict)
    expires_s: int = 3600
    asked: list[dict[str, Any]] = field(default_factory=list)

    async def handle(self, socket: ServerConnection) -> None:
        async for message in socket:
            question = json.loads(message)
            self.asked.append(question)
            answer = self.answer(question["method"], question["params"])
            if answer is not None:
                await socket.send(json.dumps({"jsonrpc": "2.0", "id": question["id"], **answer}))
            if question["method"] == "private/subscribe":
                for each in self.messages:
                    await socket.send(each if isinstance(each, str) else json.dumps(each))
            so_often = (question["method"], self.methods().count(question["method"]))
            if so_often in self.later:
                await socket.send(json.dumps(self.later[so_often]))

    def answer(self, method: str, parameters: dict[str, Any]) -> dict[str, Any] | None:
        if method in self.answers:
            found: dict[str, Any] | None = self.answers[method]
            return found
        results = {
            "public/auth": {"access_token": TOKEN, "expires_in": self.expires_s},
            "private/subscribe": parameters.get("channels"),
            "public/test": {"version": "1.2.26"},
        }
        return {"result": results[method]}

    def methods(self) -> list[str]:
        return [each["method"] for each in self.asked]


def heard(
    gateway: Gateway, *kinds: str, limits: Limits = PATIENT, slots: Slots | None = None
) -> list[tuple[str, str]]:
    """What is told until these kinds were, in their order."""

    async def run() -> list[News]:
        ear = Ear()
        async with serve(gateway.handle, "127.0.0.1", 0, ssl=server_tls()) as server:
            port = next(iter(server.sockets)).getsockname()[1]
            channel = GatewayChannel(
                address=f"wss://127.0.0.1:{port}/ws/api/v2",
                login=login(),
                limits=limits,
                ca_file=certificates().ca_file,
                slots=slots,
            )
            listening = asyncio.ensure_future(channel.listen(ear.tell))
            try:
                await ear.until(*kinds)
            finally:
                listening.cancel()
        return ear.news

    return [(each.kind, each.reason) for each in asyncio.run(run())]


def told(channel: str, found: Any) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "method": "subscription",
            "params": {"channel": channel, "data": found}}  # fmt: skip


TRADED = told("user.trades.any.any.raw", [{"trade_id": "1"}])
NEWS = ("changed", "user.trades.any.any.raw")


def test_it_signs_in_and_subscribes_to_trades_positions_and_money():
    gateway = Gateway([TRADED])
    assert heard(gateway, "changed") == [CONNECTED, NEWS]
    assert gateway.methods()[:2] == ["public/auth", "private/subscribe"]
    assert gateway.asked[0]["params"]["grant_type"] == "coinbase_cdp"
    assert gateway.asked[1]["params"]["channels"] == [
        "user.trades.any.any.raw", "user.changes.any.any.raw", "user.portfolio.any",
        "user.isolated.trades.any.any.raw", "user.isolated.changes.any.any.raw",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("found", "is_news"),
    [
        ({"trades": [], "positions": [], "orders": [{}]}, False),
        ({"trades": [{}], "positions": [], "orders": []}, True),
        ({"trades": [], "positions": [{}], "orders": []}, True),
        ({"orders": []}, True), (None, True),
    ],
)  # fmt: skip
def test_an_order_that_rests_is_no_news_and_what_is_not_understood_is(found, is_news):
    channel = "user.changes.any.any.raw"
    news = heard(Gateway([told(channel, found), TRADED]), *["changed"] * (1 + is_news))
    assert (("changed", channel) in news) is is_news


def test_money_that_moved_is_news_and_prices_are_not():
    rows = [{"currency": "USDC", "balance": balance, "equity": equity}
            for balance, equity in [(5, 1), (5, 2), (4, 2)]]  # fmt: skip
    messages = [told("user.portfolio.any", row) for row in rows]
    assert heard(Gateway([*messages, TRADED]), "changed", "changed") == [
        CONNECTED, ("changed", "user.portfolio.USDC"), NEWS,
    ]  # fmt: skip


def test_silence_is_broken_by_a_ping_and_one_that_is_answered_is_no_end():
    gateway = Gateway()
    gateway.answers["public/test"] = None
    news = heard(gateway, "lost", "connected", limits=BRIEF)
    assert news[1] == ("lost", f"{CONNECTED[1]}: nothing came for 0.2 s, not even an answer to a "
                               "ping")  # fmt: skip
    assert "public/test" in gateway.methods()


def test_a_test_request_is_answered():
    beat = {"method": "heartbeat", "params": {"type": "test_request"}}
    gateway = Gateway([beat], later={("public/test", 1): TRADED})
    long_before_a_ping = replace(PATIENT, silent_s=1000)
    assert heard(gateway, "changed", limits=long_before_a_ping) == [CONNECTED, NEWS]


def test_it_signs_in_again_before_its_token_is_too_old():
    gateway = Gateway(expires_s=1, later={("public/auth", 2): TRADED})
    assert heard(gateway, "changed", limits=replace(PATIENT, silent_s=1)) == [CONNECTED, NEWS]
    assert gateway.methods().count("private/subscribe") == 1


@pytest.mark.parametrize("method", ["public/auth", "private/subscribe"])
def test_a_refusal_is_told_in_its_words_without_a_secret(method):
    error = {"code": 13004, "message": f"invalid_credentials {KEY} eyJhbGciOiJFUzI1.eyJzdWIiOiI"}
    ((kind, reason),) = heard(Gateway(answers={method: {"error": error}}), "refused")[:1]
    assert kind == "refused"
    assert reason.startswith(f"{CONNECTED[1]}: it was refused: 13004 invalid_credentials")
    assert KEY not in reason
    assert "eyJ" not in reason


def test_a_channel_that_is_not_told_is_no_subscription():
    answers = {"private/subscribe": {"result": ["user.portfolio.any"]}}
    ((_, reason),) = heard(Gateway(answers=answers), "lost")[:1]
    assert "it does not tell of user.trades.any.any.raw" in reason


def test_who_answers_pings_and_nothing_else_is_not_waited_for():
    gateway = Gateway(answers={"public/auth": None})
    ((_, reason),) = heard(gateway, "lost", limits=BRIEF)[:1]
    assert "the subscriptions were not confirmed within 0.2 s" in reason


@pytest.mark.parametrize("garbage", ["{", "[]", "7", "null"])
def test_a_message_that_cannot_be_read_makes_all_be_read(garbage):
    news = heard(Gateway([garbage]), "changed")
    assert news == [CONNECTED, ("changed", "a message that cannot be read")]


SLOT_TRADES, SLOT_CHANGES = "user.isolated.trades.any.any.raw", "user.isolated.changes.any.any.raw"


@pytest.mark.parametrize(
    ("channel", "found", "slots"),
    [
        (SLOT_TRADES, [{"user_id": 5, "trade_id": "1"}, {"user_id": 6}], [5, 6]),
        (SLOT_CHANGES, {"trades": [{"user_id": 5}], "positions": [{"user_id": 6}]}, [5, 6]),
        (SLOT_CHANGES, {"user_id": 5, "trades": [], "positions": [{}]}, [5]),
        (SLOT_TRADES, [{"user_id": None}, {"user_id": True}, {"user_id": "5"}, 7, None], []),
        (SLOT_TRADES, None, []),
    ],
)
def test_what_happens_in_isolated_margin_is_news_of_the_slots_it_happened_in(channel, found, slots):
    known = Slots(lambda: NOW)
    news = heard(Gateway([told(channel, found)]), "changed", slots=known)
    assert news == [CONNECTED, ("changed", channel)]
    assert sorted(known.heard) == slots


def test_an_order_that_rests_in_isolated_margin_is_no_news():
    resting = told(SLOT_CHANGES, {"user_id": 5, "trades": [], "positions": [], "orders": [{}]})
    known = Slots(lambda: NOW)
    assert heard(Gateway([resting, TRADED]), "changed", slots=known) == [CONNECTED, NEWS]
    assert known.heard == []


def test_a_gateway_that_does_not_tell_of_isolated_margin_is_listened_to_all_the_same():
    listed = ["user.trades.any.any.raw", "user.changes.any.any.raw", "user.portfolio.any"]
    gateway = Gateway([TRADED], answers={"private/subscribe": {"result": listed}})
    assert heard(gateway, "changed") == [CONNECTED, NEWS]


def test_whoever_connects_looks_everywhere_as_nothing_was_heard_before():
    known = Slots(lambda: NOW)
    known.note([SubaccountRow(id=5, is_isolated=True)], count=known.count)
    known.was_read(5, is_empty=True, count=known.count)
    assert (known.is_list_old, known.is_empty(5)) == (False, True)
    heard(Gateway(), "connected", slots=known)
    assert (known.is_list_old, known.is_empty(5)) == (True, False)
