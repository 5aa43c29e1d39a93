from __future__ import annotations

import re
from decimal import Decimal

import pytest

from pilothouse.environment import EnvironmentErrors, load
from pilothouse.environment.model import Given
from pilothouse.finding import Position
from tests.environment.environment_repository import Repository

BASE = """\
kubernetesVersion: "1.32"
labels: {team: platform}
given:
  namespaces: [kube-system]
charts:
  kubia:
    values:
      image: oliwave/kubia
      replicas: 3
  mysql: {}
"""
DEV = """\
# the lab
extends: _base
profile: lab
cluster: {name: tk8s, domain: tk8s.k8s}
domain: example.com
labels: {env: dev}
imageRegistry: registry.example.com:5000/team
imagePullSecrets: [pull]
given:
  storageClasses: [fast]
  secrets: [custom/tls]
waivers:
  - {code: SVC001, object: Service custom/kubia, reason: nothing selects it yet}
charts:
  kubia:
    namespace: custom-namespace
    values: {replicas: 1}
    waivers: [{code: REF001, reason: made by hand}]
  mysql: null
  orders-db: {chart: mysql, namespace: orders, values: {storage: 10Gi}}
  external-dns: {}
"""
NODES = """\
kubernetesVersion: "1.34"
cluster: {name: lab}
nodes:
- {name: workers, count: 3, cpu: 3920m, memory: 14Gi, labels: {disk: ssd}}
- name: gpu
  count: 1
  cpu: 8
  memory: 60Gi
  resources: {nvidia.com/gpu: 2}
  taints: [{key: gpu, effect: NoSchedule}]
  maxPods: 30
charts: {kubia: {}}
"""
MINIMAL = "kubernetesVersion: '1.32'\ncluster: {name: lab}\ncharts: {kubia: {}}\n"


def test_an_environment_is_its_file_laid_over_its_layer(repository: Repository) -> None:
    repository.write("_base", BASE)
    repository.write("dev", DEV)
    dev = load(repository.path, "dev")
    assert (dev.name, dev.kubernetes_version, dev.profile) == ("dev", "1.32", "lab")
    assert (dev.cluster.name, dev.cluster.domain, dev.domain) == ("tk8s", "tk8s.k8s", "example.com")
    assert dev.labels == {"team": "platform", "env": "dev"}
    assert (dev.image_registry, dev.image_pull_secrets) == ("registry.example.com:5000/team", ["pull"])
    assert (dev.given.namespaces, dev.given.storage_classes) == (["kube-system"], ["fast"])
    assert list(dev.charts) == ["kubia", "orders-db", "external-dns"]
    kubia, orders, dns = dev.charts.values()
    assert (kubia.chart, kubia.namespace) == ("kubia", "custom-namespace")
    assert kubia.values == {"image": "oliwave/kubia", "replicas": 1}
    assert [(waiver.code, waiver.object, waiver.reason) for waiver in kubia.waivers] == [("REF001", "", "made by hand")]
    assert (orders.chart, orders.namespace, orders.values) == ("mysql", "orders", {"storage": "10Gi"})
    assert (dns.chart, dns.namespace) == ("external_dns", "external-dns")
    assert [(each.code, each.object) for each in dev.waivers] == [("SVC001", "Service custom/kubia")]
    assert dev.files == ["environments/_base.yaml", "environments/dev.yaml"]


def test_what_no_file_says_has_a_default(repository: Repository) -> None:
    repository.write("dev", MINIMAL)
    dev = load(repository.path, "dev")
    assert (dev.profile, dev.cluster.domain, dev.domain) == ("lab", "cluster.local", None)
    assert (dev.labels, dev.annotations, dev.image_registry, dev.image_pull_secrets) == ({}, {}, None, [])
    assert dev.given == Given()
    assert (dev.charts["kubia"].namespace, dev.charts["kubia"].values) == ("kubia", {})


def test_places_lead_to_the_file_that_set_a_value(repository: Repository) -> None:
    repository.write("_base", BASE)
    repository.write("dev", DEV)
    dev = load(repository.path, "dev")
    base, own = "environments/_base.yaml", "environments/dev.yaml"
    values = ("charts", "kubia", "values")
    assert dev.position_of((*values, "image")) == Position(base, 8, 14)
    assert dev.position_of((*values, "replicas")) == Position(own, 17, 24)
    assert dev.position_of((*values, "replicas"), key=True) == Position(own, 17, 14)
    assert dev.position_of(values) == Position(own, 17, 5)
    assert dev.position_of((*values, "absent", 3, "deeper")) == Position(own, 17, 5)
    assert dev.position_of(("given", "namespaces", 0)) == Position(base, 4, 16)
    assert dev.position_of(("charts", "mysql")) == Position(own, 19, 10)
    assert dev.position_of(("waivers", 0, "reason")).line == 13
    assert dev.position_of(()).file == own


def test_layers_may_extend_layers(repository: Repository) -> None:
    repository.write("_one", "labels: {a: one, b: one, c: one}\nkubernetesVersion: '1.31'\n")
    repository.write("_two", "extends: _one\nlabels: {b: two, c: two}\ncluster: {name: x}\n")
    repository.write("dev", "extends: _two\nlabels: {c: dev}\ncharts: {kubia: {}}\n")
    dev = load(repository.path, "dev")
    assert dev.labels == {"a": "one", "b": "two", "c": "dev"}
    assert dev.files == ["environments/_one.yaml", "environments/_two.yaml", "environments/dev.yaml"]


def test_every_mistake_of_the_file_and_its_layers_is_told_at_once(repository: Repository) -> None:
    repository.write("_base", 'kubernetesVersion: "1.32"\nlabels: {tier: 1}\ncharts:\n  kubia: {values: 3}\n')
    repository.write(
        "dev",
        """\
        extends: _base
        profile: labb
        cluster: {domian: tk8s.k8s}
        domain: Example.com
        annotations: {"a b": x, ok: no}
        given: {storageclasses: [x], namespaces: [ok, Not_Ok]}
        waivers: [{code: svc1, object: Service x/y}]
        charts:
          kubai: {}
          redis: null
          Orders: {chart: mysql, namespace: "two words", replicas: 3}
          db: {chart: mysq1}
        """,
    )
    label = "a DNS label (at most 63 of a-z, 0-9 and '-', beginning and ending with a letter or digit)"
    name = "a DNS name (a-z, 0-9, '-' and '.', beginning and ending with a letter or digit)"
    qualified = (
        "a qualified name (at most 63 letters, digits, '-', '_' and '.', beginning and ending with a letter or digit, "
        "after an optional DNS name and '/')"
    )
    base, dev = "environments/_base.yaml", "environments/dev.yaml"
    assert repository.mistakes() == [
        f"{base}:2:16: labels.tier: expected str, got 1: put it in quotes",
        f"{base}:4:19: charts.kubia.values: expected map, got 3",
        f"{dev}:2:10: profile: expected 'lab' or 'production', got 'labb', did you mean 'lab'?",
        f"{dev}:3:1: cluster: missing: name (str)",
        f"{dev}:3:11: cluster.domian: unknown key 'domian', did you mean 'domain'?",
        f"{dev}:4:9: domain: expected {name}, got 'Example.com'",
        f"{dev}:5:15: annotations[a b]: expected the key to be {qualified}, got 'a b'",
        f"{dev}:5:29: annotations.ok: expected str, got false: put it in quotes",
        f"{dev}:6:9: given.storageclasses: unknown key 'storageclasses', did you mean 'storageClasses'?",
        f"{dev}:6:47: given.namespaces[1]: expected {label}, got 'Not_Ok'",
        f"{dev}:7:11: waivers[0]: missing: reason (a str that is not empty)",
        f"{dev}:7:18: waivers[0].code: expected a check's code such as 'SVC001', got 'svc1'",
        f"{dev}:9:3: charts.kubai: no chart 'kubai' in charts/, did you mean 'kubia'?",
        f"{dev}:10:10: charts.redis: null removes what a layer gave, and no layer gives it: "
        "write {} to deploy redis with its defaults",
        f"{dev}:11:3: charts.Orders: expected the key to be {label}, got 'Orders'",
        f"{dev}:11:37: charts.Orders.namespace: expected {label}, got 'two words'",
        f"{dev}:11:50: charts.Orders.replicas: unknown key 'replicas': known keys are values, waivers",
        f"{dev}:12:15: charts.db.chart: no chart 'mysq1' in charts/, did you mean 'mysql'?",
    ]


def test_what_is_missing_is_asked_for_once_the_layers_are_merged(repository: Repository) -> None:
    repository.write("_base", "# nothing yet\nlabels: {a: b}\n")
    repository.write("dev", "extends: _base\n")
    assert repository.mistakes() == [
        "environments/dev.yaml:1:1: missing: charts (a map: what stands there is deployed)",
        "environments/dev.yaml:1:1: missing: cluster.name (str)",
        "environments/dev.yaml:1:1: missing: kubernetesVersion (a version such as '1.32')",
    ]


def test_a_null_that_removes_what_is_needed_is_pointed_at(repository: Repository) -> None:
    repository.write("_base", MINIMAL)
    repository.write("dev", "extends: _base\nkubernetesVersion: null\ncluster: ~\ncharts:\n  kubia:\n")
    assert repository.mistakes() == [
        "environments/dev.yaml:2:20: kubernetesVersion: "
        "missing: kubernetesVersion (a version such as '1.32'), which this null removes",
        "environments/dev.yaml:3:10: cluster: missing: name (str), which this null removes",
        "environments/dev.yaml:4:1: charts: expected at least one instance, got none",
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "environments/dev.yaml:1: is empty"),
        ("# only a comment\n---\n", "environments/dev.yaml:1: is empty"),
        ("null\n", "environments/dev.yaml:1: is empty"),
        ("- a\n", "environments/dev.yaml:1:1: expected a map, got a list"),
        ("\nhello\n", "environments/dev.yaml:2:1: expected a map, got 'hello'"),
        (MINIMAL + "---\n" + MINIMAL, "environments/dev.yaml:5:1: expected one document, found 2"),
        ("charts: {kubia: {}\ndomain: x\n", "environments/dev.yaml:2:"),
        ("domain: a.b\ncharts: {}\ndomain: c.d\n", "environments/dev.yaml:3:1: "),
        ("a: &a [x]\nb: *c\n", "environments/dev.yaml:2:4: "),
    ],
)
def test_a_file_that_is_no_environment_is_refused_with_its_line(
    repository: Repository, text: str, expected: str
) -> None:
    repository.write("dev", text)
    (mistake,) = repository.mistakes()
    assert mistake.startswith(expected)


def test_a_duplicate_key_is_named(repository: Repository) -> None:
    repository.write("dev", MINIMAL + "domain: a.b\ndomain: c.d\n")
    (mistake,) = repository.mistakes()
    assert mistake.startswith("environments/dev.yaml:5:1: ")
    assert "domain" in mistake


def test_bytes_that_are_no_text_are_refused(repository: Repository) -> None:
    (repository.root / "environments" / "dev.yaml").write_bytes(b"domain: a\nlabels: {a: \xff}\n")
    (mistake,) = repository.mistakes()
    assert mistake.startswith("environments/dev.yaml:2:13: ")


def test_a_layer_that_cannot_be_parsed_hides_no_other_mistake(repository: Repository) -> None:
    repository.write("_base", "labels: [\n")
    repository.write("dev", "extends: _base\nprofile: x\ncharts:\n  kubia: null\n")
    mistakes = repository.mistakes()
    # Nobody knows what the layer gives, so nothing is said to be missing.
    assert [mistake.split(": ")[0].rsplit(":", 1)[0] for mistake in mistakes] == [
        "environments/_base.yaml:2",
        "environments/dev.yaml:2",
    ]


@pytest.mark.parametrize(
    ("layers", "expected"),
    [
        (
            {"dev": "extends: _a\n", "_a": "extends: _b\n", "_b": "labels: {}\nextends: _a\n"},
            "environments/_b.yaml:2:10: extends: a layer cannot extend itself: _a → _b → _a",
        ),
        (
            {"dev": "extends: _a\n", "_a": "extends: _a\n"},
            "environments/_a.yaml:1:10: extends: a layer cannot extend itself: _a → _a",
        ),
        (
            {"dev": "extends: _a\n", "_a": "extends: _b\n", "_b": "extends: _c\n", "_c": "extends: _b\n"},
            "environments/_c.yaml:1:10: extends: a layer cannot extend itself: _b → _c → _b",
        ),
        (
            {"dev": "extends: _bsae\n", "_base": ""},
            "environments/dev.yaml:1:10: extends: no layer '_bsae', did you mean '_base'?",
        ),
        (
            {"dev": "extends: _x\n", "_base": "", "_prod": ""},
            "environments/dev.yaml:1:10: extends: no layer '_x': the layers there are _base, _prod",
        ),
        (
            {"dev": "extends: _x\n"},
            "environments/dev.yaml:1:10: extends: no layer '_x': there is no layer in environments/",
        ),
    ],
)
def test_a_chain_of_layers_must_end(repository: Repository, layers: dict[str, str], expected: str) -> None:
    for name, text in layers.items():
        repository.write(name, text)
    assert repository.mistakes() == [expected]


@pytest.mark.parametrize("value", ["staging", "base", "_base.yaml", "../_base", "[_base]", "1", "{a: b}", "null", ""])
def test_extends_takes_one_layer(repository: Repository, value: str) -> None:
    repository.write("_base", MINIMAL)
    repository.write("staging", MINIMAL)
    repository.write("dev", f"extends: {value}\n")
    (mistake,) = repository.mistakes()
    assert mistake.startswith("environments/dev.yaml:1:")
    assert ": extends: expected " in mistake


@pytest.mark.parametrize("name", ["../outside", "a/b", "", ".", "dev.yaml", "nothing"])
def test_an_environment_that_is_not_there_is_refused(repository: Repository, name: str) -> None:
    repository.write("dev", MINIMAL)
    (repository.root / "outside.yaml").write_text(MINIMAL)
    (mistake,) = repository.mistakes(name)
    assert f"no environment {name!r}" in mistake


def test_a_near_name_is_offered_for_an_environment(repository: Repository) -> None:
    repository.write("staging", MINIMAL)
    assert repository.mistakes("stagin") == [
        "environments/stagin.yaml:1: no environment 'stagin', did you mean 'staging'?"
    ]


def test_names_that_cannot_be_an_environment_are_refused(repository: Repository) -> None:
    repository.write("_base", MINIMAL)
    repository.write("Dev 1", MINIMAL)
    (repository.root / "environments" / "prod.yml").write_text(MINIMAL)
    assert "a layer is never an environment" in repository.mistakes("_base")[0]
    assert "expected a-z, 0-9 and '-', got 'Dev 1'" in repository.mistakes("Dev 1")[0]
    assert "environments/prod.yml: rename it to prod.yaml" in repository.mistakes("prod")[0]


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("1.32", "expected str, got 1.32: put it in quotes"),
        ("'1.30'", "expected '1.31' or '1.32', got '1.30'"),
        ("v1.32", "expected a version such as '1.32', got 'v1.32'"),
        ("1.32.2", "expected a version such as '1.32', got '1.32.2'"),
    ],
)
def test_the_version_is_one_that_the_schemas_know(repository: Repository, written: str, message: str) -> None:
    repository.write("dev", MINIMAL.replace("'1.32'", written))
    assert repository.mistakes(versions=("1.32", "1.31")) == [
        f"environments/dev.yaml:1:20: kubernetesVersion: {message}"
    ]


def test_the_versions_may_be_asked_for(repository: Repository) -> None:
    repository.write("dev", MINIMAL)
    assert load(repository.path, "dev", kubernetes_versions=lambda: ["1.32"]).kubernetes_version == "1.32"
    with pytest.raises(EnvironmentErrors):
        load(repository.path, "dev", kubernetes_versions=lambda: ["1.31"])


LONG = "a" * 63


@pytest.mark.parametrize(
    "line",
    [
        f"labels: {{{LONG}: {LONG}, example.com/{LONG}: '', a_b.c: A-1}}",
        f"annotations: {{x: 'any text, {{at}} all'}}\ncluster: {{name: x, domain: {LONG}.{LONG}}}",
        "imageRegistry: localhost:5000/a/b-c_d",
        "given: {secrets: [a, b/c.d], namespaces: [a-b], storageClasses: [a.b]}",
    ],
)
def test_what_kubernetes_takes_is_taken(repository: Repository, line: str) -> None:
    body = MINIMAL if "cluster:" not in line else MINIMAL.replace("cluster: {name: lab}\n", "")
    repository.write("dev", body + line + "\n")
    load(repository.path, "dev")


@pytest.mark.parametrize(
    "line",
    [
        f"labels: {{a{LONG}: b}}",
        f"labels: {{a: b{LONG}}}",
        "labels: {-a: b}",
        "labels: {a/b/c: d}",
        "labels: {/a: d}",
        "labels: {Example.com/a: d}",
        "labels: {a: 'b c'}",
        'labels: {a: "b\\n"}',
        "labels: {a: b-}",
        "annotations: {a: [b]}",
        f"annotations: {{{'a.' * 127}b/c: d}}",
        f"domain: {'a.' * 127}b",
        "domain: 'a b'",
        "domain: ''",
        "imageRegistry: https://registry.example.com",
        "imageRegistry: registry.example.com/",
        "imagePullSecrets: pull",
        "imagePullSecrets: [pull, null]",
        "given: {namespaces: [a.b]}",
        "given: {storageClasses: [a/b]}",
        "given: {secrets: [a/b/c]}",
        "waivers: [{code: SVC001, object: x/y, reason: z}]",
        "waivers: [{code: SVC001, object: Service x/y, reason: ' '}]",
    ],
)
def test_what_kubernetes_would_refuse_is_refused(repository: Repository, line: str) -> None:
    repository.write("dev", MINIMAL + line + "\n")
    (mistake,) = repository.mistakes()
    assert mistake.startswith("environments/dev.yaml:4:")


def test_a_chart_that_is_not_there_may_be_removed_again(repository: Repository) -> None:
    repository.write("_base", MINIMAL)
    repository.write("_more", "extends: _base\ncharts: {gone: {}}\n")
    repository.write("dev", "extends: _more\ncharts: {gone: null}\n")
    assert list(load(repository.path, "dev").charts) == ["kubia"]


def test_what_a_chart_sees_knows_nothing_of_the_other_charts(repository: Repository) -> None:
    repository.write("_base", BASE)
    repository.write("dev", DEV)
    before = load(repository.path, "dev").for_charts().encoded()
    repository.write("dev", DEV.replace("replicas: 1", "replicas: 2") + "  mysql-2: {chart: mysql}\n\n# more\n")
    assert load(repository.path, "dev").for_charts().encoded() == before
    repository.write("dev", DEV.replace("domain: example.com", "domain: example.org"))
    assert load(repository.path, "dev").for_charts().encoded() != before


def test_what_one_chart_does_to_its_environment_reaches_no_other(repository: Repository) -> None:
    repository.write("dev", MINIMAL + "labels: {a: b}\ngiven: {namespaces: [x]}\n")
    dev = load(repository.path, "dev")
    seen = dev.for_charts()
    seen.labels["more"] = "c"
    seen.image_pull_secrets.append("more")
    seen.given.namespaces.append("more")
    again = dev.for_charts()
    assert (again.labels, again.image_pull_secrets, again.given.namespaces) == ({"a": "b"}, [], ["x"])


def test_given_objects_are_found_by_kind_and_namespace() -> None:
    given = Given(
        secrets=["a/tls", "pull"],
        storage_classes=["fast"],
        objects=["Gateway infra/public", "ClusterIssuer ca", "Secret a/more"],
    )
    assert given.has("Gateway", "public", "infra")
    assert not given.has("Gateway", "public", "other")
    assert given.has("ClusterIssuer", "ca")
    assert not given.has("Issuer", "ca", "infra")
    assert given.has("Secret", "more", "a")
    assert given.has("Secret", "tls", "a")
    assert not given.has("Secret", "tls", "b")
    assert given.has("Secret", "pull", "anywhere")
    assert given.has("StorageClass", "fast")
    assert not given.has("StorageClass", "slow")
    assert not given.has("Deployment", "fast")


def test_nodes_are_pools_with_what_pods_may_have_of_each(repository: Repository) -> None:
    repository.write("lab", NODES)
    workers, gpu = load(repository.path, "lab").nodes
    assert (workers.name, workers.count, workers.labels, workers.taints) == ("workers", 3, {"disk": "ssd"}, [])
    assert workers.allocatable == {"cpu": Decimal("3.92"), "memory": Decimal(14 * 1024**3), "pods": Decimal(110)}
    assert gpu.allocatable["nvidia.com/gpu"] == 2 and gpu.allocatable["pods"] == 30
    assert [(taint.key, taint.value, taint.effect) for taint in gpu.taints] == [("gpu", "", "NoSchedule")]


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        ("3920m", "3920q", "nodes[0].cpu: expected a quantity"),
        ("count: 3", "count: 0", "nodes[0].count: expected at least 1"),
        ("effect: NoSchedule", "effect: Never", "nodes[1].taints[0].effect: expected"),
        ("memory: 60Gi", "ram: 60Gi", "nodes[1].ram: unknown key"),
    ],
)
def test_nodes_that_cannot_be(repository: Repository, before: str, after: str, message: str) -> None:
    repository.write("lab", NODES.replace(before, after))
    with pytest.raises(EnvironmentErrors, match=re.escape(message)):
        load(repository.path, "lab")
