"""Each fault of each call, as a client meets it."""

import json
from decimal import Decimal

import pytest
import requests
from coinbase import jwt_generator
from requests import HTTPError

from covering import covering
from tieout.simulators.coinbase_faults import CALLS, Call, Trouble, troubles
from tieout.simulators.faults import Fault, Silence, Status

from .coinbase import BIT, PERP, Caller, Rpc, client_of, serving, small_market
from .conftest import Clock

SILENCE_S = 0.3
PAGE = 2


@pytest.fixture(scope="module")
def busy():
    """Something of everything, and somebody else who has it too. Made once: nothing changes."""
    clock = Clock()
    market = small_market(clock)
    market.deposit("other", "USD", "90000")
    for account in ("main", "other"):
        market.trade(account, "BTC-USD", "0.5")
        for size in ("1", "2", "3"):
            market.trade(account, "ETH-USD", size)
        market.convert(account, "USD", "USDC", "20000")
        market.move_to_perps(account, "15000")
        for product in (BIT, "BIP-20DEC30-CDE"):
            market.trade(account, product, "4")
        for product in (PERP, "BTC-PERPETUAL"):
            market.trade(account, product, "0.5")
    clock.advance(hours=2)
    market.trade("main", "BTC-USD", "0.1")
    market.trade("main", BIT, "1")
    market.trade("main", PERP, "0.1")
    with serving(market, accounts_page=PAGE, fills_page=PAGE) as desk:
        yield desk


class Clients:
    """One for each wire, with tokens that live."""

    def __init__(self, desk) -> None:
        self.rest, self.rpc = Caller(desk), Rpc(desk)
        self.rpc.sign_in()
        self.portfolio = desk.market.account("main").portfolio
        self._usual: dict[str, object] = {}

    def usual(self, call: Call) -> object:
        """What it answers when nothing is wrong; asked once."""
        if call.name not in self._usual:
            self._usual[call.name] = told(self.answers(call))
            assert all(status == 200 for status, _ in self._usual[call.name])
        return self._usual[call.name]

    def answers(self, call: Call) -> list[requests.Response]:
        """All pages of an answer; as far as they can be read."""
        if call.path.startswith("/api/v2/"):
            return [self._ask_gateway(call.path.removeprefix("/api/v2/"))]
        item = self.portfolio if "portfolios" in call.path else BIT
        path, cursor, pages = call.path.replace("*", item), None, []
        while cursor != "" and len(pages) < 5:
            query = {} if cursor is None else {"cursor": cursor}
            pages.append(self.rest("GET", path, params=query))
            cursor = _cursor(pages[-1]) if call.is_paged else ""
        return pages

    def _ask_gateway(self, method: str) -> requests.Response:
        if method == "public/auth":
            key = self.rpc.caller.key
            token = jwt_generator.build_ws_jwt(key.name, key.secret)
            return self.rpc.post(method, grant_type="coinbase_cdp", token=token)
        return self.rpc.post(method, currency="USDC", start_timestamp=0)


def _cursor(answer: requests.Response) -> str:
    try:
        return answer.json().get("cursor", "")
    except (requests.JSONDecodeError, AttributeError):
        return ""


@pytest.fixture(scope="module")
def clients(busy):
    return Clients(busy)


def told(answers: list[requests.Response]) -> list[object]:
    """What the answers say, without what differs each time."""
    shown = []
    for answer in answers:
        body = answer.text
        try:
            parsed = json.loads(body, parse_float=Decimal)
        except json.JSONDecodeError:
            parsed = body
        if isinstance(parsed, dict) and isinstance(parsed.get("result"), dict):
            parsed["result"].pop("access_token", None)
        shown.append((answer.status_code, parsed))
    return shown


WALK = covering(
    [(call, trouble) for call in CALLS for trouble in troubles(call, foreign="other")],
    each=lambda case: case[1].name,
    at=lambda case: case[0].name,
    least=3,
    name=lambda case: f"{case[0].name}: {case[1].name}",
)


@pytest.mark.parametrize("case", WALK)
def test_every_fault_at_every_call_is_met_once(busy, clients, case):
    call, trouble = case
    usual = clients.usual(call)
    trouble.befall(busy.faults)
    try:
        met = meet(clients, call, trouble)
        assert busy.faults.standing() == [], "the fault befell nothing"
    finally:
        busy.faults.remove()
    assert met != usual or changes_nothing(call, trouble)
    assert told(clients.answers(call)) == usual, "the next answers are right again"


def meet(clients: Clients, call: Call, trouble: Trouble) -> object:
    """What a client makes of it: what was answered, or why nothing was."""
    effect = trouble.fault.effect
    if isinstance(effect, Silence):
        return _hang(clients, call)
    try:
        return told(clients.answers(call))
    except requests.RequestException as error:
        return type(error)


def _hang(clients: Clients, call: Call) -> object:
    path = call.path.replace("*", clients.portfolio)
    is_rest = call.method == "GET"
    token = clients.rest.token("GET", path) if is_rest else clients.rpc.token
    options = {"headers": {"Authorization": f"Bearer {token}"}, "timeout": SILENCE_S}
    url = clients.rest.simulator.address + path
    with pytest.raises(requests.ReadTimeout):
        clients.rest.session.request("GET" if is_rest else "POST", url, **options)
    return requests.ReadTimeout


# One row has no order and none to spare, no time and no positions; the rest stays as it is.
QUIET_WITHOUT = {
    "an empty page",
    "a page without its last row",
    "rows that come twice",
    "rows in another order",
    "bare numbers",
    "a stale reply",
    "a slow reply",
    "a clock that is ahead",
    "a foreign portfolio",
}


def changes_nothing(call: Call, trouble: Trouble) -> bool:
    """Where there are no rows, numbers in text, times or positions, nothing can be made of them;
    a slow answer is the same answer."""
    return trouble.name in QUIET_WITHOUT and (call.name, trouble.name) not in MUST_CHANGE


MUST_CHANGE = {
    (call, trouble)
    for call, names in {
        "accounts": QUIET_WITHOUT - {"a slow reply"},
        "breakdown": {
            "an empty page",
            "a page without its last row",
            "rows that come twice",
            "a stale reply",
            "a foreign portfolio",
        },
        "key permissions": {"a foreign portfolio"},
        "futures": QUIET_WITHOUT - {"a slow reply", "rows in another order"},
        "futures balance": {"bare numbers", "a stale reply", "a foreign portfolio"},
        "fills": QUIET_WITHOUT - {"a slow reply", "rows in another order", "a stale reply"},
        "gateway positions": {
            "an empty page",
            "a page without its last row",
            "rows that come twice",
            "a stale reply",
            "a foreign portfolio",
        },
        "gateway balances": {"an empty page", "a stale reply", "a foreign portfolio"},
        "gateway trades": {"an empty page", "a foreign portfolio", "a clock that is ahead"},
        "gateway subaccounts": {
            "an empty page",
            "a page without its last row",
            "rows that come twice",
            "a foreign portfolio",
        },
        "gateway log": {"an empty page", "a foreign portfolio", "a clock that is ahead"},
    }.items()
    for trouble in names
}


def test_an_error_is_worded_on_each_wire_as_it_is_there(busy, clients):
    busy.faults.add(Fault(Status(429, retry_after_s=7), times=2))
    rest = clients.rest.get("/accounts")
    gateway = clients.rpc.post("private/get_positions")
    assert (rest.status_code, gateway.status_code) == (429, 429)
    assert {rest.headers["retry-after"], gateway.headers["retry-after"]} == {"7"}
    assert rest.json()["error"] == "RESOURCE_EXHAUSTED"
    assert gateway.json()["error"]["code"] == 10028


def test_the_sdk_says_what_came(busy):
    client = client_of(busy)
    for status, words in [(401, "Unauthorized"), (403, "Missing Required Scopes"), (410, "GONE")]:
        busy.faults.add(Status(status))
        with pytest.raises(HTTPError, match=words) as refused:
            client.get_accounts()
        assert refused.value.response.status_code == status


def test_a_repeated_cursor_would_lead_round_for_ever(busy, clients):
    (again,) = [
        each for each in troubles(CALLS[0], foreign="other", times=None) if "repeated" in each.name
    ]
    again.befall(busy.faults)
    pages = clients.answers(CALLS[0])
    busy.faults.remove()
    cursors = [page.json()["cursor"] for page in pages]
    assert len(pages) == 5
    assert len(set(cursors)) == 1
    assert all(page.json()["has_next"] for page in pages)


def test_missing_pages_leave_no_sign(busy, clients):
    (missing,) = [each for each in troubles(CALLS[0], foreign="other") if "missing" in each.name]
    missing.befall(busy.faults)
    (page,) = clients.answers(CALLS[0])
    assert (page.json()["has_next"], page.json()["size"]) == (False, PAGE)


def test_a_stale_reply_is_of_an_hour_ago(busy, clients):
    (stale,) = [each for each in troubles(CALLS[0], foreign="other") if "stale" in each.name]
    stale.befall(busy.faults)
    wallets = [row for page in clients.answers(CALLS[0]) for row in page.json()["accounts"]]
    held = {row["currency"]: Decimal(row["available_balance"]["value"]) for row in wallets}
    assert held["BTC"] == Decimal("0.5")
    wallets = [row for page in clients.answers(CALLS[0]) for row in page.json()["accounts"]]
    held = {row["currency"]: Decimal(row["available_balance"]["value"]) for row in wallets}
    assert held["BTC"] == Decimal("0.6")


def test_a_foreign_portfolio_names_itself(busy, clients):
    for call in CALLS:
        if call.name not in ("breakdown", "key permissions"):
            continue
        (foreign,) = [each for each in troubles(call, foreign="other") if "foreign" in each.name]
        foreign.befall(busy.faults)
        (answer,) = clients.answers(call)
        assert busy.market.account("other").portfolio in answer.text


def test_faults_and_events_come_over_http_too(busy, clients):
    url = f"{busy.address}/_sim"
    fault = {"effect": {"type": "last_page"}, "path": "/api/v3/brokerage/accounts"}
    assert clients.rest.session.post(f"{url}/faults", json=fault, timeout=10).status_code == 200
    assert clients.rest.get("/accounts").json()["has_next"] is False
    event = {"do": "open_wallet", "account": "savings", "currency": "SOL"}
    done = clients.rest.session.post(f"{url}/market", json=event, timeout=10).json()
    assert done["done"][0]["do"] == "open_wallet"
    shown = clients.rest.session.get(f"{url}/market", timeout=10).json()
    assert shown["savings"]["wallets"]["SOL"] == {"total": "0", "hold": "0"}
