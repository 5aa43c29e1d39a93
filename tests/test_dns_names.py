"""The names that a cluster's DNS gives."""

from __future__ import annotations

import pytest

from pilothouse import dns
from pilothouse.environment import Cluster, Environment
from pilothouse.finding import Position
from pilothouse.manifest import Manifest
from pilothouse.schemas import Catalogue
from pilothouse.stack import Stack
from pilothouse.validation import somebodys
from pilothouse.yamlio import load_all

YAML = """
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec: {selector: {app: web}, ports: [{name: http, port: 80}, {port: 81}, {name: dns, port: 53, protocol: UDP}]}
---
apiVersion: v1
kind: Service
metadata: {name: db, namespace: shop}
spec: {clusterIP: None, ports: [{port: 3306}]}
---
apiVersion: v1
kind: Service
metadata: {name: maps, namespace: shop}
spec: {type: ExternalName, externalName: maps.example.com}
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: mysql, namespace: shop}
spec: {serviceName: db, replicas: 2, ordinals: {start: 1}}
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: other, namespace: elsewhere}
spec: {serviceName: db, replicas: 2}
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: plain, namespace: shop}
spec: {serviceName: web}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: settings, namespace: shop}
"""
PODS = ["mysql-1.db.shop.svc.tk8s.k8s", "mysql-2.db.shop.svc.tk8s.k8s"]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (
            "web",
            ["web.shop.svc.tk8s.k8s", "_http._tcp.web.shop.svc.tk8s.k8s", "_dns._udp.web.shop.svc.tk8s.k8s"],
        ),
        ("db", ["db.shop.svc.tk8s.k8s", *PODS]),
        ("maps", ["maps.shop.svc.tk8s.k8s → maps.example.com"]),
        ("mysql", PODS),
        ("other", []),
        ("plain", []),
        ("settings", []),
    ],
)
def test_names_are_full_and_in_the_clusters_own_domain(name: str, expected: list[str]) -> None:
    manifests = [Manifest(document.value, Position("f", 1)) for document in load_all(YAML, file="f")]
    nobody = somebodys("1.34")
    environment = Environment(
        name="dev",
        kubernetes_version="1.34",
        cluster=Cluster(name="lab", domain="tk8s.k8s"),
        provenance=nobody.provenance,
    )
    stack = Stack(environment, Catalogue("1.34"), manifests)
    (manifest,) = (each for each in stack if each.name == name)
    assert dns.of(manifest, stack) == expected
