"""Secrets: nothing secret is ever written."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pilothouse.checks.catalogue import Problem, object_check
from pilothouse.finding import Severity
from pilothouse.manifest import Body, Manifest
from pilothouse.stack import Stack

DATA_IN_SECRET = "SEC001"
MASK = "<masked>"


def secret_fields(body: Body) -> list[tuple[str, Any]]:
    """The data fields of a Secret whose values stand there for everyone to read, as (field, key).

    Encrypted ones do not count: SOPS leaves its own ``sops`` block, and every value begins with ``ENC[``.
    """
    if body.get("kind") != "Secret" or body.get("apiVersion") != "v1":
        return []
    return [
        (field, key)
        for field in ("data", "stringData")
        if isinstance(body.get(field), dict)
        for key, value in body[field].items()
        if not _is_encrypted(body, value)
    ]


def _is_encrypted(body: Body, value: Any) -> bool:
    return "sops" in body and isinstance(value, str) and value.startswith("ENC[") and value.endswith("]")


def masked(body: Body) -> Body:
    """The same object with every readable secret value replaced, fit to be kept and shown."""
    fields = secret_fields(body)
    if not fields:
        return body
    result = dict(body)
    for field, key in fields:
        result[field] = {**result[field], key: MASK}
    return result


@object_check(DATA_IN_SECRET, Severity.ERROR, "a Secret that carries data")
def data(manifest: Manifest, stack: Stack) -> Iterator[Problem]:
    """A secret that stands in a repository is read by everyone who reads the repository, for ever.

    Refer to it instead: an ExternalSecret that fetches it inside the cluster, a SealedSecret, a Secret encrypted by
    SOPS, or one that somebody puts there by hand. This finding cannot be waived, and its value is never printed.

    ```yaml bad
    apiVersion: v1
    kind: Secret
    metadata: {name: mysql, namespace: default}
    stringData: {password: changeme}
    ```

    ```yaml good
    apiVersion: external-secrets.io/v1
    kind: ExternalSecret
    metadata: {name: mysql, namespace: default}
    spec:
      secretStoreRef: {name: vault, kind: ClusterSecretStore}
      data: [{secretKey: password, remoteRef: {key: mysql}}]
    ```
    """
    for field, key in secret_fields(manifest.body):
        yield Problem(
            manifest,
            f"the Secret carries a value under {field}.{key}",
            (field, key),
            "refer to it instead: an ExternalSecret, a SealedSecret, or one encrypted by SOPS",
        )
