"""What a change does to stored data, to what refers to what goes, and what comes again under another name."""

from __future__ import annotations

from collections import Counter
from typing import Any

import msgspec
import pytest

from pilothouse.diff.impact import Effect, Impact
from pilothouse.diff.impacts import renames
from pilothouse.environment import Given
from tests.diff.impacts_of import OURS, foretold

CLAIM = """
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: data, namespace: shop}
spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
"""
FAST = CLAIM.replace("accessModes", "storageClassName: fast, accessModes")
CLASS = """
---
apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata: {name: fast}
provisioner: ebs.csi.aws.com
"""
RETAIN = CLASS + "reclaimPolicy: Retain\n"
DEFAULT = CLASS.replace("name: fast", 'name: usual, annotations: {storageclass.kubernetes.io/is-default-class: "true"}')
VOLUME = """
---
apiVersion: v1
kind: PersistentVolume
metadata: {name: disk}
spec: {capacity: {storage: 1Gi}, accessModes: [ReadWriteOnce], hostPath: {path: /a}}
"""
STATEFUL = """
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: db, namespace: shop}
spec:
  replicas: 3
  serviceName: db
  selector: {matchLabels: {app: db}}
  persistentVolumeClaimRetentionPolicy: {whenDeleted: Retain, whenScaled: Retain}
  template: {metadata: {labels: {app: db}}, spec: {containers: [{name: db, image: "db:1"}]}}
  volumeClaimTemplates: [{metadata: {name: data}, spec: {storageClassName: fast, accessModes: [ReadWriteOnce]}}]
"""
NAMESPACE = "---\n{apiVersion: v1, kind: Namespace, metadata: {name: shop}}\n"


def told(before: str, after: str, name: str) -> list[tuple[str, str]]:
    return [(str(each.effect), each.says) for each in foretold(before, after)[name]]


def goes(policy: str, value: str) -> str:
    return STATEFUL.replace(f"{policy}: Retain", f"{policy}: {value}")


PVC, SET = "PersistentVolumeClaim data", "StatefulSet db"
DATA: list[tuple[str, str, str, str, str]] = [
    (
        FAST + CLASS,
        CLASS,
        PVC,
        "data-at-risk",
        "its volume goes with what is stored: its class fast has reclaimPolicy Del",
    ),
    (
        FAST + RETAIN,
        RETAIN,
        PVC,
        "data-at-risk",
        "its volume stays, and no other claim gets it by itself: its class fast",
    ),
    (CLAIM + DEFAULT, DEFAULT, PVC, "data-at-risk", "its class usual has reclaimPolicy Delete"),
    (FAST, "", PVC, "data-at-risk", "its volume of the class fast goes with what is stored, unless its reclaim policy"),
    (
        CLAIM.replace("accessModes", "volumeName: disk, accessModes") + VOLUME,
        VOLUME,
        PVC,
        "data-at-risk",
        "no other claim gets it by itself: the volume disk has persistentVolumeReclaimPolicy Retain",
    ),
    (STATEFUL, "", SET, "scales", "its 3 pods end; the claims of these pods stay with their data (data-db-…)"),
    (
        goes("whenDeleted", "Delete") + CLASS,
        CLASS,
        SET,
        "data-at-risk",
        "the claims of its pods go too (whenDeleted), and",
    ),
    (STATEFUL, goes("whenDeleted", "Delete"), SET, "data-at-risk", "go when the StatefulSet is deleted"),
    (STATEFUL, goes("whenScaled", "Delete"), SET, "data-at-risk", "go when it is scaled down"),
    (
        goes("whenScaled", "Delete"),
        goes("whenScaled", "Delete").replace("replicas: 3", "replicas: 1"),
        SET,
        "data-at-risk",
        "the claims of the 2 pods that end go too (whenScaled)",
    ),
    (STATEFUL, STATEFUL.replace("replicas: 3", "replicas: 1"), SET, "scales", "first; the claims of these pods stay"),
    (goes("whenScaled", "Delete"), STATEFUL, SET, "nothing", "no pod is replaced, started or ended"),
    (
        NAMESPACE + "---" + STATEFUL,
        "",
        "Namespace shop",
        "data-at-risk",
        "1 object of this stack, 1 of them with stored",
    ),
    (VOLUME, "", "PersistentVolume disk", "data-at-risk", "what is stored stays, and nothing refers to it"),
    (
        VOLUME,
        VOLUME.replace("hostPath", "persistentVolumeReclaimPolicy: Delete, hostPath"),
        "PersistentVolume disk",
        "data-at-risk",
        "from now on what is stored goes when the claim is deleted",
    ),
    (
        "{apiVersion: snapshot.storage.k8s.io/v1, kind: VolumeSnapshot, metadata: {name: s, namespace: shop}}",
        "",
        "VolumeSnapshot s",
        "data-at-risk",
        "the snapshot itself goes",
    ),
]


@pytest.mark.parametrize(("before", "after", "name", "effect", "says"), DATA, ids=range(len(DATA)))
def test_what_becomes_of_data(before: str, after: str, name: str, effect: str, says: str) -> None:
    found = told(before, after, name)
    assert any(each == effect and says in sentence for each, sentence in found), found


def test_claims_that_stay_are_not_at_risk() -> None:
    assert [effect for effect, _ in told(STATEFUL, "", SET)] == ["scales"]
    assert [effect for effect, _ in told(STATEFUL, STATEFUL.replace("replicas: 3", "replicas: 1"), SET)] == ["scales"]


DEFINITION = """
---
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: boats.sea.example.com}
spec: {group: sea.example.com, names: {kind: Boat, plural: boats}, scope: Namespaced, versions: []}
"""
BOAT = "---\n{apiVersion: sea.example.com/v1, kind: Boat, metadata: {name: a, namespace: shop}}\n"


def test_a_definition_takes_its_objects_with_it() -> None:
    found = told(DEFINITION + BOAT, BOAT, "CustomResourceDefinition boats.sea.example.com")
    assert [effect for effect, _ in found] == ["data-at-risk", "breaks"]
    assert "every Boat of the cluster goes with it: 1 in this stack" in found[0][1]
    assert "1 object of this stack should still be of this kind" in found[1][1]


PODS = """
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - name: web
        image: "web:1"
        env: [{name: MODE, valueFrom: {configMapKeyRef: {name: settings, key: mode}}}]
"""
SETTINGS = """
---
apiVersion: v1
kind: ConfigMap
metadata: {name: settings, namespace: shop}
data: {mode: fast, level: info}
"""
SERVICE = """
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec: {selector: {app: web}, ports: [{port: 80}, {port: 81, name: other}]}
"""
INGRESS = """
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: web, namespace: shop}
spec: {defaultBackend: {service: {name: web, port: {number: 80}}}}
"""
RULE = """
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: web, namespace: shop}
spec: {host: web, subsets: [{name: v1, labels: {version: v1}}, {name: v2, labels: {version: v2}}]}
"""
ROUTE = """
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: web, namespace: shop}
spec: {hosts: [web], http: [{route: [{destination: {host: web.shop.svc.cluster.local, subset: v2}}]}]}
"""
SCALER = """
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: web, namespace: shop}
spec: {scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}, maxReplicas: 3}
"""
NO_KEY = SETTINGS.replace("mode: fast, ", "")
ENV = "spec.template.spec.containers[web].env[MODE].valueFrom.configMapKeyRef"
BREAKS: list[tuple[str, str, str, list[tuple[str, str]]]] = [
    (PODS + SETTINGS, PODS, "ConfigMap settings", [("Deployment web", f"{ENV}.name")]),
    (PODS + SETTINGS, PODS + NO_KEY, "ConfigMap settings", [("Deployment web", f"{ENV}.key")]),
    (PODS + SETTINGS, PODS + SETTINGS.replace(", level: info", ""), "ConfigMap settings", []),
    (SERVICE + INGRESS, INGRESS, "Service web", [("Ingress web", "spec.defaultBackend.service.name")]),
    (
        SERVICE + INGRESS,
        SERVICE.replace("port: 80", "port: 8080") + INGRESS,
        "Service web",
        [("Ingress web", "spec.defaultBackend.service.port.number")],
    ),
    (SERVICE + INGRESS, SERVICE.replace(", {port: 81, name: other}", "") + INGRESS, "Service web", []),
    (
        RULE + ROUTE,
        RULE.replace(", {name: v2, labels: {version: v2}}", "") + ROUTE,
        "DestinationRule web",
        [("VirtualService web", "spec.http[0].route[0].destination.subset")],
    ),
    (
        RULE + ROUTE,
        RULE.replace(", {name: v2, labels: {version: v2}}", "")
        + RULE.replace("{name: web,", "{name: more,").replace("{name: v1, labels: {version: v1}}, ", "")
        + ROUTE,
        "DestinationRule web",
        [],
    ),
    (RULE + ROUTE, ROUTE, "DestinationRule web", [("VirtualService web", "spec.http[0].route[0].destination.subset")]),
    (
        PODS + SERVICE + SCALER,
        SERVICE + SCALER,
        "Deployment web",
        [("HorizontalPodAutoscaler web", "spec.scaleTargetRef.name"), ("Service web", "spec.selector")],
    ),
    (FAST + CLASS, FAST, "StorageClass fast", [("PersistentVolumeClaim data", "spec.storageClassName")]),
    (
        FAST + CLASS + VOLUME.replace("hostPath", "storageClassName: fast, hostPath"),
        FAST + VOLUME.replace("hostPath", "storageClassName: fast, hostPath"),
        "StorageClass fast",
        [],
    ),
]


@pytest.mark.parametrize(("before", "after", "name", "broken"), BREAKS, ids=range(len(BREAKS)))
def test_what_stays_and_needs_what_goes(before: str, after: str, name: str, broken: list[tuple[str, str]]) -> None:
    found = [each for each in foretold(before, after)[name] if each.effect is Effect.BREAKS]
    assert sorted((f"{each.on.kind} {each.on.name}" if each.on else "", each.field) for each in found) == broken


def test_what_is_given_or_made_or_optional_breaks_nothing() -> None:
    def breaking(before: str, after: str, **given: list[str]) -> list[Impact]:
        environment = msgspec.structs.replace(OURS, given=Given(**given))
        found = foretold(before, after, environment)["ConfigMap settings"]
        return [each for each in found if each.effect is Effect.BREAKS]

    optional = PODS.replace("key: mode", "key: mode, optional: true")
    bucket = SETTINGS.replace("v1", "objectbucket.io/v1alpha1").replace("ConfigMap", "ObjectBucketClaim")
    assert breaking(PODS + SETTINGS, PODS)
    assert not breaking(PODS + SETTINGS, PODS, config_maps=["shop/settings"])
    assert not breaking(PODS + SETTINGS, PODS + bucket)
    assert not breaking(optional + SETTINGS, optional)
    assert not breaking(optional + SETTINGS, optional + NO_KEY)


def test_a_namespace_that_goes_under_objects_that_stay() -> None:
    found = foretold(NAMESPACE + SETTINGS, SETTINGS)["Namespace shop"]
    assert [each.says for each in found if each.effect is Effect.BREAKS] == [
        "1 object of this stack should still stand in it"
    ]


def renamed(text: str, name: str, other: str) -> str:
    return text.replace(f"name: {name},", f"name: {other},")


RENAMES: list[tuple[str, str, str, str, str]] = [
    (SERVICE, renamed(SERVICE, "web", "shop"), "Service web", "Service shop", "who calls the old one gets no answer"),
    (PODS, renamed(PODS, "web", "shop"), "Deployment web", "Deployment shop", "for a while both are there, or neither"),
    (FAST, renamed(FAST, "data", "more"), PVC, "PersistentVolumeClaim more", "the data does not move"),
    (STATEFUL, renamed(STATEFUL, "db", "mysql"), SET, "StatefulSet mysql", "the data of the old ones does not move"),
    (
        SERVICE,
        SERVICE.replace("namespace: shop", "namespace: yard"),
        "Service web",
        "Service web",
        "the namespace yard",
    ),
    (
        renamed(SETTINGS, "settings", "settings-5f8b9c2d1a"),
        renamed(SETTINGS, "settings", "settings-77aa0b1c2d").replace("fast", "slow"),
        "ConfigMap settings-5f8b9c2d1a",
        "ConfigMap settings-77aa0b1c2d",
        "its name changes with its content",
    ),
]


@pytest.mark.parametrize(("before", "after", "old", "new", "says"), RENAMES, ids=range(len(RENAMES)))
def test_one_that_comes_again_under_another_name(before: str, after: str, old: str, new: str, says: str) -> None:
    found = foretold(before, after)
    if old != new:
        for name, other in ((old, new), (new, old)):
            (impact,) = (each for each in found[name] if each.effect is Effect.RENAMED)
            assert name == new or says in impact.says
            assert impact.on is not None and impact.on.name == other.partition(" ")[2]
    else:
        (impact,) = (each for each in found[old] if each.effect is Effect.RENAMED)
        assert "the namespace" in impact.says


def test_objects_that_say_something_else_are_no_rename() -> None:
    other = renamed(SETTINGS, "settings", "rest").replace("mode: fast, level: info", "a: b, c: d, e: f")
    account = "{apiVersion: v1, kind: ServiceAccount, metadata: {name: NAME, namespace: shop}}"
    service = renamed(SERVICE, "web", "mail").replace("port: 80}, {port: 81, name: other", "port: 25")
    accounts = [account.replace("NAME", name) for name in "ab"]
    for before, after in ((SETTINGS, other), (SERVICE, service), accounts):
        found = foretold(before, after)
        assert not [each for impacts in found.values() for each in impacts if each.effect is Effect.RENAMED]


def test_of_many_renames_not_every_pair_is_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    compared = 0
    share = renames._share

    def counted(one: Counter[renames.Leaf], other: Counter[renames.Leaf]) -> float:
        nonlocal compared
        compared += 1
        return share(one, other)

    monkeypatch.setattr(renames, "_share", counted)

    def services(prefix: str) -> list[dict[str, Any]]:
        metadata = {"namespace": "shop"}
        ports = [{"port": 80, "protocol": "TCP"}]
        return [
            {
                "apiVersion": "v1",
                "kind": "Service",
                "metadata": {**metadata, "name": f"{prefix}{number}"},
                "spec": {"selector": {"app": f"a{number}", "team": "shop"}, "ports": ports},
            }
            for number in range(1000)
        ]

    found = foretold(services("old"), services("new"))
    pairs = {name: each.on.name for name, impacts in found.items() for each in impacts if each.on is not None}
    assert pairs == {
        f"Service {one}{n}": f"{other}{n}" for one, other in (("old", "new"), ("new", "old")) for n in range(1000)
    }
    assert compared < 100 * 1000
