"""Replies as JSON: no digit is lost, and what is not what was asked for is said."""

from decimal import Decimal

import pytest

from tieout.venues.http.bodies import (
    BodyInvalid,
    decoded,
    kind_of,
    list_in,
    list_of,
    message_in,
    number,
    object_in,
    texts,
)


def refusal(body: bytes, read=decoded, *more: str) -> str:
    with pytest.raises(BodyInvalid) as caught:
        read(body, *more)
    return str(caught.value)


def test_numbers_keep_the_characters_that_were_sent():
    row = decoded(b'{"a": 0.10, "b": 1e-9, "c": 12345678901234567890, "d": true, "e": null}')
    assert texts(row) == {"a": "0.10", "b": "1e-9", "c": "12345678901234567890", "d": "true"}


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "nothing at all"),
        (b" \n", "nothing at all"),
        (b"<!DOCTYPE html><p>", "a web page instead of JSON"),
        (b"\xef\xbb\xbf\r\n<html>", "a web page instead of JSON"),
        (b"<!-- down --><html>", "a web page instead of JSON"),
        (b"upstream connect error", "no valid JSON"),
        (b'{"a": NaN}', "no valid JSON"),
        (b'{"a": "\xff"}', "no valid JSON"),
        (b"[" * 100_000, "no valid JSON"),
    ],
)
def test_what_is_no_json_is_refused_in_words(body, words):
    assert words in refusal(body)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"null", "null instead of things"),
        (b"[]", "a list instead of things"),
        (b'"ok"', "a text instead of things"),
        (b"7", "a number instead of things"),
        (b"0.5", "a text instead of things"),
        (b"true", "true or false instead of things"),
    ],
)
def test_what_is_no_object_is_refused_in_words(body, words):
    assert refusal(body, object_in, "things") == words


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"{}", "an empty object instead of a list"),
        (b'{"b": 1, "a": 2}', "an object with the keys a, b instead of a list"),
        (b'{"message": "down", "error": "x"}', "an error object (down) instead of a list"),
        (b'{"error": "x"}', "an error object (x) instead of a list"),
        (b'{"msg": "busy"}', "an error object (busy) instead of a list"),
    ],
)
def test_an_object_instead_of_a_list_says_what_it_says(body, words):
    assert refusal(body, list_in) == words


def test_a_missing_list_is_never_an_empty_one():
    assert list_of({"rows": []}, "rows", "a page") == []
    for wrong in ({}, {"rows": None}, {"rows": {}}):
        with pytest.raises(BodyInvalid, match="instead of a page"):
            list_of(wrong, "rows", "a page")


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b'{"code": 40110000, "message": "forbidden."}', "40110000 forbidden."),
        (b'{"error": {"code": -1, "message": "inner"}, "message": "outer"}', "-1 inner"),
        (b'{"error": "NO", "error_details": "scopes"}', "NO scopes"),
        (b'{"msg": "busy"}', "busy"),
        (b'"only text"', "only text"),
        (b" over capacity ", "over capacity"),
        (b"<html>Bad Gateway</html>", ""),
        (b"[1]", ""),
        (b"", ""),
    ],
)
def test_what_is_said_about_an_error_is_found(body, words):
    assert message_in(body) == words


@pytest.mark.parametrize("text", [None, "", "NaN", "about 3"])
def test_what_is_no_number_is_not_zero(text):
    assert number(text) is None


def test_a_number_is_exact():
    assert number("0.10") == Decimal("0.10")


def test_a_value_of_no_kind_of_json_counts_as_a_number():
    assert kind_of(0.5) == "a number"
