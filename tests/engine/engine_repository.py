"""A small repository of its own, and the real command run in it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_SOURCES = str(Path(__file__).resolve().parents[2])

GOOD = """
    from pilothouse import Chart, RawObject, Values


    class Good(Chart[Values]):
        def build(self) -> None:
            RawObject(self, {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "good"}, "data": {"a": "b"}})
"""


MAP = """

def config(name="a", **metadata):
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, **metadata}, "data": {"a": "b"}}
"""
"""What ``builds`` gives each chart: a ConfigMap."""


@dataclass
class Run:
    """What one command came to."""

    code: int
    stdout: str
    stderr: str

    @property
    def findings(self) -> list[dict[str, Any]]:
        """The findings of ``--format json``."""
        findings: list[dict[str, Any]] = json.loads(self.stdout)["findings"]
        return findings

    def found(self, instance: str | None = None) -> list[tuple[str, str, str]]:
        """The place, code and message of each finding but advice; those of one instance where it is named."""
        return [
            (place(finding), finding["code"], finding["message"])
            for finding in self.findings
            if finding["severity"] != "advice" and (instance is None or finding["instance"] == instance)
        ]

    def one(self, instance: str) -> tuple[str, str, str]:
        """The only finding of an instance."""
        found = self.found(instance)
        assert len(found) == 1, (instance, found, self.stderr)
        return found[0]


def place(finding: dict[str, Any]) -> str:
    return f"{finding['file']}:{finding['line']}"


class Repository:
    """A repository with one environment, ``dev``, that deploys every chart written into it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._instances: dict[str, str] = {}
        self._settings: dict[str, Any] = {
            "kubernetesVersion": "1.34",
            "profile": "lab",
            "cluster": {"name": "test", "domain": "cluster.local"},
        }
        self._write_environment()

    def write(self, path: str, text: str) -> Path:
        """Write any file; the text's common indentation goes, so its first line with something on it is line 1."""
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(textwrap.dedent(text).lstrip("\n"), encoding="utf-8")
        return file

    def chart(self, name: str, text: str, namespace: str = "default", *, instance: str | None = None) -> None:
        """Write a chart and deploy it in ``dev``."""
        self.write(f"charts/{name}.py", text)
        self._instances[instance or name.replace("_", "-")] = f"{{chart: {json.dumps(name)}, namespace: {namespace}}}"
        self._write_environment()

    def builds(self, name: str, body: str, *, imports: str = "", namespace: str = "default") -> None:
        """Write a chart by what stands in its ``build``, and deploy it in ``dev``."""
        head = (
            textwrap.dedent(imports).strip() + "\nfrom pilothouse import Chart, Construct, RawObject, Values, waive\n"
        )
        head += f"{MAP}\n\nclass Web(Chart[Values]):\n    def build(self) -> None:\n"
        text = head + textwrap.indent(textwrap.dedent(body).strip("\n"), "        ") + "\n"
        self.chart(name, text, namespace)

    def here(self, name: str, mark: str = "# here", folder: str = "charts") -> str:
        """The place of a chart's line that bears a comment, as a finding names it."""
        lines = (self.root / folder / f"{name}.py").read_text(encoding="utf-8").splitlines()
        (line,) = [number for number, line in enumerate(lines, start=1) if line.endswith(mark)]
        return f"{folder}/{name}.py:{line}"

    def deploy(self, instance: str, text: str) -> None:
        """Say what stands under ``charts`` for one instance, as YAML in one line."""
        self._instances[instance] = text
        self._write_environment()

    def settings(self, **settings: Any) -> None:
        """Set fields of ``environments/dev.yaml``."""
        self._settings.update(settings)
        self._write_environment()

    def _write_environment(self) -> None:
        lines = [f"{name}: {json.dumps(value)}" for name, value in self._settings.items()]
        lines.append("charts:" if self._instances else "charts: {}")
        lines += [f"  {json.dumps(name)}: {text}" for name, text in self._instances.items()]
        self.write("environments/dev.yaml", "\n".join(lines) + "\n")

    def environment(self, **variables: str) -> dict[str, str]:
        """The variables that a command of these tests runs with."""
        search = os.pathsep.join(filter(None, [_SOURCES, os.environ.get("PYTHONPATH", "")]))
        return {**os.environ, "PYTHONPATH": search, "PYTHONSAFEPATH": "1", "NO_COLOR": "1", **variables}

    def command(self, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "pilothouse", "-C", str(self.root), *arguments]

    def run(self, *arguments: str, **variables: str) -> Run:
        """Run ``pilothouse`` in this repository."""
        done = subprocess.run(
            self.command(*arguments),
            capture_output=True,
            stdin=subprocess.DEVNULL,
            text=True,
            encoding="utf-8",
            timeout=120,
            env=self.environment(**variables),
            cwd=self.root,
        )
        run = Run(done.returncode, done.stdout, done.stderr)
        assert "Traceback" not in run.stdout + run.stderr, run.stdout + run.stderr
        return run

    def synth(self, *arguments: str, **variables: str) -> Run:
        """Run ``pilothouse synth --format json``."""
        return self.run("synth", "--format", "json", *arguments, **variables)

    def good(self, *arguments: str, **variables: str) -> Run:
        """Synthesize what must not stop."""
        run = self.synth(*arguments, **variables)
        assert run.code == 0, run.stdout + run.stderr
        return run

    def written(self) -> dict[str, bytes]:
        """Every file under dist/ with its bytes."""
        dist = self.root / "dist"
        return {
            file.relative_to(dist).as_posix(): file.read_bytes() for file in sorted(dist.rglob("*")) if file.is_file()
        }

    def objects(self) -> dict[str, Any]:
        """Every object under dist/dev, by the path of its file there."""
        import yaml

        return {
            path.removeprefix("dev/"): yaml.safe_load(text)
            for path, text in self.written().items()
            if not path.endswith("kustomization.yaml")
        }
