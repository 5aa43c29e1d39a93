"""Pod security as Pilothouse reads it is pod security as the API server's own library judges it.

Every control is broken and kept, at both levels, by every version of the standard in which it changed; then at random.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pilothouse.pod_security import CONTROLS, PREFIX, Standard, asked, violations
from pilothouse.pods import PodTemplate
from tests.cluster.api import Api, Body
from tests.cluster.control_plane import ControlPlane
from tests.cluster.programs import NEWEST, minors

MINORS = sorted({NEWEST, *minors().values()})
LEVELS = ("baseline", "restricted")
VERSIONS = ("latest", *(f"v1.{minor}" for minor in (0, 7, 18, 21, 22, 24, 26, 28, 31, 34, 99)))

REASONS = {
    "allowPrivilegeEscalation": "allowPrivilegeEscalation != false",
    "appArmorProfile": "forbidden AppArmor profiles?",
    "capabilities_baseline": "non-default capabilities",
    "capabilities_restricted": "unrestricted capabilities",
    "hostNamespaces": "host namespaces",
    "hostPathVolumes": "hostPath volumes",
    "hostPorts": "hostPort",
    "hostProbesAndHostLifecycle": "probe or lifecycle host",
    "privileged": "privileged",
    "procMount": "procMount",
    "procMount_restricted": "procMount",
    "restrictedVolumes": "restricted volume types",
    "runAsNonRoot": "runAsNonRoot != true",
    "runAsUser": "runAsUser=0",
    "seLinuxOptions": "seLinuxOptions",
    "seccompProfile_baseline": "seccompProfile",
    "seccompProfile_restricted": "seccompProfile",
    "sysctls": "forbidden sysctls",
    "windowsHostProcess": "hostProcess",
}
"""Control to how the API server begins what it says of it."""

Patch = dict[str, Any]
POD = ("spec", "securityContext")
FIRST = ("spec", "containers", 0)
CONTEXT = (*FIRST, "securityContext")


def at(path: tuple[str | int, ...], value: object) -> Patch:
    """A pod's patch that says one thing."""
    return {"path": path, "value": value}


RESTRICTED = [
    at((*POD, "runAsNonRoot"), True),
    at((*POD, "seccompProfile"), {"type": "RuntimeDefault"}),
    at((*CONTEXT, "allowPrivilegeEscalation"), False),
    at((*CONTEXT, "capabilities"), {"drop": ["ALL"]}),
]
PROBE = {"httpGet": {"path": "/", "port": 80, "host": "10.0.0.1"}}
SOURCES: list[dict[str, Any]] = [
    {"hostPath": {"path": "/srv"}},
    {"emptyDir": {}},
    {"configMap": {"name": "a"}},
    {"secret": {"secretName": "a"}},
    {"nfs": {"server": "a.internal", "path": "/"}},
    {"iscsi": {"targetPortal": "10.0.2.15:3260", "iqn": "iqn.2001-04.com.example:a", "lun": 0}},
    {"csi": {"driver": "a.example.com"}},
    {"persistentVolumeClaim": {"claimName": "a"}},
    {"projected": {"sources": []}},
    {"downwardAPI": {"items": []}},
    {"fc": {"wwids": ["a"]}},
]
PATCHES: list[Patch] = [
    *(at(("spec", field), True) for field in ("hostNetwork", "hostPID", "hostIPC")),
    at(("spec", "hostNetwork"), False),
    at(("spec", "hostUsers"), False),
    at(("spec", "hostUsers"), True),
    at(("spec", "os"), {"name": "windows"}),
    at(("spec", "os"), {"name": "linux"}),
    *(at(("spec", "volumes"), [{"name": "a", **source}]) for source in SOURCES),
    *(at((*CONTEXT, "privileged"), value) for value in (True, False)),
    *(at((*CONTEXT, "allowPrivilegeEscalation"), value) for value in (True, False)),
    *(
        at((*CONTEXT, "capabilities"), value)
        for value in (
            {"add": ["NET_RAW"]},
            {"add": ["CHOWN"]},
            {"drop": ["ALL"], "add": ["NET_BIND_SERVICE"]},
            {"drop": ["ALL"], "add": ["CHOWN", "SYS_ADMIN"]},
            {"drop": ["all"]},
            {"drop": ["NET_RAW"]},
            {},
        )
    ),
    at((*FIRST, "ports"), [{"containerPort": 80, "hostPort": 8080}]),
    at((*FIRST, "ports"), [{"containerPort": 80}]),
    *(at((*FIRST, name), PROBE) for name in ("livenessProbe", "readinessProbe", "startupProbe")),
    at((*FIRST, "livenessProbe"), {"tcpSocket": {"port": 80, "host": "a"}}),
    at((*FIRST, "livenessProbe"), {"tcpSocket": {"port": 80}}),
    at((*FIRST, "lifecycle"), {"preStop": PROBE}),
    at((*FIRST, "lifecycle"), {"postStart": {"tcpSocket": {"port": 80, "host": "a"}}}),
    *(at((*CONTEXT, "procMount"), value) for value in ("Unmasked", "Default")),
    *(
        at((*place, field), value)
        for place in (POD, CONTEXT)
        for field, value in (
            ("appArmorProfile", {"type": "Unconfined"}),
            ("appArmorProfile", {"type": "RuntimeDefault"}),
            ("appArmorProfile", {"type": "Localhost", "localhostProfile": "a"}),
            ("seLinuxOptions", {"type": "spc_t"}),
            ("seLinuxOptions", {"type": "container_t"}),
            ("seLinuxOptions", {"type": "container_engine_t"}),
            ("seLinuxOptions", {"user": "a"}),
            ("seLinuxOptions", {"role": "a", "level": "s0"}),
            ("seLinuxOptions", {"level": "s0"}),
            ("seLinuxOptions", {}),
            ("seccompProfile", {"type": "Unconfined"}),
            ("seccompProfile", {"type": "RuntimeDefault"}),
            ("seccompProfile", {"type": "Localhost", "localhostProfile": "a"}),
            ("runAsNonRoot", True),
            ("runAsNonRoot", False),
            ("runAsUser", 0),
            ("runAsUser", 1000),
            ("windowsOptions", {"hostProcess": True}),
            ("windowsOptions", {"hostProcess": False}),
            ("windowsOptions", {"runAsUserName": "a"}),
        )
    ),
    *(
        at((*POD, "sysctls"), [{"name": name, "value": "1"}])
        for name in (
            "kernel.shm_rmid_forced",
            "kernel.msgmax",
            "net.ipv4.ip_local_reserved_ports",
            "net.ipv4.tcp_keepalive_time",
            "net.ipv4.tcp_rmem",
            "net.ipv4.tcp_notsent_lowat",
            "net.core.somaxconn",
        )
    ),
    at(("spec", "initContainers"), [{"name": "i", "image": "a:1"}]),
    at(("spec", "initContainers"), [{"name": "i", "image": "a:1", "securityContext": {"privileged": True}}]),
    at(("spec", "initContainers"), [{"name": "i", "image": "a:1", "securityContext": {"runAsUser": 0}}]),
    *(
        at(("metadata", "annotations"), {key: value})
        for key, values in (
            ("container.apparmor.security.beta.kubernetes.io/c", ("unconfined", "runtime/default", "localhost/a")),
            ("seccomp.security.alpha.kubernetes.io/pod", ("unconfined", "runtime/default", "localhost/a", "a")),
            ("container.seccomp.security.alpha.kubernetes.io/c", ("unconfined", "docker/default", "")),
            ("container.seccomp.security.alpha.kubernetes.io/other", ("unconfined",)),
        )
        for value in values
    ),
]
WINDOWS = [at(("spec", "os"), {"name": "windows"}), at((*POD, "runAsNonRoot"), True)]
NETWORK = at(("spec", "hostNetwork"), True)
COMBINED = [
    [*WINDOWS, at((*POD, "windowsOptions"), {"hostProcess": True}), NETWORK],
    [at(("spec", "hostUsers"), False), at((*CONTEXT, "procMount"), "Unmasked")],
    [at(("spec", "hostUsers"), False), at((*CONTEXT, "runAsUser"), 0)],
    [NETWORK, at((*FIRST, "ports"), [{"containerPort": 80, "hostPort": 80}])],
]


def pod(*patches: Patch) -> Body:
    """A pod with some patches, each over what is there."""
    body: Body = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "a"},
        "spec": {"containers": [{"name": "c", "image": "a:1"}]},
    }
    for patch in patches:
        holder: Any = body
        *steps, last = patch["path"]
        for step in steps:
            holder = holder[step] if isinstance(step, int) else holder.setdefault(step, {})
        holder[last] = copy.deepcopy(patch["value"])
    return body


def name(level: str, version: str) -> str:
    return f"{level}-{version.replace('.', '-')}"


@pytest.fixture(scope="module", params=MINORS)
def server(request: pytest.FixtureRequest) -> Iterator[tuple[Api, int]]:
    """A server of each minor, with a namespace for each level and version."""
    minor = str(request.param)
    with ControlPlane(minor) as plane:
        for level in LEVELS:
            for version in VERSIONS:
                labels = {f"{PREFIX}enforce": level, f"{PREFIX}enforce-version": version}
                metadata = {"name": name(level, version), "labels": labels}
                plane.api.create({"apiVersion": "v1", "kind": "Namespace", "metadata": metadata})
        yield plane.api, int(minor.partition(".")[2])


def read(body: Body, minor: int) -> Body:
    """A pod as a server reads it: before 1.33 two fields are behind feature gates, and left out."""
    if minor < 33:
        body = copy.deepcopy(body)
        body["spec"].pop("hostUsers", None)
        body["spec"]["containers"][0].get("securityContext", {}).pop("procMount", None)
    return body


def compare(api: Api, minor: int, body: Body, level: str, version: str) -> str:
    """Ask both judges about a pod.

    :returns: ``taken``, ``refused``, or ``invalid`` where the server does not get so far as to ask its library.
    """
    answer = api.ask("POST", f"/api/v1/namespaces/{name(level, version)}/pods", body, query={"dryRun": "All"})
    if answer.status in (400, 422):
        return "invalid"
    standard = asked({f"{PREFIX}enforce": level, f"{PREFIX}enforce-version": version}, "enforce", minor)
    assert standard is not None
    body = read(body, minor)
    ours = {REASONS[control.name] for control, _, _ in violations(PodTemplate((), body), standard)}
    said = answer.message if answer.status == 403 else ""
    assert answer.status in (201, 403), said
    theirs = {reason for reason in REASONS.values() if re.search(rf"(?:: |, ){reason} ?(?:\(|,|$)", said)}
    if body["spec"].get("hostNetwork") is True:  # the server makes every port the node's own before it judges
        ours.discard("hostPort"), theirs.discard("hostPort")
    assert ours == theirs, f"{standard}: {body}\n{said}"
    assert bool(ours) == (answer.status == 403), said
    return "refused" if ours else "taken"


def test_each_thing_that_a_pod_may_say(server: tuple[Api, int]) -> None:
    api, minor = server
    cases = [[], *([patch] for patch in PATCHES), *COMBINED]
    found = [
        compare(api, minor, pod(*base, *patches), level, version)
        for patches in cases
        for base in ([], RESTRICTED)
        for level in LEVELS
        for version in VERSIONS
    ]
    assert found.count("invalid") < len(found) / 10
    assert min(found.count("taken"), found.count("refused")) > len(found) / 5


def test_every_control_is_broken_by_some_case() -> None:
    cases = [[], *([patch] for patch in PATCHES), *COMBINED]
    broken = {
        control.name
        for patches in cases
        for level in LEVELS
        for control, _, _ in violations(PodTemplate((), pod(*RESTRICTED, *patches)), Standard(level, 36))
    }
    assert broken == {control.name for control in CONTROLS}


@given(
    st.lists(st.sampled_from(PATCHES), max_size=6), st.booleans(), st.sampled_from(LEVELS), st.sampled_from(VERSIONS)
)
@settings(deadline=None, max_examples=500, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_of_them_together(
    server: tuple[Api, int], patches: list[Patch], strict: bool, level: str, version: str
) -> None:
    compare(*server, pod(*(RESTRICTED if strict else []), *patches), level, version)


@pytest.mark.parametrize("field", ["enforce", "warn", "audit", "enforce-version", "warn-version", "audit-version"])
@pytest.mark.parametrize("value", ["restricted", "Restricted", "none", "", "latest", "v1.34", "1.34", "v1.034", "v2.0"])
def test_what_the_labels_of_a_namespace_may_say(server: tuple[Api, int], field: str, value: str) -> None:
    from pilothouse.pod_security import mistaken

    labels = {PREFIX + field: value}
    body = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "labelled", "labels": labels}}
    answer = server[0].ask("POST", "/api/v1/namespaces", body, query={"dryRun": "All"})
    assert answer.status in (201, 422), answer.message
    assert [label for label, _ in mistaken(labels)] == ([PREFIX + field] if answer.status == 422 else [])
