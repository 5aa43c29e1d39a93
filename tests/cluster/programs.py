"""The programs of a control plane, each built once from the modules that ``modules/`` pins by version and hash.

``python -m tests.cluster.programs`` builds what is missing, and says so: what comes afterwards needs no network.
"""

from __future__ import annotations

import re
import sys
import time
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

from pilothouse.environment import load, names
from pilothouse.schemas.generate.modules import ModuleError
from tests.go_program import built, place

ROOT = Path(__file__).parents[2]
MODULES = Path(__file__).with_name("modules")


class Program(NamedTuple):
    """One program."""

    name: str
    module: str
    """The folder below ``modules/`` that pins it."""
    package: str

    @property
    def ldflags(self) -> str:
        """What Go's linker is told: a Kubernetes program is to say its own version, which no module does for it."""
        found = re.search(r"\bk8s\.io/kubernetes v(\d+)\.(\d+)\.(\d+)", self._pins())
        if found is None:
            return "-s -w"
        major, minor, patch = found.groups()
        facts = {"gitVersion": f"v{major}.{minor}.{patch}", "gitMajor": major, "gitMinor": minor}
        packages = ("k8s.io/component-base/version", "k8s.io/client-go/pkg/version")
        return "-s -w " + " ".join(f"-X {package}.{key}={facts[key]}" for package in packages for key in facts)

    def _pins(self) -> str:
        file = MODULES / self.module / "go.mod"
        if not file.exists():
            pytest.fail(
                f"no {file.relative_to(ROOT)}: an environment names a Kubernetes that no API server is pinned for. "
                "Copy the folder of a neighbouring minor, put the release into its go.mod, run `go mod tidy` there.",
                pytrace=False,
            )
        return file.read_text()

    @property
    def place(self) -> Path:
        """Where the program stands once it is built."""
        return place(MODULES / self.module, self.package, name=self.name, ldflags=self.ldflags)

    def path(self) -> Path:
        """The program, built where it is missing."""
        return built(MODULES / self.module, self.package, name=self.name, ldflags=self.ldflags)


NEWEST = "1.36"
"""The newest minor of Kubernetes that is pinned: its controllers, its scheduler and its kubectl are used."""

ETCD = Program("etcd", f"kubernetes-{NEWEST}", "go.etcd.io/etcd/server/v3")
KUBECTL = Program("kubectl", f"kubernetes-{NEWEST}", "k8s.io/kubernetes/cmd/kubectl")
CONTROLLERS = Program(
    "kube-controller-manager", f"kubernetes-{NEWEST}", "k8s.io/kubernetes/cmd/kube-controller-manager"
)
SCHEDULER = Program("kube-scheduler", f"kubernetes-{NEWEST}", "k8s.io/kubernetes/cmd/kube-scheduler")
KWOK = Program("kwok", "kwok", "sigs.k8s.io/kwok/cmd/kwok")


def api_server(minor: str) -> Program:
    """The kube-apiserver of one minor of Kubernetes."""
    return Program("kube-apiserver", f"kubernetes-{minor}", "k8s.io/kubernetes/cmd/kube-apiserver")


def kubeadm(minor: str) -> Program:
    """The kubeadm of one minor of Kubernetes."""
    return Program("kubeadm", f"kubeadm-{minor}", "k8s.io/kubernetes/cmd/kubeadm")


@cache
def minors() -> dict[str, str]:
    """Environment to the minor of Kubernetes that it names."""
    versions = {name: load(str(ROOT), name).kubernetes_version for name in names(str(ROOT))}
    return {name: ".".join(version.split(".")[:2]) for name, version in versions.items()}


def needed() -> list[Program]:
    """Every program that the tests start."""
    own = sorted(set(minors().values()), key=lambda minor: [int(part) for part in minor.split(".")])
    servers = map(api_server, reversed([*(minor for minor in own if minor != NEWEST), NEWEST]))
    return [ETCD, KUBECTL, *servers, CONTROLLERS, SCHEDULER, KWOK, *map(kubeadm, own)]


def main() -> int:
    """Build what is missing, and bring the definitions of custom resources.

    :returns: 0, or 2 where something is not to be had.
    """
    from tests.cluster.custom_resources import fetch_all

    for program in needed():
        try:
            if not program.place.exists():
                sys.stderr.write(f"building {program.name} of {program.module} (once, minutes) ... ")
                sys.stderr.flush()
                begun = time.monotonic()
                program.path()
                sys.stderr.write(f"{time.monotonic() - begun:.0f} s\n")
        except pytest.fail.Exception as failure:
            sys.stderr.write(f"\n{failure}\n")
            return 2
    try:
        fetch_all()
    except ModuleError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
