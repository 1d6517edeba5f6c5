"""A person decides over the API about a run that was held, and about a break."""

from datetime import timedelta

import pytest

from web.house import House, Web


def symbols(web: Web, house: House) -> set[str]:
    given = web.get("/api/positions", headers=house.key("read"))
    return {each["symbol"] for each in given.json()["positions"]}


@pytest.mark.parametrize(
    ("decision", "outcome", "left"),
    [
        ("approve", "applied", set()),
        ("reject", "rejected", {"AAPL", "MSFT", "BTC/USD"}),
    ],
)
def test_a_held_run_is_decided_once(
    house: House, web: Web, decision: str, outcome: str, left: set[str]
) -> None:
    assert symbols(web, house) == {"AAPL", "MSFT", "BTC/USD"}
    headers = house.key("positions:write")
    given = web.post(f"/api/runs/run-3/{decision}", headers=headers)
    assert given.status_code == 200, given.text
    assert given.json()["outcome"] == outcome
    assert symbols(web, house) == left
    for again in ("approve", "reject"):
        assert web.post(f"/api/runs/run-3/{again}", headers=headers).status_code == 409


def test_evidence_that_was_let_go_of_is_not_found(house: House, web: Web) -> None:
    house.store.forget_evidence(before=house.timer.now() + timedelta(days=1))
    given = web.get("/api/runs/run-2/evidence", headers=house.key("read"))
    assert given.status_code == 404
    assert "is not kept any more" in given.json()["message"]
