"""A connection that was never reached is told of wherever people look, with its error."""

from collections.abc import Iterator

import pytest
from litestar.testing import TestClient
from prometheus_client.parser import text_string_to_metric_families

from tieout.core.errors import VenueRefused
from tieout.settings import Connection, Settings
from tieout.store.memory import MemoryStore
from tieout.wiring.desk import Answer
from web.house import House, Web, opened, some_runs

REFUSED = VenueRefused("no", venue="fresh", status=401, advice="set the key")
SETTINGS = Settings(
    store_url="memory://",
    connections=tuple(Connection(name=name, venue="alpaca") for name in ("paper", "fresh", "new")),
)


@pytest.fixture
def house() -> Iterator[House]:
    """Of three connections one has accounts, one was tried in vain, and one not tried yet."""
    store = MemoryStore()
    some_runs(store)
    with opened(store, settings=SETTINGS) as found:
        now = found.timer.now()
        for _ in range(2):
            found.service._keeper.watch.unreached(
                "fresh", REFUSED, trigger="schedule", started_at=now
            )
        yield found


@pytest.fixture
def web(house: House) -> Iterator[Web]:
    with TestClient(house.asgi) as client:
        yield client


@pytest.mark.parametrize("path", ["/api/accounts", "/api/sync/status"])
def test_it_is_listed_among_the_accounts_with_its_error(house: House, web: Web, path: str) -> None:
    listed = web.get(path, headers=house.key("read")).json()["accounts"]
    assert [each["account"] for each in listed] == ["paper/PA1", "fresh"]
    fresh = listed[1]
    assert (fresh["name"], fresh["venue"], fresh["outcome"]) == ("fresh", "alpaca", "failed")
    assert fresh["reason"] == "refused: fresh: no - set the key"
    assert (fresh["tied_out"], fresh["last_synced_at"], fresh["open_breaks"]) == (False, None, 0)


def test_a_sync_that_does_not_reach_it_says_its_name_once(
    house: House, web: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def sync(_: str | None) -> list[Answer]:
        return [Answer(subject="fresh", error=REFUSED)]

    monkeypatch.setattr(house.service, "sync", sync)
    shown = web.post("/api/admin/jobs/sync-positions", headers=house.key("admin:write"))
    assert shown.status_code == 500
    assert shown.json()["errors"] == ["fresh: no - set the key"]


def test_metrics_count_its_runs_and_what_they_failed_by(house: House, web: Web) -> None:
    text = web.get("/metrics", headers=house.key("read")).text
    found = {
        (each.name, *each.labels.values()): each.value
        for family in text_string_to_metric_families(text)
        for each in family.samples
    }
    assert found["tieout_runs_total", "fresh", "failed"] == 2
    assert found["tieout_tied_out", "fresh"] == 0
    assert found["tieout_recent_run_errors", "fresh", "refused"] == 2
    assert not [key for key in found if "new" in key[1:] and key[0] != "tieout_breaks"]
