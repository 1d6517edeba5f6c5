"""The OpenAPI document as programs read it, and its operations one by one."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from tieout.web.document import openapi_text

METHODS = ("get", "put", "post", "delete", "patch")


@dataclass(frozen=True, slots=True, kw_only=True)
class Documented:
    """One operation: how it is asked, and what it says of itself."""

    method: str
    path: str
    said: dict[str, Any]

    @property
    def name(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def is_public(self) -> bool:
        return bool(self.said["security"] == [{}])


@cache
def document() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(openapi_text())
    return found


def _operations() -> Iterator[Documented]:
    for path, item in document()["paths"].items():
        for method in METHODS:
            if method in item:
                yield Documented(method=method.upper(), path=path, said=item[method])


OPERATIONS = {each.name: each for each in _operations()}
