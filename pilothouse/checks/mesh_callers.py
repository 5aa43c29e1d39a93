"""Mesh callers: whom AuthorizationPolicies let in, and who can be told at all."""

from __future__ import annotations

from collections.abc import Iterator

from pilothouse.checks.catalogue import Problem, stack_check
from pilothouse.checks.mesh_authorization import BY_IDENTITY, sources
from pilothouse.finding import Severity
from pilothouse.lenient import mappings, text
from pilothouse.manifest import Manifest
from pilothouse.mesh import SECURITY, namespace_of, spec
from pilothouse.stack import Stack


@stack_check("AUTHZ006", Severity.WARNING, "a rule about callers that nobody can tell", equals=("kiali KIA0105",))
def without_identity(stack: Stack) -> Iterator[Problem]:
    """Callers' principals and namespaces come from their mTLS certificates. Where a PeerAuthentication switches mTLS
    off, no caller has them: such a rule lets nobody in, or refuses nobody.

    ```yaml bad
    apiVersion: networking.istio.io/v1
    kind: WorkloadEntry
    metadata: {name: db, namespace: default}
    spec: {address: 192.0.2.1, labels: {app: db}}
    ---
    apiVersion: security.istio.io/v1
    kind: PeerAuthentication
    metadata: {name: default, namespace: default}
    spec: {mtls: {mode: DISABLE}}
    ---
    apiVersion: security.istio.io/v1
    kind: AuthorizationPolicy
    metadata: {name: db, namespace: default}
    spec: {rules: [{from: [{source: {namespaces: [default]}}]}]}
    ```

    ```yaml good
    apiVersion: security.istio.io/v1
    kind: PeerAuthentication
    metadata: {name: default, namespace: default}
    spec: {mtls: {mode: STRICT}}
    ---
    apiVersion: security.istio.io/v1
    kind: AuthorizationPolicy
    metadata: {name: db, namespace: default}
    spec: {rules: [{from: [{source: {namespaces: [default]}}]}]}
    ```

    Source: Istio's page "Security", "Dependency on mutual TLS".
    """
    mesh = stack.mesh
    if not mesh.of("PeerAuthentication", SECURITY):
        return
    for policy in mesh.of("AuthorizationPolicy", SECURITY):
        asked = [(*path, field) for path, source in sources(policy) for field in BY_IDENTITY if source.get(field)]
        pods = mesh.judged(policy)[:50] if asked else []
        if pods and all(mesh.mtls(each)[0] == "DISABLE" for each in pods):
            peer = mesh.mtls(pods[0])[1]
            message = (
                f"{peer.identity if peer else 'a PeerAuthentication'} switches mTLS off, so callers have no identity"
            )
            yield Problem(policy, message, asked[0], "switch mTLS on")


def _allows(policy: Manifest) -> bool:
    return text(spec(policy).get("action"), "ALLOW") == "ALLOW"


@stack_check("AUTHZ008", Severity.ADVICE, "pods that nobody may call")
def nobody(stack: Stack) -> Iterator[Problem]:
    """A policy that allows, and has no rules, lets nobody in: the default on which other policies allow single
    callers. Pods behind a Service for which none does are called by nobody.

    ```yaml bad
    apiVersion: v1
    kind: Pod
    metadata: {name: bank, namespace: default, labels: {app: bank}}
    spec: {containers: [{name: bank, image: "bank:1", ports: [{containerPort: 80}]}]}
    ---
    apiVersion: v1
    kind: Service
    metadata: {name: bank, namespace: default}
    spec: {selector: {app: bank}, ports: [{name: http, port: 80}]}
    ---
    apiVersion: security.istio.io/v1
    kind: AuthorizationPolicy
    metadata: {name: nobody, namespace: default}
    spec: {}
    ```

    ```yaml good
    apiVersion: security.istio.io/v1
    kind: AuthorizationPolicy
    metadata: {name: nobody, namespace: default}
    spec: {}
    ---
    apiVersion: security.istio.io/v1
    kind: AuthorizationPolicy
    metadata: {name: bank, namespace: default}
    spec: {selector: {matchLabels: {app: bank}}, rules: [{from: [{source: {namespaces: [default]}}]}]}
    ```

    Source: Istio's reference, AuthorizationPolicy, "allow-nothing".
    """
    mesh = stack.mesh
    policies = [each for each in mesh.of("AuthorizationPolicy", SECURITY) if _allows(each)]
    closing = [each for each in policies if not mappings(spec(each).get("rules")) and not spec(each).get("targetRefs")]
    if not closing:
        return
    open_to = {id(pods) for each in policies if mappings(spec(each).get("rules")) for pods in mesh.judged(each)}
    served = {id(workload) for _, _, workloads in stack.services for workload, _ in workloads}
    for policy in closing:
        for pods in mesh.judged(policy):
            if id(pods) not in open_to and id(pods.manifest) in served and not pods.is_gateway:
                message = f"{policy.identity} lets nobody in, and no other policy allows anybody"
                yield Problem(pods.manifest, message, ("metadata", "name"), "add a policy that allows its callers")


@stack_check("AUTHZ009", Severity.ADVICE, "pods that no AuthorizationPolicy covers", equals=("kiali KIA1301",))
def uncovered(stack: Stack) -> Iterator[Problem]:
    """Where policies say who may call what, pods without one are called by everybody: most often they were forgotten.

    Found in namespaces in which some pods have a policy, and the mesh has none for all.

    ```yaml bad
    apiVersion: networking.istio.io/v1
    kind: WorkloadEntry
    metadata: {name: db, namespace: default}
    spec: {address: 192.0.2.1, labels: {app: db}}
    ---
    apiVersion: networking.istio.io/v1
    kind: WorkloadEntry
    metadata: {name: queue, namespace: default}
    spec: {address: 192.0.2.2, labels: {app: queue}}
    ---
    apiVersion: security.istio.io/v1
    kind: AuthorizationPolicy
    metadata: {name: db, namespace: default}
    spec: {selector: {matchLabels: {app: db}}, rules: [{from: [{source: {namespaces: [default]}}]}]}
    ```

    ```yaml good
    apiVersion: networking.istio.io/v1
    kind: WorkloadEntry
    metadata: {name: db, namespace: default}
    spec: {address: 192.0.2.1, labels: {app: db}}
    ---
    apiVersion: security.istio.io/v1
    kind: AuthorizationPolicy
    metadata: {name: db, namespace: default}
    spec: {selector: {matchLabels: {app: db}}, rules: [{from: [{source: {namespaces: [default]}}]}]}
    ```
    """
    mesh = stack.mesh
    policies = mesh.of("AuthorizationPolicy", SECURITY)
    covered = {id(pods) for policy in policies for pods in mesh.judged(policy)}
    for namespace in dict.fromkeys(namespace_of(policy) for policy in policies):
        for pods in mesh.by_namespace.get(namespace, ()):
            if id(pods) not in covered and mesh.has_sidecar(pods) is True and not pods.is_gateway:
                message = "no AuthorizationPolicy says who may call these pods, as others of the namespace have"
                yield Problem(pods.manifest, message, ("metadata", "name"), "add one that selects them")
