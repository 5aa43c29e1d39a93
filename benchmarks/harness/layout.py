"""Layout: write the same applications down in each tool's own language."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

STACKS = Path(__file__).parent.parent / "stacks"
OBJECTS_AN_APP = 5
CHARTS = 20
NAMESPACE = "bench"
TAG = "1.4.2"
EDITED_CHART = 7
"""The number of the chart that the row "one chart changed" edits."""

_ENVIRONMENT = """\
extends: _base
profile: lab
cluster: {{name: {name}, domain: cluster.local}}
"""
_BASE = """\
kubernetesVersion: "1.32"
given: {{namespaces: [{namespace}], ingressClasses: [nginx]}}
charts:
{charts}"""


def apps(objects: int) -> list[dict[str, Any]]:
    """The applications, so that they come to this many objects: each its name and its replicas."""
    return [{"name": f"app-{number:05d}", "replicas": 2 + number % 3} for number in range(objects // OBJECTS_AN_APP)]


def write_peers(folder: Path, objects: int, node_modules: Path) -> None:
    """Copy the stacks of Helm, jsonnet and cdk8s into a folder, and the list of applications beside each."""
    listed = apps(objects)
    for name in ("helm", "jsonnet", "cdk8s-js", "cdk8s-python"):
        shutil.copytree(STACKS / name, folder / name)
        if name != "helm":
            (folder / name / "apps.json").write_text(json.dumps(listed, indent=1))
    (folder / "apps.yaml").write_text(
        "apps:\n" + "".join(f"  - name: {app['name']}\n    replicas: {app['replicas']}\n" for app in listed)
    )
    (folder / "node_modules").symlink_to(node_modules)


def write_kustomize(folder: Path, manifests: Iterator[dict[str, Any]]) -> None:
    """Write two kustomizations that build these manifests.

    ``kustomize-list`` only lists finished files, one an object, in the given order. ``kustomize-transform`` has one
    file an application, without namespace and without the label ``team``: transformers put them in.
    """
    listed: dict[str, str] = {}
    bare: dict[str, list[str]] = {}
    for manifest in manifests:
        name = manifest["metadata"]["name"]
        listed[f"{name}/{manifest['kind'].lower()}.yaml"] = _dump(manifest)
        del manifest["metadata"]["namespace"], manifest["metadata"]["labels"]["team"]
        bare.setdefault(f"{name}.yaml", []).append(_dump(manifest))
    head = "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nsortOptions: {order: fifo}\n"
    _write_kustomization(folder / "kustomize-list", head, listed)
    _write_kustomization(
        folder / "kustomize-transform",
        f"{head}namespace: {NAMESPACE}\nlabels:\n  - pairs: {{team: platform}}\n",
        {name: "---\n".join(parts) for name, parts in bare.items()},
    )


def _dump(manifest: dict[str, Any]) -> str:
    return str(yaml.dump(manifest, Dumper=yaml.CSafeDumper, sort_keys=False))


def _write_kustomization(folder: Path, head: str, files: dict[str, str]) -> None:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    resources = "".join(f"  - {name}\n" for name in files)
    (folder / "kustomization.yaml").write_text(f"{head}resources:\n{resources}")


def write_pilothouse(folder: Path, objects: int, environments: list[str], chart: str = "chart.py") -> None:
    """Write a Pilothouse repository: 20 charts that share the applications, a layer, and environments that extend it.

    :param chart: the file of ``stacks/pilothouse/`` that each chart is a copy of.
    """
    listed = apps(objects)
    source = (STACKS / "pilothouse" / chart).read_text()
    (folder / "charts").mkdir(parents=True)
    for number in range(CHARTS):
        mine = listed[len(listed) * number // CHARTS : len(listed) * (number + 1) // CHARTS]
        literal = "".join(f'    ("{app["name"]}", {app["replicas"]}),\n' for app in mine)
        text = source.replace("App00", f"App{number:02d}")
        text = _replaced(text, "APPS: list[tuple[str, int]] = []", f"APPS: list[tuple[str, int]] = [\n{literal}]")
        (folder / "charts" / f"app{number:02d}.py").write_text(text)
    (folder / "environments").mkdir()
    charts = "".join(f"  app{number:02d}: {{namespace: {NAMESPACE}}}\n" for number in range(CHARTS))
    (folder / "environments" / "_base.yaml").write_text(_BASE.format(namespace=NAMESPACE, charts=charts))
    for name in environments:
        (folder / "environments" / f"{name}.yaml").write_text(_ENVIRONMENT.format(name=name))


CHANGED = 10
"""Deployments that differ between two states."""


def write_two_states(dist: Path, folder: Path) -> None:
    """Write an output folder as it is, and with another image in a few Deployments; each as one stream of YAML too."""
    for name in ("before", "after"):
        shutil.copytree(dist, folder / name)
    deployments = sorted((folder / "after").rglob("deployment*.yaml"))
    for file in deployments[:: len(deployments) // CHANGED][:CHANGED]:
        file.write_text(_replaced(file.read_text(), f"bench/web:{TAG}", "bench/web:9.9.9"))
    for name in ("before", "after"):
        files = sorted(file for file in (folder / name).rglob("*.yaml") if file.name != "kustomization.yaml")
        (folder / f"{name}.yaml").write_text("".join(f"---\n{file.read_text()}" for file in files))


def edit_chart(folder: Path, old_tag: str, new_tag: str) -> None:
    """Change one chart's source: the default tag of its image."""
    file = folder / "charts" / f"app{EDITED_CHART:02d}.py"
    file.write_text(_replaced(file.read_text(), f'tag: str = "{old_tag}"', f'tag: str = "{new_tag}"'))


def _replaced(text: str, old: str, new: str) -> str:
    if text.count(old) != 1:
        raise ValueError(f"expected {old!r} once, found it {text.count(old)} times")
    return text.replace(old, new)
