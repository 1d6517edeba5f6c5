"""The venue suite with the module for files, in every format, at a folder that is delivered to."""

from collections.abc import Iterator

import pytest

from tieout.testing.venue import PASSING, VenueSuite
from venues.files import FORMS, FileStage, file_stage


class TestFiles(VenueSuite):
    """Every promise of the port. A file has no status; a disk that hangs is tried with one form."""

    good_status = None
    refusal_status = None

    @pytest.fixture(params=sorted(FORMS))
    def stage(self, request, tmp_path) -> Iterator[FileStage]:
        is_silence = "silence" in request.node.callspec.params.values()
        if is_silence and request.param != "csv":
            pytest.skip("what hangs is the disk, whatever the format")
        yield from file_stage(tmp_path, request.param)


def test_every_trouble_that_passes_has_its_like_on_a_disk():
    assert PASSING == ("server_error", "rate_limit", "hang_up", "silence")
