"""What is gone through by default: every trouble and every place, spread over one another."""

from collections import Counter

from covering import covering

CASES = [(trouble, place) for trouble in range(6) for place in "abc"]


def shown(cases, **more):
    listed = covering(cases, each=lambda case: case[0], at=lambda case: case[1], **more)
    assert [each.values[0] for each in listed] == cases
    return [each.values[0] for each in listed if not each.marks]


def test_each_trouble_is_there_and_so_is_each_place_equally_often():
    found = shown(CASES)
    assert Counter(trouble for trouble, _ in found) == dict.fromkeys(range(6), 1)
    assert Counter(place for _, place in found) == {"a": 2, "b": 2, "c": 2}


def test_more_of_each_may_be_asked_for():
    assert Counter(trouble for trouble, _ in shown(CASES, least=2)) == dict.fromkeys(range(6), 2)
    assert shown(CASES, least=9) == CASES


def test_a_place_that_no_trouble_needed_is_shown_too():
    assert shown([(1, "a"), (1, "b")]) == [(1, "a"), (1, "b")]
