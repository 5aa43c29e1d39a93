from __future__ import annotations

import subprocess
from collections.abc import Iterator

import pytest

from tests.go_program import built
from tests.yamlio.goyaml_program import SOURCE, GoYaml


@pytest.fixture(scope="session")
def go() -> Iterator[GoYaml]:
    """Go's readers of YAML."""
    with subprocess.Popen([built(SOURCE)], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None and process.stdout is not None
        yield GoYaml(process.stdin, process.stdout)
        process.stdin.close()
