"""Secrets are taken out of what is shown and kept, in every form that they come back in."""

import json
import re
from urllib.parse import quote

import pytest

from tieout.venues.http.scrub import PLACEHOLDER, SHOWN_MAX, Scrub, shown

SECRET = 'sEcReT/planted"0123456789'
PEM = "-----BEGIN KEY-----\nMHcCAQEEIplantedplanted\nAwEHoUQDQgplanted==\n-----END KEY-----\n"


@pytest.mark.parametrize(
    "form",
    [SECRET, quote(SECRET, safe=""), SECRET.replace("/", "\\/"), json.dumps(SECRET)[1:-1]],
)
def test_a_secret_is_known_in_the_forms_in_which_it_comes_back(form):
    scrub = Scrub(SECRET)
    assert scrub.text(f"no {form} here") == f"no {PLACEHOLDER} here"
    assert scrub.bytes(f"no {form} here".encode()) == f"no {PLACEHOLDER} here".encode()


@pytest.mark.parametrize("secret", [PEM, PEM.replace("\n", "\\n")])
@pytest.mark.parametrize("form", [PEM, json.dumps(PEM), *PEM.splitlines()[1:3]])
def test_a_secret_of_several_lines_is_known_as_a_whole_and_by_each_line(secret, form):
    cleaned = Scrub(secret).text(f"<{form}>")
    assert "planted" not in cleaned
    assert PLACEHOLDER in cleaned


def test_a_secret_at_the_edge_of_what_is_shown_does_not_show_its_beginning():
    text = Scrub(SECRET).text("x" * (SHOWN_MAX - 10) + SECRET)
    assert SECRET[:6] not in text
    assert text.endswith(PLACEHOLDER)


@pytest.mark.parametrize("size", range(6, len(SECRET)))
def test_a_body_that_breaks_off_within_a_secret_does_not_keep_its_beginning(size):
    body = b'{"echo": "' + SECRET[:size].encode()
    assert Scrub(SECRET).bytes(body) == b'{"echo": "' + PLACEHOLDER.encode()


def test_what_is_too_short_for_a_secret_stays():
    assert Scrub("abc", "").text("abc abcdef") == "abc abcdef"


def test_a_secret_can_be_learned_later():
    scrub = Scrub(SECRET)
    scrub.learn("token-0123456789")
    assert scrub.text(f"{SECRET} token-0123456789") == f"{PLACEHOLDER} {PLACEHOLDER}"


def test_patterns_are_secret_whoever_they_belong_to():
    scrub = Scrub(patterns={re.compile(rb'("token":\s*")[^"]*'): rb"\1[removed]"})
    assert scrub.bytes(b'{"token": "abc"}') == b'{"token": "[removed]"}'


@pytest.mark.parametrize("text", ["\ud800 lone", "\udcff"])
def test_letters_that_cannot_be_written_do_no_harm(text):
    assert Scrub(SECRET, "\udcffplanted").text(text + SECRET).endswith(PLACEHOLDER)


def test_a_text_is_one_short_printable_line():
    text = shown("\x1b[31mred\n" + "x" * 10_000)
    assert text.isprintable()
    assert len(text) == SHOWN_MAX


def test_its_repr_shows_nothing():
    assert repr(Scrub(SECRET)) == "Scrub()"
