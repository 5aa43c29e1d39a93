"""RequestAuthentication: whether tokens are asked for, and can be read."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pilothouse.checks.catalogue import Problem, object_check, stack_check
from pilothouse.fieldpath import FieldPath
from pilothouse.finding import Severity
from pilothouse.lenient import listing, mapping, mappings, text
from pilothouse.manifest import Manifest
from pilothouse.mesh import SECURITY, Mesh, labels_of, namespace_of, spec
from pilothouse.stack import Stack

_REQUEST = [(SECURITY, "RequestAuthentication")]


def _reads_tokens(policy: Manifest) -> bool:
    for _, rule in mappings(spec(policy).get("rules")):
        for _, origin in mappings(rule.get("from")):
            source = mapping(origin, "source")
            if source.get("requestPrincipals") or source.get("notRequestPrincipals"):
                return True
        if any(text(each.get("key")).startswith("request.auth.") for _, each in mappings(rule.get("when"))):
            return True
    return False


@stack_check("JWT001", Severity.ADVICE, "tokens that nobody asks for")
def tokens_not_required(stack: Stack) -> Iterator[Problem]:
    """A RequestAuthentication refuses requests with a wrong token, and lets those without any through. That a token is
    needed is said by an AuthorizationPolicy: one that denies where there are no ``requestPrincipals``.

    ```yaml bad
    apiVersion: security.istio.io/v1
    kind: RequestAuthentication
    metadata: {name: bank, namespace: default}
    spec:
      selector: {matchLabels: {app: bank}}
      jwtRules: [{issuer: issuer@example.com, jwksUri: "https://example.com/jwks.json"}]
    ```

    ```yaml good
    apiVersion: security.istio.io/v1
    kind: RequestAuthentication
    metadata: {name: bank, namespace: default}
    spec:
      selector: {matchLabels: {app: bank}}
      jwtRules: [{issuer: issuer@example.com, jwksUri: "https://example.com/jwks.json"}]
    ---
    apiVersion: security.istio.io/v1
    kind: AuthorizationPolicy
    metadata: {name: bank, namespace: default}
    spec:
      selector: {matchLabels: {app: bank}}
      action: DENY
      rules: [{from: [{source: {notRequestPrincipals: ["*"]}}]}]
    ```

    Source: Istio's reference, RequestAuthentication.
    """
    mesh = stack.mesh
    asking = [each for each in mesh.of("AuthorizationPolicy", SECURITY) if _reads_tokens(each)]
    for request in mesh.of("RequestAuthentication", SECURITY):
        if listing(spec(request).get("jwtRules")) and not any(_meet(mesh, request, each) for each in asking):
            message = "requests without a token get through: no AuthorizationPolicy of these pods asks for one"
            yield Problem(request, message, ("spec", "jwtRules"), "add one that denies notRequestPrincipals: ['*']")


def _meet(mesh: Mesh, one: Manifest, other: Manifest) -> bool:
    """Whether two policies may count for the same pods."""
    namespaces = {namespace_of(one), namespace_of(other)}
    if len(namespaces) > 1 and "istio-system" not in namespaces:
        return False
    first, second = labels_of(one)[1], labels_of(other)[1]
    if spec(one).get("targetRefs") or spec(other).get("targetRefs"):
        return bool(spec(one).get("targetRefs") == spec(other).get("targetRefs"))
    return all(str(second[key]) == str(value) for key, value in first.items() if key in second)


@stack_check("JWT002", Severity.WARNING, "a rule about tokens that nobody reads")
def tokens_not_read(stack: Stack) -> Iterator[Problem]:
    """What a token says is known where a RequestAuthentication read it. A rule about it that counts for pods without
    one never matches: as a rule that allows it lets nobody in, as one that denies those without it refuses everybody.

    ```yaml bad
    apiVersion: security.istio.io/v1
    kind: AuthorizationPolicy
    metadata: {name: bank, namespace: default}
    spec:
      selector: {matchLabels: {app: bank}}
      rules: [{from: [{source: {requestPrincipals: ["*"]}}]}]
    ---
    apiVersion: security.istio.io/v1
    kind: RequestAuthentication
    metadata: {name: shop, namespace: default}
    spec:
      selector: {matchLabels: {app: shop}}
      jwtRules: [{issuer: issuer@example.com, jwksUri: "https://example.com/jwks.json"}]
    ```

    ```yaml good
    apiVersion: security.istio.io/v1
    kind: AuthorizationPolicy
    metadata: {name: bank, namespace: default}
    spec:
      selector: {matchLabels: {app: bank}}
      rules: [{from: [{source: {requestPrincipals: ["*"]}}]}]
    ---
    apiVersion: security.istio.io/v1
    kind: RequestAuthentication
    metadata: {name: bank, namespace: default}
    spec:
      selector: {matchLabels: {app: bank}}
      jwtRules: [{issuer: issuer@example.com, jwksUri: "https://example.com/jwks.json"}]
    ```
    """
    mesh = stack.mesh
    reading = mesh.of("RequestAuthentication", SECURITY)
    if not reading and not stack.environment.name:
        return
    for policy in mesh.of("AuthorizationPolicy", SECURITY):
        if _reads_tokens(policy) and not any(_meet(mesh, each, policy) for each in reading):
            message = "no RequestAuthentication reads tokens for these pods"
            yield Problem(policy, message, ("spec", "rules"), "add one with the same selector")


def _rules(manifest: Manifest) -> list[tuple[int, dict[str, Any]]]:
    return mappings(spec(manifest).get("jwtRules"))


@object_check(
    "JWT003",
    Severity.ERROR,
    "keys of tokens that nobody can read",
    kinds=_REQUEST,
    equals=("istioctl IST0106",),
)
def keys(manifest: Manifest, stack: Stack) -> Iterator[Problem]:
    """A rule says whose tokens it takes, and where their keys are: at an address, or in ``jwks`` as JSON. Istio's
    webhook refuses a rule with neither issuer nor address, and keys that are no JSON.

    ```yaml bad
    apiVersion: security.istio.io/v1
    kind: RequestAuthentication
    metadata: {name: bank, namespace: other}
    spec: {jwtRules: [{issuer: issuer@example.com, jwks: "keys"}]}
    ```

    ```yaml good
    apiVersion: security.istio.io/v1
    kind: RequestAuthentication
    metadata: {name: bank, namespace: default}
    spec: {jwtRules: [{issuer: issuer@example.com, jwks: '{"keys": []}'}]}
    ---
    apiVersion: security.istio.io/v1
    kind: AuthorizationPolicy
    metadata: {name: bank, namespace: default}
    spec: {action: DENY, rules: [{from: [{source: {notRequestPrincipals: ["*"]}}]}]}
    ```

    Source: Istio's reference, JWTRule.
    """
    import json

    for index, rule in _rules(manifest):
        path: FieldPath = ("spec", "jwtRules", index)
        address, said = text(rule.get("jwksUri") or rule.get("jwks_uri")), text(rule.get("jwks"))
        if not text(rule.get("issuer")) and not address:
            yield Problem(manifest, "a rule with neither issuer nor jwksUri", path, "say whose tokens it takes")
        if address and not address.startswith(("http://", "https://")):
            message = f"expected a URL, got {address}"
            yield Problem(manifest, message, (*path, "jwksUri"), "begin it with https://")
        if said:
            try:
                json.loads(said)
            except (ValueError, RecursionError):
                yield Problem(manifest, "jwks is no JSON", (*path, "jwks"), "write {'keys': [...]} as JSON")


@stack_check("JWT004", Severity.ADVICE, "istiod may fetch keys from anywhere", equals=("istioctl IST0175",))
def key_addresses(stack: Stack) -> Iterator[Problem]:
    """istiod itself fetches the keys that a RequestAuthentication names: whoever may write one makes it call addresses
    inside of the network. ``BLOCKED_CIDRS_IN_JWKS_URIS`` on istiod keeps it from that.

    ```yaml bad
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: istiod, namespace: istio-system, labels: {app: istiod}}
    spec:
      selector: {matchLabels: {app: istiod}}
      template:
        metadata: {labels: {app: istiod}}
        spec: {containers: [{name: discovery, image: "istio/pilot:1.31.1"}]}
    ---
    apiVersion: security.istio.io/v1
    kind: RequestAuthentication
    metadata: {name: bank, namespace: other}
    spec: {jwtRules: [{issuer: issuer@example.com, jwksUri: "https://example.com/jwks.json"}]}
    ```

    ```yaml good
    apiVersion: security.istio.io/v1
    kind: RequestAuthentication
    metadata: {name: bank, namespace: default}
    spec: {jwtRules: [{issuer: issuer@example.com, jwksUri: "https://example.com/jwks.json"}]}
    ---
    apiVersion: security.istio.io/v1
    kind: AuthorizationPolicy
    metadata: {name: bank, namespace: default}
    spec: {action: DENY, rules: [{from: [{source: {notRequestPrincipals: ["*"]}}]}]}
    ```
    """
    if not stack.mesh.of("RequestAuthentication", SECURITY):
        return
    for pods in stack.mesh.pods:
        if pods.manifest.kind == "Deployment" and pods.manifest.labels.get("app") == "istiod" and pods.template:
            said = [
                variable
                for _, container in pods.template.containers()
                for _, variable in mappings(container.get("env"))
                if variable.get("name") == "BLOCKED_CIDRS_IN_JWKS_URIS"
            ]
            if not said:
                message = "istiod has no BLOCKED_CIDRS_IN_JWKS_URIS, and fetches the keys of RequestAuthentications"
                yield Problem(pods.manifest, message, (*pods.template.path, "spec"), "set it to your own networks")
