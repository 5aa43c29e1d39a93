"""The table of references: its fields are there, and each finds what the cluster would find."""

from __future__ import annotations

import pytest

from pilothouse.fieldpath import format_path
from pilothouse.finding import Position
from pilothouse.manifest import Body, Manifest
from pilothouse.pods import TEMPLATES
from pilothouse.references import PODS, TABLE, How, Row, Where, links, links_to, selects
from pilothouse.references.table import steps as _steps
from pilothouse.schemas import Catalogue, known_minors
from pilothouse.stack import Stack
from pilothouse.validation import somebodys
from pilothouse.yamlio import load_all


def stack_of(text: str) -> Stack:
    manifests = [
        Manifest(document.value, Position("f.yaml", document.line)) for document in load_all(text, file="f.yaml")
    ]
    return Stack(somebodys("1.34"), Catalogue("1.34"), manifests)


def told(stack: Stack, name: str) -> list[str]:
    """What the object of a name refers to."""
    (manifest,) = (manifest for manifest in stack if manifest.name == name)
    return [
        f"{format_path(link.path)}: {link.target if link.target.name else 'nothing'}{'' if link.found else ' (absent)'}"
        for link in links(manifest, stack)
    ]


@pytest.mark.parametrize("row", TABLE, ids=lambda row: f"{row.source[1]}:{row.path}:{row.target[1]}")
def test_every_row_names_a_field_that_its_kind_has(row: Row) -> None:
    catalogue = Catalogue(known_minors()[-1])
    versions: dict[tuple[str, str], list[str]] = {}
    for kind in catalogue.kinds():
        versions.setdefault((kind.group, kind.kind), []).append(kind.api_version)

    def known(source: tuple[str, str], path: list[str | int]) -> bool:
        return any(catalogue.node(version, source[1], path) is not None for version in versions[source])

    path: list[str | int] = [0 if step == "" else step for step in _steps(row.path)]
    (namespaced,) = {catalogue.namespaced(version, row.target[1]) for version in versions[row.target]}
    assert namespaced is not (row.where is Where.CLUSTER)
    for source in [("apps", "Deployment"), ("", "Pod"), ("batch", "CronJob")] if row.source == PODS else [row.source]:
        before = list(TEMPLATES[source]) if row.source == PODS else []
        full = [*before, *path]
        if row.path.startswith("metadata."):
            full = full[:-1]
        assert known(source, full), (source, full)
        if row.how is How.NAME and row.kind_beside is not None:
            assert known(source, [*full[:-1], "kind"]), (source, full)
        if row.where in (Where.BESIDE, Where.NAMED, Where.LABELLED):
            assert known(source, [*full[:-1], row.beside]), (source, full)
        if row.flag is not None:
            assert known(source, [*full[:-1], row.flag[0]]), (source, full)


WORKLOAD = """
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: db, namespace: shop}
spec:
  serviceName: db
  selector: {matchLabels: {app: db}}
  template:
    metadata: {labels: {app: db, tier: "1"}}
    spec:
      serviceAccountName: db
      priorityClassName: high
      imagePullSecrets: [{name: registry}]
      volumes:
        - {name: a, configMap: {name: settings}}
        - {name: b, secret: {secretName: password}}
        - {name: c, projected: {sources: [{configMap: {name: more}}, {secret: {name: cert}}]}}
      initContainers: [{name: i, image: i, envFrom: [{configMapRef: {name: settings}}]}]
      containers:
        - name: db
          image: db
          env: [{name: P, valueFrom: {secretKeyRef: {name: password, key: p}}}, {name: Q, value: q}]
  volumeClaimTemplates: [{metadata: {name: d}, spec: {storageClassName: fast}}]
---
apiVersion: v1
kind: ConfigMap
metadata: {name: settings, namespace: shop}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: more, namespace: elsewhere}
---
apiVersion: v1
kind: Service
metadata: {name: db, namespace: shop}
spec: {selector: {app: db, tier: 1}, clusterIP: None}
---
apiVersion: v1
kind: Service
metadata: {name: lost, namespace: shop}
spec: {selector: {app: dbb}}
---
apiVersion: v1
kind: Service
metadata: {name: outside, namespace: shop}
spec: {type: ExternalName, externalName: example.com, selector: {app: db}}
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: budget, namespace: shop}
spec: {selector: {matchExpressions: [{key: app, operator: In, values: [db, web]}]}}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: everyone, namespace: shop}
spec: {podSelector: {}}
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: scaler, namespace: shop}
spec: {scaleTargetRef: {apiVersion: apps/v1, kind: StatefulSet, name: db}, maxReplicas: 3}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: reads, namespace: shop}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: view}
subjects:
  - {kind: ServiceAccount, name: db}
  - {kind: ServiceAccount, name: ci, namespace: build}
  - {kind: User, name: jane}
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: route, namespace: shop}
spec:
  parentRefs: [{name: edge, namespace: infra}]
  rules: [{backendRefs: [{name: db, port: 80}, {name: other, kind: Widget, group: example.com}]}]
"""


def test_a_workload_names_what_its_pods_need() -> None:
    (db,) = (each for each in stack_of(WORKLOAD) if each.kind == "StatefulSet")
    stack = stack_of(WORKLOAD)
    found = [f"{format_path(link.path)}: {link.target}{'' if link.found else ' (absent)'}" for link in links(db, stack)]
    pod = "spec.template.spec"
    assert found == [
        "spec.serviceName: Service shop/db",
        "spec.volumeClaimTemplates[0].spec.storageClassName: StorageClass fast (absent)",
        f"{pod}.volumes[0].configMap.name: ConfigMap shop/settings",
        f"{pod}.volumes[1].secret.secretName: Secret shop/password (absent)",
        f"{pod}.volumes[2].projected.sources[0].configMap.name: ConfigMap shop/more (absent)",
        f"{pod}.volumes[2].projected.sources[1].secret.name: Secret shop/cert (absent)",
        f"{pod}.containers[0].env[0].valueFrom.secretKeyRef.name: Secret shop/password (absent)",
        f"{pod}.initContainers[0].envFrom[0].configMapRef.name: ConfigMap shop/settings",
        f"{pod}.imagePullSecrets[0].name: Secret shop/registry (absent)",
        f"{pod}.serviceAccountName: ServiceAccount shop/db (absent)",
        f"{pod}.priorityClassName: PriorityClass high (absent)",
    ]


def test_selectors_find_the_pods_that_the_cluster_would() -> None:
    stack = stack_of(WORKLOAD)
    assert told(stack, "lost") == ["spec.selector: nothing (absent)"]
    assert told(stack, "outside") == []
    assert told(stack, "budget") == ["spec.selector: StatefulSet shop/db"]
    assert told(stack, "everyone") == ["spec.podSelector: StatefulSet shop/db"]


def test_the_kind_and_namespace_beside_a_name_count() -> None:
    stack = stack_of(WORKLOAD)
    assert told(stack, "scaler") == ["spec.scaleTargetRef.name: StatefulSet shop/db"]
    assert told(stack, "reads") == [
        "roleRef.name: ClusterRole view (absent)",
        "subjects[0].name: ServiceAccount shop/db (absent)",
        "subjects[1].name: ServiceAccount build/ci (absent)",
    ]
    assert told(stack, "route") == [
        "spec.parentRefs[0].name: Gateway infra/edge (absent)",
        "spec.rules[0].backendRefs[0].name: Service shop/db",
    ]


def test_an_object_knows_who_refers_to_it() -> None:
    stack = stack_of(WORKLOAD)
    (settings,) = (each for each in stack if each.name == "settings")
    assert [str(link.source.identity) for link in links_to(settings.identity, stack)] == ["StatefulSet shop/db"] * 2
    (db,) = (each for each in stack if each.kind == "StatefulSet")
    assert [link.source.name for link in links_to(db.identity, stack)] == ["db", "budget", "everyone", "scaler"]


@pytest.mark.parametrize(
    ("selector", "selected"),
    [
        ({}, True),
        ({"matchLabels": {"app": "web"}}, True),
        ({"matchLabels": {"app": "web", "x": "y"}}, False),
        ({"matchExpressions": [{"key": "app", "operator": "In", "values": ["web"]}]}, True),
        ({"matchExpressions": [{"key": "app", "operator": "NotIn", "values": ["web"]}]}, False),
        ({"matchExpressions": [{"key": "x", "operator": "NotIn", "values": ["web"]}]}, True),
        ({"matchExpressions": [{"key": "app", "operator": "Exists"}]}, True),
        ({"matchExpressions": [{"key": "app", "operator": "DoesNotExist"}]}, False),
        ({"matchExpressions": [{"key": "x", "operator": "DoesNotExist"}, {"key": "y", "operator": "Exists"}]}, False),
        ({"matchExpressions": [{"key": "app", "operator": "Like"}]}, False),
    ],
)
def test_a_label_selector_selects_by_every_rule(selector: Body, selected: bool) -> None:
    assert selects(selector, {"app": "web"}) is selected


@pytest.mark.parametrize("odd", [None, 1, "text", [], [1], {}, {"name": 1}, [{}], [[{}]]], ids=repr)
def test_a_field_of_another_shape_refers_to_nothing(odd: object) -> None:
    stack = stack_of(WORKLOAD)
    for row in TABLE:
        steps = _steps(row.path)
        for cut in range(1, len(steps)):
            fields: object = odd
            for step in reversed(steps[:cut]):
                fields = [fields] if step == "" else {step: fields}
            assert isinstance(fields, dict)
            group, kind = ("", "Pod") if row.source == PODS else row.source
            metadata = fields.get("metadata")
            body = {**fields, "apiVersion": f"{group}/v1" if group else "v1", "kind": kind}
            body["metadata"] = {**(metadata if isinstance(metadata, dict) else {}), "name": "x"}
            named = [link for link in links(Manifest(body, Position("f", 1)), stack) if link.target.name]
            assert named == [] or row.how is not How.NAME
