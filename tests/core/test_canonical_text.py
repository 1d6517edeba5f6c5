"""The journal's text: written directly, and the same as by way of plain material."""

from random import Random

import pytest

from core.test_properties import any_story
from tieout.core.codec import canonical, to_plain, to_text


@pytest.mark.parametrize("seed", range(40))
def test_the_direct_text_is_the_canonical_json_of_the_plain_material(seed):
    _, story = any_story(Random(seed))
    for made in story:
        for value in (made.plan, made.plan.account, *made.plan.ledgers.values(), *made.plan.facts):
            assert to_text(value) == canonical(to_plain(value))
