"""Everything that can go wrong at a gateway, at every request of a sync: the book stands still."""

from collections.abc import Iterator

import pytest

from covering import covering
from tieout.core.errors import VenueError, VenueRefused, VenueReplyInvalid, VenueUnavailable
from tieout.simulators.faults import Fault, Silence, StalePositions
from tieout.simulators.ibkr_troubles import Trouble, troubles
from venues.ibkr_market import Desk, GatewayStage, gateway_stage, kinds

# What a sync sends, and how often.
SENT = {
    "handshake": 1, "startApi": 1, "reqManagedAccts": 1, "reqPositions": 2, "reqExecutions": 1,
    "reqAccountUpdates": 1,
}  # fmt: skip
FRESH = ("handshake", "startApi")  # only a new connection asks this
MOVES = ("a trade just before", "a trade midway")
KINDS = (VenueUnavailable, VenueRefused, VenueReplyInvalid)
HELD = {"AAPL": "10", "TSLA": "-5", "ESU6": "2"}


def happenings() -> list[tuple[Trouble, str, int, bool]]:
    """Each trouble at each request of a sync, and what a new connection asks at that one."""
    found = []
    for trouble in troubles(account="U1", symbol="NEW"):
        for request in trouble.requests:
            old = range(0 if request in FRESH else SENT.get(request, 0))
            found += [(trouble, request, skip, False) for skip in old]
            if request in (*FRESH, "reqPositions"):
                found.append((trouble, request, 0, True))
    return found


HAPPENINGS = happenings()


def named(happening: tuple[Trouble, str, int, bool]) -> str:
    trouble, request, skip, is_new = happening
    return f"{trouble.name} at {request} {skip + 1}{' of a new connection' if is_new else ''}"


@pytest.fixture(scope="module")
def stages() -> Iterator[GatewayStage]:
    yield from gateway_stage()


@pytest.fixture(scope="module")
def tied_out(stages) -> Desk:
    """A book and a gateway that agree; every trouble finds them so and must leave them so."""
    desk = Desk(stages)
    for symbol, quantity in HELD.items():
        stages.market.trade("U1", symbol, quantity)
    stages.market.trade("U2", "AAPL", "7")
    assert desk.after().tied_out
    return desk


@pytest.fixture
def desk(tied_out) -> Desk:
    return tied_out


def place_of(happening: tuple[Trouble, str, int, bool]) -> tuple[str, int, bool]:
    return happening[1:]


@pytest.mark.parametrize(
    "happening",
    covering(HAPPENINGS, each=lambda case: case[0].name, at=place_of, least=2, name=named),
)
def test_nothing_is_closed_or_changed_and_the_next_good_run_ties_out(desk, happening):
    trouble, request, skip, is_new = happening
    gateway = desk.stage.gateway
    before = desk.holds
    if is_new:
        desk.stage.market.drop_all()
        desk.stage.clock.advance(60)
    gateway.faults.add(trouble.at(request, skip=skip))
    plan = desk.after()
    gateway.faults.remove()
    if trouble.name not in MOVES:
        assert [each for each in kinds(plan) if each[0] != "invalid"] == []
        assert desk.holds == before
    assert plan.outcome in ("applied", "partial", "failed", "rejected", "held")
    if desk.error is not None:
        assert isinstance(desk.error, KINDS)
        assert type(desk.error) is not VenueError
        assert desk.error.advice
        assert desk.error.evidence
    desk.stage.clock.advance(120)  # beyond what a clock that was ahead has told
    good = desk.after()
    while not good.tied_out and "1100" in f"{desk.error}":
        desk.stage.market.restore_link()
        good = desk.after()
    assert good.tied_out, (good.reason, good.breaks, good.errors)
    assert all(desk.holds[symbol] == quantity for symbol, quantity in HELD.items())


def test_the_list_walks_through_all_that_a_sync_sends():
    asked = {request for _, request, _, _ in HAPPENINGS}
    assert asked == set(SENT)
    assert len(HAPPENINGS) > 200


LASTING = [
    (trouble, request)
    for trouble in troubles(account="U1", symbol="NEW")
    for request in sorted(set(trouble.requests) & set(SENT))
    if trouble.name not in MOVES and not isinstance(trouble.effect, StalePositions)
]


@pytest.mark.parametrize(
    "lasting",
    covering(
        LASTING,
        each=lambda case: case[0].name,
        at=lambda case: case[1],
        name=lambda case: f"{case[0].name} at {case[1]}",
    ),
)
def test_trouble_that_lasts_never_closes_anything(desk, lasting):
    trouble, request = lasting
    fault = trouble.at(request)
    desk.stage.gateway.faults.add(Fault(fault.effect, path=fault.path, times=None))
    plan = desk.after()
    desk.stage.gateway.faults.remove()
    desk.stage.market.restore_link()
    assert {each.kind for each in plan.changes} <= {"missing", "invalid"}
    assert desk.holds | HELD == desk.holds


def test_a_silent_request_is_asked_again_over_a_new_connection_only(desk):
    desk.after()
    calls = desk.stage.gateway.calls
    calls.clear()
    desk.stage.gateway.faults.add(Fault(Silence(), path="reqPositions"))
    assert desk.after().tied_out
    paths = [each.path for each in calls]
    first = paths.index("reqPositions")
    assert paths[first + 1] in FRESH
