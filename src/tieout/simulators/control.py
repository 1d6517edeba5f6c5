"""`/_sim`: faults and events over HTTP, for bots that are tested from outside.

POST   /_sim/faults   {"effect": {"type": "status", "code": 502}, "path": "/v2/*", "times": 3}
GET    /_sim/faults   what is in force;  DELETE /_sim/faults[?number=1] ends it
POST   /_sim/market   {"do": "trade", "account": "main", "symbol": "AAPL", "quantity": "10"}
GET    /_sim/market   what the accounts hold
GET    /_sim/calls    what was called, and how it was answered
"""

from collections.abc import Callable, Iterable
from decimal import InvalidOperation
from typing import Any

import msgspec

from tieout.simulators.faults import Fault, FaultBook
from tieout.simulators.messages import Call, Reply, Request
from tieout.simulators.scripted import Scripted

PREFIX = "/_sim/"
LOOPBACK = ("127.0.0.1", "::1")


class Control:
    """Answers what comes in under `/_sim`; only to this machine."""

    def __init__(self, market: Scripted, faults: FaultBook, calls: Iterable[Call]) -> None:
        self._market = market
        self._faults = faults
        self._calls = calls
        self._routes: dict[tuple[str, str], Callable[[Request], Any]] = {
            ("GET", "faults"): self._list_faults,
            ("POST", "faults"): self._add_fault,
            ("DELETE", "faults"): self._remove_faults,
            ("GET", "market"): self._show_market,
            ("POST", "market"): self._act,
            ("GET", "calls"): self._list_calls,
        }

    def answer(self, request: Request) -> Reply:
        if request.client not in LOOPBACK:
            return Reply(403, {"message": "only from this machine"})
        # A web page can send a form here without asking, but not JSON.
        kind = request.headers.get("content-type", "")
        if request.method == "POST" and not kind.startswith("application/json"):
            return Reply(415, {"message": "send application/json"})
        route = self._routes.get((request.method, request.path.removeprefix(PREFIX)))
        if route is None:
            return Reply(404, {"message": f"there is no {request.method} {request.path}"})
        try:
            return Reply(200, route(request))
        except (ValueError, TypeError, KeyError, InvalidOperation) as error:
            return Reply(422, {"message": str(error)})

    def _list_faults(self, _: Request) -> Any:
        return [
            {"number": each.number, "fault": each.fault, "seen": each.seen, "fired": each.fired}
            for each in self._faults.standing()
        ]

    def _add_fault(self, request: Request) -> Any:
        return {"number": self._faults.add(msgspec.json.decode(request.body, type=Fault))}

    def _remove_faults(self, request: Request) -> Any:
        number = request.query.get("number")
        return {"removed": self._faults.remove(None if number is None else int(number))}

    def _show_market(self, _: Request) -> Any:
        with self._market.changing():
            return self._market.shown()

    def _act(self, request: Request) -> Any:
        asked = request.json()
        with self._market.changing():
            done = [self._act_once(one) for one in (asked if isinstance(asked, list) else [asked])]
        return {"done": done}

    def _act_once(self, asked: Any) -> Any:
        actions = self._market.actions
        if not isinstance(asked, dict) or asked.get("do") not in actions:
            raise ValueError(f'"do" is one of: {", ".join(sorted(actions))}')
        facts = {name: value for name, value in asked.items() if name != "do"}
        result = getattr(self._market, asked["do"])(**facts)
        return {"do": asked["do"], "id": getattr(result, "id", None)}

    def _list_calls(self, _: Request) -> Any:
        return list(self._calls)
