"""The Pod Security Standards: the levels baseline and restricted, and what a namespace asks of its pods.

Source: Kubernetes documentation, Pod Security Standards and Pod Security Admission; versions and precedence are those
of ``k8s.io/pod-security-admission``, with which every API server judges
(``tests/cluster/test_cluster_pod_security.py``).
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from pilothouse import pod_controls as judge
from pilothouse.fieldpath import FieldPath
from pilothouse.lenient import text
from pilothouse.pod_controls import Pods, Violation, taken_apart
from pilothouse.pods import PodTemplate

PREFIX = "pod-security.kubernetes.io/"
"""What a namespace's labels for pod security begin with: then ``enforce``, ``warn`` or ``audit``, or these and
``-version``."""
LEVELS = ("privileged", "baseline", "restricted")
"""From the one that allows everything to the strictest."""
MODES = ("enforce", "warn", "audit")
LEVEL_LABELS = tuple(f"{PREFIX}{mode}{end}" for mode in MODES for end in ("", "-version"))
"""All of a namespace's labels for pod security."""


class Control(NamedTuple):
    """One control of the standards."""

    name: str
    """What Kubernetes' admission calls it."""
    level: str
    """``baseline`` or ``restricted``."""
    since: int
    """The minor of the standard that first has it."""
    violations: Callable[[Pods, int], Iterator[Violation]]
    """What goes beyond it, in some pods, by a minor of the standard."""
    instead_of: str = ""
    """The control of the baseline that it takes the place of."""


CONTROLS: tuple[Control, ...] = (
    Control("appArmorProfile", "baseline", 0, judge.apparmor),
    Control("capabilities_baseline", "baseline", 0, judge.capabilities),
    Control("hostNamespaces", "baseline", 0, judge.host_namespaces),
    Control("hostPathVolumes", "baseline", 0, judge.host_path_volumes),
    Control("hostPorts", "baseline", 0, judge.host_ports),
    Control("hostProbesAndHostLifecycle", "baseline", 34, judge.host_probes),
    Control("privileged", "baseline", 0, judge.privileged),
    Control("procMount", "baseline", 0, judge.proc_mount),
    Control("seLinuxOptions", "baseline", 0, judge.selinux),
    Control("seccompProfile_baseline", "baseline", 0, judge.seccomp),
    Control("sysctls", "baseline", 0, judge.sysctls),
    Control("windowsHostProcess", "baseline", 0, judge.host_process),
    Control("allowPrivilegeEscalation", "restricted", 8, judge.escalation),
    Control("capabilities_restricted", "restricted", 22, judge.capabilities_dropped, "capabilities_baseline"),
    Control("procMount_restricted", "restricted", 35, judge.proc_mount_always, "procMount"),
    Control("restrictedVolumes", "restricted", 0, judge.volumes, "hostPathVolumes"),
    Control("runAsNonRoot", "restricted", 0, judge.non_root),
    Control("runAsUser", "restricted", 23, judge.not_user_0),
    Control("seccompProfile_restricted", "restricted", 19, judge.seccomp_set, "seccompProfile_baseline"),
)
"""Every control of both levels. ``privileged`` has none."""


@functools.cache
def controls(level: str, minor: int) -> tuple[Control, ...]:
    """The controls of a level, by a minor of the standard.

    :param level: one of :data:`LEVELS`.
    :param minor: 34 for the standard of Kubernetes 1.34.
    """
    if level == "privileged":
        return ()
    of_level = [
        control
        for control in CONTROLS
        if control.since <= minor and (control.level == "baseline" or level == "restricted")
    ]
    replaced = {control.instead_of for control in of_level}
    return tuple(control for control in of_level if control.name not in replaced)


def violations(template: PodTemplate, standard: Standard) -> Iterator[tuple[Control, FieldPath, str]]:
    """What in some pods goes beyond a level: the control, the field, and what is wrong with it."""
    pods = taken_apart(template)
    for control in controls(*standard):
        for path, what in control.violations(pods, standard.minor):
            yield control, path, what


class Standard(NamedTuple):
    """A level, by a minor of the standard."""

    level: str
    minor: int


_VERSION = re.compile(r"v1\.(0|[1-9][0-9]{0,8})")


def asked(labels: Mapping[str, Any], mode: str, minor: int) -> Standard | None:
    """What a namespace asks of its pods.

    :param labels: the namespace's.
    :param mode: one of :data:`MODES`.
    :param minor: that of the cluster: a newer version of the standard is not known there, and this one counts.
    :returns: None where it asks nothing, or says it in a way that the API server refuses.
    """
    level = labels.get(PREFIX + mode)
    if level not in LEVELS:
        return None
    version = labels.get(f"{PREFIX}{mode}-version", "latest")
    if version == "latest":
        return Standard(level, minor)
    match = _VERSION.fullmatch(text(version))
    return Standard(level, min(int(match[1]), minor)) if match else None


def mistaken(labels: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """The labels that the API server refuses in a namespace, each with what it should be."""
    for mode in MODES:
        level, version = labels.get(PREFIX + mode), labels.get(f"{PREFIX}{mode}-version")
        if isinstance(level, str) and level not in LEVELS:
            yield PREFIX + mode, "privileged, baseline or restricted"
        if isinstance(version, str) and version != "latest" and not _VERSION.fullmatch(version):
            yield f"{PREFIX}{mode}-version", "latest, or a minor such as v1.34"
