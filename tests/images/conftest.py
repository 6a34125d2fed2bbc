"""What tests of images share."""

import pytest


@pytest.fixture
def put(tmp_path):
    """Write bytes to a file of this name, and give its path."""

    def write(name, content):
        (tmp_path / name).write_bytes(content)
        return tmp_path / name

    return write
