"""Waves: the order in which a cluster is told of the objects, in numbers that a person can read."""

from __future__ import annotations

from pilothouse.derive.order import LAST_WAVE, rank, wave
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
