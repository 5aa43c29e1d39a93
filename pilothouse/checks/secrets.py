"""Secrets: nothing secret is ever written."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from pilothouse.checks.catalogue import Problem, object_check, pod_check
from pilothouse.finding import Severity
from pilothouse.lenient import mappings
from pilothouse.manifest import Body, Manifest
from pilothouse.pods import PodTemplate
from pilothouse.stack import Stack

DATA_IN_SECRET = "SEC001"
SECRET_IN_VARIABLE = "SEC002"
NEVER_WRITTEN = frozenset({DATA_IN_SECRET, SECRET_IN_VARIABLE})
"""What is never written to ``dist/``, though every API server takes it: in anyone's YAML it is a warning."""
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


@object_check(
    DATA_IN_SECRET,
    Severity.ERROR,
    "a Secret that carries data",
    kinds=(("", "Secret"),),
)
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


SECRET_NAME = re.compile(
    r"(?:^|_)(?:PASSWORD|PASSWD|PWD|PASSPHRASE|PASS|SECRET|TOKEN|API_?KEY|ACCESS_KEY|SECRET_KEY|PRIVATE_KEY"
    r"|CREDENTIALS?)$",
    re.IGNORECASE,
)
"""Names of variables that hold a secret by all that is customary; ``PASSWORD_FILE`` and ``TOKEN_TTL`` do not."""

_NO_SECRET = re.compile(r"|/.*|\$\(.*\)|true|false|yes|no|none|null", re.IGNORECASE | re.DOTALL)


def is_no_secret(value: str) -> bool:
    """Whether what stands in such a variable is none: nothing, a path, another variable, a switch."""
    return _NO_SECRET.fullmatch(value) is not None


_PASSWORD_IN_URL = re.compile(r"[a-z][a-z0-9+.-]*://[^\s/:@]*:(?!\$\()[^\s/@]+@", re.IGNORECASE)


@pod_check(
    SECRET_IN_VARIABLE,
    Severity.ERROR,
    "a secret in a container's variable",
    fields=("env",),
    equals=(
        "kube-linter env-var-secret",
        "polaris sensitiveContainerEnvVar",
    ),
)
def in_variable(manifest: Manifest, pods: PodTemplate, stack: Stack) -> Iterator[Problem]:
    """A password that stands in a variable stands in the repository, in the pod, and in every log of both.

    A variable counts where its name ends in PASSWORD, TOKEN, SECRET, API_KEY or the like and a text stands there, and
    where a URL holds a password. Take the value from a Secret: ``env={"MYSQL_PASSWORD": secret.key("password")}``.
    Waive it where the text is no secret.

    ```yaml bad
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: default}
    spec: {containers: [{name: web, image: "nginx:1.29", env: [{name: MYSQL_PASSWORD, value: changeme}]}]}
    ```

    ```yaml good
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: default}
    spec:
      containers:
      - name: web
        image: "nginx:1.29"
        resources: {requests: {cpu: 10m}}
        env: [{name: MYSQL_PASSWORD_FILE, value: /run/mysql}]
    ```
    """
    for path, container in pods.containers("containers", "initContainers"):
        for index, variable in mappings(container.get("env")):
            name, value = variable.get("name"), variable.get("value")
            if not isinstance(name, str) or not isinstance(value, str):
                continue
            named = SECRET_NAME.search(name) and not is_no_secret(value)
            if named or _PASSWORD_IN_URL.match(value):
                yield Problem(
                    manifest,
                    f"the variable {name} carries a {'value' if named else 'URL with a password'}",
                    (*path, "env", index, "value"),
                    "take it from a Secret: valueFrom.secretKeyRef",
                )
