"""Credentials: secrets that stand where anyone reads them, by their look."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from pilothouse.checks.catalogue import Problem, object_check, pod_check
from pilothouse.checks.secrets import SECRET_NAME, is_no_secret
from pilothouse.finding import Severity
from pilothouse.lenient import listing, mapping, mappings
from pilothouse.manifest import Manifest
from pilothouse.pods import PodTemplate
from pilothouse.stack import Stack

_LISTS = ("containers", "initContainers")

_ISSUED = re.compile(
    r"-----BEGIN (?:[A-Z]+ )*(?P<key>PRIVATE KEY)(?: BLOCK)?-----"
    r"|(?<![A-Za-z0-9])(?:"
    r"(?P<aws>(?:AKIA|ASIA)[A-Z2-7]{16})"
    r"|(?P<github>gh[pousr]_[A-Za-z0-9]{36,}|github_pat_[A-Za-z0-9_]{60,})"
    r"|(?P<gitlab>glpat-[A-Za-z0-9_-]{20,})"
    r"|(?P<slack>xox[abprs]-[A-Za-z0-9-]{20,}|hooks\.slack\.com/services/T[A-Z0-9]{8,}/B[A-Z0-9]{8,}/[A-Za-z0-9]{20,})"
    r"|(?P<google>AIza[A-Za-z0-9_-]{35})"
    r"|(?P<stripe>[rs]k_live_[A-Za-z0-9]{20,})"
    r"|(?P<npm>npm_[A-Za-z0-9]{36})"
    r"|(?P<jwt>eyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,})"
    r")"
)
"""What issuers make so that it can be found: each documents the look of its tokens."""
_NAMES = {
    "key": "a private key",
    "aws": "an access key of AWS",
    "github": "a token of GitHub",
    "gitlab": "a token of GitLab",
    "slack": "a token of Slack",
    "google": "an API key of Google",
    "stripe": "a live key of Stripe",
    "npm": "a token of npm",
    "jwt": "a signed token (JWT)",
}

_ASSIGNED = re.compile(
    r"""(?:^|\s)--?(?P<name>[A-Za-z][A-Za-z0-9_.-]*)(?:=|\s+)(?P<value>"[^"]*"|'[^']*'|[^\s"']+)""",
)
_EXAMPLES = re.compile(r"EXAMPLE|example|XXXX|xxxx|<[^>]*>|\*\*\*|\.\.\.")
"""What stands in documentation in the place of a credential."""


_SHORTEST = 20
"""Characters: those of an access key of AWS."""
_MARKS = (
    *("-----BEGIN ", "AKIA", "ASIA", "ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_", "glpat-", "xox"),
    *("hooks.slack.com/", "AIza", "k_live_", "npm_", "eyJ"),
)
"""One of these stands in every credential that is issued; a text without is told by them five times as fast."""


def issued(value: str) -> str:
    """What a text holds by its look, such as ``a private key``; empty where it holds nothing of the sort."""
    if len(value) < _SHORTEST or not any(map(value.__contains__, _MARKS)):
        return ""
    for match in _ISSUED.finditer(value):
        if not _EXAMPLES.search(match[0]):
            return _NAMES[str(match.lastgroup)]
    return ""


@lru_cache(4096)
def _names_secret(key: str) -> bool:
    return SECRET_NAME.search(key.replace("-", "_")) is not None


@object_check(
    "SEC004",
    Severity.WARNING,
    "a ConfigMap that holds a secret",
    kinds=[("", "ConfigMap")],
    equals=("polaris sensitiveConfigmapContent",),
)
def in_config_map(manifest: Manifest, stack: Stack) -> Iterator[Problem]:
    """A ConfigMap is read by everyone who reads the repository, and in the cluster by far more accounts than a Secret
    is: ``view`` shows it. What counts: a key whose name ends in PASSWORD, TOKEN, API_KEY or the like with a text in it,
    a private key, and a token of a known issuer.

    Put it where secrets are, and refer to it. Waive it where the text is no secret. Its value is never printed.

    ```yaml bad
    apiVersion: v1
    kind: ConfigMap
    metadata: {name: web, namespace: default}
    data: {DB_HOST: mysql, DB_PASSWORD: changeme}
    ```

    ```yaml good
    apiVersion: v1
    kind: ConfigMap
    metadata: {name: web, namespace: default}
    data: {DB_HOST: mysql, DB_PASSWORD_FILE: /run/secrets/mysql}
    ```
    """
    for key, value in mapping(manifest.body, "data").items():
        if not isinstance(value, str):
            continue
        named = isinstance(key, str) and _names_secret(key) and "\n" not in value.strip()
        what = issued(value)
        if what or (named and not is_no_secret(value)):
            yield Problem(
                manifest,
                f"under {key} it holds {what or 'what its name calls a secret'}, and a ConfigMap is read by many",
                ("data", key),
                "put it where secrets are, and take it from there: an ExternalSecret, a SealedSecret, SOPS",
            )


@pod_check("SEC005", Severity.WARNING, "a secret in a container's arguments", fields=("command", "args"))
def in_arguments(manifest: Manifest, pods: PodTemplate, stack: Stack) -> Iterator[Problem]:
    """Arguments stand in the repository, in the pod, and in the node's list of processes, which every process there
    reads. What counts: an option whose name ends in password, token, api-key or the like with a text behind it, and a
    token of a known issuer or a private key.

    Take the value from a Secret by a variable, and write ``$(NAME)``, or let the program read a file.

    ```yaml bad
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: default}
    spec: {containers: [{name: web, image: "web:1", args: ["--admin-password=changeme"]}]}
    ```

    ```yaml good
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: default}
    spec:
      containers:
      - {name: web, image: "web:1", args: ["--admin-password-file=/run/secrets/admin"]}
    ```
    """
    for path, container in pods.containers(*_LISTS):
        for field in ("command", "args"):
            words = listing(container.get(field))
            for index, word in enumerate(words):
                if not isinstance(word, str):
                    continue
                name = _option(word, words[index + 1] if index + 1 < len(words) else "")
                what = issued(word) if len(word) > 19 else ""
                if name or what:
                    yield Problem(
                        manifest,
                        f"the container {container.get('name')} is given "
                        + (what or f"a text for {name}, which its name calls a secret,")
                        + " in its arguments",
                        (*path, field, index),
                        "take it from a Secret: a variable and $(NAME), or a file",
                    )


def _option(word: str, following: Any) -> str:
    """The first option of an argument that is given a secret; empty where there is none."""
    if "-" not in word:
        return ""
    if word.startswith("-") and "=" not in word and not any(map(str.isspace, word)):
        name, value = word.lstrip("-"), following if isinstance(following, str) else ""
        found = [(name, value)] if not value.startswith("-") else []
    else:
        found = [(match["name"], match["value"].strip("\"'")) for match in _ASSIGNED.finditer(word)]
    for name, value in found:
        if (
            SECRET_NAME.search(name.replace("-", "_").replace(".", "_"))
            and not is_no_secret(value)
            and not value.startswith("$")
        ):
            return f"--{name}"
    return ""


@pod_check(
    "SEC003",
    Severity.ADVICE,
    "a Secret in a container's variable",
    fields=("secretKeyRef", "secretRef"),
    equals=("kube-linter read-secret-from-env-var",),
)
def by_variable(manifest: Manifest, pods: PodTemplate, stack: Stack) -> Iterator[Problem]:
    """Variables are inherited by every process that a program starts, printed by crash reports and by debugging pages,
    and stay as they were when the Secret changes. A file from a volume has none of that, where the program can read
    one.

    Source: CIS Kubernetes Benchmark, 5.4.1.

    ```yaml bad
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: default}
    spec:
      containers:
      - name: web
        image: nginx:1.29
        env: [{name: DB_PASSWORD, valueFrom: {secretKeyRef: {name: mysql, key: password}}}]
    ```

    ```yaml good
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: default}
    spec: {containers: [{name: web, image: "nginx:1.29", env: [{name: DB_PASSWORD_FILE, value: /run/mysql/password}]}]}
    ```
    """
    for path, container in pods.containers(*_LISTS):
        for field in ("env", "envFrom"):
            for index, source in mappings(container.get(field)):
                at = ("valueFrom", "secretKeyRef") if field == "env" else ("secretRef",)
                secret = mapping(source, *at).get("name")
                if secret:
                    yield Problem(
                        manifest,
                        f"the container {container.get('name')} reads the Secret {secret} into "
                        + (f"the variable {source.get('name')}" if field == "env" else "variables"),
                        (*path, field, index),
                        "mount it as a file, where the program can read one",
                    )
