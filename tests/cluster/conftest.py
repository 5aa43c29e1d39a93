"""Options of the tests that need a control plane."""

from __future__ import annotations

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """``make test-cluster ARGS=--update`` writes the summary of the judgements anew."""
    parser.addoption("--update", action="store_true", help="write tests/cluster/judgement.json anew")
