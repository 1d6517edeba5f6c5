"""Hearing what a venue's stream tells."""

import asyncio

from tieout.ports import News

WAIT_S = 20


class Ear:
    """Everything that was told, and waiting for it."""

    def __init__(self) -> None:
        self.news: list[News] = []
        self._heard = asyncio.Event()

    def tell(self, news: News) -> None:
        self.news.append(news)
        self._heard.set()

    async def until(self, *kinds: str) -> None:
        """Wait until these kinds were told in this order, others in between or not."""
        async with asyncio.timeout(WAIT_S):
            while not _is_in_order(kinds, [each.kind for each in self.news]):
                self._heard.clear()
                await self._heard.wait()


def _is_in_order(wanted: tuple[str, ...], told: list[str]) -> bool:
    rest = iter(told)
    return all(kind in rest for kind in wanted)
