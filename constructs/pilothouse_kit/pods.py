"""Pods: what workloads of every kind run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, Unpack

import constructs
from pilothouse.pods import hash_annotation
from pilothouse_kit.access import ServiceAccount
from pilothouse_kit.classes import PriorityClass, ResourceClaimTemplate, RuntimeClass
from pilothouse_kit.containers import Container, ContainerFields, volume_name
from pilothouse_kit.networks import NetworkAttachmentDefinition
from pilothouse_kit.object import Fields, KubernetesObject, ObjectFields, kit_labels, present, refuse, twice
from pilothouse_kit.ports import Port
from pilothouse_kit.scheduling import Affinity, Spread, Toleration, affinity
from pilothouse_kit.sources import Source
from pilothouse_kit.storage import ClaimTemplate


class PodFields(ContainerFields, total=False):
    """What a pod can be told, beside what its main container can."""

    sidecars: Sequence[Container]
    """Further containers that run beside the main one."""
    init: Sequence[Container]
    """Containers that run one after another before the others start (``initContainers``)."""
    service_account: ServiceAccount | str | None
    """Who it is to the API server (``serviceAccountName``); its token is mounted where the account says so.
    Where none is given: the namespace's own, without its token."""
    runtime: RuntimeClass | str | None
    """The container runtime (``runtimeClassName``); the nodes' own where it is not given."""
    priority: PriorityClass | str | None
    """How much it matters when there is no room (``priorityClassName``)."""
    node_selector: Mapping[str, str]
    """The labels of the nodes it may run on (``nodeSelector``)."""
    tolerations: Sequence[Toleration]
    """The taints that it may run in spite of."""
    affinity: Sequence[Affinity]
    """Nodes and pods that it is drawn to or kept away from."""
    spread: Sequence[Spread]
    """How evenly its workload's pods are kept apart (``topologySpreadConstraints``)."""
    devices: Sequence[ResourceClaimTemplate]
    """Devices that each pod gets for itself (``resourceClaims``)."""
    networks: Sequence[NetworkAttachmentDefinition | str]
    """Further networks that Multus attaches it to (annotation ``k8s.v1.cni.cncf.io/networks``)."""
    grace: int
    """Seconds between being asked to end and being killed (``terminationGracePeriodSeconds``); 30 where not given."""
    group: int
    """The group that its volumes belong to (``securityContext.fsGroup``)."""
    pod_labels: Mapping[str, str]
    """Labels of the pods alone; ``labels`` are on both the workload and its pods."""
    pod_annotations: Mapping[str, str]
    """Annotations of the pods alone."""


class WorkloadFields(PodFields, ObjectFields, total=False):
    """What a workload can be told: all that its object, its pods and their main container can."""


_OBJECT = frozenset(ObjectFields.__annotations__)
_POD = frozenset(PodFields.__annotations__)
_CONTAINER = frozenset(ContainerFields.__annotations__)


class _Main(Container):
    """A workload's own container: what is wrong with it is said together with what is wrong with the workload."""

    def check(self) -> None:
        pass


class PodTemplate:
    """The pods of one workload, from the arguments that it was given.

    :param scope: the chart or construct that the workload stands in.
    :param kind: the workload's kind, for messages.
    :param name: the workload's name, and its main container's.
    :param selector: the labels that the pods are found by; none for pods that nothing counts.
    :param options: what the workload was told.
    :param restart: ``restartPolicy`` of pods that end; None for those that do not.
    :param provided: the names of volumes that the workload itself provides (claims of a StatefulSet).
    :param problems: what is wrong with the workload's other arguments: it is said together with the rest.
    :raises ValueError: where arguments contradict each other.
    """

    def __init__(
        self,
        scope: constructs.Construct,
        kind: str,
        name: str,
        selector: Mapping[str, str],
        options: WorkloadFields,
        *,
        restart: Literal["Always", "OnFailure", "Never"] | None = None,
        provided: Sequence[str] = (),
        problems: Sequence[str] = (),
    ) -> None:
        given: Any = options
        unknown = [argument for argument in given if argument not in _OBJECT and argument not in _POD]
        self.main: Container = _Main(name, **{key: given[key] for key in given if key in _CONTAINER})
        self.selector = dict(selector)
        self._options = options
        self._restart = restart
        self._provided = provided
        self._containers = [self.main, *options.get("sidecars", ())]
        self._init = list(options.get("init", ()))
        wrong = [*problems, *(f"{argument}: there is no such argument" for argument in unknown), *self.main.problems()]
        refuse(kind, name, wrong + (self._problems() if wrong == list(problems) else []))
        self.ports: dict[str, Port] = {
            port: number for container in self._containers for port, number in container.ports.items()
        }
        """Port name to port, of every container."""
        self.labels = {
            "app.kubernetes.io/name": name,
            **kit_labels(scope),
            **options.get("labels", {}),
            **selector,
        }
        """The labels of the workload, which its pods carry too."""
        self.pod_labels = {**self.labels, **options.get("pod_labels", {})}
        """The labels of the pods."""
        self.annotations = self._annotations()
        """The annotations of the pods."""

    def object_fields(self) -> ObjectFields:
        """What the workload's own object was told, with its labels."""
        given: Any = self._options
        fields: Any = {key: given[key] for key in given if key in _OBJECT} | {"labels": self.labels}
        result: ObjectFields = fields
        return result

    def fields(self) -> Fields:
        """The template: ``metadata`` and ``spec``."""
        metadata = {"labels": self.pod_labels, **present(annotations=self.annotations or None)}
        return {"metadata": metadata, "spec": self.spec()}

    def spec(self) -> Fields:
        """The pods' ``spec``."""
        options = self._options
        # A container cannot take back what its pod says: where one runs as its image's own user, the pod names none.
        user = None if any(container.user is None for container in self._every_container()) else self.main.user
        account = options.get("service_account")
        context: Fields = {} if user is None else {"runAsNonRoot": user != 0, "runAsUser": user}
        context |= present(fsGroup=options.get("group"))
        # Of an account that is only named, the account itself knows.
        token = account.token if isinstance(account, ServiceAccount) else None if account else False
        return {
            **present(
                serviceAccountName=_name(account),
                automountServiceAccountToken=token,
                runtimeClassName=_name(options.get("runtime")),
                priorityClassName=_name(options.get("priority")),
                restartPolicy=self._restart,
                nodeSelector=dict(options.get("node_selector", {})) or None,
                tolerations=[toleration.fields() for toleration in options.get("tolerations", ())] or None,
                affinity=affinity(tuple(options.get("affinity", ()))) or None,
                topologySpreadConstraints=[spread.fields(self.selector) for spread in options.get("spread", ())]
                or None,
                terminationGracePeriodSeconds=options.get("grace"),
                initContainers=[container.fields(user, runs_on=False) for container in self._init] or None,
            ),
            "containers": [self._with_devices(container.fields(user)) for container in self._containers],
            "securityContext": {**context, "seccompProfile": {"type": "RuntimeDefault"}},
            **present(
                resourceClaims=[
                    {"name": template.name, "resourceClaimTemplateName": template.name}
                    for template in options.get("devices", ())
                ]
                or None,
                volumes=self._volumes() or None,
            ),
        }

    def _with_devices(self, container: Fields) -> Fields:
        claims = [{"name": claim.name} for claim in self._options.get("devices", ())]
        if claims and container["name"] == self.main.name:
            container["resources"] = {**container.get("resources", {}), "claims": claims}
        return container

    def _every_container(self) -> list[Container]:
        return [*self._init, *self._containers]

    def _volumes(self) -> list[Fields]:
        found = {
            volume_name(volume): {"name": volume_name(volume), **volume.volume()}
            for container in self._every_container()
            for volume in container.volumes
            if volume_name(volume) not in self._provided
        }
        return list(found.values())

    def _annotations(self) -> dict[str, str]:
        options = self._options
        annotations = {
            hash_annotation(source.name): source.content_hash
            for container in self._every_container()
            for source in container.sources
            if isinstance(source, Source) and source.content_hash is not None
        }
        networks = [_name(network) for network in options.get("networks", ())]
        if networks:
            annotations["k8s.v1.cni.cncf.io/networks"] = ",".join(str(network) for network in networks)
        return {**annotations, **options.get("pod_annotations", {})}

    def _problems(self) -> list[str]:
        names = twice(container.name for container in self._every_container())
        ports = twice(port for container in self._containers for port in container.ports)
        return [
            *(f"sidecars, init: two containers are named {name!r}" for name in names),
            *self._volume_problems(),
            *(f"port: two containers name a port {port!r}" for port in ports),
            *(
                f"{argument}: {key} is {value!r}, and the selector looks for {self.selector[key]!r}"
                for argument, labels in (
                    ("labels", self._options.get("labels", {})),
                    ("pod_labels", self._options.get("pod_labels", {})),
                )
                for key, value in labels.items()
                if self.selector.get(key, value) != value
            ),
        ]

    def _volume_problems(self) -> list[str]:
        known: dict[str, Fields] = {}
        different, missing = set(), set()
        for volume in (volume for container in self._every_container() for volume in container.volumes):
            name = volume_name(volume)
            if known.setdefault(name, volume.volume()) != volume.volume():
                different.add(name)
            if isinstance(volume, ClaimTemplate) and name not in self._provided:
                missing.add(name)
        return [
            *(f"mounts: two different volumes are named {name!r}" for name in sorted(different)),
            *(
                f"mounts: {name!r} is a claim template that is not among the claims of a StatefulSet"
                for name in sorted(missing)
            ),
        ]


def _name(link: KubernetesObject | str | None) -> str | None:
    return link.name if isinstance(link, KubernetesObject) else link


class Pod(KubernetesObject):
    """One pod by itself: a ``v1 Pod``. Nothing starts it again on another node when its own is lost.

    :param scope: the chart or construct that it stands in.
    :param name: ``metadata.name``, and its container's name.
    :param selector: labels that a Service finds it by; its name where it is not given.
    :param restart: when the kubelet starts its containers anew (``restartPolicy``); always where it is not given.
    :param options: see :class:`WorkloadFields`; ``image`` must be given.
    :raises ValueError: where arguments contradict each other.

    Source: Kubernetes documentation, Pods.
    """

    api_version = "v1"
    kind = "Pod"

    def __init__(
        self,
        scope: constructs.Construct,
        name: str,
        *,
        selector: Mapping[str, str] | None = None,
        restart: Literal["Always", "OnFailure", "Never"] | None = None,
        **options: Unpack[WorkloadFields],
    ) -> None:
        self.selector = dict(selector or {"app.kubernetes.io/name": name})
        """The labels that it is found by."""
        template = PodTemplate(scope, self.kind, name, self.selector, options, restart=restart)
        self.ports = template.ports
        """Port name to port."""
        fields = template.object_fields()
        fields["labels"] = template.pod_labels
        annotations = {**template.annotations, **options.get("annotations", {})}
        if annotations:
            fields["annotations"] = annotations
        super().__init__(scope, name, {"spec": template.spec()}, **fields)
