"""Claims, volumes and classes: the edges of what fits, and of what the server refuses."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilothouse.checks import check_object, check_stack
from pilothouse.finding import Finding, Position
from pilothouse.manifest import Manifest
from pilothouse.schemas import Catalogue
from pilothouse.stack import Stack
from pilothouse.validation import somebodys


def found(code: str, *bodies: dict[str, Any], version: str = "1.34") -> list[Finding]:
    manifests = [Manifest(body, Position("a.yaml", 1)) for body in bodies]
    stack = Stack(somebodys(version), Catalogue(version), manifests)
    every = [finding for manifest in stack for finding in check_object(manifest, stack)] + check_stack(stack)
    return [finding for finding in every if finding.code == code]


def claim(name: str = "data", **spec: Any) -> dict[str, Any]:
    asked = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": name, "namespace": "default"},
        "spec": {"storageClassName": "fast", **asked, **spec},
    }


def storage_class(provisioner: str, **fields: Any) -> dict[str, Any]:
    return {
        "apiVersion": "storage.k8s.io/v1",
        "kind": "StorageClass",
        "metadata": {"name": "fast"},
        "provisioner": provisioner,
        **fields,
    }


def workload(kind: str = "Deployment", name: str = "web", replicas: int = 1, **spec: Any) -> dict[str, Any]:
    pod = {
        "containers": [{"name": "web", "image": "a:1", "volumeMounts": [{"name": "d", "mountPath": "/d"}]}],
        "volumes": [{"name": "d", "persistentVolumeClaim": {"claimName": "data"}}],
    }
    labels = {"app": name}
    return {
        "apiVersion": "apps/v1",
        "kind": kind,
        "metadata": {"name": name, "namespace": "default"},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": pod},
            **spec,
        },
    }


@pytest.mark.parametrize(
    ("modes", "refused"),
    [
        ([], True),
        (None, True),
        (["ReadWriteOnce"], False),
        (["ReadWriteOnce", "ReadOnlyMany"], False),
        (["ReadWriteOncePod"], False),
        (["ReadWriteOncePod", "ReadWriteOnce"], True),
        (["RWO"], True),
    ],
)
def test_access_modes(modes: list[str] | None, refused: bool) -> None:
    assert bool(found("STO002", claim(accessModes=modes))) == refused


def test_a_template_of_claims_is_refused_by_the_servers_that_look_at_it() -> None:
    body = workload("StatefulSet", volumeClaimTemplates=[{"metadata": {"name": "data"}, "spec": {}}])
    assert found("STO002", body, version="1.36") and not found("STO003", body, version="1.36")
    assert found("STO003", body, version="1.34") and not found("STO002", body, version="1.34")


@given(st.integers(1, 9), st.integers(1, 9))
def test_a_volume_holds_no_more_than_it_has(asked: int, had: int) -> None:
    volume = {
        "apiVersion": "v1",
        "kind": "PersistentVolume",
        "metadata": {"name": "disk"},
        "spec": {
            "capacity": {"storage": f"{had}Gi"},
            "accessModes": ["ReadWriteOnce"],
            "storageClassName": "fast",
            "nfs": {"server": "nas", "path": "/"},
        },
    }
    wanted = claim(volumeName="disk", resources={"requests": {"storage": f"{asked}Gi"}})
    assert bool(found("STO009", volume, wanted)) == (asked > had)


def test_a_disk_of_one_node_is_shared_by_the_pods_of_that_node() -> None:
    pair = (claim(), workload(replicas=3))
    assert found("VOL002", *pair)
    assert not found("VOL002", storage_class("rancher.io/local-path"), *pair)


def test_a_rollout_that_removes_the_old_pod_first_is_not_stuck() -> None:
    assert found("VOL001", claim(), workload())
    assert not found("VOL001", claim(), workload(strategy={"type": "Recreate"}))
    assert not found("VOL001", claim(), workload(strategy={"rollingUpdate": {"maxUnavailable": 1}}))
    assert not found("VOL001", claim(accessModes=["ReadWriteMany"]), workload())


def test_two_workloads_are_told_apart_from_one_that_is_written_twice() -> None:
    assert found("VOL003", claim(), workload(name="a"), workload(name="b"))
    assert not found("VOL003", claim(), workload(name="a"), workload(name="a"))


def test_a_shared_block_device_may_be_raw() -> None:
    disk = storage_class("rbd.csi.ceph.com")
    assert found("STO008", disk, claim(accessModes=["ReadWriteMany"]))
    assert not found("STO008", disk, claim(accessModes=["ReadWriteMany"], volumeMode="Block"))
    assert not found("STO008", storage_class("efs.csi.aws.com"), claim(accessModes=["ReadWriteMany"]))


@pytest.mark.parametrize(("minor", "unmounted"), [("1.32", False), ("1.33", True)])
def test_a_kind_of_volume_is_given_up_with_a_release(minor: str, unmounted: bool) -> None:
    body = workload()
    body["spec"]["template"]["spec"]["volumes"] = [
        {"name": "d", "gitRepo": {"repository": "https://example.com/a.git"}}
    ]
    assert bool(found("API007", body, version=minor)) == unmounted


@pytest.mark.parametrize(
    ("waves", "stuck"), [(("0", "1"), True), (("1", "1"), False), (("2", "1"), False), (("a", "1"), True)]
)
def test_a_claim_waits_only_for_pods_of_a_later_wave(waves: tuple[str, str], stuck: bool) -> None:
    bodies = [claim(), workload()]
    for body, wave in zip(bodies, waves, strict=True):
        body["metadata"]["annotations"] = {"argocd.argoproj.io/sync-wave": wave}
    waiting = storage_class("nfs.csi.k8s.io", volumeBindingMode="WaitForFirstConsumer")
    assert bool(found("GITOPS003", waiting, *bodies)) == stuck


def setting(**fields: Any) -> dict[str, Any]:
    metadata = {"name": "settings", "namespace": "default", **fields.pop("metadata", {})}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, **fields}


def test_annotations_have_a_bound_together() -> None:
    assert not found("META001", setting(metadata={"annotations": {"a": "x" * 262_143}}))
    assert found("META001", setting(metadata={"annotations": {"a": "x" * 262_144}}))


def test_an_object_that_no_annotation_can_hold_is_applied_on_the_servers_side() -> None:
    data = {"a": "x" * 262_144}
    assert found("META002", setting(data=data))
    aside = {"annotations": {"argocd.argoproj.io/sync-options": "ServerSideApply=true"}}
    assert not found("META002", setting(data=data, metadata=aside))


@pytest.mark.parametrize(
    ("key", "refused"),
    [("a", False), ("A_b-c.d", False), (".hidden", False), ("..data", True), (".", True), ("a/b", True), ("", True)],
)
def test_keys_of_settings(key: str, refused: bool) -> None:
    assert bool(found("META005", setting(data={key: "x"}))) == refused
