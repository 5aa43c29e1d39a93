"""Looking kinds up: what a minor serves, what it does not, and what to write instead."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from schema_objects import catalogue_of

from pilothouse.schemas import Catalogue, State, UnknownVersion, fingerprint, known_minors


def test_the_catalogue_covers_six_minors() -> None:
    assert known_minors() == ["1.31", "1.32", "1.33", "1.34", "1.35", "1.36"]


@pytest.mark.parametrize("version", ["1.32", "1.32.2", "1.32.99", "v1.32.2"])
def test_a_release_means_its_minor(version: str) -> None:
    assert Catalogue(version).minor == "1.32"


@pytest.mark.parametrize("version", ["1.30", "1.99", "2", "", "latest"])
def test_an_unknown_version_names_the_known_ones(version: str) -> None:
    with pytest.raises(UnknownVersion, match=r"the catalogue has 1\.31, 1\.32, 1\.33, 1\.34, 1\.35, 1\.36"):
        Catalogue(version)


def test_a_kind_tells_what_it_is(catalogue: Catalogue) -> None:
    kind = catalogue.kind("apps/v1", "Deployment")
    assert kind is not None
    assert (kind.group, kind.version, kind.kind, kind.plural) == ("apps", "v1", "Deployment", "deployments")
    assert (kind.api_version, kind.title) == ("apps/v1", "apps/v1 Deployment")
    assert (kind.namespaced, kind.storage, kind.preview) == (True, True, False)
    assert (kind.introduced, kind.deprecated, kind.removed, kind.replacement) == ("1.9", None, None, None)
    assert kind.source == "kubernetes"


def test_the_core_group_has_no_name(catalogue: Catalogue) -> None:
    kind = catalogue.kind("v1", "Pod")
    assert kind is not None and (kind.group, kind.api_version) == ("", "v1")


@pytest.mark.parametrize(
    ("api_version", "kind", "namespaced"),
    [
        ("v1", "Namespace", False),
        ("v1", "Service", True),
        ("rbac.authorization.k8s.io/v1", "ClusterRole", False),
        ("rbac.authorization.k8s.io/v1", "Role", True),
        ("cert-manager.io/v1", "ClusterIssuer", False),
        ("networking.istio.io/v1", "VirtualService", True),
        ("apps/v1", "Nothing", None),
    ],
)
def test_scope(catalogue: Catalogue, api_version: str, kind: str, namespaced: bool | None) -> None:
    assert catalogue.namespaced(api_version, kind) is namespaced


def test_custom_resources_come_from_every_module() -> None:
    sources = {kind.source for kind in catalogue_of("1.36").kinds()}
    assert sources == {
        "kubernetes",
        "argo-cd",
        "argo-rollouts",
        "cert-manager",
        "chaos-mesh",
        "elastic",
        "external-secrets",
        "external-snapshotter",
        "gateway-api",
        "istio",
        "network-attachment",
        "prometheus-operator",
        "rook",
        "smi",
        "vertical-pod-autoscaler",
    }


def test_only_kinds_that_can_be_applied_are_listed(catalogue: Catalogue) -> None:
    names = {kind.kind for kind in catalogue.kinds()}
    assert not names & {"PodList", "Status", "DeleteOptions", "SubjectAccessReview", "ComponentStatus", "Eviction"}


def test_versions_of_one_custom_resource(catalogue: Catalogue) -> None:
    stored = {
        kind.version: kind.storage
        for kind in catalogue.kinds()
        if kind.title.startswith("gateway.") and kind.kind == "HTTPRoute"
    }
    assert stored == {"v1": True, "v1beta1": False}


@pytest.mark.parametrize(
    ("minor", "api_version", "kind", "state", "message", "fix"),
    [
        ("1.32", "apps/v1", "Deployment", State.SERVED, "", ""),
        (
            "1.32",
            "extensions/v1beta1",
            "Ingress",
            State.REMOVED,
            "extensions/v1beta1 Ingress is gone since Kubernetes 1.22; this is 1.32",
            "Use networking.k8s.io/v1 Ingress.",
        ),
        (
            "1.36",
            "policy/v1beta1",
            "PodSecurityPolicy",
            State.REMOVED,
            "policy/v1beta1 PodSecurityPolicy is gone since Kubernetes 1.25; this is 1.36",
            "Nothing takes its place: remove it.",
        ),
        ("1.32", "v1", "Endpoints", State.SERVED, "", ""),
        (
            "1.33",
            "v1",
            "Endpoints",
            State.DEPRECATED,
            "v1 Endpoints is deprecated since Kubernetes 1.33",
            "Use discovery.k8s.io/v1 EndpointSlice.",
        ),
        (
            "1.31",
            "flowcontrol.apiserver.k8s.io/v1beta3",
            "FlowSchema",
            State.DEPRECATED,
            "flowcontrol.apiserver.k8s.io/v1beta3 FlowSchema is deprecated since Kubernetes 1.29 "
            "and will be gone with 1.32",
            "Use flowcontrol.apiserver.k8s.io/v1 FlowSchema.",
        ),
        (
            "1.32",
            "flowcontrol.apiserver.k8s.io/v1beta3",
            "FlowSchema",
            State.REMOVED,
            "flowcontrol.apiserver.k8s.io/v1beta3 FlowSchema is gone since Kubernetes 1.32; this is 1.32",
            "Use flowcontrol.apiserver.k8s.io/v1 FlowSchema.",
        ),
        (
            "1.31",
            "networking.k8s.io/v1",
            "ServiceCIDR",
            State.NOT_YET,
            "networking.k8s.io/v1 ServiceCIDR appears in Kubernetes 1.33; this is 1.31",
            "Until the cluster runs 1.33, use networking.k8s.io/v1beta1 ServiceCIDR.",
        ),
        (
            "1.32",
            "batch/v1beta1",
            "CronJob",
            State.REMOVED,
            "batch/v1beta1 CronJob is gone since Kubernetes 1.25; this is 1.32",
            "Use batch/v1 CronJob.",
        ),
        (
            "1.32",
            "autoscaling/v2beta2",
            "HorizontalPodAutoscaler",
            State.REMOVED,
            "autoscaling/v2beta2 HorizontalPodAutoscaler is gone since Kubernetes 1.26; this is 1.32",
            "Use autoscaling/v2 HorizontalPodAutoscaler.",
        ),
        (
            "1.32",
            "v1",
            "Deployment",
            State.UNKNOWN,
            "unknown kind Deployment of v1, did you mean apps/v1 Deployment?",
            "Write apiVersion and kind of apps/v1 Deployment, or teach it with `pilothouse schemas add crd.yaml`.",
        ),
        (
            "1.32",
            "gateway.networking.k8s.io/v1alpha2",
            "TLSRoute",
            State.DEPRECATED,
            "gateway.networking.k8s.io/v1alpha2 TLSRoute is deprecated since sigs.k8s.io/gateway-api v1.7.0",
            "Use gateway.networking.k8s.io/v1 TLSRoute.",
        ),
        (
            "1.32",
            "example.com/v1",
            "Zeppelin",
            State.UNKNOWN,
            "unknown kind Zeppelin of example.com/v1",
            "If it is a custom resource, teach it with `pilothouse schemas add crd.yaml`.",
        ),
    ],
)
def test_status(minor: str, api_version: str, kind: str, state: State, message: str, fix: str) -> None:
    status = catalogue_of(minor).status(api_version, kind)
    assert (status.state, status.message, status.fix) == (state, message, fix)


@pytest.mark.parametrize(
    ("api_version", "kind", "first"),
    [
        ("extensions/v1beta1", "Ingress", "networking.k8s.io/v1 Ingress"),
        ("v1", "Ingress", "networking.k8s.io/v1 Ingress"),
        ("apps/v1", "Deploymnet", "apps/v1 Deployment"),
        ("apps/v1", "deployment", "apps/v1 Deployment"),
        ("v1", "Pood", "v1 Pod"),
        ("v1", "Configmap", "v1 ConfigMap"),
        ("networking.istio.io/v1alpha1", "VirtualService", "networking.istio.io/v1 VirtualService"),
        ("networking.istio.io/v1", "VirtualServices", "networking.istio.io/v1 VirtualService"),
        ("apps/v2", "StatefulSet", "apps/v1 StatefulSet"),
        ("batch/v1", "CRONJOB", "batch/v1 CronJob"),
        ("v1", "PVC", None),
        ("v1", "Endpoints", "discovery.k8s.io/v1 EndpointSlice"),
        ("extensions/v1beta1", "ThirdPartyResource", "apiextensions.k8s.io/v1 CustomResourceDefinition"),
    ],
)
def test_nearest_kind_comes_first(catalogue: Catalogue, api_version: str, kind: str, first: str | None) -> None:
    assert next(iter(catalogue.nearest(api_version, kind)), None) == first


def test_nearest_is_silent_where_nothing_is_near(catalogue: Catalogue) -> None:
    assert catalogue.nearest("example.com/v1", "Zeppelin") == []


@pytest.mark.parametrize(
    ("kind", "path", "keys"),
    [
        ("Deployment", ("spec", "template", "spec", "containers"), ("name",)),
        ("Deployment", ("spec", "template", "spec", "containers", 7, "ports"), ("containerPort", "protocol")),
        ("Deployment", ("spec", "template", "spec", "containers", 0, "args"), None),
        ("Deployment", ("metadata", "finalizers"), ()),
        ("Deployment", ("spec", "replicas"), None),
        ("Deployment", ("spec", "nowhere"), None),
        ("Nothing", ("spec",), None),
    ],
)
def test_list_keys(catalogue: Catalogue, kind: str, path: tuple[str | int, ...], keys: tuple[str, ...] | None) -> None:
    assert catalogue.list_keys("apps/v1", kind, path) == keys


def test_the_schema_of_a_field(catalogue: Catalogue) -> None:
    def node(*path: str | int) -> dict[str, object]:
        return catalogue.node("apps/v1", "Deployment", path) or {}

    assert node("spec", "replicas")["type"] == ["integer", "null"]
    assert node("metadata", "labels", "any")["type"] == ["string", "null"]
    assert node("spec", "template", "spec", "containers", 3)["required"] == ["name"]
    assert node("spec", "template", "spec", "containers", 3, "nowhere") == {}
    assert catalogue.node("apps/v1", "Nothing", ("spec",)) is None


def test_list_keys_of_a_custom_resource(catalogue: Catalogue) -> None:
    assert catalogue.list_keys("gateway.networking.k8s.io/v1", "Gateway", ("spec", "listeners")) == ("name",)


def test_rules_of_custom_resources_are_kept(catalogue: Catalogue) -> None:
    node = catalogue.node("gateway.networking.k8s.io/v1", "Gateway", ("spec", "listeners"))
    assert node is not None
    assert any("protocol" in rule["rule"] for rule in node["x-kubernetes-validations"])


def test_nothing_heavy_is_imported_to_look_kinds_up() -> None:
    code = (
        "import sys; from pilothouse.schemas import Catalogue; c = Catalogue('1.32'); c.status('v1', 'Endpoints');"
        "c.nearest('v1', 'Endpoints'); heavy = {'jsonschema_rs', 'yaml', 'gzip', 'msgspec', 'tomllib', 'subprocess'};"
        "print(sorted(heavy & set(sys.modules)))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (run.stdout, run.stderr) == ("[]\n", "")


def test_the_fingerprint_changes_with_a_repository_s_schemas(tmp_path: Path) -> None:
    before = fingerprint(tmp_path)
    (tmp_path / "ships.example.com.json").write_text("{}")
    added = fingerprint(tmp_path)
    (tmp_path / "ships.example.com.json").write_text("{ }")
    assert len({fingerprint(None), before, added, fingerprint(tmp_path)}) == 3
    assert fingerprint(None) == before
