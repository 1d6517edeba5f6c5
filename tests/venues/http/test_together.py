"""Several calls at once: all of them or none."""

import asyncio

import pytest

from tieout.venues.http.together import together


async def value(found: object) -> object:
    await asyncio.sleep(0)
    return found


def test_the_results_come_in_order():
    async def both() -> tuple[object, object]:
        return await together(value(1), value("two"))

    async def three() -> tuple[object, ...]:
        return await together(value(1), value(2), value(3))

    assert asyncio.run(both()) == (1, "two")
    assert asyncio.run(three()) == (1, 2, 3)


def test_when_one_fails_the_others_are_given_up():
    given_up = []

    async def wait() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            given_up.append(True)

    async def fail() -> None:
        await asyncio.sleep(0)
        raise LookupError

    async def both() -> None:
        await together(wait(), fail())

    with pytest.raises(LookupError):
        asyncio.run(both())
    assert given_up == [True]
