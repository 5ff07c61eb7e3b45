from pathlib import Path

import pytest

from claudetask_core.services.setup.setup import Setup
from tests.core.setup.installed import made


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "shop"
    folder.mkdir()
    return folder


@pytest.fixture
def setup(root: Path) -> Setup:
    return made(root)
