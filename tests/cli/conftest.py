from __future__ import annotations

from pathlib import Path

import pytest

from tests.synth.synth_repository import Repository


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(tmp_path / "repository")


@pytest.fixture(scope="module")
def lasting(tmp_path_factory: pytest.TempPathFactory) -> Repository:
    """One repository for all tests of a module: each leaves it up to date."""
    return Repository(tmp_path_factory.mktemp("lasting") / "repository")
