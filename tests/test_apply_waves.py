"""Waves: the order in which a cluster is told of the objects, in numbers that a person can read."""

from __future__ import annotations

import pytest

from pilothouse.derive.order import LAST_WAVE, rank, wave
from pilothouse.pods import TEMPLATES
from pilothouse.references import PODS, TABLE, How, Row
from pilothouse.schemas import Catalogue, known_minors


def test_waves_follow_the_order() -> None:
    kinds = {(kind.group, kind.kind) for kind in Catalogue(known_minors()[-1]).kinds()}
    ordered = sorted(kinds, key=lambda kind: rank(*kind))
    waves = [wave(*kind) for kind in ordered]
    assert waves == sorted(waves)
    assert set(waves) == set(range(1, LAST_WAVE + 1))


def test_what_needs_another_comes_in_a_later_wave() -> None:
    assert wave("", "Namespace") == 1
    assert wave("", "ConfigMap") < wave("apps", "Deployment") < wave("autoscaling", "HorizontalPodAutoscaler")
    assert wave("apps", "Deployment") < wave("example.com", "Widget") < LAST_WAVE
    assert wave("admissionregistration.k8s.io", "ValidatingWebhookConfiguration") == LAST_WAVE


LATER = {
    # These wait for each other in the cluster itself, whichever comes first; or nothing may come before them.
    ("ServiceAccount", "Secret"),
    ("StorageClass", "Secret"),
    ("GatewayClass", "ConfigMap"),
    ("CustomResourceDefinition", "Service"),
    ("PersistentVolume", "PersistentVolumeClaim"),
    ("PersistentVolumeClaim", "VolumeSnapshot"),
    ("HorizontalPodAutoscaler", "Ingress"),
    # The volume of an ephemeral claim may come from a snapshot.
    *((kind, "VolumeSnapshot") for _, kind in TEMPLATES),
    # A Rollout names what leads requests to it, and is itself what they are led to.
    ("Rollout", "VirtualService"),
    ("Rollout", "DestinationRule"),
    ("Rollout", "Ingress"),
    ("Rollout", "AnalysisTemplate"),
    ("Rollout", "ClusterAnalysisTemplate"),
}


@pytest.mark.parametrize(
    "row", [row for row in TABLE if row.how is How.NAME], ids=lambda row: f"{row.source[1]} {row.path}"
)
def test_what_an_object_names_comes_in_no_later_wave(row: Row) -> None:
    for source in TEMPLATES if row.source == PODS else [row.source]:
        if (source[1], row.target[1]) not in LATER:
            assert wave(*row.target) <= wave(*source)
