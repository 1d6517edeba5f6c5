"""Coinbase's API keys, and the tokens that are signed with them."""

import base64
import random
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

Algorithm = Literal["ES256", "EdDSA"]
PublicKey = ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey

LIFE_S_MAX = 120  # of a token (SDK: 120)
SKEW_S_MAX = 30  # by which a client's clock may be ahead
ISSUERS = ("cdp", "coinbase-cloud")


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """An API key of one portfolio."""

    name: str
    secret: str = field(repr=False)
    public: PublicKey
    algorithm: Algorithm
    can_trade: bool
    can_transfer: bool = False

    @property
    def id(self) -> str:
        return self.name


def make_key(chance: random.Random, *, algorithm: Algorithm, can_trade: bool) -> Key:
    """A key as the venue hands them out; the same chance, the same key."""
    if algorithm == "ES256":
        name = f"organizations/{_uuid(chance)}/apiKeys/{_uuid(chance)}"
        curve = ec.derive_private_key(chance.getrandbits(255) + 1, ec.SECP256R1())
        pem = curve.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
        return Key(
            name=name,
            secret=pem.decode(),
            public=curve.public_key(),
            algorithm=algorithm,
            can_trade=can_trade,
        )
    seed = chance.randbytes(32)
    public = ed25519.Ed25519PrivateKey.from_private_bytes(seed).public_key()
    both = seed + public.public_bytes(Encoding.Raw, PublicFormat.Raw)
    return Key(
        name=_uuid(chance),
        secret=base64.b64encode(both).decode(),
        public=public,
        algorithm=algorithm,
        can_trade=can_trade,
    )


def _uuid(chance: random.Random) -> str:
    return str(uuid.UUID(int=chance.getrandbits(128), version=4))


def wall_clock() -> datetime:
    return datetime.now(UTC)


class Doorman:
    """Tells whose key signed a token. Its clock is the real one: the SDK signs by that."""

    def __init__(
        self, keys: Mapping[str, Key], *, clock: Callable[[], datetime] = wall_clock
    ) -> None:
        self._keys = keys
        self._clock = clock

    def key_of(self, token: str, *, uri: str | None = None) -> Key | None:
        """The key that a token was signed with; None where anything is wrong with it. `uri` is
        what it must be for; None where it need not be for any call."""
        try:
            named = jwt.get_unverified_header(token).get("kid")
            key = self._keys.get(named) if isinstance(named, str) else None
            if key is None:
                return None
            claims = jwt.decode(
                token,
                key.public,
                algorithms=[key.algorithm],
                options={"verify_exp": False, "verify_nbf": False, "verify_iat": False},
            )
        except jwt.PyJWTError:
            return None
        return key if self._is_good(claims, key, uri) else None

    def _is_good(self, claims: Mapping[str, Any], key: Key, uri: str | None) -> bool:
        now = self._clock().timestamp()
        begins, ends = claims.get("nbf"), claims.get("exp")
        if not isinstance(begins, int) or not isinstance(ends, int):
            return False
        is_now = begins <= now + SKEW_S_MAX and now < ends <= begins + LIFE_S_MAX
        is_ours = claims.get("sub") == key.name and claims.get("iss") in ISSUERS
        return is_now and is_ours and uri in (None, claims.get("uri"))
