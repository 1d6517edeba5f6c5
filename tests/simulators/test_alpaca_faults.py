"""Each fault, as a client meets it."""

import json
import socket
from datetime import datetime
from email.utils import parsedate_to_datetime

import pytest
import requests
from alpaca.common.exceptions import APIError
from pydantic import ValidationError

from tieout.simulators.faults import (
    FAULTS_MAX,
    BareNumbers,
    ClockSkew,
    CutBody,
    Delay,
    DuplicateRows,
    EmptyList,
    ErrorObject,
    Fault,
    FaultBook,
    HtmlBody,
    NullBody,
    ReorderRows,
    Reset,
    SetField,
    ShortPage,
    Silence,
    StalePositions,
    Stall,
    Status,
    TradeMeanwhile,
    WrongAccount,
)

from .conftest import Clock, trading_client


@pytest.fixture(autouse=True)
def holdings(market):
    for symbol in ("AAPL", "MSFT", "TSLA"):
        market.trade("main", symbol, "10")


def symbols(answer: requests.Response) -> list[str]:
    return [row["symbol"] for row in answer.json()]


def test_a_late_answer_is_right(simulator, call):
    simulator.faults.add(Delay(0.2))
    answer = call.get("/v2/positions")
    assert answer.elapsed.total_seconds() >= 0.2
    assert symbols(answer) == ["AAPL", "MSFT", "TSLA"]


@pytest.mark.parametrize("code", [429, 500, 503, 504])
def test_an_error_is_worded_as_alpaca_words_it(simulator, client, code):
    simulator.faults.add(Status(code, retry_after_s=7))
    with pytest.raises(APIError) as refused:
        client.get_all_positions()
    assert refused.value.status_code == code
    assert refused.value.code // 100000 in (code, code // 10)
    waits = refused.value.response.headers.get("Retry-After")
    assert waits == ("7" if code in (429, 503) else None)


def test_a_bad_gateway_is_a_web_page(simulator, client):
    simulator.faults.add(Status(502))
    with pytest.raises(APIError) as refused:
        client.get_all_positions()
    assert refused.value.status_code == 502
    with pytest.raises(json.JSONDecodeError):
        _ = refused.value.code


def test_too_many_requests_leaves_none_over(simulator, call):
    simulator.faults.add(Status(429))
    assert call.get("/v2/account").headers["X-RateLimit-Remaining"] == "0"


def test_a_connection_is_reset_before_a_reply(simulator, client):
    simulator.faults.add(Reset())
    with pytest.raises(requests.ConnectionError, match="reset"):
        client.get_all_positions()
    assert len(client.get_all_positions()) == 3


def test_a_body_is_cut_short_of_its_length(simulator, call):
    whole = len(call.get("/v2/positions").content)
    simulator.faults.add(CutBody(0.25))
    with pytest.raises(requests.exceptions.ChunkedEncodingError) as cut:
        call.get("/v2/positions")
    assert f"{whole // 4} bytes read" in str(cut.value)


def test_a_body_can_stall_without_an_end(simulator, call):
    simulator.faults.add(Stall(0.25))
    with pytest.raises(requests.ConnectionError, match="timed out"):
        impatient(simulator)
    assert call.get("/v2/positions").status_code == 200


def test_somebody_trades_while_an_answer_is_on_its_way(simulator, client):
    trade = TradeMeanwhile("main", "AAPL", "1")
    before = held(client)
    simulator.faults.add(Fault(trade, path="/v2/positions", times=2))
    assert [held(client) - before for _ in range(3)] == [1, 2, 2]
    late = TradeMeanwhile("main", "AAPL", "1", is_midway=True)
    simulator.faults.add(Fault(late, path="/v2/positions"))
    assert [held(client) - before for _ in range(2)] == [2, 3]


def impatient(simulator) -> requests.Response:
    key = simulator.credentials("main")
    headers = {"APCA-API-KEY-ID": key.key_id, "APCA-API-SECRET-KEY": key.secret_key}
    return requests.get(f"{simulator.address}/v2/positions", headers=headers, timeout=0.3)


def held(client) -> int:
    rows = {row["symbol"]: row for row in client.get_all_positions()}
    return int(rows["AAPL"]["qty"])


def test_a_silent_connection_says_nothing_at_all(simulator):
    simulator.faults.add(Silence())
    host, port = simulator.address.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=0.3) as line:
        line.sendall(b"GET /v2/account HTTP/1.1\r\nHost: simulator\r\n\r\n")
        with pytest.raises(TimeoutError):
            line.recv(1)


def test_a_silent_connection_does_not_keep_the_simulator_from_stopping(simulator):
    simulator.faults.add(Silence())
    with pytest.raises(requests.ReadTimeout):
        requests.get(f"{simulator.address}/v2/account", timeout=0.1)
    simulator.faults.add(Silence())
    host, port = simulator.address.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port))) as line:
        line.sendall(b"GET /v2/account HTTP/1.1\r\nHost: simulator\r\n\r\n")
        simulator.halt()


@pytest.mark.parametrize(
    ("effect", "body"),
    [
        (EmptyList(), []),
        (NullBody(), None),
        (ErrorObject(), {"code": 50010000, "message": "internal server error occurred"}),
        (ErrorObject(40010000, "sorry"), {"code": 40010000, "message": "sorry"}),
    ],
)
def test_a_200_may_hold_something_else(simulator, client, effect, body):
    simulator.faults.add(effect)
    assert client.get_all_positions() == body


def test_a_200_may_be_a_web_page(simulator, call):
    simulator.faults.add(HtmlBody())
    answer = call.get("/v2/positions")
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "text/html")
    assert "<html>" in answer.text


def test_rows_go_missing_come_twice_or_in_another_order(simulator, call):
    simulator.faults.add(ShortPage())
    assert symbols(call.get("/v2/positions")) == ["AAPL", "MSFT"]
    simulator.faults.add(ShortPage(rows=9))
    assert symbols(call.get("/v2/positions")) == []
    simulator.faults.add(DuplicateRows(2))
    assert symbols(call.get("/v2/positions")) == ["AAPL", "MSFT", "AAPL", "MSFT", "TSLA"]
    simulator.faults.add(Fault(ReorderRows(), times=20))
    orders = {tuple(symbols(call.get("/v2/positions"))) for _ in range(20)}
    assert len(orders) > 1
    assert {frozenset(order) for order in orders} == {frozenset(["AAPL", "MSFT", "TSLA"])}


@pytest.mark.parametrize("value", ["NaN", "", None, 5.0, "MARS"])
def test_a_field_can_be_anything(simulator, call, value):
    simulator.faults.add(SetField("qty", value, row=1))
    assert [row["qty"] for row in call.get("/v2/positions").json()] == ["10", value, "10"]


@pytest.mark.parametrize("field", ["exchange", "asset_id", "cost_basis"])
def test_one_bad_field_fails_the_whole_list_in_the_sdks_models(simulator, field):
    simulator.faults.add(SetField(field, None if field != "exchange" else "MARS"))
    with pytest.raises(ValidationError):
        trading_client(simulator, raw_data=False).get_all_positions()


def test_numbers_may_come_as_numbers(simulator, market, call):
    market.trade("main", "AAPL", "0.123456789")
    simulator.faults.add(BareNumbers())
    assert '"qty":10.123456789,' in call.get("/v2/positions/AAPL").text


def test_the_brokers_clock_may_be_wrong(simulator, clock, call):
    simulator.faults.add(Fault(ClockSkew(seconds=90), times=2))
    header = parsedate_to_datetime(call.get("/v2/account").headers["Date"])
    assert (header - clock.now).total_seconds() == pytest.approx(90, abs=1)
    row = call.get("/v2/account/activities").json()[0]
    told = datetime.fromisoformat(row["transaction_time"])
    assert (told - clock.now).total_seconds() == 90


def test_the_answer_may_be_about_another_account(simulator, market, client):
    simulator.faults.add(Fault(WrongAccount("other"), path="/v2/account"))
    assert client.get_account()["id"] == market.account("other").id
    assert client.get_account()["id"] == market.account("main").id


def test_positions_may_be_older_than_activities(simulator, market, clock, client):
    clock.advance(seconds=60)
    market.trade("main", "AAPL", "-10")
    simulator.faults.add(StalePositions(seconds=30))
    shown = {row["symbol"] for row in client.get_all_positions()}
    assert shown == {"AAPL", "MSFT", "TSLA"}
    assert client.get("/account/activities")[0]["side"] == "sell"
    assert [row["symbol"] for row in client.get_all_positions()] == ["MSFT", "TSLA"]


def test_a_fault_can_be_aimed_at_a_path_an_account_and_the_nth_call(simulator, call):
    simulator.faults.add(Fault(Status(500), path="/v2/positions*", skip=1, times=2))
    simulator.faults.add(Fault(Status(500), account="other", times=None))
    codes = [call.get("/v2/positions").status_code for _ in range(4)]
    assert codes == [200, 500, 500, 200]
    assert call.get("/v2/account").status_code == 200


def test_a_fault_can_last_for_a_time(simulator, clock, call):
    simulator.faults.add(Fault(Status(503), times=None, for_s=60))
    assert call.get("/v2/account").status_code == 503
    clock.advance(seconds=60)
    assert call.get("/v2/account").status_code == 200
    assert simulator.faults.standing() == []


def test_faults_add_up(simulator, call):
    simulator.faults.add(SetField("qty", "NaN", row=None))
    simulator.faults.add(ShortPage(2))
    assert [row["qty"] for row in call.get("/v2/positions").json()] == ["NaN"]


def test_calls_are_remembered_with_how_they_were_answered(simulator, call):
    simulator.faults.add(Status(502))
    call.get("/v2/positions")
    call.get("/v2/account/activities", page_size=5)
    assert [(each.path, dict(each.query), each.status) for each in simulator.calls] == [
        ("/v2/positions", {}, 502),
        ("/v2/account/activities", {"page_size": "5"}, 200),
    ]


def test_faults_do_not_grow_without_end():
    faults = FaultBook(Clock())
    for _ in range(FAULTS_MAX):
        faults.add(Fault(Reset(), times=None))
    with pytest.raises(ValueError, match="remove some"):
        faults.add(Reset())
    assert faults.remove() == FAULTS_MAX
