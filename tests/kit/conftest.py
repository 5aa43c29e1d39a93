"""A chart around the constructs under test."""

from __future__ import annotations

import pytest

from tests.kit.kit_chart import Built, build


@pytest.fixture
def built() -> Built:
    """Build a chart from a function that makes its constructs; what comes back is its objects."""
    return build
