"""Who may do or reach more, or less: told of whom, and in which direction."""

from __future__ import annotations

import pytest

from pilothouse.diff.impact import Effect
from tests.diff.foreseen import impacts, said, shop, workload

POLICY, RBAC = "networking.k8s.io/v1", "rbac.authorization.k8s.io/v1"
SECURITY = "security.istio.io/v1"
APPS = workload("web", version="v1") + workload("front")
WEB, FRONT = "Deployment shop/web", "Deployment shop/front"


def policy(spec: str, name: str = "web") -> str:
    return shop(POLICY, "NetworkPolicy", spec, name)


DENY = policy("{podSelector: {}}", "deny")
TO_WEB = "podSelector: {matchLabels: {app: web}}"
FROM_FRONT = (
    f"{{{TO_WEB}, ingress: [{{from: [{{podSelector: {{matchLabels: {{app: front}}}}}}], ports: [{{port: 80}}]}}]}}"
)


def ingress(rules: str) -> str:
    return policy(f"{{{TO_WEB}, ingress: {rules}}}")


@pytest.mark.parametrize(
    ("before", "after", "says"),
    [
        ("", DENY, [f"narrows: nobody may reach {WEB} and {FRONT} any more"]),
        (DENY, "", [f"widens: everybody may now reach {WEB} and {FRONT}"]),
        ("", policy(FROM_FRONT), [f"narrows: only pods with app=front may reach {WEB} on TCP 80; before, everybody"]),
        (DENY, DENY + policy(FROM_FRONT), [f"widens: pods with app=front may also reach {WEB} on TCP 80"]),
        (DENY + policy(FROM_FRONT), DENY, [f"narrows: pods with app=front may no longer reach {WEB} on TCP 80"]),
        (DENY + policy(FROM_FRONT), policy(FROM_FRONT), [f"widens: everybody may now reach {FRONT}"]),
        ("", ingress("[{}]"), []),
        (DENY, DENY + ingress("[{}]"), [f"widens: everybody may now reach {WEB}"]),
        (
            ingress("[{ports: [{port: 80}]}]"),
            ingress("[{ports: [{port: 80}, {port: 443}]}]"),
            [f"widens: everybody may also reach {WEB} on TCP 443"],
        ),
        (
            ingress("[{ports: [{port: 8000, endPort: 9000}]}]"),
            ingress("[{ports: [{port: 8080}]}]"),
            [f"narrows: everybody may no longer reach {WEB} on TCP 8000 to 9000; still: everybody on TCP 8080"],
        ),
        (
            ingress("[{from: [{ipBlock: {cidr: 10.0.0.0/16}}]}]"),
            ingress("[{from: [{ipBlock: {cidr: 10.0.0.0/8, except: [10.1.0.0/16]}}]}]"),
            [f"widens: 10.0.0.0/8 without 10.1.0.0/16 may also reach {WEB}"],
        ),
        (
            ingress("[{from: [{podSelector: {matchLabels: {app: a, tier: b}}}]}]"),
            ingress("[{from: [{podSelector: {matchLabels: {app: a}}}]}]"),
            [f"widens: pods with app=a may also reach {WEB}"],
        ),
        (
            ingress("[{from: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: ops}}}]}]"),
            ingress("[{from: [{namespaceSelector: {}}]}]"),
            [f"widens: pods of every namespace may also reach {WEB}"],
        ),
        (
            policy(f"{{{TO_WEB}, policyTypes: [Ingress]}}"),
            policy(f"{{{TO_WEB}, policyTypes: [Ingress, Egress], egress: [{{ports: [{{port: 53, protocol: UDP}}]}}]}}"),
            [f"narrows: {WEB} may reach only everything on UDP 53; before, everything"],
        ),
        (
            policy("{podSelector: {matchLabels: {app: web}}}"),
            policy("{podSelector: {matchLabels: {app: front}}}"),
            [f"widens: everybody may now reach {WEB}", f"narrows: nobody may reach {FRONT} any more"],
        ),
        (
            policy("{podSelector: {matchLabels: {app: web}}}"),
            policy("{podSelector: {matchExpressions: [{key: app, operator: In, values: [web]}]}}"),
            [],
        ),
        (ingress("[{ports: [{protocol: TCP}]}]"), ingress("[{ports: [{protocol: TCP}, {port: 80}]}]"), []),
        ("", policy("{podSelector: {matchLabels: {app: x}}}"), ["narrows: nobody may reach pods with app=x any more"]),
        (
            policy("{podSelector: {matchLabels: {app: x}}}"),
            policy("{podSelector: {matchLabels: {app: other}}}"),
            ["changes: it holds pods with app=other instead of pods with app=x"],
        ),
    ],
)
def test_a_network_policy_names_whom_it_holds_and_who_gets_through(before: str, after: str, says: list[str]) -> None:
    assert said(APPS + before, APPS + after, Effect.ACCESS) == says


def test_pods_that_are_new_were_open_to_nobody() -> None:
    job = workload("job")
    (told,) = said(APPS, APPS + job + policy("{podSelector: {matchLabels: {app: job}}}"), Effect.ACCESS)
    assert told == "narrows: nobody may reach Deployment shop/job"
    assert said(APPS + DENY, APPS + DENY + job + policy(FROM_FRONT.replace("web", "job"), "job"), Effect.ACCESS) == [
        "widens: pods with app=front may also reach Deployment shop/job on TCP 80"
    ]


def test_pods_that_go_are_opened_to_nobody() -> None:
    job = workload("job")
    assert said(APPS + job + policy("{podSelector: {matchLabels: {app: job}}}"), APPS, Effect.ACCESS) == []


def test_pods_that_leave_a_policy_by_their_labels_are_open() -> None:
    held = policy("{podSelector: {matchLabels: {version: v1}}}")
    (told,) = said(APPS + held, APPS.replace("version: v1", "version: v2") + held, Effect.ACCESS)
    assert told == "widens: everybody may now reach its pods"


def binding(kind: str, role: str, *subjects: str) -> str:
    where = ", namespace: shop" if kind == "RoleBinding" else ""
    listed = ", ".join(subjects)
    named = f"{{apiGroup: rbac.authorization.k8s.io, kind: {role.split()[0]}, name: {role.split()[1]}}}"
    head = f"apiVersion: {RBAC}\nkind: {kind}\nmetadata: {{name: bound{where}}}\n"
    return f"{head}roleRef: {named}\nsubjects: [{listed}]\n---\n"


def role(rules: str, name: str = "reader", more: str = "", metadata: str = "") -> str:
    labels = f", {metadata}" if metadata else ""
    return f"apiVersion: {RBAC}\nkind: ClusterRole\nmetadata: {{name: {name}{labels}}}\nrules: {rules}\n{more}\n---\n"


PODS, SECRETS = (f'{{apiGroups: [""], resources: [{each}], verbs: [get]}}' for each in ("pods", "secrets"))
ACCOUNT, USER = "{kind: ServiceAccount, name: web, namespace: shop}", "{kind: User, name: eve}"
OF_CI = "{kind: Group, name: 'system:serviceaccounts:ci'}"
EVERYBODY = "{kind: Group, name: 'system:authenticated'}"
GATHERS = "aggregationRule: {clusterRoleSelectors: [{matchLabels: {to-all: 'true'}}]}"


@pytest.mark.parametrize(
    ("before", "after", "says"),
    [
        (
            role(f"[{PODS}]"),
            role(f"[{PODS}]") + binding("RoleBinding", "ClusterRole reader", ACCOUNT),
            ["widens: ServiceAccount shop/web may get pods (ClusterRole reader) in shop"],
        ),
        (
            role(f"[{PODS}]") + binding("ClusterRoleBinding", "ClusterRole reader", ACCOUNT),
            role(f"[{PODS}]") + binding("ClusterRoleBinding", "ClusterRole reader", ACCOUNT, EVERYBODY),
            ["widens: everybody who is signed in may get pods (ClusterRole reader) in every namespace"],
        ),
        (
            binding("RoleBinding", "ClusterRole view", USER, ACCOUNT),
            binding("RoleBinding", "ClusterRole view", ACCOUNT),
            ["narrows: User eve may no longer read nearly everything, but no Secrets (ClusterRole view) in shop, "
             "unless another binding lets them"],
        ),
        (
            "",
            binding("ClusterRoleBinding", "ClusterRole cluster-admin", OF_CI),
            ["widens: every ServiceAccount of ci may do everything (ClusterRole cluster-admin) in every namespace"],
        ),
        (
            "",
            binding("RoleBinding", "Role elsewhere", USER),
            ["widens: User eve may do what Role elsewhere allows, which the stack does not show, in shop"],
        ),
        (
            role(f"[{PODS}]") + binding("ClusterRoleBinding", "ClusterRole reader", ACCOUNT),
            role(f"[{PODS}, {SECRETS}]") + binding("ClusterRoleBinding", "ClusterRole reader", ACCOUNT),
            ["widens: ServiceAccount shop/web may also get secrets"],
        ),
        (
            role(f"[{PODS}]") + role(f"[{SECRETS}]", "other") + binding("RoleBinding", "ClusterRole reader", USER),
            role(f"[{PODS}]") + role(f"[{SECRETS}]", "other") + binding("RoleBinding", "ClusterRole other", USER),
            ["widens: User eve may get secrets (ClusterRole other) in shop",
             "narrows: User eve may no longer get pods (ClusterRole reader) in shop, unless another binding lets them"],
        ),
        (
            role("[]", "all", GATHERS),
            role("[]", "all", GATHERS) + role(f"[{PODS}]", metadata="labels: {to-all: 'true'}"),
            ["widens: whoever is given it may get pods", "widens: whoever has ClusterRole all may get pods"],
        ),
        (
            role("[]", "all", GATHERS) + role(f"[{PODS}]"),
            role(f"[{SECRETS}]", "all", GATHERS) + role(f"[{PODS}]"),
            [],  # the rules of an aggregated ClusterRole are written over
        ),
        (
            role(f"[{PODS}]"),
            role(f"[{PODS}]", metadata="labels: {rbac.authorization.k8s.io/aggregate-to-view: 'true'}"),
            ["widens: whoever has ClusterRole view, edit or admin may get pods"],
        ),
    ],
)  # fmt: skip
def test_rights_are_told_of_those_who_get_them(before: str, after: str, says: list[str]) -> None:
    assert said(before, after, Effect.ACCESS) == says


def authorization(spec: str, name: str = "web") -> str:
    return shop(SECURITY, "AuthorizationPolicy", spec, name)


def rules(source: str = "", operation: str = "", action: str = "ALLOW") -> str:
    parts = [
        f"from: [{{source: {source}}}]" if source else "",
        f"to: [{{operation: {operation}}}]" if operation else "",
    ]
    rule = ", ".join(filter(None, parts))
    return f"{{selector: {{matchLabels: {{app: web}}}}, action: {action}, rules: [{{{rule}}}]}}"


OPS, CI = "{namespaces: [ops]}", "{namespaces: [ops, ci]}"


@pytest.mark.parametrize(
    ("before", "after", "says"),
    [
        ("", authorization("{}"), [f"narrows: no request may reach {WEB} and {FRONT} any more"]),
        (authorization("{}"), "", [f"widens: all requests may now reach {WEB} and {FRONT}"]),
        (
            "",
            authorization(rules(OPS, "{methods: [GET], paths: [/api/*]}")),
            [f"narrows: only GET requests for /api/* from callers of namespace ops may reach {WEB}; "
             "before, all requests"],
        ),
        ("", authorization(rules()), []),
        (
            authorization("{}", "deny"),
            authorization("{}", "deny") + authorization(rules(OPS)),
            [f"widens: requests from callers of namespace ops may now reach {WEB}"],
        ),
        (
            authorization(rules(OPS)),
            authorization(rules(CI)),
            [f"widens: requests from callers of namespace ops or ci may now reach {WEB}"],
        ),
        (
            authorization(rules(CI)),
            authorization(rules(OPS)),
            [f"narrows: requests from callers of namespace ops or ci may no longer reach {WEB}; "
             "still: requests from callers of namespace ops"],
        ),
        (
            authorization(rules("{notNamespaces: [ops, ci]}")),
            authorization(rules("{notNamespaces: [ops]}")),
            [f"widens: requests from others than ops may now reach {WEB}"],
        ),
        (
            authorization(rules("{namespaces: [ops], notPrincipals: [eve]}")),
            authorization(rules(OPS)),
            [f"widens: requests from callers of namespace ops may now reach {WEB}"],
        ),
        (
            authorization(rules(OPS, "{ports: ['80']}")),
            authorization(rules(OPS)),
            [f"widens: requests from callers of namespace ops may now reach {WEB}"],
        ),
        (
            "",
            authorization(rules("{notNamespaces: [ops]}", action="DENY")),
            [f"narrows: requests from others than ops to {WEB} are refused"],
        ),
        (
            authorization(rules(operation="{paths: [/admin]}", action="DENY")),
            "",
            [f"widens: requests for /admin to {WEB} are no longer refused"],
        ),
        (
            authorization(rules(OPS)),
            authorization(rules(OPS, action="DENY")),
            [f"widens: all requests may now reach {WEB}",
             f"narrows: requests from callers of namespace ops to {WEB} are refused"],
        ),
    ],
)  # fmt: skip
def test_an_authorization_policy_is_read_as_istio_reads_it(before: str, after: str, says: list[str]) -> None:
    assert said(APPS + before, APPS + after, Effect.ACCESS) == says


def test_a_policy_for_new_pods_adds_to_what_already_holds_for_all() -> None:
    held = authorization("{}", "deny")
    job = workload("job") + authorization(rules(OPS).replace("app: web", "app: job"), "job")
    (told,) = said(APPS + held, APPS + held + job, Effect.ACCESS)
    assert told == "widens: requests from callers of namespace ops may now reach Deployment shop/job"


def peers(mode: str, more: str = "") -> str:
    return shop(SECURITY, "PeerAuthentication", f"{{mtls: {{mode: {mode}}}{more}}}")


PLAIN = f"callers may reach {WEB} and {FRONT} in plain text, without proof of who they are"


@pytest.mark.parametrize(
    ("before", "after", "says"),
    [
        (peers("STRICT"), peers("PERMISSIVE"), [f"widens: {PLAIN} (STRICT → PERMISSIVE)"]),
        (peers("STRICT"), "", [f"widens: {PLAIN} (STRICT → PERMISSIVE)"]),
        ("", peers("UNSET"), []),
        (
            "",
            peers("STRICT", ", selector: {matchLabels: {app: web}}"),
            [f"narrows: only callers that prove who they are by mTLS may reach {WEB} (PERMISSIVE → STRICT)"],
        ),
        (
            peers("STRICT", ", selector: {matchLabels: {app: web}}, portLevelMtls: {'80': {mode: UNSET}}"),
            peers("PERMISSIVE", ", selector: {matchLabels: {app: web}}, portLevelMtls: {'80': {mode: UNSET}}"),
            [f"widens: callers may reach {WEB} in plain text, without proof of who they are (STRICT → PERMISSIVE)"],
        ),
        (
            peers("STRICT", ", selector: {matchLabels: {app: web}}"),
            peers("STRICT", ", selector: {matchLabels: {app: web}}, portLevelMtls: {'80': {mode: DISABLE}}"),
            [f"widens: {WEB} on port 80 take plain text alone: no caller proves who it is (STRICT → DISABLE)"],
        ),
    ],
)
def test_proof_of_callers_is_told_of_the_pods_that_ask_for_it(before: str, after: str, says: list[str]) -> None:
    assert said(APPS + before, APPS + after, Effect.ACCESS) == says


def service(spec: str) -> str:
    return shop("v1", "Service", f"{{selector: {{app: web}}, ports: [{{port: 443}}], {spec}}}")


def entrance(host: str) -> str:
    backend = "{service: {name: web, port: {number: 443}}}"
    path = f"{{path: /, pathType: Prefix, backend: {backend}}}"
    return shop("networking.k8s.io/v1", "Ingress", f"{{rules: [{{host: {host}, http: {{paths: [{path}]}}}}]}}")


def gateway(*listeners: str) -> str:
    spec = f"{{gatewayClassName: a, listeners: [{', '.join(listeners)}]}}"
    return shop("gateway.networking.k8s.io/v1", "Gateway", spec)


HTTP, HTTPS = "{name: http, port: 80, protocol: HTTP}", "{name: s, port: 443, protocol: HTTPS, hostname: a.example.com}"
RANGES = "type: LoadBalancer, loadBalancerSourceRanges: "


@pytest.mark.parametrize(
    ("before", "after", "says"),
    [
        (
            service(""),
            service("type: LoadBalancer"),
            ["widens: it can be reached from outside through a load balancer, on port 443"],
        ),
        (
            service("type: NodePort"),
            service(""),
            ["narrows: it can be reached from inside of the cluster alone; before, at a port of every node"],
        ),
        (
            service("type: LoadBalancer"),
            service("type: NodePort"),
            [
                "narrows: it can be reached at a port of every node, on port 443; "
                "before, from outside through a load balancer"
            ],
        ),
        ("", service("type: NodePort"), ["widens: it can be reached at a port of every node, on port 443"]),
        (service("type: NodePort"), "", ["narrows: it goes; before, at a port of every node"]),
        (
            service(f"{RANGES}[10.0.0.0/8]"),
            service(f"{RANGES}[10.0.0.0/8, 192.0.2.0/24]"),
            ["widens: 192.0.2.0/24 may reach its load balancer too"],
        ),
        (
            service("type: LoadBalancer"),
            service(f"{RANGES}[10.0.0.0/8]"),
            ["narrows: everybody may no longer reach its load balancer, but 10.0.0.0/8 may"],
        ),
        (service(f"{RANGES}[10.0.0.0/8]"), service(f"{RANGES}[10.0.0.0/8, 10.1.0.0/16]"), []),
        (
            service(""),
            service("externalIPs: [192.0.2.7]"),
            ["widens: it can be reached at 192.0.2.7, from outside too"],
        ),
        ("", entrance("a.example.com"), ["widens: requests from outside for a.example.com are let in"]),
        (
            entrance("a.example.com"),
            entrance("b.example.com"),
            [
                "widens: requests from outside for b.example.com are let in",
                "narrows: requests from outside for a.example.com are no longer let in",
            ],
        ),
        (
            gateway(HTTP),
            gateway(HTTP, HTTPS),
            ["widens: requests from outside for a.example.com (HTTPS port 443) are let in"],
        ),
        (
            "",
            shop(
                "networking.istio.io/v1",
                "Gateway",
                "{servers: [{port: {number: 80, name: http, protocol: HTTP}, hosts: ['*']}]}",
            ),
            ["widens: requests from outside for every host (HTTP port 80) are let in"],
        ),
        (
            "",
            shop(
                "gateway.networking.k8s.io/v1",
                "ReferenceGrant",
                "{from: [{group: gateway.networking.k8s.io, kind: HTTPRoute, namespace: ops}], "
                "to: [{group: '', kind: Service}]}",
            ),
            ["widens: HTTPRoutes of ops may refer to Services here"],
        ),
    ],
)
def test_what_is_reached_from_outside_is_told(before: str, after: str, says: list[str]) -> None:
    assert said(before, after, Effect.ACCESS) == says


def pod(spec: str, context: str = "") -> str:
    made = workload("web", pod=spec)
    return made.replace("image: a", f"image: a, securityContext: {context}") if context else made


HARD = (
    "{allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}, runAsNonRoot: true, "
    "seccompProfile: {type: RuntimeDefault}}"
)


@pytest.mark.parametrize(
    ("before", "after", "says"),
    [
        (
            pod(""),
            pod("hostNetwork: true"),
            ["widens: its pods go beyond the level baseline: hostNetwork shares the node's own"],
        ),
        (
            pod("", "{privileged: true}"),
            pod(""),
            ["narrows: its pods no longer go beyond the level baseline by this: the container main is privileged"],
        ),
        (
            pod("", "{capabilities: {add: [NET_ADMIN]}}"),
            pod("", "{capabilities: {add: [NET_ADMIN, SYS_PTRACE]}}"),
            ["widens: its pods go beyond the level baseline: the container main gets SYS_PTRACE"],
        ),
        (
            pod("", HARD),
            pod("", HARD.replace("allowPrivilegeEscalation: false, ", "")),
            ["widens: its pods go beyond the level restricted: the container main does not set "
             "allowPrivilegeEscalation: false"],
        ),
        ("", pod("", "{privileged: true}"), ["widens: its pods go beyond the level baseline: the container main is "
                                              "privileged"]),
        ("", pod(""), []),
        (pod(""), pod("initContainers: [{name: b, image: b}]"), []),
        (
            pod(""),
            pod("serviceAccountName: admin"),
            ["changes: its pods act as ServiceAccount admin instead of default, with the rights of that"],
        ),
        (
            pod(""),
            pod("automountServiceAccountToken: false"),
            ["narrows: its pods get no token of the API server any more"],
        ),
    ],
)  # fmt: skip
def test_what_pods_may_do_is_told(before: str, after: str, says: list[str]) -> None:
    assert said(before, after, Effect.ACCESS) == says


def account(gives: str) -> str:
    return (
        "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: web, namespace: shop}\n"
        f"automountServiceAccountToken: {gives}\n---\n"
    )


def test_an_account_that_gives_tokens_names_the_pods_that_get_one() -> None:
    pods = pod("serviceAccountName: web") + workload(
        "own", pod="serviceAccountName: web, automountServiceAccountToken: false"
    )
    (told,) = said(pods + account("false"), pods + account("true"), Effect.ACCESS)
    assert told == f"widens: the pods of {WEB} get a token of the API server"


def namespace(level: str) -> str:
    labels = f"{{pod-security.kubernetes.io/enforce: {level}}}" if level else "{}"
    return f"apiVersion: v1\nkind: Namespace\nmetadata: {{name: shop, labels: {labels}}}\n---\n"


@pytest.mark.parametrize(
    ("before", "after", "direction", "workloads"),
    [
        ("", "baseline", "narrows", 0),
        ("baseline", "restricted", "narrows", 2),
        ("restricted", "baseline", "widens", None),
        ("baseline", "", "widens", None),
        ("", "privileged", None, None),
        ("baseline", "baseline", None, None),
    ],
)
def test_pod_security_of_a_namespace(before: str, after: str, direction: str | None, workloads: int | None) -> None:
    told = impacts(APPS + namespace(before), APPS + namespace(after), Effect.ACCESS)
    assert [each.facts["direction"] for each in told] == ([direction] if direction else [])
    assert [each.facts.get("workloads") for each in told] == ([workloads] if direction else [])


def test_each_impact_on_access_says_in_which_direction() -> None:
    told = impacts(APPS + DENY, APPS + policy(FROM_FRONT) + peers("STRICT"), Effect.ACCESS)
    assert told
    assert all(each.says.startswith(f"{each.facts['direction']}: ") for each in told)
