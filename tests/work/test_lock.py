from pathlib import Path

import pytest

from cellocate.errors import CellocateError
from cellocate.work.lock import locked


@pytest.mark.skipif(not Path("/proc/self").is_dir(), reason="a folder that takes no files of anyone")
def test_a_folder_where_nothing_can_be_written_is_one_clear_error() -> None:
    with pytest.raises(CellocateError, match="no file can be written here"), locked(Path("/proc/x")):
        pass
