"""The manual's examples: real chart modules below docs/examples, built as ``pilothouse synth`` builds them."""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass
from pathlib import Path

import msgspec

import pilothouse.yamlio
from pilothouse.chart import Chart, new_app
from pilothouse.checks import check_object, check_stack
from pilothouse.environment import Cluster, Environment, Given
from pilothouse.finding import Finding
from pilothouse.finish import finish
from pilothouse.manifest import Manifest
from pilothouse.schemas import Catalogue
from pilothouse.stack import Stack
from pilothouse.validation import somebodys
from pilothouse.values import Values
from pilothouse.waivers import apply

FOLDER = Path(__file__).parent / "examples"
NAMESPACE = "shop"


def environment(kubernetes_version: str) -> Environment:
    """The environment that examples are built for."""
    return msgspec.structs.replace(
        somebodys(kubernetes_version),
        name="example",
        cluster=Cluster(name="example"),
        domain="example.com",
        given=Given(
            namespaces=[NAMESPACE, "monitoring"],
            storage_classes=["fast"],
            ingress_classes=["nginx"],
            secrets=["shop-db", "shop-tls", "registry"],
            config_maps=["shared-settings"],
            priority_classes=["urgent"],
            objects=["ClusterSecretStore vault", "DeviceClass gpu", "GatewayClass istio", "VolumeSnapshotClass kept"],
        ),
    )


@dataclass
class Example:
    """One example: the module as a user writes it, and what it gives."""

    name: str
    """Its path below docs/examples without ``.py``, such as ``kit/service``."""
    kubernetes_version: str = "1.34"

    @property
    def text(self) -> str:
        """The module."""
        return (FOLDER / f"{self.name}.py").read_text(encoding="utf-8")

    def manifests(self) -> list[Manifest]:
        """Its objects, with what the environment adds."""
        whole = environment(self.kubernetes_version)
        chart = self._chart(whole)
        manifests = chart.manifests()
        catalogue = Catalogue(self.kubernetes_version)
        for manifest in manifests:
            manifest.body = finish(manifest, whole.for_charts(), NAMESPACE, catalogue)
        return manifests

    def _chart(self, whole: Environment) -> Chart[Values]:
        spec = importlib.util.spec_from_file_location(
            f"example_{self.name.replace('/', '_')}", FOLDER / f"{self.name}.py"
        )
        assert spec is not None and spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        (chart,) = (each for each in vars(module).values() if isinstance(each, type) and each.__module__ == spec.name)
        assert issubclass(chart, Chart)
        made: Chart[Values] = chart(
            new_app(), "shop", values=Values(), environment=whole.for_charts(), namespace=NAMESPACE
        )
        return made

    def findings(self) -> list[Finding]:
        """What the checks find in it, and what is wrong with its waivers."""
        whole = environment(self.kubernetes_version)
        stack = Stack(whole, Catalogue(self.kubernetes_version), self.manifests())
        found = [finding for manifest in stack for finding in check_object(manifest, stack)] + check_stack(stack)
        waived = [("", waiver) for waiver in self._chart(whole).waivers()]
        return apply(found, waived, whole.name, frozenset())

    def yaml(self, kind: str | None = None) -> str:
        """Its objects as YAML: all of them, or those of one kind."""
        bodies = [manifest.body for manifest in self.manifests() if kind in (None, manifest.kind)]
        return "---\n".join(pilothouse.yamlio.dump(body) for body in bodies)


def names(folder: str = "") -> list[str]:
    """The names of all examples, or of those in one folder."""
    found = (FOLDER / folder).rglob("*.py")
    return sorted(file.relative_to(FOLDER).with_suffix("").as_posix() for file in found)
