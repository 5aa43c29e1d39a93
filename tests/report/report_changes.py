"""Changes to report: one of each sort with all that can happen, and any at all."""

from __future__ import annotations

from typing import Any

import msgspec
from hypothesis import strategies as st

from pilothouse.diff.change import FieldChange, Item, ObjectChange
from pilothouse.diff.impact import ORDER, Effect, Impact
from pilothouse.diff.stacks import Changed
from pilothouse.finding import Position
from pilothouse.manifest import Identity, Manifest
from tests.report.report_findings import texts

API_VERSIONS = {"": "v1", "apps": "apps/v1", "networking.istio.io": "networking.istio.io/v1"}
CONTAINER = ("spec", "template", "spec", "containers", Item((("name", "web"),)))


def manifest(kind: str, name: str, group: str = "", namespace: str = "shop", **rest: Any) -> Manifest:
    metadata = {"name": name, **({"namespace": namespace} if namespace else {})}
    return Manifest(
        {"apiVersion": API_VERSIONS.get(group, f"{group}/v1"), "kind": kind, "metadata": metadata, **rest},
        Position(f"{name}.yaml", 1),
    )


def found(change: ObjectChange, where: tuple[str, ...]) -> Changed:
    return Changed(change, where, tuple(1 for _ in where))


def changed(
    of: Manifest, *fields: FieldChange, impacts: tuple[Impact, ...] = (), where: tuple[str, ...] = ("prod",)
) -> Changed:
    return found(ObjectChange(of.identity, of, of, fields, impacts), where)


def added(of: Manifest, *impacts: Impact, where: tuple[str, ...] = ("prod",)) -> Changed:
    return found(ObjectChange(of.identity, None, of, (), impacts), where)


def removed(of: Manifest, *impacts: Impact, where: tuple[str, ...] = ("prod",)) -> Changed:
    return found(ObjectChange(of.identity, of, None, (), impacts), where)


def rolls(pods: int, seconds: int = 30) -> Impact:
    said = f"all {pods} pods are replaced, one at a time, in at least {seconds} s; {pods} are ready all the while"
    return Impact(Effect.ROLLS, said, field="spec.template", facts={"pods": pods, "seconds": seconds})


WEB, CANARY, CLAIM, SERVICE, ROUTE, CONFIG, SCALER = (
    manifest("Deployment", "web", "apps"),
    manifest("Deployment", "canary", "apps"),
    manifest("PersistentVolumeClaim", "orders", spec={"accessModes": ["ReadWriteOnce"], "storageClassName": "fast"}),
    manifest("Service", "web", spec={"clusterIP": "10.0.0.7"}),
    manifest("VirtualService", "web", "networking.istio.io"),
    manifest("ConfigMap", "settings"),
    manifest("HorizontalPodAutoscaler", "web", "autoscaling"),
)
MEMORY = FieldChange((*CONTAINER, "resources", "limits", "memory"), "512Mi", "1Gi")
CHANGES = [
    changed(WEB, MEMORY, impacts=(rolls(1, 5),), where=("dev", "staging")),
    changed(
        CONFIG,
        FieldChange(("data", "nginx.conf"), "a\nb\nlisten 80;\nc\nd\ne\n", "a\nb\nlisten 8080;\nc\nd\ne\n"),
        FieldChange(("data", "colour"), "blue", "green"),
        impacts=(
            Impact(
                Effect.STALE,
                "pods of Deployment web keep what they have read",
                "restart them, or let the name carry a hash of the content",
                on=WEB.identity,
            ),
        ),
        where=("dev", "prod"),
    ),
    changed(
        WEB,
        FieldChange((*CONTAINER, "env", Item((("name", "MODE"),))), after={"name": "MODE", "value": "fast"}),
        FieldChange(("spec", "template", "spec", "initContainers"), ["a", "b"], ["b", "a"], order=True),
        MEMORY,
        impacts=(rolls(3),),
    ),
    changed(
        CANARY,
        FieldChange(("spec", "selector", "matchLabels", "app"), "web", "canary"),
        impacts=(
            Impact(
                Effect.REPLACE,
                "spec.selector.matchLabels.app cannot change: the API server refuses it",
                "delete it and apply again: its pods go meanwhile; or give it another name",
                "spec.selector.matchLabels.app",
            ),
            rolls(2, 20),
        ),
    ),
    removed(
        CLAIM,
        Impact(
            Effect.DATA,
            "the claim goes, and with it its volume: the reclaim policy of StorageClass fast is Delete",
            "make a snapshot first",
        ),
        Impact(Effect.BREAKS, "its pods cannot start without the claim", on=WEB.identity),
    ),
    changed(
        SERVICE,
        FieldChange(("spec", "type"), "ClusterIP", "LoadBalancer"),
        impacts=(Impact(Effect.ACCESS, "wider: it is reached from outside of the cluster", field="spec.type"),),
    ),
    changed(
        ROUTE,
        FieldChange(("spec", "http", 0, "route", 0, "weight"), 90, 75),
        FieldChange(("spec", "http", 0, "route", 1, "weight"), 10, 25),
        impacts=(Impact(Effect.TRAFFIC, "of all requests to web.example.com 25 % instead of 10 % go to canary"),),
    ),
    changed(
        SCALER,
        FieldChange(("spec", "maxReplicas"), 6, 9),
        impacts=(Impact(Effect.SCALES, "up to 9 pods instead of 6", on=WEB.identity),),
    ),
    added(manifest("ConfigMap", "settings-2", data={"colour": "green"}), Impact(Effect.RENAMED, "it was settings")),
    added(manifest("PriorityClass", "urgent", "scheduling.k8s.io", "", value=7), Impact(Effect.NOTHING, "nobody asks")),
]
"""Everything that can happen, in three environments."""

values = st.recursive(
    texts | st.integers() | st.booleans() | st.floats(allow_nan=False),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)
identities = st.builds(Identity, group=st.sampled_from(["", "apps"]), kind=texts, namespace=texts, name=texts)
impacts = st.builds(
    Impact,
    effect=st.sampled_from(Effect),
    says=texts,
    then=texts,
    field=texts,
    on=st.none() | identities,
    facts=st.dictionaries(st.sampled_from(["pods", "seconds"]), st.integers() | texts | st.booleans()),
)
steps = texts | st.integers(0, 9) | st.builds(lambda value: Item((("name", value),)), texts)
fields = st.builds(
    FieldChange,
    path=st.lists(steps, min_size=1, max_size=4).map(tuple),
    before=values | st.just(msgspec.UNSET),
    after=values | st.just(msgspec.UNSET),
    order=st.just(False),
) | st.builds(lambda before, after: FieldChange(("spec",), before, after, order=True), st.lists(texts), st.lists(texts))


@st.composite
def any_changed(draw: st.DrawFn) -> Changed:
    """A change that may hold anything anywhere."""
    of = manifest(draw(texts) or "A", draw(texts) or "a", namespace=draw(texts), data=draw(values))
    told = sorted(draw(st.lists(impacts, max_size=3)), key=lambda each: ORDER[each.effect])
    sides = draw(st.sampled_from([(of, of), (None, of), (of, None)]))
    differs = draw(st.lists(fields, min_size=1, max_size=3)) if all(sides) else []
    names = draw(st.lists(texts, min_size=1, max_size=3, unique=True))
    return found(ObjectChange(of.identity, *sides, differs, told), tuple(names))


any_changes = st.lists(any_changed(), max_size=4)
