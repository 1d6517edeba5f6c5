"""A history as an account lives through it: late news, lagging and broken snapshots, repeats."""

from dataclasses import replace
from datetime import timedelta
from random import Random

from core.driving import Step, in_any_order
from core.histories import History, snapshot
from tieout.core.activity import Activity
from tieout.core.snapshot import Failure, Holding, Snapshot

SECOND = timedelta(seconds=1)
INSTANT = timedelta(microseconds=100)


def story(random: Random, history: History, *, broken: bool = True) -> list[Step]:
    """Some runs while it happens, then one that hears the rest and sees all, and that again."""
    unheard = list(history.activities)
    steps: list[Step] = []
    last_at = history.activities[0].at
    for at in sorted(random.choices([each.at for each in history.activities], k=3)):
        now = at + INSTANT
        known = {each.id for each in history.known_by(now)}
        heard = [each for each in unheard if each.id in known and random.random() < 0.6]
        unheard = [each for each in unheard if each not in heard]
        as_of = random.choice((now, now, max(last_at, now - random.randint(1, 3) * SECOND)))
        last_at = max(last_at, as_of)
        steps.append(
            Step(
                activities=tuple(in_any_order(random, heard)),
                snapshot=seen(random, history, Snapshot(as_of=as_of, holdings=()), broken=broken),
                now=now,
            )
        )
    return [*steps, *ending(random, history, unheard)]


def ending(random: Random, history: History, unheard: list[Activity]) -> list[Step]:
    """All that is left to hear, and the truth, twice."""
    at = history.end_at + SECOND
    sight = snapshot(history.truth(), at=at, random=random)
    first = Step(activities=tuple(in_any_order(random, unheard)), snapshot=sight, now=at)
    again = Step(snapshot=replace(sight, as_of=at + SECOND), now=at + SECOND)
    return [first, again]


def seen(
    random: Random, history: History, blank: Snapshot, *, broken: bool
) -> Snapshot | Failure | None:
    """What the broker shows at that time: the truth, nothing, or something broken."""
    choice = random.random()
    if choice < 0.25:
        return None
    good = snapshot(history.truth(until=blank.as_of), at=blank.as_of, random=random)
    if choice < 0.75 or not broken:
        return good
    return random.choice((failed, cut, unreadable))(random, good)


def failed(random: Random, good: Snapshot) -> Failure:
    return Failure(kind=random.choice(("unavailable", "refused", "reply_invalid")), message="no")


def cut(random: Random, good: Snapshot) -> Snapshot:
    """A page is missing, and it says so; some of what came is flat, turned or unreadable."""
    rows = [spoilt(random, row) for row in good.holdings if random.random() < 0.6]
    return replace(good, holdings=tuple(rows), complete=False, problems=("page 2 failed",))


def spoilt(random: Random, row: Holding) -> Holding:
    """A row that may have come through, or not."""
    assert row.quantity is not None
    turned = row.quantity[1:] if row.quantity.startswith("-") else f"-{row.quantity}"
    quantity = random.choice((row.quantity, row.quantity, "0", turned, "NaN", None, "", "1e999999"))
    return row._replace(quantity=quantity)


def empty(random: Random, good: Snapshot) -> Snapshot:
    return replace(good, holdings=())


def stale(random: Random, good: Snapshot) -> Snapshot:
    rows = tuple(row for row in good.holdings if random.random() < 0.5)
    return replace(good, holdings=rows, as_of=good.as_of - timedelta(days=400))


def unreadable(random: Random, good: Snapshot) -> Snapshot:
    """All rows are there, and some of them are nonsense."""
    rows = (
        spoilt(random, row)._replace(quantity=random.choice(("NaN", None, "", "Infinity")))
        if random.random() < 0.5
        else row
        for row in good.holdings
    )
    return replace(good, holdings=tuple(rows))


def foreign(random: Random, good: Snapshot) -> Snapshot:
    """Another account's rows, as if they were ours."""
    rows = tuple(
        row._replace(symbol=f"OTHER{number}", venue_id=None)
        for number, row in enumerate(good.holdings)
    )
    return replace(good, holdings=rows)


# What says nothing about a position however often it comes, and what must be confirmed.
INCONCLUSIVE = (failed, cut, stale, unreadable)
CORRUPTIONS = (*INCONCLUSIVE, empty, foreign)
