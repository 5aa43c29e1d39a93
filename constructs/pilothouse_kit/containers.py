"""Containers: one process of a pod, and everything it is given."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Literal, Required, TypedDict, Unpack

from pilothouse_kit import ports as container_ports
from pilothouse_kit import resources as container_resources
from pilothouse_kit.object import Fields, present, refuse, single_texts
from pilothouse_kit.ports import Port, Ports
from pilothouse_kit.probes import Probe, TcpProbe
from pilothouse_kit.resources import Resources
from pilothouse_kit.sources import FieldOf, Files, Key, Source, Variable
from pilothouse_kit.volumes import Mount, Volume

_VARIABLE = re.compile(r"[ -<>-~]+")
_NAME = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")


class ContainerFields(TypedDict, total=False):
    """What a container can be told."""

    image: Required[str]
    """Repository with tag or digest (``image``)."""
    command: Sequence[str]
    """The program instead of the image's own (``command``: the image's entry point)."""
    args: Sequence[str]
    """Its arguments (``args``: the image's command)."""
    port: Ports
    """The port that it listens on, named ``http``; or name to number for several (``ports``)."""
    env: Mapping[str, Variable]
    """Variable to text, to a key of a ConfigMap or Secret, or to a field of the pod (``env``)."""
    env_from: Sequence[Source]
    """ConfigMaps and Secrets whose every key becomes a variable (``envFrom``)."""
    mounts: Mapping[str, Volume | Mount]
    """Path in the container to what stands there (``volumeMounts``, and the pod's ``volumes``)."""
    resources: Resources | None
    """What it asks for, and may take at most (``resources``). Where it is not given: 50m of processor time and 64Mi of
    memory asked for, no limits. None: nothing."""
    readiness: Probe | None
    """When it can be sent requests (``readinessProbe``). Where it is not given and a TCP port is known: when that port
    takes connections. None: at once."""
    liveness: Probe | None
    """When it must be started anew (``livenessProbe``). Where it is not given and a TCP port is known: when that port
    took no connection for two minutes. None: never."""
    startup: Probe | None
    """Until when the two others wait (``startupProbe``)."""
    user: int | None
    """The user that it runs as (``securityContext.runAsUser``): 65532, no root, where it is not given. None: the
    image's own, be it root."""
    read_only_root: bool
    """Whether its root file system cannot be written (``securityContext.readOnlyRootFilesystem``); True where it is not
    given: mount an ``EmptyDir`` where it must write."""
    capabilities: Sequence[str] | None
    """What root's powers it keeps (``securityContext.capabilities.add``); all others are dropped. None: those of the
    container runtime's own list."""
    escalation: bool
    """Whether it may gain powers by setuid programs (``securityContext.allowPrivilegeEscalation``); False where it is
    not given."""
    privileged: bool
    """Whether it may do all that the node's root may (``securityContext.privileged``); False where it is not given."""
    pull: Literal["Always", "IfNotPresent", "Never"]
    """When its image is pulled (``imagePullPolicy``)."""
    pre_stop: Sequence[str]
    """A command that runs in it before it is asked to end (``lifecycle.preStop.exec``)."""
    interactive: bool
    """Whether it gets a terminal that somebody may attach to (``stdin`` and ``tty``)."""


class Container:
    """One container of a pod, for ``sidecars`` and ``init``; a workload's own arguments are its main one.

    :param name: its name in the pod.
    :param fields: see :class:`ContainerFields`.
    :raises ValueError: where arguments contradict each other.

    Source: Kubernetes API reference, Pod, ``Container``.
    """

    def __init__(self, name: str, **fields: Unpack[ContainerFields]) -> None:
        self.name = name
        """Its name in the pod."""
        self.options = fields
        """What it was told."""
        self.ports: dict[str, Port] = container_ports.named(fields.get("port"))
        """Port name to port."""
        self.user: int | None = fields.get("user", 65532)
        """The user that it runs as; None for the image's own."""
        self.check()

    def check(self) -> None:
        """Refuse arguments that contradict each other."""
        refuse("container", self.name, self.problems())

    @property
    def volumes(self) -> list[Volume]:
        """What it mounts."""
        return [mount.volume for mount in self._mounts().values()]

    @property
    def sources(self) -> list[Source]:
        """The ConfigMaps and Secrets that it reads."""
        variables = [value.source for value in self.options.get("env", {}).values() if isinstance(value, Key)]
        files = [volume.source if isinstance(volume, Files) else volume for volume in self.volumes]
        return [*self.options.get("env_from", ()), *variables, *(each for each in files if isinstance(each, Source))]

    def fields(self, pod_user: int | None, *, runs_on: bool = True) -> Fields:
        """The container as it stands in the pod.

        :param pod_user: the user that the pod names for all its containers; None where it names none.
        :param runs_on: whether it runs as long as the pod does: only then are there probes.
        """
        options = self.options
        resources = options.get("resources", container_resources.DEFAULT)
        return {
            "name": self.name,
            "image": options["image"],
            **present(
                imagePullPolicy=options.get("pull"),
                command=_list(options.get("command")),
                args=_list(options.get("args")),
                ports=[port.fields(name) for name, port in self.ports.items()] or None,
                envFrom=[source.from_all() for source in options.get("env_from", ())] or None,
                env=[_variable(name, value) for name, value in options.get("env", {}).items()] or None,
                volumeMounts=[_mounted(path, mount) for path, mount in self._mounts().items()] or None,
                resources=resources.fields() if resources is not None else None,
                **({f"{name}Probe": probe.fields() for name, probe in self._probes().items()} if runs_on else {}),
                lifecycle={"preStop": {"exec": {"command": list(options["pre_stop"])}}}
                if "pre_stop" in options
                else None,
                stdin=options.get("interactive"),
                tty=options.get("interactive"),
                securityContext=self._security(pod_user) or None,
            ),
        }

    def _mounts(self) -> dict[str, Mount]:
        return {
            path: mount if isinstance(mount, Mount) else Mount(mount)
            for path, mount in self.options.get("mounts", {}).items()
        }

    def _probes(self) -> dict[str, Probe]:
        first = next((name for name, port in self.ports.items() if port.protocol == "TCP"), None)
        defaults: dict[str, Probe | None] = {
            "startup": None,
            "readiness": TcpProbe(first) if first else None,
            "liveness": TcpProbe(first, period=20, failures=6) if first else None,
        }
        given: Any = self.options
        chosen = {name: given.get(name, default) for name, default in defaults.items()}
        return {name: probe for name, probe in chosen.items() if probe is not None}

    def _security(self, pod_user: int | None) -> Fields:
        options = self.options
        privileged = options.get("privileged", False)
        context: Fields = {}
        if self.user != pod_user and self.user is not None:
            context |= {"runAsNonRoot": self.user != 0, "runAsUser": self.user}
        if privileged:
            context["privileged"] = True
        else:
            context["allowPrivilegeEscalation"] = options.get("escalation", False)
            kept = options.get("capabilities", ())
            if kept is not None:
                context["capabilities"] = {"drop": ["ALL"], **present(add=list(kept) or None)}
        if options.get("read_only_root", True):
            context["readOnlyRootFilesystem"] = True
        return context

    def problems(self) -> list[str]:
        """What is wrong with its arguments."""
        options: Any = self.options
        problems = [
            f"{name}: there is no such argument" for name in options if name not in ContainerFields.__annotations__
        ]
        if not _NAME.fullmatch(self.name):
            problems.append(f"name: {self.name!r} is no name of a container: up to 63 of a-z, 0-9 and '-' inside")
        problems += single_texts(
            **{name: options.get(name) for name in ("command", "args", "capabilities", "pre_stop")}
        )
        if not options.get("image"):
            problems.append("image: expected a repository with its tag")
        problems += container_ports.problems(self.ports)
        for name, probe in self._probes().items():
            problems += probe.problems(name, self.ports)
        for name, value in options.get("env", {}).items():
            if not isinstance(value, str | Key | FieldOf):
                problems.append(f"env: {name} is {value!r}, expected a text in quotes, a key of a source, or FieldOf")
            if not _VARIABLE.fullmatch(name):
                problems.append(f"env: {name!r} is no name of a variable")
        for path, mount in options.get("mounts", {}).items():
            if not isinstance(mount, Mount | Volume):
                problems.append(f"mounts: {path} is {mount!r}, expected a volume or a Mount of one")
            if not path.startswith("/") or ":" in path:
                problems.append(f"mounts: {path!r} is no absolute path without ':'")
        problems += [
            f"capabilities: {each!r}, expected Kubernetes' own name, {each.removeprefix('CAP_')!r}"
            for each in options.get("capabilities") or ()
            if each.startswith("CAP_")
        ]
        if options.get("privileged") and options.get("capabilities"):
            problems.append("capabilities: a privileged container has all of them")
        if options.get("privileged") and options.get("escalation") is False:
            problems.append("escalation: a privileged container can always gain powers")
        return problems


def _list(texts: Sequence[str] | None) -> list[str] | None:
    return None if texts is None else list(texts)


def _variable(name: str, value: Variable) -> Fields:
    if isinstance(value, str):
        return {"name": name, "value": value}
    return {"name": name, "valueFrom": value.fields()}


def _mounted(path: str, mount: Mount) -> Fields:
    read_only = True if mount.read_only else None
    name = volume_name(mount.volume)
    return {"name": name, "mountPath": path, **present(readOnly=read_only, subPath=mount.sub_path)}


def volume_name(volume: Volume) -> str:
    """A volume's name as a pod can write it: no dots, 63 characters at most."""
    return volume.volume_name.replace(".", "-")[:63].rstrip("-")
