"""Stack: all manifests of one environment, and the ways to look things up in them."""

from __future__ import annotations

import contextlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from typing import TYPE_CHECKING

from pilothouse.lenient import mapping, text
from pilothouse.manifest import Identity, Manifest
from pilothouse.pods import TEMPLATES, PodTemplate, template_of
from pilothouse.schemas.node_kinds import NodeKinds, of_minor
from pilothouse.yamlio import YamlReadError

if TYPE_CHECKING:
    from pilothouse.environment import Environment
    from pilothouse.machines.file import MachineDocument, MachineFile
    from pilothouse.schemas import Catalogue


class Stack:
    """The objects of one environment, ours or read from anyone's YAML.

    :param environment: what is known of the cluster: its version, its names, what it has already.
    :param catalogue: the kinds that it serves.
    :param manifests: the objects, in any order.
    :param machine_files: the files for its machines.
    """

    def __init__(
        self,
        environment: Environment,
        catalogue: Catalogue,
        manifests: Iterable[Manifest],
        machine_files: Iterable[MachineFile] = (),
    ) -> None:
        self.environment = environment
        self.catalogue = catalogue
        self.manifests = list(manifests)
        self.machine_files = list(machine_files)
        self._by_namespace: dict[tuple[str, str], Mapping[str, list[Manifest]]] = {}

    def __len__(self) -> int:
        return len(self.manifests)

    def __iter__(self) -> Iterator[Manifest]:
        return iter(self.manifests)

    @cached_property
    def by_identity(self) -> Mapping[Identity, list[Manifest]]:
        """Every object under its identity; more than one where two claim the same."""
        found: dict[Identity, list[Manifest]] = defaultdict(list)
        for manifest in self.manifests:
            found[manifest.identity].append(manifest)
        return found

    @cached_property
    def _by_kind(self) -> Mapping[tuple[str, str], list[Manifest]]:
        found: dict[tuple[str, str], list[Manifest]] = defaultdict(list)
        for manifest in self.manifests:
            api_version, kind, _, _ = manifest.head
            found[api_version.rpartition("/")[0], kind].append(manifest)
        return found

    def of_kind(self, group: str, kind: str) -> list[Manifest]:
        """Every object of one kind, in whichever version it is written.

        :param group: the API group as written; empty for the core group.
        """
        return self._by_kind.get((group, kind), [])

    def within(self, namespace: str, group: str, kind: str) -> list[Manifest]:
        """Every object of one kind in one namespace.

        :param namespace: which.
        :param group: the API group as written; empty for the core group.
        """
        if (group, kind) not in self._by_namespace:
            found: dict[str, list[Manifest]] = defaultdict(list)
            for manifest in self.of_kind(group, kind):
                found[manifest.namespace].append(manifest)
            self._by_namespace[group, kind] = found
        return self._by_namespace[group, kind].get(namespace, [])

    @cached_property
    def autoscalers(self) -> Mapping[tuple[str, str, str], Manifest]:
        """Every HorizontalPodAutoscaler under the namespace, the kind and the name of what it scales."""
        found: dict[tuple[str, str, str], Manifest] = {}
        for autoscaler in self.of_kind("autoscaling", "HorizontalPodAutoscaler"):
            target = mapping(autoscaler.body, "spec", "scaleTargetRef")
            found.setdefault((autoscaler.namespace, text(target.get("kind")), text(target.get("name"))), autoscaler)
        return found

    @cached_property
    def machine_documents(self) -> list[MachineDocument]:
        """Every document of the files for machines that can be read."""
        found: list[MachineDocument] = []
        for file in self.machine_files:
            with contextlib.suppress(YamlReadError):  # NODE004 says so
                found += file.documents()
        return found

    @property
    def node_kinds(self) -> NodeKinds:
        """The kinds that the nodes of its cluster read."""
        return of_minor(self.catalogue.minor)

    @cached_property
    def namespaces(self) -> frozenset[str]:
        """The namespaces that there will be: defined by this stack, given, or Kubernetes' own."""
        defined = {manifest.name for manifest in self.of_kind("", "Namespace")}
        return frozenset(defined.union(self.environment.given.namespaces, BUILT_IN_NAMESPACES))

    @cached_property
    def workloads(self) -> Mapping[str, list[tuple[Manifest, PodTemplate]]]:
        """Every object that runs pods, with its template, by namespace."""
        found: dict[str, list[tuple[Manifest, PodTemplate]]] = defaultdict(list)
        for group, kind in TEMPLATES:
            for manifest in self.of_kind(group, kind):
                template = template_of(manifest)
                if template is not None:
                    found[manifest.namespace].append((manifest, template))
        return found

    @cached_property
    def _pods_by_label(self) -> Mapping[tuple[str, str, str], list[tuple[Manifest, PodTemplate]]]:
        found: dict[tuple[str, str, str], list[tuple[Manifest, PodTemplate]]] = defaultdict(list)
        for namespace, workloads in self.workloads.items():
            for workload in workloads:
                for key, value in workload[1].labels.items():
                    found[namespace, key, str(value)].append(workload)
        return found

    @cached_property
    def services(self) -> list[tuple[Manifest, dict[str, str], list[tuple[Manifest, PodTemplate]]]]:
        """Every Service with its selector (empty where it has none) and the workloads whose pods it selects."""
        found = []
        for service in self.of_kind("", "Service"):
            spec = service.body.get("spec")
            selector = spec.get("selector") if isinstance(spec, dict) and spec.get("type") != "ExternalName" else None
            selector = selector if isinstance(selector, dict) else {}
            found.append((service, selector, self.selected(service.namespace, selector)))
        return found

    def selected(self, namespace: str, selector: Mapping[str, object]) -> list[tuple[Manifest, PodTemplate]]:
        """The workloads whose pods carry every label of a selector.

        :param namespace: where to look.
        :param selector: label to value; an empty one selects nothing, as in a Service.
        """
        wanted = [(namespace, key, str(value)) for key, value in selector.items()]
        if not wanted:
            return []
        rarest = min((self._pods_by_label.get(label, []) for label in wanted), key=len)
        return [
            (manifest, template)
            for manifest, template in rarest
            if all(str(template.labels.get(key)) == str(value) for key, value in selector.items())
        ]


BUILT_IN_NAMESPACES = ("default", "kube-node-lease", "kube-public", "kube-system")
"""The namespaces that every cluster has. Source: Kubernetes documentation, Namespaces, "Initial namespaces"."""
