"""What a person reads about a wrong object: one sentence for each mistake, and how to mend it."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest
from schema_objects import catalogue_of, valid_objects

from pilothouse.schemas import Catalogue

Body = dict[str, Any]


def _pod(body: Body) -> Body:
    spec: Body = body["spec"]["template"]["spec"]
    return spec


def _web(body: Body) -> Body:
    container: Body = _pod(body)["containers"][0]
    return container


def _rename(fields: Body, old: str, new: str) -> None:
    fields[new] = fields.pop(old)


@pytest.mark.parametrize(
    ("change", "message", "fix"),
    [
        (
            lambda body: _rename(_pod(body), "containers", "contianers"),
            "unknown field spec.template.spec.contianers, did you mean containers?",
            "Write containers instead.",
        ),
        (
            lambda body: _rename(body["spec"]["selector"], "matchLabels", "match_labels"),
            "unknown field spec.selector.match_labels, did you mean matchLabels?",
            "Write matchLabels instead.",
        ),
        (
            lambda body: _rename(_web(body), "image", "IMAGE_"),
            "unknown field spec.template.spec.containers[0].IMAGE_, did you mean image?",
            "Write image instead.",
        ),
        (
            lambda body: _pod(body).update(replicas=2),
            "unknown field spec.template.spec.replicas: replicas belongs to spec",
            "Move it to spec.",
        ),
        (
            lambda body: body["spec"].update(nodeSelector={"disk": "ssd"}),
            "unknown field spec.nodeSelector: nodeSelector belongs to spec.template.spec",
            "Move it to spec.template.spec.",
        ),
        (
            lambda body: body["spec"].update(strategy={"zzz": 1}),
            "unknown field spec.strategy.zzz",
            "Remove it, or write one of the fields of spec.strategy: rollingUpdate, type.",
        ),
        (
            lambda body: body["spec"].update(replicas="three"),
            'spec.replicas: expected an integer, got the string "three"',
            "",
        ),
        (
            lambda body: body["spec"].update(replicas="3"),
            'spec.replicas: expected an integer, got the string "3"',
            "Write it without quotes: 3.",
        ),
        (
            lambda body: body["spec"].update(replicas=1.5),
            "spec.replicas: expected an integer, got the number 1.5",
            "",
        ),
        (
            lambda body: body["spec"].update(replicas=2**31),
            "spec.replicas: expected an integer from -2147483648 to 2147483647, got 2147483648",
            "",
        ),
        (
            lambda body: body["spec"].update(paused="True"),
            'spec.paused: expected true or false, got the string "True"',
            "Write it without quotes: true.",
        ),
        (
            lambda body: body["metadata"].update(labels={"on": True}),
            "metadata.labels.on: expected a string, got true",
            'Write it in quotes: "true".',
        ),
        (
            lambda body: body["metadata"].update(annotations={"example.com/port": 80}),
            "metadata.annotations[example.com/port]: expected a string, got the number 80",
            'Write it in quotes: "80".',
        ),
        (
            lambda body: body["spec"].pop("selector"),
            "missing required field spec.selector",
            "Add selector: an object.",
        ),
        (
            lambda body: body["spec"].update(selector=None),
            "missing required field spec.selector: it is null",
            "Give it a value: an object.",
        ),
        (
            lambda body: _pod(body).update(restartPolicy="always"),
            'spec.template.spec.restartPolicy: expected one of Always, Never or OnFailure, got the string "always"',
            "Write Always.",
        ),
        (
            lambda body: _web(body).update(ports={"containerPort": 80}),
            "spec.template.spec.containers[0].ports: expected a list, got an object",
            "Make it a list: begin each element with `- `.",
        ),
        (
            lambda body: _web(body).update(command="run"),
            'spec.template.spec.containers[0].command: expected a list, got the string "run"',
            "Make it a list, if need be of one element.",
        ),
        (
            lambda body: body["spec"].update(template=[body["spec"]["template"]]),
            "spec.template: expected an object, got a list",
            "Write the object itself, without the list around it.",
        ),
        (
            lambda body: _pod(body)["containers"].append(None),
            "spec.template.spec.containers[1]: expected an object, got null",
            "Give it a value, or remove it.",
        ),
        (
            lambda body: _web(body).update(resources={"limits": {"memory": "1 GB"}}),
            "spec.template.spec.containers[0].resources.limits.memory: "
            'expected a quantity such as 100m, 1.5 or 2Gi, got the string "1 GB"',
            "",
        ),
        (
            lambda body: _web(body).update(livenessProbe={"tcpSocket": {"port": [80]}}),
            "spec.template.spec.containers[0].livenessProbe.tcpSocket.port: "
            "expected an integer or a string, got a list",
            "",
        ),
        (
            lambda body: body["metadata"].update(creationTimestamp="yesterday"),
            'metadata.creationTimestamp: expected a time such as 2024-01-31T12:00:00Z, got the string "yesterday"',
            "",
        ),
        (lambda body: body.update(spec="none"), 'spec: expected an object, got the string "none"', ""),
        (
            lambda body: body.update(kind="Deploymnet"),
            "unknown kind Deploymnet of apps/v1, did you mean apps/v1 Deployment?",
            "Write apiVersion and kind of apps/v1 Deployment, or teach it with `pilothouse schemas add crd.yaml`.",
        ),
        (
            lambda body: body.update(apiVersion="extensions/v1beta1"),
            "extensions/v1beta1 Deployment is gone since Kubernetes 1.16; this is 1.32",
            "Use apps/v1 Deployment.",
        ),
        (lambda body: body.pop("kind"), "missing required field kind", "Add it, such as kind: Deployment."),
        (lambda body: body.update(kind=7), "kind: expected a string, got the number 7", ""),
        (
            lambda body: body.update(apiVersion=None),
            "missing required field apiVersion",
            "Add it, such as apiVersion: apps/v1.",
        ),
    ],
)
def test_one_mistake_is_one_sentence(
    catalogue: Catalogue, deployment: Body, change: Callable[[Body], object], message: str, fix: str
) -> None:
    change(deployment)
    assert [(problem.message, problem.fix) for problem in catalogue.validate(deployment)] == [(message, fix)]


def _custom(kind: str) -> Body:
    return copy.deepcopy(next(body for body in valid_objects() if body["kind"] == kind))


@pytest.mark.parametrize(
    ("kind", "change", "message"),
    [
        (
            "VirtualService",
            lambda spec: spec["http"][0]["match"][0]["uri"].update(exact="/", regex=None),
            "spec.http[0].match[0].uri: only one of the fields exact, prefix or regex may be set, "
            "found exact and prefix",
        ),
        (
            "VirtualService",
            lambda spec: _rename(spec["http"][0]["match"][0]["uri"], "prefix", "prefx"),
            "unknown field spec.http[0].match[0].uri.prefx, did you mean prefix?",
        ),
        (
            "Gateway",
            lambda spec: spec["listeners"][0].update(port=70000),
            "spec.listeners[0].port: expected an integer from 1 to 65535, got 70000",
        ),
        (
            "Gateway",
            lambda spec: spec["listeners"][0].update(name="Not A Name"),
            "spec.listeners[0].name: expected a DNS name (lower-case letters, digits, `-` and `.`, "
            'such as my.example.com), got the string "Not A Name"',
        ),
        (
            "Gateway",
            lambda spec: spec.update(listeners=[]),
            "spec.listeners: expected at least 1 element, got 0",
        ),
        (
            "ServiceMonitor",
            lambda spec: spec["endpoints"][0].update(interval="soon"),
            'spec.endpoints[0].interval: expected a duration such as 30s or 1d12h, got the string "soon"',
        ),
        (
            "PrometheusRule",
            lambda spec: spec["groups"][0]["rules"][0].update(expr=["up"]),
            "spec.groups[0].rules[0].expr: expected an integer or a string, got a list",
        ),
        (
            "Rollout",
            lambda spec: spec["strategy"]["canary"]["steps"][0].update(setWeight="a lot"),
            'spec.strategy.canary.steps[0].setWeight: expected an integer, got the string "a lot"',
        ),
        (
            "ExternalSecret",
            lambda spec: spec["target"].update(creationPolicy="owner"),
            'spec.target.creationPolicy: expected one of Owner, Orphan, Merge or None, got the string "owner"',
        ),
        (
            "CephBlockPool",
            lambda spec: spec["replicated"].update(size=-1),
            "spec.replicated.size: expected an integer of at least 0, got -1",
        ),
    ],
)
def test_custom_resources_are_judged_alike(kind: str, change: Callable[[Body], object], message: str) -> None:
    body = _custom(kind)
    change(body["spec"])
    assert [problem.message for problem in catalogue_of("1.36").validate(body)] == [message]


def test_all_mistakes_of_an_object_are_told_at_once(catalogue: Catalogue, deployment: Body) -> None:
    deployment["spec"]["replicas"] = "3"
    deployment["metadata"]["lables"] = {}
    _rename(_web(deployment), "image", "imgae")
    del _web(deployment)["ports"][0]["containerPort"]
    _pod(deployment)["containers"].append({"image": "b"})
    assert [problem.path for problem in catalogue.validate(deployment)] == [
        ("metadata", "lables"),
        ("spec", "replicas"),
        ("spec", "template", "spec", "containers", 0, "imgae"),
        ("spec", "template", "spec", "containers", 0, "ports", 0, "containerPort"),
        ("spec", "template", "spec", "containers", 1, "name"),
    ]


@pytest.mark.parametrize("field", ["data", "stringData"])
@pytest.mark.parametrize("value", ["hunter2!", 424242, True, ["hunter2"], {"hunter2": "hunter2"}])
def test_a_secret_s_value_is_never_repeated(catalogue: Catalogue, field: str, value: Any) -> None:
    body = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}, field: {"password": value}}
    problems = catalogue.validate(body)
    if field == "stringData" and value == "hunter2!":
        assert problems == []
        return
    (problem,) = problems
    assert problem.path == (field, "password")
    assert "hunter2" not in str(problem) and "424242" not in str(problem)


@pytest.mark.parametrize("value", [b"x", {1, 2}, object(), 1j])
def test_what_is_no_json_is_a_problem_with_a_place(catalogue: Catalogue, deployment: Body, value: Any) -> None:
    deployment["spec"]["replicas"] = value
    (problem,) = catalogue.validate(deployment)
    assert problem.path == ("spec", "replicas")


def test_a_key_that_is_no_string_is_a_problem_with_a_place(catalogue: Catalogue, deployment: Body) -> None:
    deployment["metadata"]["labels"] = {1: "a"}
    (problem,) = catalogue.validate(deployment)
    assert (problem.path, problem.fix) == (("metadata", "labels", "1"), "Quote it.")


def test_a_key_that_looks_like_a_number_is_a_key(catalogue: Catalogue, deployment: Body) -> None:
    deployment["metadata"]["labels"] = {"0": False, "-1": 1}
    assert [problem.path for problem in catalogue.validate(deployment)] == [
        ("metadata", "labels", "-1"),
        ("metadata", "labels", "0"),
    ]


def test_deep_nesting_is_no_traceback(catalogue: Catalogue) -> None:
    deep: Any = {}
    for _ in range(5000):
        deep = {"a": deep}
    body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x"}, "data": deep}
    (problem,) = catalogue.validate(body)
    assert (problem.path, problem.message) == (("data",), "data: nested more than 250 levels deep")
