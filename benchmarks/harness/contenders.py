"""Contenders: what is timed, and what has to stand ready before each run of it."""

from __future__ import annotations

import dataclasses
import itertools
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from harness import compare, layout
from harness.peers import Peers

PIPE = "helm-kubeconform"
"""The contender that all others are set in relation to."""
KUBERNETES = "1.32"
KINDS = [
    ("apps/v1", "Deployment"),
    ("v1", "Service"),
    ("v1", "ConfigMap"),
    ("v1", "ServiceAccount"),
    ("networking.k8s.io/v1", "Ingress"),
]
UNCHECKED = Path(__file__).parent / "unchecked.py"
READ_ONLY = Path(__file__).parent / "read_only.py"
THREE = ["dev", "prod", "staging"]


def _nothing() -> None:
    pass


@dataclasses.dataclass(frozen=True)
class Contender:
    """One row of the table: a command that is run again and again."""

    name: str
    label: str
    does: str
    """What stands behind the time: rendered only, or validated and written too."""
    command: list[str]
    largest: int = 1_000_000
    """The most objects it is run with."""
    output: Path | None = None
    """Where its standard output goes."""
    prepare: Callable[[], None] = _nothing
    """Run before each run, untimed."""
    check: Callable[[], None] = _nothing
    """Run after each run, untimed; raises ``compare.DifferentError`` where the run did not do what it was timed for."""
    objects: Callable[[Callable[[str], bool]], Iterator[dict[str, Any]]] | None = None
    """Reads what it made back; None where that is another contender's to prove."""
    same_fields: bool = True
    """Whether its objects must say the same as Helm's, or only be of the same kinds and names."""
    without_node: bool = False
    """Whether it is a defect if it starts Node."""


class Workplace:
    """The stacks of one size, laid out in a folder of their own, and the contenders that build them."""

    def __init__(self, folder: Path, objects: int, peers: Peers) -> None:
        self.folder = folder
        self.size = objects
        self.peers = peers
        self.out = folder / "out"
        self.out.mkdir(parents=True)
        layout.write_peers(folder, objects, peers.cdk8s)
        layout.write_pilothouse(folder / "one", objects, ["bench"])
        layout.write_pilothouse(folder / "unchecked", objects, ["bench"])
        if objects <= 10_000:
            layout.write_pilothouse(folder / "three", objects, THREE)
            layout.write_pilothouse(folder / "kit", objects, ["bench"], "chart_kit.py")
        self._tags = (f"1.5.{number}" for number in itertools.count())
        self._tag = layout.TAG

    def environment(self) -> dict[str, str]:
        """The environment variables of every run: nothing is read from, or kept in, the user's own home."""
        home = self.folder.parent / "home"
        home.mkdir(exist_ok=True)
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(home),
            "TMPDIR": os.environ.get("TMPDIR", "/tmp"),
            "LANG": "C.UTF-8",
            "JSII_NODE": str(self.peers.node),
        }

    def schemas(self) -> Path:
        """Pilothouse's own schemas of the five kinds, for kubeconform."""
        from pilothouse.schemas import Catalogue

        folder = self.folder.parent / "schemas"
        Catalogue(KUBERNETES).export(folder, KINDS)
        return folder

    def others(self) -> list[Contender]:
        """Every peer, Helm first: what it makes is what the others are compared with."""
        go, place = self.peers.go, self.folder
        helm = [str(go["helm"]), "template", "bench", str(place / "helm")]
        helm += ["--namespace", layout.NAMESPACE, "--values", str(place / "apps.yaml")]
        location = str(self.schemas()) + "/{{.Group}}/{{.ResourceKind}}_{{.ResourceAPIVersion}}.json"
        judge = [str(go["kubeconform"]), "-strict", "-summary", "-schema-location", location]
        judge += ["-kubernetes-version", f"{KUBERNETES}.0"]
        return [
            self._printing("helm", "helm template", helm),
            Contender(
                name=PIPE,
                label="helm template | kubeconform",
                does="renders, validates",
                command=["sh", "-c", f"{shlex.join(helm)} | {shlex.join(judge)}"],
                output=self.out / f"{PIPE}.txt",
                check=self._all_valid,
            ),
            self._writing(
                "cdk8s-js", "cdk8s (JavaScript)", [str(self.peers.node), str(place / "cdk8s-js" / "main.js")]
            ),
            self._writing(
                "cdk8s-python", "cdk8s (Python)", [sys.executable, str(place / "cdk8s-python" / "main.py")], 10_000
            ),
            self._printing("jsonnet", "jsonnet", [str(go["jsonnet"]), str(place / "jsonnet" / "main.jsonnet")]),
            self._kustomize("list", "kustomize build, files listed"),
            self._kustomize("transform", "kustomize build, transformers"),
        ]

    def pilothouse(self) -> list[Contender]:
        """Pilothouse in each of its situations. Every run leaves the state that the next one starts from."""
        program = str(Path(sys.executable).parent / "pilothouse")
        one, three, kit = self.folder / "one", self.folder / "three", self.folder / "kit"
        synth = [program, "-C", str(one), "synth"]
        mine = [
            Contender("pilothouse-help", "pilothouse --help", "", [program, "--help"], 1_000, without_node=True),
            Contender(
                "pilothouse-list",
                "pilothouse list",
                "",
                [program, "-C", str(one), "list"],
                1_000,
                without_node=True,
            ),
            Contender("pilothouse-nothing", "pilothouse, nothing changed", "is up to date", synth, without_node=True),
            Contender(
                "pilothouse-nothing-3",
                "pilothouse, nothing changed, 3 environments",
                "is up to date",
                [program, "-C", str(three), "synth"],
                10_000,
                without_node=True,
            ),
            Contender(
                "pilothouse-one-chart",
                "pilothouse, one chart of 20 changed",
                "renders, validates, checks, writes",
                synth,
                prepare=self._edit,
                check=self._edited,
            ),
            Contender(
                "pilothouse-clone",
                "pilothouse, fresh clone",
                "renders, validates, checks, compares",
                synth,
                prepare=lambda: _forget(one),
            ),
            Contender(
                "pilothouse-unchecked",
                "pilothouse, everything cold, checked by the schemas alone",
                "renders, validates, writes",
                [sys.executable, str(UNCHECKED), "-C", str(self.folder / "unchecked"), "synth"],
                prepare=lambda: _forget(self.folder / "unchecked", "dist"),
            ),
            Contender(
                "pilothouse-cold",
                "pilothouse, everything cold",
                "renders, validates, checks, writes",
                synth,
                prepare=self._restore,
                objects=lambda whole: _written(one, whole),
            ),
            Contender(
                "pilothouse-kit-cold",
                "pilothouse, everything cold, charts by the kit",
                "renders, validates, checks, writes",
                [program, "-C", str(kit), "synth"],
                10_000,
                prepare=lambda: _forget(kit, "dist"),
                objects=lambda whole: _written(kit, whole),
                same_fields=False,
            ),
        ]
        # The cold rows come first in each round: the others need what it leaves.
        return mine[-3:] + mine[:-3]

    def diffs(self) -> list[Contender]:
        """Two states of the same objects, of which ten differ in their image: as folders, and as a stream each."""
        program = str(Path(sys.executable).parent / "pilothouse")
        before, after = (str(self.folder / "diff" / name) for name in ("before", "after"))
        dyff = [str(self.peers.go["dyff"]), "between", "--omit-header", "--set-exit-code"]
        return [
            self._diff(
                "diff", "pilothouse diff", "reads, compares, foretells", [program, "diff", before, after], "rolls:"
            ),
            self._diff(
                "diff-read",
                "pilothouse diff, not compared",
                "reads",
                [sys.executable, str(READ_ONLY), "diff", before, after],
            ),
            self._diff(
                "diff-dyff",
                "dyff between",
                "reads, compares",
                [*dyff, f"{before}.yaml", f"{after}.yaml"],
                "value change",
            ),
        ]

    def _diff(self, name: str, label: str, does: str, command: list[str], told: str = "") -> Contender:
        output = self.out / f"{name}.txt"

        def check() -> None:
            found = output.read_text().count(told) if told else 0
            if found != (layout.CHANGED if told else 0):
                raise compare.DifferentError(f"{name} finds {found} differences: {layout.CHANGED} were made")

        code = 1 if told else 0
        judged = ["sh", "-c", f"{shlex.join(command)}; test $? -eq {code}"]
        return Contender(name, label, does, judged, output=output, prepare=self._two_states, check=check)

    def _two_states(self) -> None:
        if not (self.folder / "diff").exists():
            program = str(Path(sys.executable).parent / "pilothouse")
            subprocess.run([program, "-C", str(self.folder / "one"), "synth"], check=True, capture_output=True)
            layout.write_two_states(self.folder / "one" / "dist", self.folder / "diff")

    def _printing(self, name: str, label: str, command: list[str], largest: int = 1_000_000) -> Contender:
        output = self.out / f"{name}.yaml"
        read = compare.read_json if name == "jsonnet" else lambda file, whole: compare.read_yaml([file], whole)
        return Contender(
            name, label, "renders", command, largest, output=output, objects=lambda whole: read(output, whole)
        )

    def _writing(self, name: str, label: str, command: list[str], largest: int = 1_000_000) -> Contender:
        to = self.out / name
        return Contender(
            name,
            label,
            "renders",
            [*command, str(to)],
            largest,
            prepare=lambda: shutil.rmtree(to, ignore_errors=True),
            objects=lambda whole: compare.read_yaml(sorted(to.glob("*.yaml")), whole),
        )

    def _kustomize(self, variant: str, label: str) -> Contender:
        folder = self.folder / f"kustomize-{variant}"

        def write() -> None:
            if not folder.exists():
                layout.write_kustomize(self.folder, compare.read_yaml([self.out / "helm.yaml"]))

        command = [str(self.peers.go["kustomize"]), "build", str(folder)]
        return dataclasses.replace(self._printing(f"kustomize-{variant}", label, command, 10_000), prepare=write)

    def _all_valid(self) -> None:
        said = (self.out / f"{PIPE}.txt").read_text()
        if f"Valid: {self.size}, Invalid: 0, Errors: 0, Skipped: 0" not in said:
            raise compare.DifferentError(f"kubeconform did not find {self.size} valid objects:\n{said[-2000:]}")

    def _edit(self) -> None:
        old, self._tag = self._tag, next(self._tags)
        layout.edit_chart(self.folder / "one", old, self._tag)

    def _edited(self) -> None:
        instance = f"app{layout.EDITED_CHART:02d}"
        files = list((self.folder / "one" / "dist" / "bench" / instance).rglob("deployment*.yaml"))
        stale = [file.name for file in files if f"bench/web:{self._tag}" not in file.read_text()]
        if stale or not files:
            raise compare.DifferentError(f"the edit of chart {instance} did not reach {stale or 'any file'}")

    def _restore(self) -> None:
        # Another row edits a chart; what is compared with the peers is the stack as they have it.
        layout.edit_chart(self.folder / "one", self._tag, layout.TAG)
        self._tag = layout.TAG
        _forget(self.folder / "one", "dist")


_aside = itertools.count()


def _forget(repository: Path, *more: str) -> None:
    """Put aside what Pilothouse and Python keep of earlier runs, and ``more``.

    It goes with the whole workplace, not at once: where thousands of files were deleted a moment ago, ext4 takes
    several times as long to create new ones, whoever does it.
    """
    for name in (".pilothouse", "charts/__pycache__", *more):
        if (repository / name).exists():
            trash = repository.parent / "aside" / str(next(_aside))
            trash.parent.mkdir(exist_ok=True)
            (repository / name).rename(trash)


def _written(repository: Path, whole: Callable[[str], bool]) -> Iterator[dict[str, Any]]:
    files = (repository / "dist" / "bench").rglob("*.yaml")
    return compare.read_yaml((file for file in files if file.name != "kustomization.yaml"), whole)
