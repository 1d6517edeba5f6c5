"""Several calls at once."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar, overload

Result = TypeVar("Result")
First = TypeVar("First")
Second = TypeVar("Second")


@overload
async def together(
    first: Coroutine[Any, Any, First], second: Coroutine[Any, Any, Second], /
) -> tuple[First, Second]: ...


@overload
async def together(*work: Coroutine[Any, Any, Result]) -> tuple[Result, ...]: ...


async def together(*work: Coroutine[Any, Any, Any]) -> tuple[Any, ...]:
    """All at once, the results in order. When one fails the others are given up."""
    tasks = [asyncio.create_task(each) for each in work]
    try:
        return tuple(await asyncio.gather(*tasks))
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
