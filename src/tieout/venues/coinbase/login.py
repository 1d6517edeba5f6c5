"""The key of a login: a name, and a private key that signs for two minutes at a time."""

from collections.abc import Mapping

from coinbase.jwt_generator import build_ws_jwt

from tieout.core.errors import SettingsError

VARIABLES: Mapping[str, str] = {
    "key": "COINBASE_KEY or COINBASE_API_KEY",
    "secret": "COINBASE_SECRET or COINBASE_API_SECRET",
}


class Login:
    """A key that signs. Its words are in nothing that is shown."""

    __slots__ = ("key", "secret")

    def __init__(self, *, key: str, secret: str) -> None:
        self.key = key
        self.secret = secret

    @staticmethod
    def of(settings: Mapping[str, str], *, connection: str) -> "Login":
        """The login in the settings. Raises SettingsError, never repeating what is set."""
        key, secret = (_word(settings, each, connection=connection) for each in VARIABLES)
        # As it is written in environment variables and in the file that Coinbase gives.
        secret = secret.replace("\\n", "\n")
        login = Login(key=key, secret=secret)
        try:
            login.token()
        except Exception:  # the SDK raises nothing narrower
            raise SettingsError(
                f"connections.{connection}.secret ({VARIABLES['secret']}) is no private key of "
                "Coinbase: copy the whole privateKey, from -----BEGIN to END-----, or all of the "
                "base64 text of an Ed25519 key"
            ) from None
        return login

    def token(self) -> str:
        """Signed now, good for two minutes; for the user channel and the gateway."""
        return str(build_ws_jwt(self.key, self.secret))

    def __repr__(self) -> str:
        return "Login()"


def _word(settings: Mapping[str, str], which: str, *, connection: str) -> str:
    text = settings.get(which, "").strip()
    place = f"connections.{connection}.{which}"
    if not text:
        raise SettingsError(
            f"{place} is not set; set the environment variable {VARIABLES[which]}, or {which} in "
            "tieout.toml"
        )
    if not text.isascii() or (which == "key" and (not text.isprintable() or " " in text)):
        raise SettingsError(
            f"{place} ({VARIABLES[which]}) has spaces or characters that no key has; copy it again"
        )
    return text
