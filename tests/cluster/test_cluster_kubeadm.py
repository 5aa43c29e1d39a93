"""kubeadm itself, of the release that each environment sets up, judges the files that it will be given."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from pilothouse.machines.content import write
from pilothouse.schemas.node_kinds import of_minor
from pilothouse.yamlio import load_all
from tests.cluster.programs import ROOT, kubeadm, minors

ENVIRONMENTS = sorted(minors())


def init_config(environment: str) -> Path:
    return ROOT / "dist" / "_nodes" / environment / "kubeadm" / "init-config.yaml"


def validate(version: str, file: Path) -> subprocess.CompletedProcess[str]:
    """``kubeadm config validate``, of one minor."""
    command = [kubeadm(version).path(), "config", "validate", "--config", str(file)]
    return subprocess.run(command, capture_output=True, text=True)


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_kubeadm_takes_the_file_of_each_environment(environment: str) -> None:
    done = validate(minors()[environment], init_config(environment))
    assert (done.returncode, done.stdout, done.stderr) == (0, "ok\n", "")


@pytest.mark.parametrize(
    ("kind", "path", "value"),
    [
        ("InitConfiguration", ("localAPIEndpoint", "bindport"), 6443),
        ("InitConfiguration", ("nodeRegistration", "critSocket"), "unix:///run/containerd/containerd.sock"),
        ("InitConfiguration", ("nodeRegistration", "imagePullSerial"), "no"),
        ("InitConfiguration", ("bootstrapTokens",), [{"token": "short"}]),
        ("InitConfiguration", ("timeouts",), {"tlsBootstrap": "5 minutes"}),
        ("ClusterConfiguration", ("networking", "dnsdomain"), "tk8s.k8s"),
        ("ClusterConfiguration", ("apiServer",), {"extraArgs": {"v": "4"}}),
        ("ClusterConfiguration", ("kind",), "ClusterConfig"),
    ],
)
@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_what_the_schemas_refuse_kubeadm_refuses(
    environment: str, kind: str, path: tuple[str, ...], value: object, tmp_path: Path
) -> None:
    version = minors()[environment]
    documents = [each.value for each in load_all(init_config(environment).read_bytes(), file="init-config.yaml")]
    (document,) = [each for each in documents if each["kind"] == kind]
    place = document
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    kinds = of_minor(version)
    assert kinds.validate(document) or kinds.unknown(document)
    file = tmp_path / "init-config.yaml"
    file.write_text(write(file.name, documents), encoding="utf-8")
    assert validate(version, file).returncode != 0
