"""What an adapter of one's own is tested with: the suite that every venue passes.

It needs pytest, which Tieout itself does not: pip install 'tieout[testing]'.
"""

import pytest

# Assertions of the suite explain themselves like those of a test module.
pytest.register_assert_rewrite("tieout.testing.venue")
