"""Keeping keys out of everything that is shown or kept, even where a server echoes them."""

from collections.abc import Iterable
from urllib.parse import quote

PLACEHOLDER = "[removed]"
LENGTH_MIN = 6  # a shorter word would take half of the evidence with it
SHOWN_MAX = 200


class Scrub:
    """Knows the secrets of a connection in the forms in which they might come back."""

    __slots__ = ("_forms",)

    def __init__(self, secrets: Iterable[str]) -> None:
        words = [word for word in secrets if len(word) >= LENGTH_MIN]
        forms = {
            form
            for word in words
            for form in (word, quote(word, safe=""), word.replace("/", "\\/"))
        }
        self._forms = tuple(sorted(forms, key=len, reverse=True))

    def bytes(self, body: bytes) -> bytes:
        """A body without secrets."""
        for form in self._forms:
            body = body.replace(form.encode(), PLACEHOLDER.encode())
        return body

    def text(self, text: str) -> str:
        """A text without secrets, on one line, short enough for a message."""
        for form in self._forms:
            text = text.replace(form, PLACEHOLDER)
        shown = "".join(letter if letter.isprintable() else " " for letter in text)
        return shown[:SHOWN_MAX]

    def __repr__(self) -> str:
        return "Scrub()"
