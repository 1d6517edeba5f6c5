"""What is secret in a connection to Alpaca."""

import base64

from tieout.venues.http.scrub import Scrub


def scrub_of(*, key: str, secret: str) -> Scrub:
    """Removes the keys, and the two as a login in a header."""
    login = base64.b64encode(f"{key}:{secret}".encode()).decode()
    return Scrub(key, secret, login)
