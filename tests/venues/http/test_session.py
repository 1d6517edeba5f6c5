"""What is taken from the wire: whole bodies within limits, over connections that are verified."""

import gzip
import socket
import threading
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
import requests

from tieout.venues.http.limits import HttpLimits
from tieout.venues.http.session import BodyTaker, outside_of
from venues.http.asking import PATIENT, Question, Wire
from venues.stub import Said, said

THINGS = "/things"
THINGS_TOLD = b"[" + b", ".join(b"%d" % each for each in range(9_999)) + b"]"
HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n"
Talk = Callable[[socket.socket, threading.Event], None]


@contextmanager
def talking(talk: Talk) -> Iterator[str]:
    """The address of a server that says one thing to one connection, until it is left."""
    left = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            connection, _ = listening.accept()
            with connection:
                connection.recv(65_536)
                try:
                    talk(connection, left)
                except OSError:
                    return  # it has hung up

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            left.set()
            thread.join()


def asked(address: str, **limits: float):
    wire = Wire(address, HttpLimits(**{"connect_s": 5, "read_s": 5, "call_s": 5, **limits}))
    try:
        return wire.ask(Question(THINGS))
    finally:
        wire.close()


def raw(headers: bytes, body: bytes) -> Talk:
    """A server that says just this and hangs up."""
    return lambda connection, _: connection.sendall(
        b"HTTP/1.1 200 OK\r\n" + headers + b"\r\n\r\n" + body
    )


@pytest.mark.parametrize("length", [b"-5", b"abc", b"+2", b"2_0", b"", b"2.0", b"0x2"])
def test_a_length_that_is_none_makes_no_whole_answer(length):
    with talking(raw(b"Content-Length: " + length, b"[]")) as address:
        answer = asked(address)
    assert (answer.status, answer.body, answer.fault) == (200, b"", "unmeasured")


@pytest.mark.parametrize("more", [b", 3", b"\r\nContent-Length: 3", b"\r\nContent-Length: 0"])
def test_two_lengths_that_differ_make_no_whole_answer(more):
    with talking(raw(b"Content-Length: 2" + more, b"[]")) as address:
        answer = asked(address)
    assert (answer.status, answer.body, answer.fault) == (None, b"", "unmeasured")


def test_a_length_that_is_told_twice_alike_makes_a_whole_answer():
    with talking(raw(b"Content-Length: 2\r\nContent-Length: 2", b"[]")) as address:
        answer = asked(address)
    assert (answer.body, answer.fault) == (b"[]", None)


@pytest.mark.parametrize("length", [b"2", b" 2 ", b"2, 2"])
def test_a_length_however_it_is_told_makes_a_whole_answer(length):
    with talking(raw(b"Content-Length: " + length, b"[]")) as address:
        answer = asked(address)
    assert (answer.body, answer.fault) == (b"[]", None)


@pytest.mark.parametrize("size", [5, 12, 30, -1])
@pytest.mark.parametrize("kind", ["gzip", "deflate"])
def test_a_packed_body_that_ends_early_is_a_cut(kind, size):
    packed = {"gzip": gzip.compress, "deflate": zlib.compress}[kind](THINGS_TOLD)
    body = packed[:size]
    headers = f"Content-Encoding: {kind}\r\nContent-Length: {len(body)}".encode()
    with talking(raw(headers, body)) as address:
        assert asked(address).fault == "cut"


@pytest.mark.parametrize("kind", ["gzip", "deflate"])
def test_a_packed_body_is_taken_whole(kind):
    body = {"gzip": gzip.compress, "deflate": zlib.compress}[kind](THINGS_TOLD)
    headers = f"Content-Encoding: {kind}\r\nContent-Length: {len(body)}".encode()
    with talking(raw(headers, body)) as address:
        answer = asked(address)
    assert (answer.body, answer.fault) == (THINGS_TOLD, None)


def test_a_packed_body_of_nothing_is_an_answer():
    with talking(raw(b"Content-Encoding: gzip\r\nContent-Length: 0", b"")) as address:
        answer = asked(address)
    assert (answer.status, answer.body, answer.fault) == (200, b"", None)


def test_a_good_answer_is_taken_whole(stub):
    stub.say(THINGS, said({"a": 1}, X_Limit="7"))
    answer = asked(stub.address)
    assert (answer.status, answer.body, answer.fault) == (200, b'{"a": 1}', None)
    assert answer.headers["x-limit"] == "7"


def test_a_connection_is_used_again(stub):
    wire = Wire(stub.address)
    for _ in range(3):
        assert wire.ask(Question(THINGS)).status == 404
    pools = wire.session.get_adapter(stub.address).poolmanager.pools
    (pool,) = [pools[key] for key in pools.keys()]  # noqa: SIM118  # it is no mapping
    assert (pool.num_requests, pool.num_connections) == (3, 1)
    wire.close()


@pytest.mark.parametrize("status", [204, 302, 401, 404, 429, 500, 503])
def test_a_bad_status_is_an_answer_and_no_redirect_is_followed(stub, status):
    stub.say(THINGS, Said(status=status, body=b"no", headers={"Location": "/elsewhere"}))
    assert asked(stub.address).status == status
    assert stub.calls() == 1


def test_nobody_there_is_unreachable():
    answer = asked("http://127.0.0.1:9", connect_s=1)
    assert (answer.status, answer.fault) == (None, "unreachable")


def test_an_end_without_a_reply_is_unreachable(stub):
    stub.say(THINGS, Said(hung_up=True))
    assert asked(stub.address).fault == "unreachable"


def test_an_end_within_the_body_is_a_cut(stub):
    stub.say(THINGS, Said(body=b"[1, 2, 3]", cut=4))
    answer = asked(stub.address)
    assert (answer.status, answer.body, answer.fault) == (200, b"[1, ", "cut")


@pytest.mark.parametrize("body", [b"5\r\n[1, 2", b"not hexadecimal\r\n"])
def test_chunks_that_break_off_are_a_cut(body):
    def talk(connection: socket.socket, _: threading.Event) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + body)

    with talking(talk) as address:
        assert asked(address).fault == "cut"


def test_what_cannot_be_unpacked_is_a_cut(stub):
    stub.say(THINGS, Said(body=b"no gzip", headers={"Content-Encoding": "gzip"}))
    assert asked(stub.address).fault == "cut"


def test_silence_is_a_timeout(stub):
    stub.say(THINGS, Said(held=True))
    assert asked(stub.address, read_s=0.05).fault == "timeout"


def test_silence_within_the_body_is_a_timeout(stub):
    stub.say(THINGS, Said(body=b"[1, 2, 3]", cut=4, held=True))
    answer = asked(stub.address, read_s=0.05)
    assert (answer.body, answer.fault) == (b"[1, ", "timeout")


def test_a_body_that_drips_does_not_last_forever():
    def talk(connection: socket.socket, left: threading.Event) -> None:
        connection.sendall(HEAD)
        while not left.wait(0.01):
            connection.sendall(b" ")

    with talking(talk) as address:
        assert asked(address, call_s=0.1).fault == "timeout"


def test_a_body_without_end_is_not_kept():
    def talk(connection: socket.socket, left: threading.Event) -> None:
        connection.sendall(HEAD.replace(b"1000000", b"9" * 15))
        while not left.is_set():
            connection.sendall(b" " * 4096)

    with talking(talk) as address:
        answer = asked(address, body_bytes_max=10_000)
    assert answer.fault == "too_large"
    assert 10_000 < len(answer.body) < 200_000


def test_a_server_without_a_certificate_is_not_trusted(stub):
    assert asked(stub.address.replace("http://", "https://")).fault == "tls"


def test_a_file_of_certificates_that_is_not_there_is_not_trusted(stub, monkeypatch):
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "no/such/file.pem")
    assert asked(stub.address.replace("http://", "https://")).fault == "tls"
    assert stub.calls() == 0


def test_an_answer_is_that_of_the_thread_that_asked(stub):
    wire = Wire(stub.address)
    found = {}

    def ask(path: str) -> None:
        found[path] = [wire.ask(Question(path)).body for _ in range(5)]

    paths = [f"/{number}" for number in range(4)]
    for path in paths:
        stub.say(path, Said(body=path.encode()))
    threads = [threading.Thread(target=ask, args=(path,)) for path in paths]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    wire.close()
    assert found == {path: [path.encode()] * 5 for path in paths}


def test_a_client_that_stumbles_after_the_answer_takes_nothing_away(stub):
    session, taker = requests.Session(), BodyTaker(PATIENT)
    taker.take_over(session, stub.address)
    stub.say(THINGS, said({}))
    answer = taker.answer_to(lambda: session.get(stub.address + THINGS).json())
    assert answer.body == b"{}"
    session.close()


@pytest.mark.parametrize("name", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"])
def test_an_environment_names_certificates_and_proxies_but_never_none(monkeypatch, name):
    for each in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.setenv(each, "")
    own, _ = outside_of("https://broker.example")
    assert own.endswith(".pem")
    monkeypatch.setenv(name, __file__)
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    bundle, proxies = outside_of("https://broker.example")
    assert (bundle, proxies["https"]) == (__file__, "http://127.0.0.1:9")
    assert outside_of("https://127.0.0.1:1")[1] == {}


def test_a_netrc_does_not_replace_the_login(stub, monkeypatch, tmp_path):
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login a password b\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    asked(stub.address)
    assert "Authorization" not in stub.asked[0].headers
