"""A repository to write environment files in."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest

from pilothouse.environment import EnvironmentErrors, load


class Repository:
    """A repository in a folder of its own, with the charts kubia, mysql and external_dns."""

    def __init__(self, root: Path) -> None:
        self.root = root
        (root / "environments").mkdir()
        (root / "charts").mkdir()
        for chart in ("kubia", "mysql", "external_dns", "_shared"):
            (root / "charts" / f"{chart}.py").write_text("")

    @property
    def path(self) -> str:
        return str(self.root)

    def write(self, name: str, text: str) -> None:
        """Write ``environments/<name>.yaml``; the text's common indentation goes, so line 1 is its first."""
        (self.root / "environments" / f"{name}.yaml").write_text(textwrap.dedent(text), encoding="utf-8")

    def mistakes(self, name: str = "dev", versions: tuple[str, ...] | None = None) -> list[str]:
        """What loading says is wrong, line by line."""
        with pytest.raises(EnvironmentErrors) as caught:
            load(self.path, name, kubernetes_versions=versions)
        lines = str(caught.value).splitlines()
        assert [str(problem) for problem in caught.value.problems] == lines
        return lines
