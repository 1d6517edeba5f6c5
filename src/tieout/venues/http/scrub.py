"""Keeping secrets out of everything that is shown or kept, even where a server echoes them."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType
from urllib.parse import quote

PLACEHOLDER = "[removed]"
LENGTH_MIN = 6  # a shorter word would take half of the evidence with it
SHOWN_MAX = 200

Patterns = Mapping[re.Pattern[bytes], bytes]
NO_PATTERNS: Patterns = MappingProxyType({})


class Scrub:
    """Knows the secrets of a connection in the forms in which they might come back.

    `patterns` are secret whoever they belong to, each with what stands in its place.
    """

    __slots__ = ("_forms", "_patterns")

    def __init__(self, *words: str, patterns: Patterns = NO_PATTERNS) -> None:
        self._forms: tuple[bytes, ...] = ()
        self._patterns = patterns
        self.learn(*words)

    def learn(self, *words: str) -> None:
        """From now on these are secrets too: an access token, for example."""
        parts = {part for word in words for part in _parts_of(word) if len(part) >= LENGTH_MIN}
        forms = {form.encode("utf-8", "replace") for part in parts for form in _forms_of(part)}
        self._forms = tuple(sorted({*self._forms, *forms}, key=len, reverse=True))

    def bytes(self, body: bytes) -> bytes:
        """A body without secrets."""
        for form in self._forms:
            body = body.replace(form, PLACEHOLDER.encode())
        for pattern, instead in self._patterns.items():
            body = pattern.sub(instead, body)
        return _without_torn_end(body, self._forms)

    def text(self, text: str) -> str:
        """A text without secrets, on one line, short enough for a message."""
        return shown(self.bytes(text.encode("utf-8", "replace")).decode("utf-8", "replace"))

    def __repr__(self) -> str:
        return "Scrub()"


def _without_torn_end(body: bytes, forms: Iterable[bytes]) -> bytes:
    """A body may break off in the middle of a secret."""
    for form in forms:
        for size in range(len(form) - 1, LENGTH_MIN - 1, -1):
            if body.endswith(form[:size]):
                return body[:-size] + PLACEHOLDER.encode()
    return body


def _parts_of(word: str) -> Iterator[str]:
    """A secret, and each line of one that has several (a PEM key, at times with written \\n)."""
    yield word
    for line in word.replace("\\n", "\n").split("\n"):
        if not line.startswith("-----"):
            yield line.strip()


def _forms_of(word: str) -> tuple[str, ...]:
    return (
        word,
        quote(word, safe="", errors="replace"),
        word.replace("/", "\\/"),
        json.dumps(word)[1:-1],
    )


def shown(text: str) -> str:
    """A text of theirs on one line, short enough for a message."""
    return "".join(letter if letter.isprintable() else " " for letter in text[:SHOWN_MAX])
