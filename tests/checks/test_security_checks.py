"""The security checks at their edges: which pods, accounts, Roles and texts they tell of, and which not."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilothouse.checks import check_object, check_stack
from pilothouse.checks.credentials import issued
from pilothouse.finding import Finding, Position
from pilothouse.manifest import Manifest
from pilothouse.pod_controls import safe_sysctls
from pilothouse.pod_security import MODES, PREFIX, Standard, asked, controls, mistaken, violations
from pilothouse.pods import PodTemplate
from pilothouse.schemas import Catalogue
from pilothouse.stack import Stack
from pilothouse.validation import somebodys

Body = dict[str, Any]
RBAC = "rbac.authorization.k8s.io"


def judged(*bodies: Body, minor: str = "1.36") -> list[Finding]:
    manifests = [Manifest(body, Position("a.yaml", 1)) for body in bodies]
    stack = Stack(somebodys(minor), Catalogue(minor), manifests)
    return [finding for manifest in manifests for finding in check_object(manifest, stack)] + check_stack(stack)


def codes(family: str, *bodies: Body, minor: str = "1.36") -> list[str]:
    return sorted({finding.code for finding in judged(*bodies, minor=minor) if finding.code.startswith(family)})


def pod(spec: Body | None = None, /, **container: Any) -> Body:
    body = {"containers": [{"name": "a", "image": "a:1", **container}], **(spec or {})}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a", "namespace": "shop"}, "spec": body}


def namespace(**labels: str) -> Body:
    named = {PREFIX + label.replace("_", "-"): value for label, value in labels.items()}
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop", "labels": named}}


def role(*rules: tuple[str, str, str], kind: str = "Role", names: tuple[str, ...] = ()) -> Body:
    return {
        "apiVersion": f"{RBAC}/v1",
        "kind": kind,
        "metadata": {"name": "a", **({"namespace": "shop"} if kind == "Role" else {})},
        "rules": [
            {"apiGroups": groups.split(","), "resources": resources.split(","), "verbs": verbs.split(",")}
            | ({"resourceNames": list(names)} if names else {})
            for groups, resources, verbs in rules
        ],
    }


def binding(name: str, *subjects: Body, kind: str = "RoleBinding") -> Body:
    ref = {"apiGroup": RBAC, "kind": "ClusterRole", "name": name}
    metadata = {"name": "a", "namespace": "shop"} if kind == "RoleBinding" else {"name": "a"}
    return {
        "apiVersion": f"{RBAC}/v1",
        "kind": kind,
        "metadata": metadata,
        "roleRef": ref,
        "subjects": list(subjects),
    }


def account(name: str, **fields: Any) -> Body:
    return {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": name, "namespace": "shop"}, **fields}


# Pod security


@pytest.mark.parametrize("kind", ["Deployment", "PodTemplate"])
def test_a_workload_is_told_of_where_its_namespace_would_refuse_the_pods(kind: str) -> None:
    template = {"metadata": {"labels": {"a": "b"}}, "spec": pod({"hostPID": True})["spec"]}
    body: Body = {"apiVersion": "apps/v1", "kind": kind, "metadata": {"name": "a", "namespace": "shop"}}
    if kind == "PodTemplate":  # makes no pods, so nothing is refused
        body |= {"apiVersion": "v1", "template": template}
    else:
        body["spec"] = {"selector": {"matchLabels": {"a": "b"}}, "template": template}
    found = codes("POD001", namespace(enforce="baseline"), body)
    assert found == (["POD001"] if kind == "Deployment" else [])


@pytest.mark.parametrize(
    ("version", "refused"), [("latest", True), ("v1.34", True), ("v1.33", False), ("v1.0", False), ("v1.99", True)]
)
def test_the_version_of_the_standard_is_the_namespaces(version: str, refused: bool) -> None:
    probed = pod(readinessProbe={"httpGet": {"port": 80, "host": "10.0.0.1"}})
    labels = {"enforce": "baseline", "enforce_version": version}
    assert bool(codes("POD001", namespace(**labels), probed)) is refused
    assert not codes("POD001", namespace(**labels), probed, minor="1.33"), "that server knows no newer standard"


def test_warnings_say_what_is_not_refused_already() -> None:
    body = pod({"hostPID": True}, securityContext={"privileged": True})
    only_warned = namespace(enforce="baseline", warn="restricted", audit="restricted")
    paths = [finding.path for finding in judged(only_warned, body) if finding.code == "POD015"]
    assert paths
    assert len(paths) == len(set(paths))
    assert ("spec", "hostPID") not in paths
    assert codes("POD015", namespace(enforce="restricted", warn="baseline"), body) == []
    assert codes("POD015", namespace(enforce="privileged"), body) == []


@given(
    st.dictionaries(
        st.sampled_from([PREFIX + mode + end for mode in MODES for end in ("", "-version")]),
        st.sampled_from(["privileged", "baseline", "restricted", "latest", "v1.30", "v1.7x", "", "high"]),
    )
)
def test_labels_are_either_mistaken_or_ask_for_something(labels: dict[str, str]) -> None:
    wrong = {label for label, _ in mistaken(labels)}
    for mode in MODES:
        level, version = PREFIX + mode, f"{PREFIX}{mode}-version"
        standard = asked(labels, mode, 36)
        assert (standard is None) == (level not in labels or bool({level, version} & wrong))
        assert standard is None or standard.level == labels[level]


@given(st.integers(0, 40), st.integers(0, 40))
def test_a_level_holds_each_control_once(one: int, other: int) -> None:
    names = [control.name for control in controls("restricted", one)]
    assert len(names) == len(set(names))
    replaced = {control.instead_of for control in controls("restricted", one)}
    assert {each.name for each in controls("baseline", one)} <= {*names, *replaced}
    assert safe_sysctls(min(one, other)) <= safe_sysctls(max(one, other))


FIELDS = st.sampled_from([True, False, None, 0, 1000, "", "Unmasked", "RuntimeDefault", [], {}, ["ALL"], {"type": "a"}])
NAMES = st.sampled_from(
    ["privileged", "runAsUser", "runAsNonRoot", "procMount", "seccompProfile", "capabilities", "seLinuxOptions"]
)


@given(st.dictionaries(NAMES, FIELDS), st.dictionaries(NAMES, FIELDS), st.integers(0, 40))
def test_what_the_baseline_refuses_the_restricted_level_refuses(own: Body, whole: Body, minor: int) -> None:
    template = PodTemplate((), pod({"securityContext": whole}, securityContext=own))
    baseline = list(violations(template, Standard("baseline", minor)))
    assert not baseline or list(violations(template, Standard("restricted", minor)))


# Contexts


@pytest.mark.parametrize(
    ("whole", "own", "found"),
    [
        ({"runAsNonRoot": True}, {"runAsUser": 0}, ["POD023"]),
        ({"runAsNonRoot": True, "runAsUser": 0}, {}, ["POD023"]),
        ({"runAsNonRoot": True, "runAsUser": 0}, {"runAsUser": 1}, []),
        ({"runAsNonRoot": True}, {"runAsNonRoot": False, "runAsUser": 0}, ["POD020"]),
        ({}, {"runAsUser": 0}, ["POD020"]),
        ({}, {}, ["POD020"]),
        ({"runAsUser": 1}, {}, []),
        ({"runAsUser": 1}, {"runAsUser": 0}, ["POD020"]),
        ({}, {"runAsNonRoot": True}, []),
    ],
)
def test_who_may_be_root(whole: Body, own: Body, found: list[str]) -> None:
    body = pod({"securityContext": whole}, securityContext=own)
    assert [code for code in codes("POD", body) if code in ("POD020", "POD023")] == found


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("/srv/data", "POD002"),
        ("/var/log", "POD002"),
        ("/", "POD017"),
        ("//", "POD017"),
        ("/etc/", "POD017"),
        ("/var/../etc", "POD017"),
        ("/run/containerd/containerd.sock", "POD018"),
        ("/var/run/docker.sock", "POD018"),
    ],
)
def test_each_path_of_the_node_is_told_of_once(path: str, code: str) -> None:
    body = pod({"volumes": [{"name": "a", "hostPath": {"path": path}}]})
    assert [each for each in codes("POD", body) if each in ("POD002", "POD017", "POD018")] == [code]


def test_a_capability_is_known_by_its_name() -> None:
    def found(*names: str) -> list[str]:
        body = pod(securityContext={"capabilities": {"add": list(names)}})
        return [finding.message for finding in judged(body) if finding.code == "POD019"]

    assert found("SYS_ADMIN", "net_raw", "ALL") == []
    assert found("CAP_SYS_ADMIN") == ["Linux has no capability CAP_SYS_ADMIN: Kubernetes calls it SYS_ADMIN"]
    assert found("SYS_ADMN") == ["Linux has no capability SYS_ADMN; nearest: SYS_ADMIN"]


# Tokens


def test_a_token_is_told_of_where_nothing_is_bound_to_its_account() -> None:
    mine = pod({"serviceAccountName": "web"})
    subject = {"kind": "ServiceAccount", "name": "web"}
    assert codes("POD03", mine, account("web")) == ["POD032"]
    assert codes("POD03", mine, account("web"), binding("view", subject)) == []
    group = {"apiGroup": RBAC, "kind": "Group", "name": "system:serviceaccounts:shop"}
    assert codes("POD03", mine, account("web"), binding("view", group)) == []
    closed = account("web", automountServiceAccountToken=False)
    assert codes("POD03", mine, closed) == []
    assert codes("POD03", mine, closed, binding("view", subject)) == ["POD034"]
    asking = pod({"serviceAccountName": "web", "automountServiceAccountToken": True})
    assert codes("POD03", asking, closed) == ["POD032"], "the pod's own word counts"
    assert codes("POD03", pod({"automountServiceAccountToken": False})) == []
    assert codes("POD03", pod()) == ["POD033"]


# Access


@pytest.mark.parametrize(
    ("rule", "found"),
    [
        (("", "pods,services", "get,list"), []),
        (("", "deployments", "get"), ["RBAC021"]),
        ((",apps", "deployments,pods", "get"), []),
        (("", "pod", "get"), ["RBAC021"]),
        (("", "Pod", "get"), ["RBAC021"]),
        (("apps/v1", "deployments", "get"), ["RBAC021"]),
        (("core", "pods", "get"), ["RBAC021"]),
        (("networking", "ingresses", "get"), ["RBAC021"]),
        (("example.com", "anything", "sync"), []),
        ((",example.com", "anything", "get"), []),
        (("", "pods", "read"), ["RBAC021"]),
        (("", "pods/log,pods/anything", "get"), []),
        (("extensions", "ingresses", "get"), ["RBAC022"]),
        (("policy", "podsecuritypolicies", "use"), ["RBAC022"]),
        (("", "nodes", "get"), ["RBAC023"]),
        (("", "namespaces", "get"), []),
        (("certificates.k8s.io", "signers", "sign"), ["RBAC014"]),
        (("authorization.k8s.io", "subjectaccessreviews", "create"), []),
        (("*", "*", "*"), ["RBAC002"]),
        (("", "*", "*"), ["RBAC003"]),
        (("apps", "*", "get"), ["RBAC003"]),
        (("", "secrets", "get"), ["RBAC004"]),
        (("", "secrets", "create"), []),
        (("example.com", "secrets", "get"), []),
        (("", "users", "impersonate"), ["RBAC006"]),
        ((RBAC, "roles", "create"), []),
        ((RBAC, "roles", "escalate"), ["RBAC006"]),
        (("", "pods/exec", "get"), ["RBAC007"]),
    ],
)
def test_what_a_rule_grants(rule: tuple[str, str, str], found: list[str]) -> None:
    assert codes("RBAC", role(rule)) == found


def test_names_make_a_right_a_small_one() -> None:
    assert codes("RBAC", role(("", "secrets", "get"), names=("a",))) == []
    assert codes("RBAC", role(("coordination.k8s.io", "leases", "create,get"), names=("a",))) == ["RBAC024"]
    both = role(("coordination.k8s.io", "leases", "create,get"), names=("a",))
    both["rules"].append({"apiGroups": ["coordination.k8s.io"], "resources": ["leases"], "verbs": ["create"]})
    assert codes("RBAC", both) == []


@pytest.mark.parametrize(
    ("bound", "subject", "kind", "found"),
    [
        ("cluster-admin", {"kind": "ServiceAccount", "name": "a", "namespace": "b"}, "ClusterRoleBinding", "RBAC001"),
        ("cluster-admin", {"kind": "Group", "name": "system:serviceaccounts"}, "ClusterRoleBinding", "RBAC001"),
        ("cluster-admin", {"kind": "User", "name": "a"}, "ClusterRoleBinding", "RBAC015"),
        ("cluster-admin", {"kind": "ServiceAccount", "name": "a", "namespace": "b"}, "RoleBinding", "RBAC015"),
        ("view", {"kind": "User", "name": "system:anonymous"}, "RoleBinding", "RBAC009"),
        ("system:public-info-viewer", {"kind": "Group", "name": "system:unauthenticated"}, "ClusterRoleBinding", ""),
        ("view", {"kind": "ServiceAccount", "name": "default", "namespace": "b"}, "RoleBinding", "RBAC010"),
        ("view", {"kind": "Group", "name": "system:authenticated"}, "ClusterRoleBinding", "RBAC011"),
        ("view", {"kind": "ServiceAccount", "name": "a"}, "RoleBinding", ""),
        ("view", {"kind": "ServiceAccount", "name": "a"}, "ClusterRoleBinding", "RBAC016"),
    ],
)
def test_who_is_given_a_role(bound: str, subject: Body, kind: str, found: str) -> None:
    assert [
        code for code in codes("RBAC", binding(bound, subject, kind=kind)) if code != "RBAC011" or found == code
    ] == [code for code in [found] if code]


# Credentials

TOKENS = ["AKIA" + "IOSFODNN7ABCDEFG"[:16], "ghp_" + "a1B2" * 9, "glpat-" + "b" * 20, "AIza" + "b" * 35]


@given(st.sampled_from(TOKENS), st.sampled_from(["", " ", "token=", '"', "https://a/?k="]), st.text("abc ", max_size=5))
def test_a_token_is_found_wherever_it_stands(token: str, before: str, after: str) -> None:
    assert issued(f"{before}{token} {after}")


@given(st.text(st.characters(codec="ascii"), max_size=30))
def test_short_texts_are_no_tokens(text: str) -> None:
    assert len(text) >= 20 or issued(text) == ""


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (["--password=changeme"], True),
        (["--db-password", "changeme"], True),
        (["--password=$(PASSWORD)"], False),
        (["--password-file=/run/a"], False),
        (["--password=/run/a"], False),
        (["--token", "--verbose"], False),
        (["--token"], False),
        (["sh", "-c", "mysql --password=changeme -h db"], True),
        (["sh", "-c", "mysql --password=$PASSWORD -h db"], False),
        (["sh", "-c", 'mysql --password="${PASSWORD}"'], False),
        (["--tokens=5"], False),
        (["-----BEGIN RSA PRIVATE KEY-----"], True),
        ([TOKENS[1]], True),
    ],
)
def test_which_arguments_carry_a_secret(words: list[str], found: bool) -> None:
    assert bool(codes("SEC005", pod(args=words))) is found


@pytest.mark.parametrize(
    ("key", "value", "found"),
    [
        ("DB_PASSWORD", "changeme", True),
        ("db-password", "changeme", True),
        ("DB_PASSWORD_FILE", "/run/a", False),
        ("api-key", "$(KEY)", False),
        ("tls.key", "-----BEGIN PRIVATE KEY-----\nMII\n-----END PRIVATE KEY-----\n", True),
        ("ca.crt", "-----BEGIN CERTIFICATE-----\nMII\n-----END CERTIFICATE-----\n", False),
        ("enable_token", "true", False),
        ("app.conf", "password: see the manual\nport: 80\n", False),
    ],
)
def test_which_config_maps_hold_a_secret(key: str, value: str, found: bool) -> None:
    body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "namespace": "shop"}}
    assert bool(codes("SEC004", {**body, "data": {key: value}})) is found


def test_no_finding_prints_the_secret() -> None:
    config = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "namespace": "shop"}}
    found = judged({**config, "data": {"PASSWORD": "hunter22"}}, pod(args=["--password=hunter22"]))
    assert {"SEC004", "SEC005"} <= {finding.code for finding in found}
    assert not any("hunter22" in finding.message + finding.fix for finding in found)
