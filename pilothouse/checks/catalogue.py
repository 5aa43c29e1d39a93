"""The catalogue of checks: each check's code, severity and page beside its function."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

from pilothouse.fieldpath import FieldPath
from pilothouse.finding import Edit, Severity
from pilothouse.machines.file import MachineFile
from pilothouse.manifest import Manifest
from pilothouse.pods import PodTemplate
from pilothouse.references.row import GroupKind
from pilothouse.schemas.kinds import State
from pilothouse.stack import Stack

FAMILIES = (
    "charts",
    "objects",
    "schema",
    "versions",
    "eras",
    "namespaces",
    "labels",
    "classes",
    "secrets",
    "credentials",
    "services",
    "service_ports",
    "service_fields",
    "service_exposure",
    "service_pods",
    "service_nodes",
    "endpoint_fields",
    "endpoints",
    "ingress_fields",
    "ingress",
    "ingress_claims",
    "gateway_api",
    "gateway_routes",
    "gateway_listeners",
    "network_policy_fields",
    "network_policies",
    "network_policy_routes",
    "mesh_hosts",
    "mesh_binding",
    "mesh_routes",
    "mesh_weights",
    "mesh_traffic",
    "mesh_faults",
    "mesh_delegates",
    "mesh_destinations",
    "mesh_subsets",
    "mesh_gateways",
    "mesh_certificates",
    "mesh_entries",
    "mesh_selectors",
    "mesh_authorization",
    "mesh_callers",
    "mesh_mtls",
    "mesh_tokens",
    "mesh_injection",
    "mesh_annotations",
    "mesh_filters",
    "mesh_services",
    "workloads",
    "containers",
    "pod_specs",
    "variables",
    "mounts",
    "probes",
    "probe_fields",
    "probe_times",
    "images",
    "selecting",
    "strategies",
    "changes",
    "availability",
    "spreading",
    "stopping",
    "budgets",
    "autoscaling",
    "autoscalers",
    "metrics",
    "jobs",
    "job_specs",
    "stateful",
    "capacity",
    "limits",
    "scratch",
    "limit_ranges",
    "quotas",
    "storage_fields",
    "storage",
    "volume_claims",
    "snapshots",
    "volumes",
    "gitops",
    "applications",
    "environments",
    "scheduling",
    "nodes",
    "pod_security",
    "references",
    "referred",
    "keys",
    "ports",
    "grants",
    "selections",
    "dns_names",
    "host_access",
    "kernel",
    "host_paths",
    "security_context",
    "privileges",
    "file_modes",
    "tokens",
    "access",
    "rights",
    "rules",
    "idle_rules",
    "bindings",
    "exposure",
    "output",
    "node_credentials",
    "node_files",
    "node_network",
    "node_names",
    "node_runtimes",
    "waivers",
    "engine",
)
"""The modules of this package that hold checks, in the order of the catalogue."""


class Problem(NamedTuple):
    """What a check says of one object."""

    manifest: Manifest
    message: str
    """One sentence: what was found, and what was expected."""
    path: FieldPath = ()
    """The field in the object."""
    fix: str = ""
    """What to do; empty where the message says it."""
    code: str = ""
    """Another check's, where the same look finds what that one is about; empty for the check's own."""
    edit: Edit | None = None
    """A change of one field that settles it for certain, and changes nothing else that the cluster does; by ``--fix``
    it is made in YAML that people write."""
    related: Sequence[tuple[Manifest, FieldPath]] = ()
    """Other objects' fields that it is about."""


ObjectFunction = Callable[[Manifest, Stack], Iterable[Problem]]
PodsFunction = Callable[[Manifest, PodTemplate, Stack], Iterable[Problem]]
NodeFunction = Callable[[MachineFile, Stack], Iterable[Problem]]
StackFunction = Callable[[Stack], Iterable[Problem]]
EnvironmentsFunction = Callable[[Mapping[str, Stack]], Iterable[tuple[str, Problem]]]


class Check(NamedTuple):
    """One check of the catalogue."""

    code: str
    severity: Severity
    title: str
    """What it finds, in a few words."""
    text: str
    """Its page, indented as it stands in the source."""
    family: str
    equals: tuple[str, ...] = ()
    """The checks of other tools that look for the same: ``kube-linter dangling-service``, ``istioctl IST0101``."""
    kinds: frozenset[GroupKind] | None = None
    """The kinds that :attr:`on_object` is asked about; None for every kind."""
    fields: frozenset[str] | None = None
    """It finds something only where a field of one of these names is somewhere in the object, for :attr:`on_pods` in
    its pod template; None where it must be asked about every one."""
    states: frozenset[State] | None = None
    """What the cluster makes of an object's API version where :attr:`on_object` is asked; None: whatever it makes."""
    on_object: ObjectFunction | None = None
    """Judges one object by itself, whatever else the stack holds."""
    on_pods: PodsFunction | None = None
    """Judges what one object says of the pods that it runs."""
    on_stack: StackFunction | None = None
    """Judges the whole stack."""
    on_node: NodeFunction | None = None
    """Judges one file for machines by itself."""
    on_environments: EnvironmentsFunction | None = None
    """Judges the stacks of all environments together."""

    @property
    def page(self) -> str:
        """Its help, as Markdown: why it matters, an example that it finds, one that it does not."""
        import inspect

        return inspect.cleandoc(self.text)

    @property
    def judges(self) -> bool:
        """Whether it has a function of its own; the engine itself makes the findings of the others."""
        judging = (self.on_object, self.on_pods, self.on_stack, self.on_node, self.on_environments)
        return any(judging)


_checks: dict[str, Check] = {}


def _add(code: str, severity: Severity, title: str, function: object, equals: Sequence[str]) -> None:
    page = getattr(function, "__doc__", None) or ""
    family = getattr(function, "__module__", "").rpartition(".")[2]
    if code in _checks:
        raise ValueError(f"two checks bear the code {code}")
    _checks[code] = Check(code, severity, title, page, family, tuple(equals))


def _names(fields: Iterable[str] | None) -> frozenset[str] | None:
    return None if fields is None else frozenset(fields)


def object_check(
    code: str,
    severity: Severity,
    title: str,
    *,
    kinds: Iterable[GroupKind] | None = None,
    fields: Iterable[str] | None = None,
    states: Iterable[State] | None = None,
    equals: Sequence[str] = (),
) -> Callable[[ObjectFunction], ObjectFunction]:
    """Put a function into the catalogue that judges one object at a time; its docstring is the check's page.

    The stack that it is given holds the environment and the kinds of the cluster; the other objects are not in it.

    :param code: letters and three digits; the letters are those of its subject.
    :param severity: see :class:`pilothouse.finding.Severity`.
    :param title: what it finds, in a few words that read on after the code.
    :param kinds: the kinds that it is asked about; None for every kind.
    :param fields: names of fields: it is asked only about objects that have one of them, at any depth. None where it
        has something to say of an object without any of them.
    :param states: what the cluster makes of the object's API version where it has something to say; None: whatever.
    :param equals: the checks of other tools that look for the same, as ``tool check``.
    """

    def register(function: ObjectFunction) -> ObjectFunction:
        _add(code, severity, title, function, equals)
        of = None if kinds is None else frozenset(kinds)
        when = None if states is None else frozenset(states)
        _checks[code] = _checks[code]._replace(on_object=function, kinds=of, fields=_names(fields), states=when)
        return function

    return register


def pod_check(
    code: str,
    severity: Severity,
    title: str,
    *,
    fields: Iterable[str] | None = None,
    equals: Sequence[str] = (),
) -> Callable[[PodsFunction], PodsFunction]:
    """Put a function into the catalogue that judges the pods of one object at a time; its docstring is its page.

    It is given the object and its pod template, and a stack that holds the environment and the kinds alone. The
    parameters are those of :func:`object_check`; ``fields`` are those of the pod template.
    """

    def register(function: PodsFunction) -> PodsFunction:
        _add(code, severity, title, function, equals)
        _checks[code] = _checks[code]._replace(on_pods=function, fields=_names(fields))
        return function

    return register


def node_check(code: str, severity: Severity, title: str) -> Callable[[NodeFunction], NodeFunction]:
    """Put a function into the catalogue that judges one file for machines at a time; its docstring is its page.

    The stack that it is given holds the environment and the kinds; nothing else is in it.
    """

    def register(function: NodeFunction) -> NodeFunction:
        _add(code, severity, title, function, ())
        _checks[code] = _checks[code]._replace(on_node=function)
        return function

    return register


def stack_check(
    code: str, severity: Severity, title: str, *, equals: Sequence[str] = ()
) -> Callable[[StackFunction], StackFunction]:
    """Put a function into the catalogue that judges a whole stack; its docstring is the check's page.

    The parameters are those of :func:`object_check`.
    """

    def register(function: StackFunction) -> StackFunction:
        _add(code, severity, title, function, equals)
        _checks[code] = _checks[code]._replace(on_stack=function)
        return function

    return register


def environments_check(
    code: str, severity: Severity, title: str, *, equals: Sequence[str] = ()
) -> Callable[[EnvironmentsFunction], EnvironmentsFunction]:
    """Put a function into the catalogue that judges all environments together; its docstring is the check's page.

    It is given the stack of each environment under its name, and says of each problem in which environment it is: only
    where all environments are judged at once is it asked. The parameters are those of :func:`object_check`.
    """

    def register(function: EnvironmentsFunction) -> EnvironmentsFunction:
        _add(code, severity, title, function, equals)
        _checks[code] = _checks[code]._replace(on_environments=function)
        return function

    return register


def described(code: str, severity: Severity, title: str, page: str, family: str) -> str:
    """Put a finding into the catalogue that the engine itself makes, such as a chart that raises.

    :returns: the code, for the place that makes the finding.
    """
    _checks[code] = Check(code, severity, title, page, family)
    return code


def catalogue() -> Mapping[str, Check]:
    """Every check under its code, in the order of the families."""
    for family in FAMILIES:
        importlib.import_module(f"pilothouse.checks.{family}")
    return _checks
