"""What a reviewer reads in the README's comment is what happens when the change is applied."""

from __future__ import annotations

import re
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from tests import lab_change
from tests.cluster import nodes
from tests.cluster.api import Api, Body
from tests.cluster.applying import apply
from tests.cluster.control_plane import ControlPlane
from tests.cluster.programs import NEWEST
from tests.cluster.rollout import deployment_until, observed, rolled_out
from tests.cluster.stack_objects import prepare
from tests.processes import wait_until

NAMESPACE = "custom-namespace"
WORKLOADS = {"kubia-dp": "kubia", "kubia-dp-canary": "kubia-canary"}
"""Each Deployment with the label ``app`` of its pods."""


def told(comment: str, pattern: str) -> tuple[int, ...]:
    """The numbers that the comment names."""
    found = re.search(pattern, comment)
    assert found is not None, f"{pattern} is not in:\n{comment}"
    return tuple(map(int, found.groups()))


def service(api: Api, name: str) -> Body:
    return api.stored({"apiVersion": "v1", "kind": "Service", "metadata": {"name": name, "namespace": NAMESPACE}})


def behind(api: Api, name: str) -> set[str]:
    """The pods that a Service sends requests to."""
    slices = api.listed("discovery.k8s.io/v1", "EndpointSlice", NAMESPACE, f"kubernetes.io/service-name={name}")
    return {
        endpoint["targetRef"]["name"]
        for each in slices
        for endpoint in each.get("endpoints") or ()
        if endpoint["conditions"]["ready"]
    }


def shares(api: Api) -> dict[str, int]:
    """The weights of what the HTTPRoute sends all other requests to."""
    route: Body = api.stored(
        {
            "apiVersion": "gateway.networking.k8s.io/v1",
            "kind": "HTTPRoute",
            "metadata": {"name": "kubia", "namespace": NAMESPACE},
        }
    )
    rules: list[Any] = route["spec"]["rules"]
    return {each["name"]: each["weight"] for each in rules[-1]["backendRefs"]}


def pods_of(api: Api, app: str) -> set[str]:
    """The pods of a workload that nobody has asked to end."""
    found = (pod["metadata"] for pod in api.listed("v1", "Pod", NAMESPACE, f"app={app}"))
    return {metadata["uid"] for metadata in found if "deletionTimestamp" not in metadata}


def deploy(plane: ControlPlane, dist: Path) -> None:
    for instance in ("namespaces", "kubia"):
        apply(plane, "-k", str(dist / "prod" / instance))


def test_the_comment_comes_true(tmp_path: Path) -> None:
    comment = lab_change.comment(lab_change.copied(tmp_path))
    with ControlPlane(whole=True) as plane:
        api = plane.api
        nodes.add(api)
        prepare(api, "prod", NEWEST)
        deploy(plane, tmp_path / "before")
        for name in WORKLOADS:
            deployment_until(api, NAMESPACE, name, rolled_out)
        first = {app: pods_of(api, app) for app in WORKLOADS.values()}
        old = service(api, "kubia-sticky")["spec"]["clusterIP"]
        wait_until(lambda: len(behind(api, "kubia-sticky")) == len(first["kubia"]), 60)
        assert shares(api) == {"kubia": 90, "kubia-canary": 10}

        begun = time.monotonic()
        with ExitStack() as watches:
            histories = {
                name: watches.enter_context(observed(api, NAMESPACE, {"app": app})) for name, app in WORKLOADS.items()
            }
            deploy(plane, tmp_path / "dist")
            for name in WORKLOADS:
                deployment_until(api, NAMESPACE, name, rolled_out)
        took = time.monotonic() - begun

        for name, history in histories.items():
            pods, ready, most, seconds = told(
                comment,
                rf"`Deployment custom-namespace/{name}` \(prod\): (\d+) pods? (?:is|are) replaced, 1 at a time: "
                r"(\d+) stays? ready, (\d+) are there at most; at least (\d+) s",
            )
            app = WORKLOADS[name]
            now = pods_of(api, app)
            assert len(first[app]) == len(now) == pods
            assert not first[app] & now, "a pod was there before"
            assert history.breaches(ready) == []
            assert ready < max(history.counts) <= most
            assert took >= seconds

        was, becomes, rest_was, rest = told(
            comment, r"kubia-canary:80 (\d+) % → (\d+) % and kubia:80 (\d+) % → (\d+) %"
        )
        assert (was, rest_was) == (10, 90)
        assert shares(api) == {"kubia": rest, "kubia-canary": becomes}

        assert "comes again under the name kubia-steady: its DNS name and its clusterIP are others" in comment
        assert service(api, "kubia-steady")["spec"]["clusterIP"] != old
        wait_until(lambda: behind(api, "kubia-steady") == behind(api, "kubia-sticky") != set(), 60)
        assert "who calls the old one gets no answer once it is deleted" in comment
        assert plane.kubectl("delete", "service", "kubia-sticky", "--namespace", NAMESPACE).code == 0
        wait_until(lambda: behind(api, "kubia-sticky") == set(), 60)
        assert len(behind(api, "kubia-steady")) == len(first["kubia"])
