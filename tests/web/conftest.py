"""A house with a book in memory, and a client for it."""

from collections.abc import Iterator

import pytest
from litestar.testing import TestClient

from tieout.store.memory import MemoryStore
from web.house import House, Web, opened, some_runs


@pytest.fixture
def house() -> Iterator[House]:
    store = MemoryStore()
    some_runs(store)
    with opened(store) as found:
        yield found


@pytest.fixture
def web(house: House) -> Iterator[Web]:
    """Asks the house, as nobody unless a key is sent."""
    with TestClient(house.asgi) as client:
        yield client
