"""The gateway of the international perpetuals: JSON-RPC 2.0, numbers as JSON numbers."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import msgspec

from tieout.simulators import coinbase_rpc as rpc
from tieout.simulators.coinbase_dialect import Dialect
from tieout.simulators.coinbase_keys import Doorman, Key
from tieout.simulators.coinbase_ledger import CoinbaseAccount
from tieout.simulators.coinbase_market import CoinbaseMarket
from tieout.simulators.coinbase_records import Trade
from tieout.simulators.coinbase_refusals import refused_by_gateway, rpc_error
from tieout.simulators.coinbase_values import State, milliseconds
from tieout.simulators.messages import Reply, Request, View

PREFIX = "/api/v2"
SCOPE = "wallet:user:read wallet:accounts:read wallet:transactions:read"
TRADING = " wallet:buys:create wallet:sells:create"

Params = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """What is asked of the gateway; empty where it cannot be understood."""

    method: str = ""
    params: Params
    id: Any = None
    token: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    params: Params
    owner: CoinbaseAccount
    at: datetime | None  # a moment of the past, where a reply is to be stale

    @property
    def state(self) -> State:
        return self.owner.as_of(self.at)

    def with_slots(self) -> "list[_Asked]":
        """The same of each subaccount of isolated margin too, where that is asked for."""
        if not _is_true(self.params.get("include_isolated")):
            return [self]
        slots = (each for each in self.owner.slots.values() if each.is_listed)
        return [self, *(replace(self, owner=each) for each in slots)]


class NotUnderstood(Exception):
    """A parameter that is missing or no good."""


def call_of(request: Request) -> Call:
    """Reads a call: an envelope, or the method in the path with its parameters in the body or
    the query."""
    try:
        body = request.json()
    except msgspec.DecodeError:
        body = None
    envelope = body if isinstance(body, dict) else {}
    method = request.path.removeprefix(PREFIX).strip("/")
    inner = envelope.get("params", {} if "method" in envelope or "id" in envelope else envelope)
    params = {**request.query, **(inner if isinstance(inner, dict) else {})}
    bearer = request.headers.get("authorization", "")
    token = bearer[7:] if bearer.lower().startswith("bearer ") else params.get("access_token", "")
    named = method or str(envelope.get("method", ""))
    return Call(method=named, params=params, id=envelope.get("id"), token=str(token))


class Gateway:
    """Answers each call; public/auth gives the token that private ones need."""

    def __init__(self, market: CoinbaseMarket, dialect: Dialect, doorman: Doorman) -> None:
        self._market = market
        self._dialect = dialect
        self._doorman = doorman
        self._tokens: dict[str, tuple[str, datetime]] = {}  # key's name, and until when
        self._public: dict[str, Callable[[Params], Any]] = {
            "public/get_time": lambda _: milliseconds(market.clock()),
            "public/test": lambda _: {"version": "1.2.26"},
            "public/get_instruments": self._instruments,
            "public/get_instrument": self._instrument,
        }
        self._private: dict[str, Callable[[_Asked], Any]] = {
            "private/get_positions": self._positions,
            "private/get_position": self._position,
            "private/get_account_summaries": self._summaries,
            "private/get_account_summary": self._summary,
            "private/get_user_trades_by_currency_and_time": self._trades,
            "private/get_user_trades_by_currency": self._trades,
            "private/get_subaccounts_details": self._details,
            "private/get_subaccounts": self._subaccounts,
            "private/get_transaction_log": self._log,
        }

    def key_of(self, call: Call) -> Key | None:
        """Whose call it is: told by its token, or by the one it wants to exchange."""
        if call.method == "public/auth":
            return self._doorman.key_of(str(call.params.get("token", "")))
        name, until = self._tokens.get(call.token, ("", self._market.clock()))
        return self._market.keys.get(name) if self._market.clock() < until else None

    def forget_tokens(self) -> None:
        """Every token given so far is worth nothing."""
        self._tokens.clear()

    def answer(self, call: Call, view: View) -> Reply:
        """The envelope with the result, or with an error."""
        key = self.key_of(call)
        if call.method == "public/auth":
            return self._sign_in(call, key)
        answer = self._private.get(call.method)
        with self._market.changing():
            try:
                if answer is None:
                    return self._answer_anyone(call)
                if key is None or view.account is None:
                    return refused_by_gateway(401, "invalid token", call.id)
                owner = _meant(self._market.account(view.account), call.params)
                if owner is None:
                    return refused_by_gateway(403, "forbidden", call.id)
                asked = _Asked(params=call.params, owner=owner, at=view.positions_at)
                return self.result(call, answer(asked))
            except (NotUnderstood, ValueError) as why_not:
                return Reply(400, rpc_error(-32602, "Invalid params", f"{why_not}", call.id))

    def _answer_anyone(self, call: Call) -> Reply:
        answer = self._public.get(call.method)
        if answer is None:
            return Reply(400, rpc_error(-32601, "Method not found", call.method, call.id))
        return self.result(call, answer(call.params))

    def result(self, call: Call, result: Any) -> Reply:
        """The envelope of a good answer."""
        micros = milliseconds(self._market.clock()) * 1000
        times = {"usIn": micros, "usOut": micros + 100, "usDiff": 100, "testnet": False}
        return Reply(200, {"jsonrpc": "2.0", "id": call.id, "result": result, **times})

    def _sign_in(self, call: Call, key: Key | None) -> Reply:
        if call.params.get("grant_type") not in ("coinbase_cdp", "coinbase_oauth2"):
            error = rpc_error(-32602, "Invalid params", "unknown grant_type", call.id)
            return Reply(400, error)
        if key is None:
            return Reply(400, rpc_error(13004, "invalid_credentials", "invalid token", call.id))
        with self._market.changing():
            token = f"{self._market.chance.getrandbits(256):064x}"
            until = self._market.clock() + timedelta(seconds=self._dialect.token_s)
            self._tokens[token] = (key.name, until)
        result = {
            "access_token": token,
            "expires_in": self._dialect.token_s,
            "scope": SCOPE + (TRADING if key.can_trade else ""),
            "token_type": "bearer",
        }
        return self.result(call, result)

    # Public.

    def _instruments(self, params: Params) -> Any:
        wanted = params.get("currency", "any")
        return [
            rpc.instrument_row(each, milliseconds(self._market.clock()))
            for each in self._market.products.values()
            if each.kind == "perp" and wanted in ("any", each.settles_in)
        ]

    def _instrument(self, params: Params) -> Any:
        for row in self._instruments({}):
            if row["instrument_name"] == params.get("instrument_name"):
                return row
        raise NotUnderstood("instrument_name")

    # Private.

    def _positions(self, asked: _Asked) -> Any:
        return [row for each in asked.with_slots() for row in self._positions_of(each)]

    def _positions_of(self, asked: _Asked) -> list[rpc.Json]:
        wanted = asked.params.get("currency", "any")
        if asked.params.get("kind", "future") != "future":
            return []
        whose = rpc.whose(self._market, asked.owner) if asked.owner.slot is not None else {}
        return [
            rpc.position_row(self._market, self._market.products[name], position) | whose
            for name, position in asked.state.perps.items()
            if wanted in ("any", self._market.products[name].settles_in)
        ]

    def _position(self, asked: _Asked) -> Any:
        """A flat one where there is none (documented)."""
        name = asked.params.get("instrument_name")
        product = self._market.products.get(str(name))
        if product is None or product.kind != "perp":
            raise NotUnderstood("instrument_name")
        position = asked.state.perps.get(product.id)
        if position is None:
            flat = {"instrument_name": product.id, "kind": "future", "direction": "zero"}
            return {**flat, "size": 0, "size_currency": 0, "average_price": 0, "leverage": 10}
        return rpc.position_row(self._market, product, position)

    def _currencies(self, state: State) -> list[str]:
        settled = {
            each.settles_in for each in self._market.products.values() if each.kind == "perp"
        }
        return sorted({*settled, *state.purse, "USDC"})

    def _summaries(self, asked: _Asked) -> Any:
        rows = [
            rpc.summary(self._market, asked.state, currency)
            for currency in self._currencies(asked.state)
        ]
        return {**self._user(asked), "summaries": rows}

    def _summary(self, asked: _Asked) -> Any:
        currency = str(_needed(asked.params, "currency"))
        row = rpc.summary(self._market, asked.state, currency)
        return {**row, **(self._user(asked) if _is_true(asked.params.get("extended")) else {})}

    def _user(self, asked: _Asked) -> Any:
        return {
            "id": rpc.user_number(self._market, asked.owner),
            "email": f"{asked.owner.user}@example.com",
            "username": asked.owner.name,
            "system_name": asked.owner.portfolio,
            "type": "main" if asked.owner.type == "DEFAULT" else "subaccount",
            "creation_timestamp": milliseconds(asked.owner.opened_at),
            "login_enabled": True,
        }

    def _subaccounts(self, asked: _Asked) -> Any:
        """Only the key's own, as the others need keys of their own; and its slots."""
        return [rpc.subaccount_row(self._market, each.owner) for each in asked.with_slots()]

    def _details(self, asked: _Asked) -> Any:
        return [
            {
                "uid": rpc.user_number(self._market, each.owner),
                "positions": self._positions_of(each),
                "open_orders": [],
            }
            for each in asked.with_slots()
        ]

    def _trades(self, asked: _Asked) -> Any:
        """Of a currency and a time, both ends included; the newest first unless asked."""
        currency = str(_needed(asked.params, "currency"))
        begins = _whole(asked.params, "start_timestamp", 0)
        ends = _whole(asked.params, "end_timestamp", 1 << 60)
        rows = [
            (number, trade)
            for number, trade in enumerate(asked.owner.trades, start=1)
            if self._market.products[trade.product_id].settles_in == currency
            and begins <= milliseconds(trade.at) <= ends
            and self._is_kept(trade, asked.params)
        ]
        if asked.params.get("sorting") != "asc":
            rows.reverse()
        usual, most = self._dialect.trades_page, self._dialect.trades_page_max
        count = min(_whole(asked.params, "count", usual), most)
        whose = rpc.whose(self._market, asked.owner)
        shown = [
            rpc.trade_row(trade, self._market.products[trade.product_id], number) | whose
            for number, trade in rows[:count]
        ]
        return {"trades": shown, "has_more": count < len(rows)}

    def _is_kept(self, trade: Trade, params: Params) -> bool:
        """Whether it stands in the record that is asked for: the recent or the historical."""
        now = self._market.clock()
        if _is_true(params.get("historical")):
            return trade.at <= now - timedelta(seconds=self._dialect.historical_delay_s)
        return trade.at > now - timedelta(hours=self._dialect.recent_trades_h)

    def _log(self, asked: _Asked) -> Any:
        """The newest first; `continuation` leads to the next page, and is null at the end."""
        currency = str(_needed(asked.params, "currency"))
        begins = _whole(asked.params, "start_timestamp", 0)
        ends = _whole(asked.params, "end_timestamp", 1 << 60)
        before = _whole(asked.params, "continuation", 1 << 60)
        rows = [
            each
            for each in reversed(asked.owner.bookings)
            if each.currency == currency
            and begins <= milliseconds(each.at) <= ends
            and each.number < before
        ]
        count = min(_whole(asked.params, "count", 100), 250)
        user = rpc.user_number(self._market, asked.owner)
        shown = rows[:count]
        more = shown[-1].number if count < len(rows) else None
        return {"logs": [rpc.booking_row(each, user) for each in shown], "continuation": more}


def _meant(owner: CoinbaseAccount, params: Params) -> CoinbaseAccount | None:
    """Whom a call is about: the key's own account, or one of its slots; None for a stranger's."""
    number = params.get("subaccount_id")
    return owner if number in (None, "") else owner.slots.get(int(str(number)))


def _needed(params: Params, name: str) -> Any:
    if params.get(name) in (None, ""):
        raise NotUnderstood(name)
    return params[name]


def _whole(params: Params, name: str, usual: int) -> int:
    value = params.get(name)
    return usual if value in (None, "", "none") else int(str(value))


def _is_true(value: Any) -> bool:
    return value is True or value == "true"
