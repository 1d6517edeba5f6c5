"""What is secret in a connection to Coinbase."""

import re

from tieout.venues.http.scrub import PLACEHOLDER, Patterns, Scrub

# What is secret wherever it comes from: the gateway's tokens, and signatures that are echoed.
PATTERNS: Patterns = {
    re.compile(rb'("(?:access|refresh)_token"\s*:\s*")[^"]*'): rb"\1" + PLACEHOLDER.encode(),
    re.compile(rb"eyJ[\w-]{8,}\.[\w-]+(?:\.[\w-]+)?"): PLACEHOLDER.encode(),
}


def scrub_of(*, key: str, secret: str) -> Scrub:
    """Removes the key with its signatures, and tokens."""
    return Scrub(key, secret, patterns=PATTERNS)
