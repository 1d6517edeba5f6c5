"""Keeping keys and tokens out of everything that is shown or kept, even where they are echoed."""

import json
import re
from urllib.parse import quote

PLACEHOLDER = "[removed]"
LENGTH_MIN = 6  # a shorter word would take half of the evidence with it
SHOWN_MAX = 200

# What is secret wherever it comes from: the gateway's tokens, and signatures that are echoed.
_TOKENS = re.compile(rb'("(?:access|refresh)_token"\s*:\s*")[^"]*')
_SIGNATURES = re.compile(rb"eyJ[\w-]{8,}\.[\w-]+(?:\.[\w-]+)?")


class Scrub:
    """Knows the secrets of a connection in the forms in which they might come back."""

    __slots__ = ("_forms",)

    def __init__(self, *, key: str, secret: str) -> None:
        self._forms: tuple[str, ...] = ()
        lines = secret.replace("\\n", "\n").split("\n")
        key_lines = [line.strip() for line in lines if not line.startswith("-----")]
        self.learn(key, secret, *key_lines)

    def learn(self, *words: str) -> None:
        """From now on these are secrets too: an access token, for example."""
        forms = {
            form
            for word in words
            if len(word) >= LENGTH_MIN
            for form in (
                word, quote(word, safe=""), word.replace("/", "\\/"), json.dumps(word)[1:-1],
            )
        }  # fmt: skip
        self._forms = tuple(sorted({*self._forms, *forms}, key=len, reverse=True))

    def bytes(self, body: bytes) -> bytes:
        """A body without secrets."""
        for form in self._forms:
            body = body.replace(form.encode(), PLACEHOLDER.encode())
        body = _TOKENS.sub(rb"\1" + PLACEHOLDER.encode(), body)
        return _SIGNATURES.sub(PLACEHOLDER.encode(), body)

    def text(self, text: str) -> str:
        """A text without secrets, on one line, short enough for a message."""
        return shown(self.bytes(text.encode()).decode("utf-8", "replace"))

    def __repr__(self) -> str:
        return "Scrub()"


def shown(text: str) -> str:
    """A text of theirs on one line, short enough for a message."""
    return "".join(letter if letter.isprintable() else " " for letter in text)[:SHOWN_MAX]
