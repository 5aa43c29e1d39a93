"""Stack: all manifests of one environment, and the ways to look things up in them."""

from __future__ import annotations

import contextlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from typing import TYPE_CHECKING

from pilothouse.lenient import mapping
from pilothouse.manifest import Identity, Manifest
from pilothouse.pods import TEMPLATES, PodTemplate, template_of
from pilothouse.references import selects
from pilothouse.schemas.node_kinds import NodeKinds, of_minor
from pilothouse.yamlio import YamlReadError

if TYPE_CHECKING:
    from pilothouse.environment import Environment
    from pilothouse.machines.file import MachineDocument, MachineFile
    from pilothouse.mesh import Mesh
    from pilothouse.references import Lack, Link
    from pilothouse.schemas import Catalogue


MANY = 20_000
"""Objects whose decoded bodies take more memory than decoding them again would take time."""


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

    def release(self) -> None:
        """Let go of the bodies of many objects, where they can be decoded again."""
        if len(self.manifests) > MANY:
            for manifest in self.manifests:
                manifest.release()

    def anew(self) -> Stack:
        """The same objects, of which nothing is worked out: another look at them costs less than the memory."""
        self.release()
        return self.having(self.manifests)

    def having(self, manifests: Iterable[Manifest]) -> Stack:
        """A stack of other objects in the same cluster."""
        return Stack(self.environment, self.catalogue, manifests, self.machine_files)

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

    @property
    def kinds(self) -> Iterable[tuple[str, str]]:
        """The group, as written, and kind of everything that the stack has."""
        return self._by_kind.keys()

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
    def _by_label(self) -> dict[tuple[str, str], dict[tuple[str, str, str], list[Manifest]]]:
        return {}

    def labelled(self, group: str, kind: str, namespace: str, labels: Mapping[str, object]) -> list[Manifest]:
        """The objects of one kind in one namespace that carry some labels.

        :param labels: label to value; with none, every object of the kind there.
        """
        index = self._by_label.get((group, kind))
        if index is None:
            index = self._by_label[group, kind] = defaultdict(list)
            for manifest in self.of_kind(group, kind):
                index[manifest.namespace, "", ""].append(manifest)
                for key, value in manifest.labels.items():
                    index[manifest.namespace, str(key), str(value)].append(manifest)
        wanted = [(namespace, str(key), str(value)) for key, value in labels.items()] or [(namespace, "", "")]
        rarest = min((index.get(label, []) for label in wanted), key=len)
        return [
            each for each in rarest if all(str(each.labels.get(key)) == str(value) for key, value in labels.items())
        ]

    @cached_property
    def links(self) -> list[Link]:
        """Every reference by name of every object, kind by kind."""
        from pilothouse.references import all_by_name

        return all_by_name(self)

    @cached_property
    def links_to(self) -> Mapping[Identity, list[Link]]:
        """Every reference by name under what it refers to, whether that is there or not."""
        found: dict[Identity, list[Link]] = defaultdict(list)
        for link in self.links:
            found[link.target].append(link)
        return found

    @cached_property
    def made(self) -> Mapping[Identity, Manifest]:
        """What controllers will make of the stack's objects, each with the object that it is made of."""
        from pilothouse.references.present import made

        return made(self)

    @cached_property
    def absent(self) -> Mapping[Lack, list[Link]]:
        """What is named by name, and neither the stack nor the cluster has; by what happens then."""
        from pilothouse.references.present import absent

        return absent(self)

    @cached_property
    def inhabited(self) -> list[str]:
        """The namespaces that objects of the stack stand in."""
        return sorted({manifest.namespace for manifest in self.manifests} - {""})

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

    @cached_property
    def mesh(self) -> Mesh:
        """What Istio makes of it."""
        from pilothouse.mesh import Mesh

        return Mesh(self)

    def selected(self, namespace: str, selector: Mapping[str, object]) -> list[tuple[Manifest, PodTemplate]]:
        """The workloads whose pods carry every label of a selector; labels that controllers add are not looked at.

        :param namespace: where to look.
        :param selector: label to value; an empty one selects nothing, as in a Service.
        """
        if not selector:
            return []
        wanted = [(namespace, key, str(value)) for key, value in selector.items() if key not in ADDED_LABELS]
        known = (self._pods_by_label.get(label, []) for label in wanted)
        rarest = min(known, key=len, default=self.workloads.get(namespace, []))
        stateful_set = str(selector[POD_NAME]).rpartition("-")[0] if POD_NAME in selector else ""
        return [
            (manifest, template)
            for manifest, template in rarest
            if all(str(template.labels.get(key)) == value for _, key, value in wanted)
            and (not stateful_set or (manifest.kind, manifest.name) == ("StatefulSet", stateful_set))
        ]

    @cached_property
    def autoscalers(self) -> Mapping[tuple[str, str, str], list[Manifest]]:
        """Every HorizontalPodAutoscaler under the namespace, kind and name of what it scales."""
        found: dict[tuple[str, str, str], list[Manifest]] = defaultdict(list)
        for autoscaler in self.of_kind("autoscaling", "HorizontalPodAutoscaler"):
            target = mapping(autoscaler.body, "spec", "scaleTargetRef")
            found[autoscaler.namespace, str(target.get("kind")), str(target.get("name"))].append(autoscaler)
        return found

    def autoscaler(self, manifest: Manifest) -> Manifest | None:
        """The first HorizontalPodAutoscaler of a workload; None where it has none."""
        return next(iter(self.autoscalers.get((manifest.namespace, manifest.kind, manifest.name), ())), None)

    @cached_property
    def budgets(self) -> list[tuple[Manifest, list[tuple[Manifest, PodTemplate]]]]:
        """Every PodDisruptionBudget with the workloads whose pods it selects."""
        found = []
        for budget in self.of_kind("policy", "PodDisruptionBudget"):
            selector = mapping(budget.body, "spec").get("selector")
            pods: list[tuple[Manifest, PodTemplate]] = []
            if isinstance(selector, dict):
                labels = mapping(selector, "matchLabels")
                near = self.selected(budget.namespace, labels) if labels else self.workloads.get(budget.namespace, [])
                pods = [(manifest, template) for manifest, template in near if selects(selector, template.labels)]
            found.append((budget, pods))
        return found


POD_NAME = "statefulset.kubernetes.io/pod-name"
"""The label that a StatefulSet puts on each of its pods, with the pod's own name."""
ADDED_LABELS = frozenset(
    {
        POD_NAME,
        "apps.kubernetes.io/pod-index",
        "batch.kubernetes.io/controller-uid",
        "batch.kubernetes.io/job-name",
        "controller-revision-hash",
        "controller-uid",
        "job-name",
        "pod-template-hash",
    }
)
"""Labels that controllers put on their pods, and no template carries. Source: Kubernetes documentation, "Well-Known
Labels, Annotations and Taints"."""

BUILT_IN_NAMESPACES = ("default", "kube-node-lease", "kube-public", "kube-system")
"""The namespaces that every cluster has. Source: Kubernetes documentation, Namespaces, "Initial namespaces"."""
