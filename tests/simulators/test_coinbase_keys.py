"""Who is let in: certificates and tokens."""

import ssl
import stat
from datetime import UTC, datetime, timedelta
from urllib.request import urlopen

import jwt
import pytest
import requests
from coinbase import jwt_generator
from coinbase.rest import RESTClient
from cryptography.hazmat.primitives.asymmetric import ec
from requests import HTTPError

from tieout.simulators.coinbase import CoinbaseSimulator, running

from .coinbase import BASE, client_of

ACCOUNTS = f"{BASE}/accounts"


def test_the_real_sdk_reaches_it_by_a_fixed_https(desk, advanced):
    assert desk.address.startswith("https://127.0.0.1:")
    assert advanced.get_accounts().to_dict()["size"] == 1


def test_the_environment_can_name_the_authority(desk, monkeypatch):
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(desk.ca_file))
    key = desk.credentials("main")
    client = RESTClient(key.name, key.secret, base_url=desk.host, timeout=10)
    assert client.get_accounts().to_dict()["size"] == 1


def test_a_client_that_does_not_know_the_authority_refuses(desk):
    client = client_of(desk)
    client.session.verify = True
    with pytest.raises(requests.exceptions.SSLError, match="CERTIFICATE_VERIFY_FAILED"):
        client.get_accounts()
    assert list(desk.calls) == []


def test_a_strict_client_is_content(desk):
    """What newer Pythons ask of a certificate by themselves."""
    context = ssl.create_default_context(cafile=str(desk.ca_file))
    context.verify_flags |= ssl.VERIFY_X509_STRICT
    host = desk.address.replace("127.0.0.1", "localhost")
    with urlopen(f"{host}{BASE}/time", context=context, timeout=10) as answer:
        assert answer.status == 200


def test_each_simulator_has_an_authority_of_its_own(desk, coinbase):
    with (
        running(CoinbaseSimulator(coinbase)) as address,
        pytest.raises(requests.exceptions.SSLError),
    ):
        requests.get(f"{address}{BASE}/time", verify=str(desk.ca_file), timeout=10)


def test_the_private_key_is_nobody_elses(desk):
    served = desk.ca_file.with_name("server.pem")
    assert stat.S_IMODE(served.stat().st_mode) == 0o600
    assert b"PRIVATE" not in desk.ca_file.read_bytes()


def test_it_can_do_without_tls(coinbase):
    with running(CoinbaseSimulator(coinbase, has_tls=False)) as address:
        assert requests.get(f"{address}{BASE}/time", timeout=10).status_code == 200


@pytest.mark.parametrize("algorithm", ["ES256", "EdDSA"])
def test_both_kinds_of_keys_open_it(desk, coinbase, algorithm):
    coinbase.open_account("third", algorithm=algorithm, cash="7")
    (wallet,) = client_of(desk, "third").get_accounts().to_dict()["accounts"]
    assert wallet["available_balance"]["value"] == "7"


def test_a_key_with_escaped_line_ends_is_the_same(desk):
    key = desk.credentials("main")
    client = RESTClient(key.name, key.secret.replace("\n", "\\n"), base_url=desk.host, timeout=10)
    client.session.verify, client.session.trust_env = str(desk.ca_file), False
    assert client.get_accounts().to_dict()["size"] == 1


def call(desk, token: str | None, path: str = ACCOUNTS) -> requests.Response:
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    verify = str(desk.ca_file)
    return requests.get(desk.address + path, headers=headers, verify=verify, timeout=10)


def claims(desk, **changed) -> dict:
    now = int(datetime.now(UTC).timestamp())
    uri = f"GET {desk.host}{ACCOUNTS}"
    name = desk.credentials("main").name
    usual = {"sub": name, "iss": "cdp", "nbf": now, "exp": now + 120, "uri": uri}
    return usual | changed


def signed(desk, body: dict, *, secret=None, kid=None, algorithm="ES256") -> str:
    key = desk.credentials("main")
    headers = {"kid": kid or key.name, "nonce": "0"}
    return jwt.encode(body, secret or key.secret, algorithm=algorithm, headers=headers)


def test_a_good_token_made_by_hand(desk):
    assert call(desk, signed(desk, claims(desk))).status_code == 200


@pytest.mark.parametrize(
    "changed",
    [
        {"uri": "GET api.coinbase.com/api/v3/brokerage/accounts"},
        {"uri": None},
        {"sub": "somebody"},
        {"iss": "me"},
        {"exp": None},
        {"nbf": None},
    ],
)
def test_a_token_with_a_wrong_claim_opens_nothing(desk, changed):
    body = {name: value for name, value in claims(desk, **changed).items() if value is not None}
    answer = call(desk, signed(desk, body))
    assert (answer.status_code, answer.text.strip()) == (401, "Unauthorized")


@pytest.mark.parametrize(("nbf", "exp"), [(-300, -180), (-121, -1), (600, 720), (0, 3600)])
def test_a_token_has_its_time(desk, nbf, exp):
    now = int(datetime.now(UTC).timestamp())
    assert call(desk, signed(desk, claims(desk, nbf=now + nbf, exp=now + exp))).status_code == 401


def test_a_token_for_one_call_opens_no_other(desk):
    token = signed(desk, claims(desk))
    assert call(desk, token, f"{BASE}/portfolios").status_code == 401
    assert call(desk, token, f"{ACCOUNTS}?limit=5").status_code == 200  # the query is not in it


def test_a_foreign_signature_opens_nothing(desk):
    stranger = ec.generate_private_key(ec.SECP256R1())
    assert call(desk, signed(desk, claims(desk), secret=stranger)).status_code == 401
    shared = jwt.encode(claims(desk), "x" * 32, headers={"kid": desk.credentials("main").name})
    assert call(desk, shared).status_code == 401


@pytest.mark.parametrize("token", [None, "", "nonsense", "a.b.c"])
def test_no_token_opens_nothing(desk, token):
    assert call(desk, token).status_code == 401


def test_an_unknown_and_a_revoked_key_open_nothing(desk, coinbase, advanced):
    assert (
        call(desk, signed(desk, claims(desk), kid="organizations/1/apiKeys/2")).status_code == 401
    )
    coinbase.revoke_key("main", desk.credentials("main").name)
    with pytest.raises(HTTPError) as refused:
        advanced.get_accounts()
    assert refused.value.response.status_code == 401


def test_tokens_are_held_against_a_clock_that_can_be_told(coinbase):
    late = CoinbaseSimulator(
        coinbase, token_clock=lambda: datetime.now(UTC) + timedelta(minutes=10)
    )
    with running(late), pytest.raises(HTTPError) as refused:
        client_of(late).get_accounts()
    assert refused.value.response.status_code == 401


def test_a_token_of_the_sdk_has_no_secret_in_it(desk):
    key = desk.credentials("main")
    token = jwt_generator.build_rest_jwt("GET x", key.name, key.secret)
    assert key.secret not in f"{key!r}{token}"
