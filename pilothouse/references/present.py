"""Present: what stands in the cluster although no object of the stack says so."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from pilothouse.lenient import listing, mapping, mappings, text
from pilothouse.manifest import Identity, Manifest
from pilothouse.references import custom, gateways, kubernetes
from pilothouse.references.row import GroupKind, Lack

if TYPE_CHECKING:
    from pilothouse.references.lookup import Link
    from pilothouse.stack import Stack

OF_KUBERNETES: frozenset[tuple[str, str]] = frozenset(
    [
        ("AppProject", "default"),
        ("ConfigMap", "kube-root-ca.crt"),
        ("ServiceAccount", "default"),
        ("PriorityClass", "system-cluster-critical"),
        ("PriorityClass", "system-node-critical"),
        *(("ClusterRole", name) for name in ("cluster-admin", "admin", "edit", "view")),
        *(
            ("PriorityLevelConfiguration", name)
            for name in (
                "exempt",
                "system",
                "node-high",
                "leader-election",
                "workload-high",
                "workload-low",
                "global-default",
                "catch-all",
            )
        ),
        *(("Namespace", name) for name in ("default", "kube-node-lease", "kube-public", "kube-system")),
    ]
)
"""(kind, name) of what every cluster makes by itself, in each namespace where the kind has one; and of what a project's
own controller does. Source: Kubernetes documentation of each kind; Argo CD documentation, Projects."""

_IN_ONE_NAMESPACE = {
    Identity("", "Service", "default", "kubernetes"),
    Identity("", "Service", "kube-system", "kube-dns"),
    Identity("", "ConfigMap", "kube-system", "extension-apiserver-authentication"),
    Identity("rbac.authorization.k8s.io", "Role", "kube-system", "extension-apiserver-authentication-reader"),
}


def of_kubernetes(identity: Identity) -> bool:
    """Whether every cluster has an object by itself."""
    _, kind, _, name = identity
    if (kind, name) in OF_KUBERNETES or identity in _IN_ONE_NAMESPACE:
        return True
    return kind in ("ClusterRole", "Role") and name.startswith("system:")


def why_present(identity: Identity, stack: Stack) -> str:
    """Why an object is there that the stack does not have: ``given``, ``of Kubernetes itself`` or ``made by …``.

    :returns: empty where nothing says that it is there.
    """
    if stack.environment.given.has(identity.kind, identity.name, identity.namespace):
        return "given"
    if of_kubernetes(identity):
        return "of Kubernetes itself"
    maker = stack.made.get(identity) or stack.made.get(identity._replace(namespace="*"))
    return f"made by {maker.identity}" if maker is not None else ""


def absent(stack: Stack) -> dict[Lack, list[Link]]:
    """What is named and is nowhere, each target once an object, by what happens then.

    Of anyone's YAML, whose cluster is not known, a Secret or a class counts only where the YAML has such objects at
    all, and an object without a namespace may stand in any.
    """
    known = bool(stack.environment.cluster.name)
    found: dict[Lack, list[Link]] = {}
    seen: set[tuple[int, Identity]] = set()
    for link in stack.links:
        lack, target = link.row.lack, link.target
        if link.found is not None or lack in _ELSEWHERE or (id(link.source), target) in seen:
            continue
        if link.row.reads and mapping(link.holder).get("optional") is True:
            continue
        seen.add((id(link.source), target))
        if lack is Lack.SUBJECT and target.namespace not in stack.inhabited:
            continue
        if why_present(target, stack) or (target[:2] == kubernetes.STORAGE_CLASS and by_hand(target.name, stack)):
            continue
        if (not known and may_be_elsewhere(link, stack)) or of_claim_template(link):
            continue
        found.setdefault(lack, []).append(link)
    return found


_ELSEWHERE = (Lack.NOTHING, Lack.DNS)
"""What other checks look at."""

_OF_ONE_APP = (kubernetes.CONFIG_MAP, kubernetes.CLAIM, kubernetes.ACCOUNT, kubernetes.SERVICE)


def by_hand(storage_class: str, stack: Stack) -> bool:
    """Whether a volume of the stack is of a class, which need not exist then."""
    return any(
        mapping(volume.body, "spec").get("storageClassName") == storage_class
        for volume in stack.of_kind("", "PersistentVolume")
    )


def of_claim_template(link: Link) -> bool:
    """Whether a StatefulSet's own claim takes the place of a volume.

    Source: Kubernetes API reference, StatefulSetSpec, ``volumeClaimTemplates``.
    """
    if link.target[:2] != kubernetes.CLAIM or link.source.kind != "StatefulSet":
        return False
    templates = mappings(mapping(link.source.body, "spec").get("volumeClaimTemplates"))
    volumes = mapping(link.source.body, "spec", "template", "spec").get("volumes")
    names = {text(mapping(template, "metadata").get("name")) for _, template in templates}
    return any(
        text(volume.get("name")) in names
        for _, volume in mappings(volumes)
        if mapping(volume, "persistentVolumeClaim").get("claimName") == link.target.name
    )


def may_be_elsewhere(link: Link, stack: Stack) -> bool:
    """Whether what anyone's YAML names may well stand in the cluster, or in a namespace that is not written down."""
    group, kind, namespace, name = link.target
    there = stack.of_kind(group, kind)
    if any(each.name == name and "" in (each.namespace, namespace) for each in there):
        return True
    return not there and (group, kind) not in _OF_ONE_APP and link.row.lack is not Lack.SCALE


Made = Iterator[tuple[GroupKind, str]]
_SECRET, _SERVICE, _CONFIG_MAP = kubernetes.SECRET, kubernetes.SERVICE, kubernetes.CONFIG_MAP


def _claims(manifest: Manifest) -> Made:
    spec = mapping(manifest.body, "spec")
    replicas, first = spec.get("replicas", 1), mapping(spec, "ordinals").get("start", 0)
    # An autoscaler may make more of them than the object says: 100 at most are foretold.
    count = max(replicas, 100) if isinstance(replicas, int) else 100
    first = first if isinstance(first, int) else 0
    for _, template in mappings(spec.get("volumeClaimTemplates")):
        for number in range(first, first + min(count, 1000)):
            yield kubernetes.CLAIM, f"{text(mapping(template, 'metadata').get('name'))}-{manifest.name}-{number}"


def _external_secret(manifest: Manifest) -> Made:
    yield _SECRET, text(mapping(manifest.body, "spec", "target").get("name")) or manifest.name


def _cluster_external_secret(manifest: Manifest) -> Made:
    spec = mapping(manifest.body, "spec")
    named = mapping(spec, "externalSecretSpec", "target").get("name") or spec.get("externalSecretName")
    yield _SECRET, text(named) or manifest.name


def _of_tls(manifest: Manifest) -> Made:
    """What cert-manager makes of an Ingress or a Gateway that asks it to."""
    annotations = mapping(manifest.body, "metadata", "annotations")
    if not any(key.startswith(("cert-manager.io/", "kubernetes.io/tls-acme")) for key in map(str, annotations)):
        return
    spec = mapping(manifest.body, "spec")
    for _, part in mappings(spec.get("tls")):
        yield _SECRET, text(part.get("secretName"))
    for _, listener in mappings(spec.get("listeners")):
        for _, reference in mappings(mapping(listener, "tls").get("certificateRefs")):
            yield _SECRET, text(reference.get("name"))


def _gateway(manifest: Manifest) -> Made:
    yield from _of_tls(manifest)
    of_class = text(mapping(manifest.body, "spec").get("gatewayClassName"))
    for kind in ("Service", "ServiceAccount"):
        yield ("", kind), f"{manifest.name}-{of_class}"


def _field(target: GroupKind, *path: str) -> Callable[[Manifest], Made]:
    def of(manifest: Manifest) -> Made:
        yield target, text(mapping(manifest.body, *path[:-1]).get(path[-1]))

    return of


def _names(target: GroupKind, *patterns: str) -> Callable[[Manifest], Made]:
    def of(manifest: Manifest) -> Made:
        for pattern in patterns:
            yield target, pattern.format(manifest.name)

    return of


def _elastic(short: str) -> tuple[Callable[[Manifest], Made], ...]:
    return (
        _names(_SERVICE, f"{{}}-{short}-http", f"{{}}-{short}-internal-http", f"{{}}-{short}-transport"),
        _names(
            _SECRET,
            *(f"{{}}-{short}-{what}" for what in ("http-certs-public", "http-certs-internal", "http-ca-internal")),
            *(f"{{}}-{short}-{what}" for what in ("elastic-user", "token", "user")),
        ),
    )


_ROOK = "ceph.rook.io"
_MAKERS: dict[GroupKind, tuple[Callable[[Manifest], Made], ...]] = {
    kubernetes.STATEFUL_SET: (_claims,),
    kubernetes.INGRESS: (_of_tls,),
    gateways.GATEWAY: (_gateway,),
    custom.CERTIFICATE: (_field(_SECRET, "spec", "secretName"),),
    custom.ISSUER: (_field(_SECRET, "spec", "acme", "privateKeySecretRef", "name"),),
    custom.EXTERNAL_SECRET: (_external_secret,),
    custom.CLUSTER_EXTERNAL_SECRET: (_cluster_external_secret,),
    custom.PROMETHEUS: (_names(_SERVICE, "prometheus-operated"),),
    custom.ALERTMANAGER: (_names(_SERVICE, "alertmanager-operated"),),
    custom.THANOS_RULER: (_names(_SERVICE, "thanos-ruler-operated"),),
    custom.ELASTICSEARCH: _elastic("es"),
    custom.KIBANA: _elastic("kb"),
    ("apm.k8s.elastic.co", "ApmServer"): _elastic("apm"),
    ("enterprisesearch.k8s.elastic.co", "EnterpriseSearch"): _elastic("ent"),
    ("maps.k8s.elastic.co", "ElasticMapsServer"): _elastic("ems"),
    ("objectbucket.io", "ObjectBucketClaim"): (_names(_SECRET, "{}"), _names(_CONFIG_MAP, "{}")),
    (_ROOK, "CephClient"): (_names(_SECRET, "rook-ceph-client-{}"),),
    (_ROOK, "CephObjectStore"): (_names(_SERVICE, "rook-ceph-rgw-{}"),),
    (_ROOK, "CephCluster"): (
        _names(_SERVICE, "rook-ceph-mgr", "rook-ceph-mgr-dashboard"),
        _names(_CONFIG_MAP, "rook-ceph-mon-endpoints"),
        _names(
            _SECRET,
            "rook-ceph-mon",
            "rook-ceph-dashboard-password",
            *(f"rook-csi-{kind}-{role}" for kind in ("rbd", "cephfs") for role in ("provisioner", "node")),
        ),
    ),
    ("bitnami.com", "SealedSecret"): (
        _names(_SECRET, "{}"),
        _field(_SECRET, "spec", "template", "metadata", "name"),
    ),
    ("onepassword.com", "OnePasswordItem"): (_names(_SECRET, "{}"),),
    ("secrets.hashicorp.com", "VaultStaticSecret"): (_field(_SECRET, "spec", "destination", "name"),),
    ("secrets.hashicorp.com", "VaultDynamicSecret"): (_field(_SECRET, "spec", "destination", "name"),),
}
"""What controllers make of a kind. Source: the documentation of each project: cert-manager, External Secrets, Elastic
Cloud on Kubernetes, Prometheus operator, Rook, Sealed Secrets, 1Password and Vault Secrets Operator."""

_EVERYWHERE = {custom.CLUSTER_EXTERNAL_SECRET}


def made(stack: Stack) -> dict[Identity, Manifest]:
    """What controllers will make of a stack's objects, with the object that it is made of.

    Its namespace is ``*`` where it is made in several.
    """
    found: dict[Identity, Manifest] = {}
    for (group, kind), makers in _MAKERS.items():
        for manifest in stack.of_kind(group, kind):
            namespace = "*" if (group, kind) in _EVERYWHERE else manifest.namespace
            for maker in makers:
                for target, name in maker(manifest):
                    if name:
                        found.setdefault(Identity(*target, namespace, name), manifest)
    return found


_RUNNERS: frozenset[GroupKind] = frozenset(
    [
        custom.PROMETHEUS,
        custom.ALERTMANAGER,
        custom.THANOS_RULER,
        (custom.PROMETHEUS[0], "PrometheusAgent"),
        gateways.GATEWAY,
        (_ROOK, "CephCluster"),
        ("argoproj.io", "Application"),
        ("argoproj.io", "ApplicationSet"),
    ]
)


def unseen_pods(stack: Stack) -> frozenset[str]:
    """The namespaces in which controllers run pods that no object of the stack describes.

    Prometheus, Elasticsearch or an Application do, and whatever kind nobody here knows may.
    """
    found: set[str] = set()
    for group, kind in stack.kinds:
        manifests = stack.of_kind(group, kind)
        if (
            (group, kind) in _RUNNERS
            or group.endswith(".elastic.co")
            or stack.catalogue.kind(manifests[0].api_version, kind) is None
        ):
            for manifest in manifests:
                found.add(manifest.namespace)
                spec = mapping(manifest.body, "spec")
                found.add(text(mapping(spec, "destination").get("namespace")))
                found.update(map(text, listing(spec.get("namespaces"))))
    return frozenset(found)
