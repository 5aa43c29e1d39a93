"""References: what an object names is there, given, made by a controller, or a finding with what was meant."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pilothouse import dns_names, yamlio
from pilothouse.checks import check_object, check_stack
from pilothouse.environment import Cluster, Given
from pilothouse.finding import Finding, Position
from pilothouse.manifest import Manifest
from pilothouse.references import selects
from pilothouse.schemas import Catalogue
from pilothouse.stack import Stack
from pilothouse.validation import somebodys

CATALOGUE = Catalogue("1.34")


def stack_of(text: str, *, cluster: str = "lab", domain: str = "cluster.local", **there: list[str]) -> Stack:
    environment = msgspec.structs.replace(
        somebodys("1.34"), cluster=Cluster(name=cluster, domain=domain), given=Given(namespaces=["shop"], **there)
    )
    documents = yamlio.load_all(text, file="a.yaml")
    return Stack(environment, CATALOGUE, [Manifest(each.value, Position("a.yaml", each.line)) for each in documents])


def findings(text: str, **how: Any) -> list[Finding]:
    stack = stack_of(text, **how)
    found = check_stack(stack) + [finding for manifest in stack for finding in check_object(manifest, stack)]
    return [finding for finding in found if finding.code.startswith("REF")]


def told(text: str, **how: Any) -> list[str]:
    return [f"{finding.code} {finding.message}" for finding in findings(text, **how)]


def pod(spec: str, *, kind: str = "Pod", name: str = "web") -> str:
    metadata = f"{{name: {name}, namespace: shop, labels: {{app: {name}}}}}"
    return f"apiVersion: v1\nkind: {kind}\nmetadata: {metadata}\nspec: {spec}\n"


def named(kind: str, name: str, rest: str = "", *, version: str = "v1", namespace: str = "shop") -> str:
    return f"---\napiVersion: {version}\nkind: {kind}\nmetadata: {{name: {name}, namespace: {namespace}}}\n{rest}\n"


CONTAINER = "containers: [{name: web, image: nginx}]"


@pytest.mark.parametrize(
    ("spec", "wanted"),
    [
        ("{containers: [{name: c, envFrom: [{configMapRef: {name: a}}]}]}", "ConfigMap a"),
        ("{initContainers: [{name: c, envFrom: [{secretRef: {name: a}}]}]}", "Secret a"),
        ("{volumes: [{name: v, secret: {secretName: a}}]}", "Secret a"),
        ("{volumes: [{name: v, projected: {sources: [{configMap: {name: a}}]}}]}", "ConfigMap a"),
        ("{volumes: [{name: v, persistentVolumeClaim: {claimName: a}}]}", "PersistentVolumeClaim a"),
        ("{volumes: [{name: v, csi: {driver: d, nodePublishSecretRef: {name: a}}}]}", "Secret a"),
        ("{serviceAccountName: a}", "ServiceAccount a"),
        ("{priorityClassName: a}", "PriorityClass a"),
        ("{runtimeClassName: a}", "RuntimeClass a"),
        ("{resourceClaims: [{name: gpu, resourceClaimTemplateName: a}]}", "ResourceClaimTemplate a"),
    ],
)
def test_pods_do_not_start_without_what_they_name(spec: str, wanted: str) -> None:
    (finding,) = findings(pod(spec))
    assert finding.code == "REF001"
    assert finding.message.startswith(f"the {wanted} is neither in this stack nor given, so its pods do not start")
    kind = wanted.split()[0]
    here = wanted if kind in ("PriorityClass", "RuntimeClass") else f"{kind} shop/a"
    assert told(pod(spec), objects=[here]) == []


@pytest.mark.parametrize(
    "spec",
    [
        "{containers: [{name: c, envFrom: [{configMapRef: {name: a, optional: true}}]}]}",
        "{containers: [{name: c, env: [{name: A, valueFrom: {secretKeyRef: {name: a, key: k, optional: true}}}]}]}",
        "{volumes: [{name: v, secret: {secretName: a, optional: true}}]}",
        "{volumes: [{name: v, configMap: {name: kube-root-ca.crt}}]}",
        "{serviceAccountName: default, priorityClassName: system-node-critical}",
        "{serviceAccountName: $(ACCOUNT)}",
    ],
)
def test_what_may_be_absent_and_what_every_cluster_has_are_no_findings(spec: str) -> None:
    assert told(pod(spec)) == []


def test_a_name_that_reads_alike_is_offered_and_one_in_another_namespace() -> None:
    uses = pod("{containers: [{name: c, envFrom: [{configMapRef: {name: setings}}]}]}")
    assert told(uses + named("ConfigMap", "settings"))[0].endswith("; did you mean settings?")
    there = named("ConfigMap", "setings", namespace="default")
    assert told(uses + there)[0].endswith("; there is one in the namespace default")


@pytest.mark.parametrize(
    "maker",
    [
        named("ExternalSecret", "db", "spec: {}", version="external-secrets.io/v1"),
        named("ExternalSecret", "x", "spec: {target: {name: db}}", version="external-secrets.io/v1"),
        named("Certificate", "x", "spec: {secretName: db}", version="cert-manager.io/v1"),
        named("SealedSecret", "db", version="bitnami.com/v1alpha1"),
        named("ObjectBucketClaim", "db", "spec: {}", version="objectbucket.io/v1alpha1"),
        named("ClusterExternalSecret", "db", "spec: {}", version="external-secrets.io/v1", namespace='""'),
    ],
)
def test_what_a_controller_makes_is_there(maker: str) -> None:
    uses = pod("{volumes: [{name: v, secret: {secretName: db}}]}")
    assert [each for each in told(uses + maker) if "Secret db" in each] == []
    assert len([each for each in told(uses) if "Secret db" in each]) == 1


def test_a_stateful_sets_claims_are_there() -> None:
    stateful = named(
        "StatefulSet",
        "db",
        "spec: {template: {spec: {volumes: [{name: data, persistentVolumeClaim: {claimName: data}}]}},"
        " volumeClaimTemplates: [{metadata: {name: data}}]}",
        version="apps/v1",
    )
    assert told(pod("{volumes: [{name: v, persistentVolumeClaim: {claimName: data-db-0}}]}") + stateful) == []


def test_in_anyones_yaml_a_secret_may_live_in_the_cluster() -> None:
    uses = pod("{volumes: [{name: v, secret: {secretName: db}}]}")
    assert told(uses, cluster="") == []
    assert len(told(uses + named("Secret", "dbs"), cluster="")) == 1
    assert len(told(pod("{serviceAccountName: a}"), cluster="")) == 1
    nowhere = "---\napiVersion: v1\nkind: ServiceAccount\nmetadata: {name: a}\n"
    assert told(pod("{serviceAccountName: a}") + nowhere, cluster="") == []


@pytest.mark.parametrize(
    ("source", "key", "found"),
    [
        (named("ConfigMap", "s", "data: {a-b: x}"), "ab", ["has no key ab; did you mean a-b?"]),
        (named("ConfigMap", "s", "binaryData: {ab: eA==}"), "ab", []),
        (named("ConfigMap", "s"), "ab", []),
        (
            named("ConfigMap", "s", "data: {x: y}").replace("{name: s,", "{annotations: {a/inject-ca: 'x'}, name: s,"),
            "ab",
            [],
        ),
    ],
)
def test_a_key_must_be_there(source: str, key: str, found: list[str]) -> None:
    uses = pod(
        f"{{containers: [{{name: c, env: [{{name: A, valueFrom: {{configMapKeyRef: {{name: s, key: {key}}}}}}}]}}]}}"
    )
    assert [each.partition("ConfigMap s ")[2] for each in told(uses + source)] == found


@pytest.mark.parametrize(
    ("spec", "found"),
    [
        ("{data: [{secretKey: user}]}", True),
        ("{data: [{secretKey: password}]}", False),
        ("{data: [{secretKey: user}], dataFrom: [{extract: {key: a}}]}", False),
        ("{data: [{secretKey: password}], target: {template: {data: {dsn: x}}}}", True),
        ("{data: [{secretKey: password}], target: {template: {mergePolicy: Merge, data: {dsn: x}}}}", False),
    ],
)
def test_the_keys_of_a_fetched_secret_are_known(spec: str, found: bool) -> None:
    uses = pod("{volumes: [{name: v, secret: {secretName: s, items: [{key: password, path: p}]}}]}")
    fetched = named("ExternalSecret", "s", f"spec: {spec}", version="external-secrets.io/v1")
    assert any(each.startswith("REF012") for each in told(uses + fetched)) is found


INGRESS = named(
    "Ingress", "web", "spec: {defaultBackend: {service: {name: web, port: %s}}}", version="networking.k8s.io/v1"
)


@pytest.mark.parametrize(
    ("port", "spec", "found"),
    [
        ("{number: 80}", "{ports: [{port: 80, name: http}]}", []),
        ("{name: http}", "{ports: [{port: 80, name: http}]}", []),
        (
            "{number: 8080}",
            "{ports: [{port: 80, targetPort: 8080}]}",
            ["REF014 the Service web has no port 8080; it has 80"],
        ),
        ("{name: htpp}", "{ports: [{port: 80, name: http}]}", ["REF014 the Service web has no port htpp; it has http"]),
        ("{number: 8080}", "{type: ExternalName, externalName: a.b}", []),
    ],
)
def test_an_ingress_names_a_services_own_port(port: str, spec: str, found: list[str]) -> None:
    assert told(INGRESS % port + named("Service", "web", f"spec: {spec}")) == found


def test_a_webhook_without_a_port_means_443() -> None:
    hook = named(
        "ValidatingWebhookConfiguration",
        "hook",
        "webhooks: [{clientConfig: {service: {name: web, namespace: shop}}}]",
        version="admissionregistration.k8s.io/v1",
        namespace='""',
    )
    assert told(hook + named("Service", "web", "spec: {ports: [{port: 443}]}")) == []
    assert told(hook + named("Service", "web", "spec: {ports: [{port: 80}]}"))[0].startswith("REF014")


def test_a_kind_or_group_of_another_project_is_not_looked_for() -> None:
    def certificate(reference: str) -> str:
        spec = f"spec: {{secretName: a, issuerRef: {reference}}}"
        return named("Certificate", "a", spec, version="cert-manager.io/v1")

    assert told(certificate("{name: ca}"))[0].startswith("REF009 the Issuer ca ")
    assert told(certificate("{name: ca, kind: ClusterIssuer}"))[0].startswith("REF009 the ClusterIssuer ca ")
    assert told(certificate("{name: ca, kind: AWSPCAIssuer, group: awspca.cert-manager.io}")) == []
    assert told(certificate("{name: ca, kind: ClusterIssuer}"), objects=["ClusterIssuer ca"]) == []


def test_a_hand_made_volume_needs_no_class() -> None:
    claim = named("PersistentVolumeClaim", "a", "spec: {storageClassName: manual}")
    volume = "---\napiVersion: v1\nkind: PersistentVolume\nmetadata: {name: v}\nspec: {storageClassName: manual}\n"
    assert [each[:6] for each in told(claim)] == ["REF008"]
    assert told(claim + volume) == []
    assert told(claim, storage_classes=["manual"]) == []


def test_multus_networks_are_read_in_both_forms() -> None:
    for text in ("fast@net1, data/slow", '[{"name": "fast"}, {"name": "slow", "namespace": "data"}]'):
        body = pod(f"{{{CONTAINER}}}").replace(
            "labels:", f"annotations: {{k8s.v1.cni.cncf.io/networks: '{text}'}}, labels:"
        )
        assert [each.partition(" is neither")[0] for each in told(body)] == [
            "REF001 the NetworkAttachmentDefinition fast",
            "REF001 the NetworkAttachmentDefinition slow of data",
        ]


BUDGET = named("PodDisruptionBudget", "web", "spec: {selector: %s}", version="policy/v1")


@pytest.mark.parametrize(
    ("selector", "found"),
    [
        ("{matchLabels: {app: web}}", False),
        ("{}", False),
        ("{matchLabels: {app: other}}", True),
        ("{matchExpressions: [{key: app, operator: In, values: [a, web]}]}", False),
        ("{matchExpressions: [{key: app, operator: DoesNotExist}]}", True),
        ("{matchLabels: {app: web}, matchExpressions: [{key: tier, operator: Exists}]}", True),
    ],
)
def test_a_budget_of_no_pod_is_found(selector: str, found: bool) -> None:
    text = pod(f"{{{CONTAINER}}}") + BUDGET % selector
    assert [each[:6] for each in told(text)] == (["REF017"] if found else [])
    # An Application may run what is selected, and nobody can tell.
    other = named("Application", "x", "spec: {destination: {namespace: shop}}", version="argoproj.io/v1alpha1")
    assert [each for each in told(text + other) if each.startswith("REF017")] == []


@pytest.mark.parametrize(
    ("peer", "found"),
    [
        ("{podSelector: {matchLabels: {app: other}}}", True),
        ("{podSelector: {matchLabels: {k8s-app: kube-dns}}, namespaceSelector: {}}", False),
        (
            "{podSelector: {matchLabels: {a: b}}, "
            "namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: shop}}}",
            True,
        ),
        ("{podSelector: {matchLabels: {a: b}}, namespaceSelector: {matchLabels: {team: x}}}", False),
        ("{namespaceSelector: {}}", False),
        ("{ipBlock: {cidr: 10.0.0.0/8}}", False),
    ],
)
def test_a_rule_for_nobody_is_found(peer: str, found: bool) -> None:
    spec = f"spec: {{podSelector: {{}}, egress: [{{to: [{peer}]}}]}}"
    policy = named("NetworkPolicy", "p", spec, version="networking.k8s.io/v1")
    assert [each[:6] for each in told(pod(f"{{{CONTAINER}}}") + policy)] == (["REF019"] if found else [])


def test_a_service_monitor_looks_at_services_in_the_namespaces_that_it_names() -> None:
    def monitor(namespaces: str) -> str:
        spec = f"spec: {{selector: {{matchLabels: {{app: web}}}}, namespaceSelector: {namespaces}, endpoints: []}}"
        return named("ServiceMonitor", "m", spec, version="monitoring.coreos.com/v1", namespace="default")

    service = "---\napiVersion: v1\nkind: Service\nmetadata: {name: web, namespace: shop, labels: {app: web}}\n"
    assert told(monitor("{matchNames: [shop]}") + service) == []
    assert told(monitor("{any: true}") + service) == []
    assert told(monitor("{any: true}") + service.replace("app: web", "app: other")) == []
    assert [each[:6] for each in told(monitor("{matchNames: [shop]}") + service.replace("app: web", "app: other"))] == [
        "REF020"
    ]
    assert [each[:6] for each in told(monitor("{}") + service)] == ["REF020"]
    assert told(monitor("{matchNames: [elsewhere]}") + service) == []


@pytest.mark.parametrize(("port", "found"), [("http", []), ("metrics", ["REF015"])])
def test_a_pod_monitors_port_is_one_of_the_containers(port: str, found: list[str]) -> None:
    spec = f"spec: {{selector: {{matchLabels: {{app: web}}}}, podMetricsEndpoints: [{{port: {port}}}]}}"
    monitor = named("PodMonitor", "m", spec, version="monitoring.coreos.com/v1")
    web = pod("{containers: [{name: web, image: nginx, ports: [{name: http, containerPort: 80}]}]}")
    assert [each[:6] for each in told(web + monitor)] == found
    # Rook's own operator makes pods here that nobody sees.
    cluster = named("CephCluster", "ceph", "spec: {}", version="ceph.rook.io/v1")
    assert told(web + monitor + cluster) == []


SERVICE = named("Service", "db", "spec: {ports: [{port: 1}]}")


def using(value: str) -> str:
    return pod(f"{{containers: [{{name: c, image: i, env: [{{name: A, value: '{value}'}}]}}]}}")


@pytest.mark.parametrize(
    ("value", "domain", "codes"),
    [
        ("db.shop.svc", "lab.k8s", []),
        ("tcp://db.shop.svc.lab.k8s:1/x", "lab.k8s", []),
        ("db.shop.svc.cluster.local:1", "lab.k8s", ["REF023"]),
        ("db.shop.svc.other.example", "lab.k8s", ["REF023"]),
        ("dbs.shop.svc", "lab.k8s", ["REF022"]),
        ("kubernetes.default.svc", "cluster.local", []),
        ("x.monitoring.svc", "cluster.local", []),
        ("com.example.svc.Main", "cluster.local", []),
        ("com.shop.svc.Main", "cluster.local", []),
        (".svc,.cluster.local,*.shop.svc", "cluster.local", []),
        ("db-0.db.shop.svc", "cluster.local", ["REF024"]),
        ("_tcp._x.db.shop.svc", "cluster.local", []),
    ],
)
def test_names_in_dns(value: str, domain: str, codes: list[str]) -> None:
    assert [each[:6] for each in told(using(value) + SERVICE, domain=domain)] == codes


LABEL = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,6}[a-z0-9])?", fullmatch=True)


@given(
    st.lists(LABEL, min_size=2, max_size=3),
    st.sampled_from(["", ".cluster.local", ".tk8s.k8s"]),
    st.sampled_from(["", "http://", "--db=", "a, ", '"', "user:pw@"]),
    st.sampled_from(["", ":3306", "/path", ", b", '"', ".", "?x=y"]),
)
def test_a_name_is_read_out_of_whatever_stands_around_it(
    labels: list[str], domain: str, before: str, after: str
) -> None:
    (name,) = dns_names.in_text(f"{before}{'.'.join(labels)}.svc{domain}{after}")
    assert (name.service, name.namespace) == (labels[-2], labels[-1])
    assert (name.host, f".{name.domain}".rstrip(".")) == (".".join(labels[:-2]), domain)


@given(st.text(st.sampled_from("abz09.-_*$(){}/:svc ,"), max_size=60))
def test_any_text_is_read(text: str) -> None:
    for name in dns_names.in_text(text):
        assert name.service
        assert name.namespace
        assert name.text in text


LABELS = st.dictionaries(st.sampled_from("abc"), st.sampled_from(["1", "2", 1]), max_size=3)


@given(st.lists(st.tuples(st.sampled_from(["x", "y"]), LABELS), max_size=8), LABELS)
@settings(deadline=None)
def test_the_index_of_labels_finds_what_looking_at_each_would(
    objects: list[tuple[str, dict[str, Any]]], wanted: dict[str, Any]
) -> None:
    manifests = [
        Manifest(
            {
                "apiVersion": "v1",
                "kind": "Service",
                "metadata": {"name": str(number), "namespace": namespace, "labels": labels},
            },
            Position("a.yaml", 1),
        )
        for number, (namespace, labels) in enumerate(objects)
    ]
    found = Stack(somebodys("1.34"), CATALOGUE, manifests).labelled("", "Service", "x", wanted)
    expected = [each for each in manifests if each.namespace == "x" and selects({"matchLabels": wanted}, each.labels)]
    assert found == expected


GRANT = named(
    "ReferenceGrant",
    "g",
    "spec: {from: [{group: gateway.networking.k8s.io, kind: HTTPRoute, namespace: %s}], to: [{group: '', kind: %s}]}",
    version="gateway.networking.k8s.io/v1",
)


@pytest.mark.parametrize(
    ("namespace", "kind", "allowed"),
    [("default", "Service", True), ("x", "Service", False), ("default", "Secret", False)],
)
def test_a_grant_is_for_one_namespace_and_kind(namespace: str, kind: str, allowed: bool) -> None:
    route = named(
        "HTTPRoute",
        "r",
        "spec: {rules: [{backendRefs: [{name: db, namespace: shop, port: 1}]}]}",
        version="gateway.networking.k8s.io/v1",
        namespace="default",
    )
    found = told(route + SERVICE + GRANT % (namespace, kind))
    assert [each[:6] for each in found] == ([] if allowed else ["REF016"])
