"""What contradicts itself, or what the API server would refuse, is refused with the argument's name, all at once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pilothouse_kit import (
    Allow,
    Backend,
    ClaimTemplate,
    ClusterRoleBinding,
    ConfigMap,
    Container,
    CronJob,
    DaemonSet,
    Deployment,
    DeviceClass,
    EmptyDir,
    EndpointSlice,
    ExecProbe,
    ExternalName,
    Gateway,
    GivenSecret,
    GrpcProbe,
    HorizontalPodAutoscaler,
    HostPath,
    HttpProbe,
    HTTPRoute,
    HttpRule,
    Ingress,
    Job,
    LimitRange,
    Listener,
    Mount,
    Network,
    NetworkAttachmentDefinition,
    NetworkPolicy,
    Nfs,
    NodeAffinity,
    PersistentVolume,
    PersistentVolumeClaim,
    Pod,
    PodAffinity,
    PodDisruptionBudget,
    PodsMetric,
    Port,
    PriorityClass,
    ReplicaSet,
    Requirement,
    ResourceClaimTemplate,
    ResourceQuota,
    Resources,
    Role,
    RoleBinding,
    Rule,
    RuntimeClass,
    Service,
    ServiceAccount,
    Spread,
    StatefulSet,
    TcpProbe,
    Toleration,
    VerticalPodAutoscaler,
)
from tests.kit.kit_chart import Make, build
from tests.synth.synth_repository import Repository


def web(chart: Any, name: str = "web", **arguments: Any) -> Deployment:
    return Deployment(chart, name, **{"image": "web:1", "port": 8080, **arguments})


def http(chart: Any) -> Service:
    return Service(chart, "http", selects=web(chart), ports={"http": 80})


def claim(**arguments: Any) -> Make:
    return lambda c: PersistentVolumeClaim(c, "data", **{"size": "1Gi", "storage_class": "fast", **arguments})


def volume(**arguments: Any) -> Make:
    return lambda c: PersistentVolume(c, "v", **{"size": "1Gi", "source": Nfs("n", "nfs", "/x"), **arguments})


def job(name: str = "j", **arguments: Any) -> Make:
    return lambda c: Job(c, name, **{"image": "j:1", "rerun": "never", **arguments})


def cron(**arguments: Any) -> Make:
    return lambda c: CronJob(c, "c", **{"image": "c:1", "schedule": "@daily", **arguments})


def hpa(**arguments: Any) -> Make:
    return lambda c: HorizontalPodAutoscaler(c, "h", **{"target": web(c), "min": 1, "max": 2, "cpu": 50, **arguments})


def budget(**arguments: Any) -> Make:
    return lambda c: PodDisruptionBudget(c, "b", protects=web(c), **arguments)


def endpoints(*addresses: str, **arguments: Any) -> Make:
    return lambda c: EndpointSlice(c, service=Service(c, "s", ports={"http": 80}), addresses=addresses, **arguments)


def service(ports: dict[str, int], **arguments: Any) -> Make:
    return lambda c: Service(c, "s", ports=ports, **arguments)


def route(*rules: HttpRule, **arguments: Any) -> Make:
    return lambda c: HTTPRoute(c, "r", **{"gateway": "main", "rules": rules, **arguments})


CASES: dict[str, tuple[Make, list[str]]] = {
    # containers and pods
    "unknown argument": (lambda c: web(c, imgae="x"), ["Deployment web: imgae: there is no such argument"]),
    "unknown container argument": (lambda c: Container("a", image="a:1", prot=80), ["container a: prot: there is no"]),
    "unknown object argument": (lambda c: ConfigMap(c, "a", data={}, lables={}), ["ConfigMap a: lables: there is no"]),
    "unknown Service argument": (service({"a": 1}, select={}), ["Service s: select: there is no such argument"]),
    "no image": (lambda c: Deployment(c, "a", image=""), ["image: expected a repository"]),
    "container name": (lambda c: web(c, "web.v1"), ["name: 'web.v1' is no name of a container"]),
    "port name": (lambda c: web(c, port={"a_very_long_port_name": 1}), ["port: 'a_very_long_port_name' is no name"]),
    "port of digits": (lambda c: web(c, port={"80": 80}), ["port: '80' is no name"]),
    "port number": (lambda c: web(c, port=70000), ["port: http is 70000, expected 1 to 65535"]),
    "host port": (lambda c: web(c, port={"http": Port(80, host_port=0)}), ["port: http is 0, expected 1 to 65535"]),
    "port twice": (lambda c: web(c, port={"a": 80, "b": 80}), ["port: two ports are 80/TCP"]),
    "port name twice": (
        lambda c: web(c, sidecars=[Container("b", image="b:1", port=9090)]),
        ["port: two containers name a port 'http'"],
    ),
    "container twice": (
        lambda c: web(c, sidecars=[Container("web", image="b:1")], init=[Container("i", image="i:1")] * 2),
        ["two containers are named 'i'", "two containers are named 'web'"],
    ),
    "volume twice": (
        lambda c: web(c, mounts={"/a": EmptyDir("x"), "/b": EmptyDir("x", memory=True), "/c": EmptyDir("x", "1Gi")}),
        ["mounts: two different volumes are named 'x'"],
    ),
    "mounted text": (lambda c: web(c, mounts={"/a": "data"}), ["mounts: /a is 'data', expected a volume"]),
    "relative path": (lambda c: web(c, mounts={"a": EmptyDir("x")}), ["mounts: 'a' is no absolute path"]),
    "number in env": (lambda c: web(c, env={"A": 1}), ["env: A is 1, expected a text in quotes"]),
    "name in env": (lambda c: web(c, env={"A=B": "1"}), ["env: 'A=B' is no name of a variable"]),
    "key that is not there": (
        lambda c: web(c, env={"A": ConfigMap(c, "s", data={"mode": "1"}).key("moed")}),
        ["ConfigMap s has no key 'moed', it has mode"],
    ),
    "probe on an unknown port": (
        lambda c: web(c, readiness=HttpProbe(port="web"), liveness=TcpProbe("live"), startup=GrpcProbe(0)),
        [
            "readiness: there is no port named 'web', the container has http",
            "liveness: there is no port named 'live'",
            "startup: port is 0, expected 1 to 65535",
        ],
    ),
    "probe without a port": (
        lambda c: Deployment(c, "a", image="a:1", readiness=HttpProbe()),
        ["readiness: there is no port named 'http', the container has none"],
    ),
    "probe numbers": (
        lambda c: web(c, readiness=HttpProbe(period=0, timeout=0), liveness=TcpProbe(successes=2)),
        ["readiness: period is 0", "readiness: timeout is 0", "liveness: successes is 2, expected 1"],
    ),
    "probe as one text": (lambda c: web(c, liveness=ExecProbe("a b")), ["liveness: command: expected a list of texts"]),
    "command as one text": (
        lambda c: web(c, command="sleep 1", args="x", pre_stop="y", capabilities="NET_ADMIN"),
        ["command: expected a list of texts, got the text 'sleep 1'", "args: ", "pre_stop: ", "capabilities: "],
    ),
    "capability of Linux": (lambda c: web(c, capabilities=["CAP_KILL"]), ["Kubernetes' own name, 'KILL'"]),
    "privileged and bounded": (
        lambda c: web(c, privileged=True, escalation=False, capabilities=["KILL"]),
        ["escalation: a privileged container", "capabilities: a privileged container has all"],
    ),
    "claim template in a Deployment": (
        lambda c: web(c, mounts={"/a": ClaimTemplate("data", "1Gi", "fast")}),
        ["mounts: 'data' is a claim template that is not among the claims"],
    ),
    "labels against the selector": (
        lambda c: web(c, labels={"app.kubernetes.io/name": "x"}, pod_labels={"app.kubernetes.io/name": "y"}),
        ["labels: app.kubernetes.io/name is 'x', and the selector looks for 'web'", "pod_labels: app.kubernetes.io"],
    ),
    # workloads
    "negative replicas": (lambda c: web(c, replicas=-1), ["replicas: -1 is out of range, expected 0 or more"]),
    "no pod could be replaced": (lambda c: web(c, max_surge="0%"), ["max_surge: it and max_unavailable are both 0"]),
    "percent without a sign": (lambda c: web(c, max_surge="25"), ["max_surge: '25', expected a number of pods, or"]),
    "negative surge": (lambda c: web(c, max_surge=-1), ["max_surge: -1, expected a number of pods"]),
    "ready after the deadline": (
        lambda c: web(c, min_ready=60, deadline=60),
        ["min_ready: 60 s is not below the rollout's deadline of 60 s"],
    ),
    "ready after the default deadline": (lambda c: web(c, min_ready=600), ["min_ready: 600 s is not below"]),
    "deadline and history": (lambda c: web(c, deadline=0, history=-1), ["deadline: 0 is out", "history: -1 is out"]),
    "everything of a workload at once": (
        lambda c: web(c, replicas=-1, max_surge=0, env={"A": 1}, raplicas=2, readiness=TcpProbe("x")),
        ["replicas: -1", "max_surge: ", "env: A", "raplicas: ", "readiness: "],
    ),
    "daemons that are never replaced": (
        lambda c: DaemonSet(c, "d", image="d:1", max_unavailable=0),
        ["DaemonSet d: max_unavailable: 0, so no pod"],
    ),
    "expression that its pods do not meet": (
        lambda c: ReplicaSet(c, "r", image="r:1", expressions=[Requirement("tier", "Exists")]),
        ["ReplicaSet r: expressions: its own pods do not meet the one on 'tier'"],
    ),
    "claim twice": (
        lambda c: StatefulSet(c, "s", image="s:1", claims=[ClaimTemplate("d", "1Gi", "fast")] * 2),
        ["StatefulSet s: claims: two are named 'd'"],
    ),
    # jobs
    "kept Job that Git keeps": (job(keep=60), ["Job j: keep: Git keeps this Job"]),
    "kept Job that runs on change": (job(keep=60, rerun="on-change"), ["keep: Git keeps this Job"]),
    "indexed without completions": (job(indexed=True), ["indexed: expected completions too"]),
    "numbers of a Job": (
        job(completions=-1, parallelism=-1, retries=-1, time_limit=0, keep=-1, rerun="sync"),
        ["completions: -1", "parallelism: -1", "retries: -1", "time_limit: 0", "keep: -1"],
    ),
    "name of a Job": (job("x" * 53, rerun="on-change"), ["name: it has 53 characters, expected 52 at most"]),
    "name of a hook": (job("x" * 64, rerun="sync"), ["name: it has 64 characters, expected 63 at most"]),
    "name of a CronJob": (
        lambda c: CronJob(c, "x" * 53, schedule="@daily", image="x:1"),
        ["name: it has 53 characters, expected 52"],
    ),
    "a CronJob's own": (
        cron(schedule="60 * * *", time_zone="Vienna ", start_within=5, keep_failed=-1, retries=-1),
        ["schedule: expected five fields", "time_zone: ", "start_within: 5 s", "keep_failed: -1", "retries: -1"],
    ),
    # settings
    "versioned and not immutable": (
        lambda c: ConfigMap(c, "s", data={}, versioned=True, immutable=False),
        ["immutable: a versioned one always is"],
    ),
    # services
    "ExternalName with an address": (lambda c: ExternalName(c, "e", host="10.0.0.1"), ["host: an address needs"]),
    "ExternalName with an IPv6 address": (lambda c: ExternalName(c, "e", host="::1"), ["host: an address needs"]),
    "ExternalName in capitals": (
        lambda c: ExternalName(c, "e", host="Maps.com"),
        ["host: expected a DNS name in lower"],
    ),
    "ExternalName with a scheme": (lambda c: ExternalName(c, "e", host="https://a.b"), ["host: "]),
    "ExternalName with an underscore": (lambda c: ExternalName(c, "e", host="a_b.com"), ["host: expected a DNS name"]),
    "ExternalName that is too long": (lambda c: ExternalName(c, "e", host="a." * 126 + "ab"), ["host: expected a DNS"]),
    "slice of a Service that selects": (
        lambda c: EndpointSlice(c, service=http(c), addresses=["10.0.0.1"]),
        ["service: http selects pods"],
    ),
    "slice without addresses": (endpoints(), ["addresses: expected one or more"]),
    "slice of two families": (endpoints("10.0.0.1", "fd00::1"), ["addresses: IPv4 and IPv6 together"]),
    "slice of hosts": (endpoints("a.b", port=0), ["addresses: expected IP addresses, got 'a.b'", "port: 0, expected"]),
    "slice of a node's own": (endpoints("127.0.0.1"), ["addresses: 127.0.0.1 is no address of one machine"]),
    "slice of a link": (endpoints("169.254.1.1"), ["addresses: 169.254.1.1 is no address of one machine"]),
    "slice as one text": (
        lambda c: EndpointSlice(c, service=Service(c, "s", ports={"a": 1}), addresses="10.0.0.1"),
        ["addresses: expected a list of texts"],
    ),
    "node port below": (service({"a": 1}, type="NodePort", node_ports={"a": 29999}), ["node_ports: a is 29999"]),
    "node port above": (service({"a": 1}, type="NodePort", node_ports={"a": 32768}), ["node_ports: a is 32768"]),
    "node port twice": (
        service({"a": 1, "b": 2}, type="NodePort", node_ports={"a": 30000, "b": 30000}),
        ["node_ports: two ports have"],
    ),
    "Service port": (service({"a": 0, "B": 70000}), ["ports: a is 0", "ports: B is 70000", "ports: 'B' is no name"]),
    "Service port twice": (service({"a": 80, "b": 80}), ["ports: a and b are both 80"]),
    "Service without a port": (service({}), ["ports: expected one or more"]),
    "source ranges": (
        service({"a": 1}, type="LoadBalancer", source_ranges=["10.0.0.1", "10.0.0.0/33", "10.0.0.1/8", "10.0.0.0/24"]),
        ["got '10.0.0.1'", "got '10.0.0.0/33'", "got '10.0.0.1/8'"],
    ),
    # requests from outside
    "Ingress without a path": (
        lambda c: Ingress(c, "i", host="a.b", routes={}),
        ["Ingress i: routes: expected one or more"],
    ),
    "Ingress paths and host": (
        lambda c: Ingress(c, "i", host="A.b", routes={"x": http(c)}),
        ["host: expected a DNS name", "routes: 'x' is no"],
    ),
    "Ingress to an ExternalName": (
        lambda c: Ingress(c, "i", host="a.b", routes={"/": ExternalName(c, "e", host="x.y")}),
        ["routes: / leads to e, which has no port"],
    ),
    "Gateway listeners": (
        lambda c: Gateway(c, "g", gateway_class="x", listeners=[Listener("a", 0), Listener("a", 80, host="A")]),
        ["listeners: two are named 'a'", "listeners: a is on port 0", "listeners: a: host: expected a DNS name"],
    ),
    "Gateway without listeners": (
        lambda c: Gateway(c, "g", gateway_class="x", listeners=[]),
        ["listeners: expected one or more"],
    ),
    "route without rules": (route(), ["HTTPRoute r: rules: expected one or more"]),
    "route without a backend": (route(HttpRule([], "x")), ["rules: x has no backend", "prefix 'x' does not begin"]),
    "route that nobody answers": (
        lambda c: HTTPRoute(c, "r", gateway="g", rules=[HttpRule([Backend(http(c), 0)])]),
        ["has weight 0, so nobody"],
    ),
    "route with a weight": (
        lambda c: HTTPRoute(c, "r", gateway="g", rules=[HttpRule([Backend(http(c), -1)])]),
        ["weight -1 is out of range"],
    ),
    "route to a listener": (
        lambda c: HTTPRoute(
            c,
            "r",
            gateway=Gateway(c, "g", gateway_class="x", listeners=[Listener("web", 80)]),
            listener="wbe",
            hosts=["a b"],
            rules=[HttpRule([http(c)])],
        ),
        ["listener: g has none named 'wbe', it has web", "hosts: expected a DNS name in lower case, got 'a b'"],
    ),
    # scaling
    "autoscaler with max below min": (hpa(min=3, max=2), ["max: 2 is below min, which is 3"]),
    "autoscaler of nothing": (hpa(min=0), ["min: 0 is out of range"]),
    "autoscaler without a metric": (hpa(cpu=None), ["cpu, memory, metrics: expected one or more"]),
    "autoscaler's numbers": (
        hpa(cpu=0, memory=-5, scale_down_after=-1, metrics=[PodsMetric("rps", "many")]),
        ["cpu: 0", "memory: -5", "scale_down_after: -1", "metrics: rps: expected a quantity"],
    ),
    "budget of both": (budget(min_available=1, max_unavailable=1), ["min_available: it and max_unavailable are both"]),
    "budget that never": (budget(max_unavailable="0%"), ["max_unavailable: no pod could ever be taken away"]),
    "budget that keeps all": (budget(min_available="100%"), ["min_available: no pod could ever be taken away"]),
    "budget of no number": (budget(min_available="half"), ["min_available: 'half', expected a number of pods"]),
    "recommendations": (
        lambda c: VerticalPodAutoscaler(c, "v", target=web(c), least={"cpu": "2"}, most={"cpu": "1"}),
        ["least: cpu: 2 is above most, which is 1"],
    ),
    "recommendations of no quantity": (
        lambda c: VerticalPodAutoscaler(c, "v", target=web(c), least={"cpu": "two"}),
        ["least: cpu: expected a quantity"],
    ),
    # storage
    "claim of no size": (claim(size="10 Gi"), ["PersistentVolumeClaim data: size: expected a quantity"]),
    "claim of nothing": (claim(size="0"), ["size: 0 is no size, expected more than 0"]),
    "claim for nobody": (claim(access=()), ["access: expected one or more"]),
    "claim for one pod and more": (
        claim(access=["ReadWriteOncePod", "ReadWriteOnce"]),
        ["access: ReadWriteOncePod goes with no other"],
    ),
    "claim with one text": (claim(access="ReadWriteOnce"), ["access: expected a list of texts"]),
    "claim template of no size": (lambda c: ClaimTemplate("d", "10gi", "fast"), ["ClaimTemplate d: size: expected a"]),
    "volume claimed by a name": (volume(claimed_by="data"), ["claimed_by: expected namespace/name, got 'data'"]),
    "volume claimed by nobody": (volume(claimed_by="shop/", size="x"), ["claimed_by: expected namespace/", "size: "]),
    "volume that no node reaches": (volume(nodes=("disk", [])), ["nodes: disk has no value"]),
    # policies
    "policy that says nothing": (lambda c: NetworkPolicy(c, "p"), ["ingress, egress: expected one of them"]),
    "policy's ports": (
        lambda c: NetworkPolicy(c, "p", ingress=[Allow(ports=[0])], egress=[Allow(ports=[Port(70000)])]),
        ["ingress: port 0 is out of range", "egress: port 70000 is out of range"],
    ),
    "policy about pods elsewhere": (
        lambda c: NetworkPolicy(c, "p", pods=web(c, namespace="b"), ingress=[]),
        ["pods: web is in namespace b"],
    ),
    "address as a network": (lambda c: Network("10.0.0.1"), ["expected a network such as 10.0.0.0/8, got '10.0.0.1'"]),
    "network with a mask": (lambda c: Network("10.0.0.0/255.0.0.0"), ["expected a network such as 10.0.0.0/8"]),
    "network with host bits": (lambda c: Network("10.0.0.1/8"), ["got '10.0.0.1/8': 10.0.0.1/8 has host bits set"]),
    "network outside": (
        lambda c: Network("10.0.0.0/8", excluding=["11.0.0.0/16", "fd00::/64", "10.0.0.0/8", "10.1.0.0/16"]),
        ["excluding: 11.0.0.0/16 is no part", "excluding: fd00::/64 is no part", "excluding: 10.0.0.0/8 is no part"],
    ),
    # namespaces
    "bounds of nothing": (lambda c: LimitRange(c, "l"), ["default, default_request, max, min: expected one or more"]),
    "bounds upside down": (
        lambda c: LimitRange(c, "l", min={"cpu": "1"}, default={"cpu": "500m"}, max={"cpu": "0.5"}),
        ["min: cpu: 1 is above default, which is 500m", "min: cpu: 1 is above max, which is 0.5"],
    ),
    "bounds of no quantity": (
        lambda c: LimitRange(c, "l", max={"memory": "1gi"}),
        ["max: memory: expected a quantity"],
    ),
    "quota of no quantity": (lambda c: ResourceQuota(c, "q", hard={"pods": "many"}), ["hard: pods: expected a quan"]),
    # access
    "rule for nothing": (lambda c: Role(c, "r", rules=[Rule([])]), ["rules: rule 1 has no verbs", "names neither"]),
    "rule as texts": (lambda c: Role(c, "r", rules=[Rule("get", "pods")]), ["rule 1: verbs: expected a list of texts"]),
    "urls in a Role": (lambda c: Role(c, "r", rules=[Rule(["get"], urls=["/x"])]), ["only a ClusterRole can allow"]),
    "binding of nobody": (lambda c: RoleBinding(c, "b", role="view", subjects=[]), ["subjects: expected one or more"]),
    "cluster binding of a Role": (
        lambda c: ClusterRoleBinding(c, "b", role=Role(c, "r", rules=[Rule(["get"], ["pods"])]), subjects=[]),
        ["role: r is a Role", "subjects: expected one or more"],
    ),
    # classes and networks
    "priority of Kubernetes": (
        lambda c: PriorityClass(c, "system-x", value=2_000_000_000),
        ["value: 2000000000 is out", "name: 'system-'"],
    ),
    "no device": (
        lambda c: ResourceClaimTemplate(c, "g", device_class=DeviceClass(c, "d", select=[]), count=0),
        ["count: 0 is out"],
    ),
    "devices by one text": (lambda c: DeviceClass(c, "d", select="true"), ["select: expected a list of texts"]),
    "runtime's overhead": (
        lambda c: RuntimeClass(c, "r", handler="x", overhead={"memory": "64 Mi"}),
        ["overhead: memory: expected a quan"],
    ),
    "network without a plug-in": (
        lambda c: NetworkAttachmentDefinition(c, "n", config={}),
        ["config: expected type", "config: expected cniVersion"],
    ),
    # resources and scheduling
    "request above its limit": (
        lambda c: Resources("1", "2Gi", cpu_limit="500m", memory_limit="1Gi"),
        ["cpu: the request of 1 is above the limit of 500m", "memory: the request of 2Gi is above the limit of 1Gi"],
    ),
    "requests of no quantity": (
        lambda c: Resources("1 core", "1gi", cpu_limit="x", further={"gpu": "y"}),
        ["request: cpu: ", "request: memory: ", "request: gpu: ", "limit: cpu: "],
    ),
    "negative request": (lambda c: Resources("-1", "1Gi"), ["cpu: less than nothing"]),
    "toleration": (
        lambda c: Toleration(value="x", seconds=5),
        ["value: expected a key too", "seconds: they count for"],
    ),
    "spread": (lambda c: Spread(skew=0), ["skew: 0 is out of range, expected 1 or more"]),
    "weight of nodes": (lambda c: NodeAffinity("disk", weight=0), ["weight: 0 is out of range, expected 1 to 100"]),
    "nodes by one text": (lambda c: NodeAffinity("disk", "ssd"), ["values: expected a list of texts"]),
    "weight of pods": (
        lambda c: PodAffinity({"a": "b"}, weight=101),
        ["weight: 101 is out of range, expected 1 to 100"],
    ),
}


@pytest.mark.parametrize(("make", "words"), CASES.values(), ids=list(CASES))
def test_what_contradicts_itself_is_refused_with_its_argument(make: Make, words: list[str]) -> None:
    with pytest.raises(ValueError) as refused:
        build(make)
    said = str(refused.value)
    for each in words:
        assert each in said
    assert said.count("; ") >= len(words) - 1


GOOD: dict[str, Make] = {
    "a dot behind a host": lambda c: ExternalName(c, "e", host="maps.example.com."),
    "one port by two transports": lambda c: Service(
        c, "dns", selects=web(c, port={"dns": Port(53, "UDP"), "dns-tcp": 53}), ports={"dns": 53, "dns-tcp": 53}
    ),
    "headless without ports": service({}, headless=True),
    "first and last node port": service({"a": 1, "b": 2}, type="NodePort", node_ports={"a": 30000, "b": 32767}),
    "surge alone": lambda c: web(c, max_surge="25%", max_unavailable=0),
    "recreated": lambda c: web(c, strategy="Recreate", max_surge=0),
    "ready before the deadline": lambda c: web(c, min_ready=599),
    "kept hook": job(keep=0, rerun="post-sync"),
    "indexed": job(indexed=True, completions=3, parallelism=0),
    "longest names": job("x" * 52, rerun="on-change"),
    "small claim": claim(size="1m"),
    "class of hand-made disks": claim(storage_class=""),
    "budget by percent": budget(min_available="50%"),
    "limits equal to requests": lambda c: Resources("500m", "1Gi", cpu_limit="0.5", memory_limit="1024Mi"),
    "the same volume twice": lambda c: web(c, mounts={"/a": EmptyDir("x"), "/b": Mount(EmptyDir("x"), read_only=True)}),
    "IPv6": endpoints("fd00::1"),
    "wildcard host": lambda c: Ingress(c, "i", host="*.example.com", routes={"/": http(c)}),
    "whole world less a part": lambda c: Network("0.0.0.0/0", excluding=["10.0.0.0/8"]),
    "least and greatest priority": lambda c: (
        PriorityClass(c, "a", value=-(2**31)),
        PriorityClass(c, "b", value=1_000_000_000),
    ),
    "every taint": lambda c: Toleration(),
    "an own label of a selector's key": lambda c: web(c, labels={"app.kubernetes.io/name": "web"}),
    "privileged pod": lambda c: Pod(c, "p", image="p:1", privileged=True, mounts={"/x": HostPath("h", "/x")}),
    "given secret of any key": lambda c: web(c, env={"A": GivenSecret("s").key("whatever", optional=True)}),
    "account of another chart": lambda c: RoleBinding(c, "b", role="view", subjects=["ops/bot", "Group:team"]),
    "account": lambda c: web(c, service_account=ServiceAccount(c, "web")),
}


@pytest.mark.parametrize("make", GOOD.values(), ids=list(GOOD))
def test_what_stands_at_the_edge_is_taken(make: Make) -> None:
    build(make)


def test_a_refusal_is_a_finding_at_the_line_of_the_chart(tmp_path: Path) -> None:
    repository = Repository(tmp_path / "repository")
    repository.write(
        "charts/shop.py",
        """
        from pilothouse import Chart, Values
        from pilothouse_kit import Deployment, Service, TcpProbe


        class Shop(Chart[Values]):
            def build(self) -> None:
                web = self.web()
                Service(self, "web", selects=web, ports={"http": 80})

            def web(self) -> Deployment:
                return Deployment(
                    self, "web", image="web:1", port=8080, replicas=-1, readiness=TcpProbe("web")
                )
        """,
    )
    repository.deploy("shop")
    run = repository.synth("dev")
    assert run.code == 1
    (finding,) = run.findings
    assert (finding["file"], finding["line"]) == ("charts/shop.py", 11)
    assert "Deployment web: replicas: -1 is out of range, expected 0 or more; readiness: there" in finding["message"]
