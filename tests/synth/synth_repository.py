"""A small repository of two environments, and the real command run in it."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pilothouse

PACKAGES = Path(pilothouse.__file__).resolve().parents[1]
"""Where the engine that is tested stands."""

_BASE = """
    kubernetesVersion: "1.34"
    profile: lab
    labels: {team: platform}
    charts:
      web: {namespace: default, values: {colour: blue}}
      db: {namespace: default}
"""
_DEV = """
    extends: _base
    cluster: {name: dev}
    charts:
      db-two: {chart: db, namespace: default}
"""
_PROD = """
    extends: _base
    kubernetesVersion: "1.33"
    cluster: {name: prod}
"""
_WEB = """
    from ours import Settings
    from pilothouse import Chart, Values


    class WebValues(Values):
        colour: str


    class Web(Chart[WebValues]):
        def build(self) -> None:
            Settings(self, self.name, {"colour": self.values.colour, "cluster": self.environment.cluster.name})
"""
_DB = """
    from charts._shared import SIZE
    from pilothouse import Chart, RawObject, Values


    class Db(Chart[Values]):
        def build(self) -> None:
            body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": self.name}, "data": {"size": SIZE}}
            RawObject(self, body)
"""
_OURS = """
    from pilothouse import Construct


    class Settings(Construct):
        def __init__(self, scope, name, data):
            super().__init__(scope, name)
            self.add({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": data})
"""


@dataclass
class Run:
    """What one command came to."""

    code: int
    out: str
    err: str

    @property
    def findings(self) -> list[dict[str, Any]]:
        """The findings of ``--format json``."""
        findings: list[dict[str, Any]] = json.loads(self.out)["findings"]
        return findings

    @property
    def codes(self) -> list[str]:
        """The code of each of these findings that says more than advice."""
        return [finding["code"] for finding in self.findings if finding["severity"] != "advice"]

    @property
    def advice(self) -> list[str]:
        """The code of each piece of advice."""
        return [finding["code"] for finding in self.findings if finding["severity"] == "advice"]

    @property
    def built(self) -> int:
        """How many instances were built."""
        found = re.search(r"([0-9,]+) of [0-9,]+ chart instances? built", self.err)
        return int(found[1].replace(",", "")) if found else 0


class Repository:
    """A repository whose environments dev and prod deploy the charts web and db, dev the latter twice.

    web uses a construct of the repository, db a module that charts share: five instances, each with one ConfigMap.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.write("environments/_base.yaml", _BASE)
        self.write("environments/dev.yaml", _DEV)
        self.write("environments/prod.yaml", _PROD)
        self.write("charts/web.py", _WEB)
        self.write("charts/db.py", _DB)
        self.write("charts/_shared.py", 'SIZE = "10"\n')
        self.write("constructs/ours.py", _OURS)

    @property
    def dist(self) -> Path:
        return self.root / "dist"

    @property
    def cache(self) -> Path:
        return self.root / ".pilothouse"

    @property
    def instances(self) -> int:
        """How many instances the environments have."""
        from pilothouse.environment import load, names

        return sum(len(load(str(self.root), name).charts) for name in names(str(self.root)))

    def sources(self) -> list[Path]:
        """Every file that is neither output nor cache."""
        return [
            file
            for file in self.root.rglob("*")
            if file.is_file() and not file.is_relative_to(self.dist) and not file.is_relative_to(self.cache)
        ]

    def write(self, path: str, text: str) -> Path:
        """Write any file; the text's common indentation goes, so its first line with something on it is line 1."""
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(textwrap.dedent(text).lstrip("\n"), encoding="utf-8")
        return file

    def read(self, path: str) -> str:
        return (self.root / path).read_text(encoding="utf-8")

    def edit(self, path: str, old: str, new: str) -> None:
        """Replace the only occurrence of a text, in the same file (no new inode) and without a change of its times."""
        file = self.root / path
        text = file.read_text(encoding="utf-8")
        assert text.count(old) == 1, (path, old, text)
        info = file.stat()
        with file.open("r+b") as opened:
            opened.write(text.replace(old, new).encode())
            opened.truncate()
        os.utime(file, ns=(info.st_atime_ns, info.st_mtime_ns))

    def maps(self, name: str, body: str, *, imports: str = "") -> None:
        """Write a chart whose ``data()`` has this body, and deploy it in dev: one ConfigMap with that data."""
        head = f"from pilothouse import Chart, RawObject, Values\n{textwrap.dedent(imports).strip()}\n\n\n"
        method = "    def data(self) -> dict[str, str]:\n" + textwrap.indent(textwrap.dedent(body).strip("\n"), " " * 8)
        build = (
            "    def build(self) -> None:\n"
            '        RawObject(self, {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": self.name},\n'
            '                         "data": self.data()})\n'
        )
        self.write(f"charts/{name}.py", f"{head}class {name.title()}(Chart[Values]):\n{method}\n\n{build}")
        self.deploy(name)

    def deploy(self, chart: str, *, instance: str = "", environment: str = "dev", namespace: str = "default") -> None:
        """Add an instance to an environment."""
        file = f"environments/{environment}.yaml"
        text = self.read(file)
        if "\ncharts:\n" not in text:
            text += "charts:\n"
        self.write(file, f"{text}  {instance or chart}: {{chart: {chart}, namespace: {namespace}}}\n")

    def environment(self, **variables: str) -> dict[str, str]:
        """The variables that a command of these tests runs with."""
        known = {
            key: value for key, value in os.environ.items() if not key.startswith(("PILOTHOUSE_", "PYTHONHASHSEED"))
        }
        paths = os.pathsep.join(str(path) for path in (PACKAGES, PACKAGES / "constructs"))
        return {**known, "PYTHONPATH": paths, "PYTHONSAFEPATH": "1", "NO_COLOR": "1", "COLUMNS": "100", **variables}

    def run(
        self,
        *words: str,
        cwd: Path | None = None,
        command: Sequence[str] = ("-m", "pilothouse"),
        stdin: bytes = b"",
        **variables: str,
    ) -> Run:
        """Run ``pilothouse`` in this repository, or from another folder.

        :param command: what Python is started with.
        """
        done = subprocess.run(
            [sys.executable, *command, *words],
            capture_output=True,
            input=stdin,
            timeout=300,
            env=self.environment(**variables),
            cwd=cwd or self.root,
        )
        run = Run(done.returncode, done.stdout.decode(), done.stderr.decode())
        assert "Traceback" not in run.out + run.err, run.out + run.err
        return run

    def synth(self, *words: str, **options: Any) -> Run:
        """Run ``pilothouse synth --format json``."""
        return self.run("synth", "--format", "json", *words, **options)

    def good(self, *words: str, **options: Any) -> Run:
        """Synthesize what must not stop."""
        run = self.synth(*words, **options)
        assert run.code == 0, run.out + run.err
        return run

    def files(self, folder: Path | None = None) -> dict[str, bytes]:
        """Every file of dist/, or another folder, with its bytes."""
        base = folder or self.dist
        return {
            file.relative_to(base).as_posix(): file.read_bytes() for file in sorted(base.rglob("*")) if file.is_file()
        }

    def objects(self, environment: str = "dev") -> dict[str, Any]:
        """The data of each ConfigMap in one environment's folder, by its name."""
        from pilothouse.yamlio import load_all

        found = {}
        for path, content in self.files(self.dist / environment).items():
            for document in load_all(content, file=path):
                if document.value["kind"] == "ConfigMap":
                    found[document.value["metadata"]["name"]] = document.value.get("data")
        return found

    def forget(self) -> None:
        """Remove everything that is kept."""
        shutil.rmtree(self.cache, ignore_errors=True)

    def same_as_anew(self, *words: str, **options: Any) -> Run:
        """Synthesize, and hold the answer against that of a run which knows nothing of earlier ones."""
        run = self.synth(*words, **options)
        files = self.files()
        self.forget()
        anew = self.synth(*words, **options)
        assert (run.code, run.out) == (anew.code, anew.out)
        assert files == self.files()
        return run
