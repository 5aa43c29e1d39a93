"""Configuration: what workloads read, and how Secrets reach the cluster without standing in the repository."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, Unpack

import constructs
from pilothouse.chart import chart_of
from pilothouse_kit.object import Fields, KubernetesObject, ObjectFields, present, refuse
from pilothouse_kit.patch import patched
from pilothouse_kit.sources import Source, hash_of

KEPT = {
    "argocd.argoproj.io/compare-options": "IgnoreExtraneous",
    "argocd.argoproj.io/sync-options": "Prune=false",
    "kustomize.toolkit.fluxcd.io/prune": "disabled",
}
"""Annotations of what GitOps shall leave in the cluster when it is in Git no more.

Source: Argo CD documentation, Sync Options and Compare Options; Flux documentation, Kustomization."""


class ConfigMap(KubernetesObject, Source):
    """Settings that pods read as files or variables: a ``v1 ConfigMap``.

    Workloads of the chart that read it carry a hash of its content in an annotation of their pods: a change rolls them.

    A versioned one bears that hash in its name and is never changed: pods of the old version go on reading the old one,
    also after a rollback. GitOps leaves the earlier ones in the cluster. To clean up, list them with
    ``kubectl get configmap -l app.kubernetes.io/instance=INSTANCE`` and delete those that no ReplicaSet of the
    workload's history names any more.

    :param scope: the chart or construct that it stands in.
    :param name: ``metadata.name``; the beginning of it where it is versioned.
    :param data: key to text, 1 MiB at most together.
    :param versioned: whether each content gets an immutable ConfigMap of its own, ``<name>-<hash>``.
    :param immutable: whether its content can never change; a change then needs a new name.
    :param options: see :class:`ObjectFields`.
    :raises ValueError: where it is versioned and not to be immutable.

    Source: Kubernetes documentation, ConfigMaps.
    """

    api_version = "v1"
    kind = "ConfigMap"
    source_kind = "ConfigMap"

    def __init__(
        self,
        scope: constructs.Construct,
        name: str,
        *,
        data: Mapping[str, str],
        versioned: bool = False,
        immutable: bool | None = None,
        **options: Unpack[ObjectFields],
    ) -> None:
        self._never_changes = versioned or immutable is True
        if versioned:
            refuse(self.kind, name, ["immutable: a versioned one always is"] if immutable is False else [])
            name = f"{name}-{self._version(scope, dict(data), options)}"
            immutable = True
            options["annotations"] = {**KEPT, **options.get("annotations", {})}
        super().__init__(scope, name, present(data=dict(data), immutable=immutable), **options)

    def _version(self, scope: constructs.Construct, data: Fields, options: ObjectFields) -> str:
        """What its content comes to once it is patched."""
        whole: Fields = {"apiVersion": self.api_version, "kind": self.kind, "data": data}
        if "patch" in options:
            whole = patched(whole, options["patch"], chart_of(scope).environment.kubernetes_version)
        return hash_of([whole.get("data"), whole["binaryData"]] if "binaryData" in whole else whole.get("data"))

    @property
    def content_hash(self) -> str | None:
        if self._never_changes:
            return None
        return hash_of([self.manifest.body.get("data"), self.manifest.body.get("binaryData")])

    @property
    def known_keys(self) -> tuple[str, ...]:
        body = self.manifest.body
        return (*body.get("data", {}), *body.get("binaryData", {}))


class ExternalSecret(KubernetesObject, Source):
    """A Secret that is fetched from a store inside the cluster: an ``external-secrets.io/v1 ExternalSecret``.

    :param scope: the chart or construct that it stands in.
    :param name: ``metadata.name``, and that of the Secret it writes.
    :param store: the name of the store that it is fetched from.
    :param keys: key of the Secret to the entry in the store; ``entry#property`` for one property of an entry.
    :param store_kind: whether the store serves every namespace.
    :param refresh: how often it is fetched, such as ``1h``.
    :param options: see :class:`ObjectFields`.

    Source: External Secrets Operator documentation, ExternalSecret.
    """

    api_version = "external-secrets.io/v1"
    kind = "ExternalSecret"
    source_kind = "Secret"

    def __init__(
        self,
        scope: constructs.Construct,
        name: str,
        *,
        store: str,
        keys: Mapping[str, str],
        store_kind: Literal["ClusterSecretStore", "SecretStore"] = "ClusterSecretStore",
        refresh: str = "1h",
        **options: Unpack[ObjectFields],
    ) -> None:
        self._keys = tuple(keys)
        spec: Fields = {
            "refreshInterval": refresh,
            "secretStoreRef": {"kind": store_kind, "name": store},
            "target": {"name": name, "creationPolicy": "Owner"},
            "data": [{"secretKey": key, "remoteRef": _remote(entry)} for key, entry in keys.items()],
        }
        super().__init__(scope, name, {"spec": spec}, **options)

    @property
    def known_keys(self) -> tuple[str, ...]:
        return self._keys


def _remote(entry: str) -> Fields:
    key, _, prop = entry.partition("#")
    return {"key": key, **present(property=prop or None)}
