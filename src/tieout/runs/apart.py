"""Writing apart from the event loop, which others go by meanwhile.

Whoever writes a book may have to wait for its lock, which another program holds, or for the disk.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Result = TypeVar("Result")
# The store lets one write at a time; these are not the loop's own, which venues are asked in.
_WRITERS = ThreadPoolExecutor(8, thread_name_prefix="tieout-writer")


async def apart(work: Callable[[], Result]) -> Result:
    """Do this in a thread of those that write. It is finished even if nobody waits any more."""
    doing = asyncio.get_running_loop().run_in_executor(_WRITERS, work)
    try:
        return await asyncio.shield(doing)
    except asyncio.CancelledError:
        await asyncio.wait({doing})
        raise
