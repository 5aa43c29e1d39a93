"""What becomes of the objects in a cluster with nodes: of every environment's, and of one of each kind beside them.

Each test is about all objects of a kind that there are, so a chart that is added is looked at too.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass

import pytest

from pilothouse.manifest import Manifest
from pilothouse.reading import read
from pilothouse.schemas import Catalogue
from pilothouse.stack import Stack
from tests.cluster import nodes
from tests.cluster.api import Body
from tests.cluster.applying import apply
from tests.cluster.control_plane import ControlPlane
from tests.cluster.history import History, recorded
from tests.cluster.programs import NEWEST, ROOT, minors
from tests.cluster.provisioner import provisioning
from tests.cluster.rollout import is_ready, rolled_out
from tests.cluster.stack_objects import DIST, environment, prepare, reading, title
from tests.cluster.stored import amount
from tests.processes import wait_until

OWN = ROOT / "tests" / "cluster" / "own.yaml"


@dataclass
class Living:
    """A cluster in which everything runs that can run."""

    plane: ControlPlane
    stack: Stack
    pods: History
    jobs: History

    def all(self, group: str, kind: str) -> list[Body]:
        """The objects of a kind as they were applied."""
        return [manifest.body for manifest in self.stack.of_kind(group, kind)]

    def live(self, group: str, kind: str) -> list[Body]:
        """The objects of a kind as the cluster has them now."""
        found = [self.plane.api.stored(body) for body in self.all(group, kind)]
        assert found, f"there is no {kind} to look at"
        return found


@pytest.fixture(scope="module", params=sorted(minors()))
def living(request: pytest.FixtureRequest) -> Iterator[Living]:
    """An environment and our own objects, on three nodes, when all has come to rest."""
    name = request.param
    manifests = [*reading(name).manifests, *read([str(OWN)], str(ROOT)).manifests]
    stack = Stack(environment(name), Catalogue(NEWEST), manifests)
    with ControlPlane(whole=True) as plane:
        api = plane.api
        nodes.add(api)
        nodes.add_devices(api)
        prepare(api, name, NEWEST)
        with recorded(api, "v1", "Pod") as pods, recorded(api, "batch/v1", "Job") as jobs, provisioning(api):
            cluster = Living(plane, stack, pods, jobs)
            apply(plane, "-k", str(DIST / name))
            apply(plane, "-f", str(OWN))
            rests(cluster)
            yield cluster


def rests(cluster: Living, seconds: float = 180) -> None:
    """Wait until every workload has what it wants."""
    end = time.monotonic() + seconds
    while missing := [title(body) for body in _workloads(cluster) if not _has_what_it_wants(body, cluster)]:
        assert time.monotonic() < end, f"not there after {seconds:g} s: {missing}\n{cluster.plane.logs()}"
        time.sleep(0.2)


def _workloads(cluster: Living) -> Iterator[Body]:
    for group, kind in (
        ("apps", "Deployment"),
        ("apps", "ReplicaSet"),
        ("apps", "StatefulSet"),
        ("apps", "DaemonSet"),
        ("batch", "Job"),
        ("", "Pod"),
        ("", "PersistentVolumeClaim"),
    ):
        for body in cluster.all(group, kind):
            resource = cluster.plane.api.of(body)
            answer = cluster.plane.api.ask(
                "GET", resource.path(body["metadata"]["namespace"], body["metadata"]["name"])
            )
            if answer.status == 200:
                yield answer.body
            else:  # a Job may be gone again once it is done
                assert kind == "Job", answer.message


def _has_what_it_wants(body: Body, cluster: Living) -> bool:
    status, spec = body.get("status", {}), body["spec"]
    match body["kind"]:
        case "Deployment":
            return rolled_out(body)
        case "ReplicaSet":
            return bool(status.get("readyReplicas", 0) == spec["replicas"])
        case "StatefulSet":
            return bool(
                status.get("readyReplicas", 0) == spec["replicas"]
                and status.get("observedGeneration") == body["metadata"]["generation"]
            )
        case "DaemonSet":
            return bool(
                status.get("observedGeneration") == body["metadata"]["generation"]
                and status.get("numberReady") == status["desiredNumberScheduled"]
            )
        case "Job":
            return _complete(body) or bool(spec.get("suspend"))
        case "PersistentVolumeClaim":
            return bool(status.get("phase") == "Bound" or _waits_for_a_pod(body, cluster))
        case _:
            return is_ready(body)


def _waits_for_a_pod(claim: Body, cluster: Living) -> bool:
    """Whether a claim is bound when a pod first uses it, and none does yet: that of a CronJob, say."""
    waiting = {
        body["metadata"]["name"]
        for body in cluster.all("storage.k8s.io", "StorageClass")
        if body.get("volumeBindingMode") == "WaitForFirstConsumer"
    }
    used = {
        volume.get("persistentVolumeClaim", {}).get("claimName")
        for pod in cluster.plane.api.listed("v1", "Pod", claim["metadata"]["namespace"])
        for volume in pod["spec"].get("volumes", ())
    }
    return claim["spec"].get("storageClassName") in waiting and claim["metadata"]["name"] not in used


def _complete(job: Body) -> bool:
    return any(each["type"] == "Complete" and each["status"] == "True" for each in job["status"].get("conditions", ()))


def _root(pod: Body, owners: dict[str, Body]) -> tuple[str, str]:
    """The kind and name of what made a pod in the end: of the Deployment, not of its ReplicaSet."""
    body = pod
    while references := [each for each in body["metadata"].get("ownerReferences", ()) if each.get("controller")]:
        if references[0]["uid"] not in owners:
            return references[0]["kind"], references[0]["name"]
        body = owners[references[0]["uid"]]
    return body["kind"], body["metadata"]["name"]


def test_a_service_reaches_the_pods_that_pilothouse_says_and_no_others(living: Living) -> None:
    """The endpoints of each Service with a selector, against Pilothouse's own reading of the selectors."""
    api = living.plane.api
    owners = {
        body["metadata"]["uid"]: body for kind in ("ReplicaSet", "Deployment") for body in api.listed("apps/v1", kind)
    }
    looked = 0
    for service, selector, selected in living.stack.services:
        if not selector:
            continue
        says = {(workload.kind, workload.name) for workload, _ in selected}
        pods = [pod for pod in api.listed("v1", "Pod", service.namespace) if pod["status"]["phase"] == "Running"]
        wanted = {pod["metadata"]["name"] for pod in pods if _root(pod, owners) in says}
        with suppress(AssertionError):  # said below, with the difference
            wait_until(lambda service=service, wanted=wanted: _endpoints(living, service) == wanted)  # type: ignore[misc]
        assert _endpoints(living, service) == wanted, f"{service.identity} by {selector}, as Pilothouse has it {says}"
        looked += 1
    assert looked >= 3


def _endpoints(living: Living, service: Manifest) -> set[str]:
    selector = f"kubernetes.io/service-name={service.name}"
    slices = living.plane.api.listed("discovery.k8s.io/v1", "EndpointSlice", service.namespace, selector)
    return {endpoint["targetRef"]["name"] for each in slices for endpoint in each.get("endpoints") or ()}


def test_a_daemon_set_lands_on_the_nodes_that_it_names(living: Living) -> None:
    for daemon_set in living.live("apps", "DaemonSet"):
        wanted = daemon_set["spec"]["template"]["spec"].get("nodeSelector", {})
        fit = {name for name, labels in nodes.labels().items() if wanted.items() <= labels.items()}
        pods = living.plane.api.listed("v1", "Pod", daemon_set["metadata"]["namespace"])
        own = [pod for pod in pods if _controlled(pod, daemon_set)]
        assert sorted(pod["spec"]["nodeName"] for pod in own) == sorted(fit), title(daemon_set)
        assert fit, f"{title(daemon_set)}: no node has {wanted}"


def _controlled(body: Body, owner: Body) -> bool:
    return any(each["uid"] == owner["metadata"]["uid"] for each in body["metadata"].get("ownerReferences", ()))


def test_a_stateful_set_comes_up_in_order_with_its_claims_bound(living: Living) -> None:
    api = living.plane.api
    for stateful_set in living.live("apps", "StatefulSet"):
        name, namespace = stateful_set["metadata"]["name"], stateful_set["metadata"]["namespace"]
        spec = stateful_set["spec"]
        expected = [f"{name}-{index}" for index in range(spec["replicas"])]
        events = living.pods.of(stateful_set["metadata"]["uid"])
        made = [body["metadata"]["name"] for event, body in events if event == "ADDED"]
        assert sorted(made) == sorted(expected), title(stateful_set)
        if spec.get("podManagementPolicy", "OrderedReady") == "OrderedReady":
            ready: set[str] = set()
            for event, pod in events:
                number = expected.index(pod["metadata"]["name"])
                if event == "ADDED":
                    assert set(expected[:number]) <= ready, f"{expected[number]} came before the ones before it"
                if is_ready(pod):
                    ready.add(expected[number])
        for template in spec.get("volumeClaimTemplates", ()):
            for owner in expected:
                claim = {"name": f"{template['metadata']['name']}-{owner}", "namespace": namespace}
                stored = api.stored({"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": claim})
                assert stored["status"]["phase"] == "Bound"


def test_jobs_complete(living: Living) -> None:
    for job in living.all("batch", "Job"):
        if job["spec"].get("suspend"):
            continue
        last = [
            body
            for _, body in living.jobs.events
            if (body["metadata"]["namespace"], body["metadata"]["name"])
            == (job["metadata"]["namespace"], job["metadata"]["name"])
        ][-1]
        assert _complete(last), title(job)
        assert last["status"]["succeeded"] == last["spec"]["completions"], title(job)


def test_a_cron_job_makes_jobs_that_complete(living: Living) -> None:
    for cron_job in living.live("batch", "CronJob"):
        metadata = cron_job["metadata"]
        name = f"{metadata['name'][:40]}-by-hand"
        words = ("create", "job", "--namespace", metadata["namespace"], f"--from=cronjob/{metadata['name']}", name)
        done = living.plane.kubectl(*words)
        assert (done.code, done.err) == (0, "")
        job = {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": name, "namespace": metadata["namespace"]}}
        wait_until(lambda job=job: _complete(living.plane.api.stored(job)), 60)  # type: ignore[misc]


def test_a_quota_refuses_what_exceeds_it(living: Living) -> None:
    for quota in living.live("", "ResourceQuota"):
        tried = 0
        for name, hard in quota["spec"]["hard"].items():
            body = _too_much(name, str(hard), quota["metadata"]["namespace"])
            if body is None:
                continue
            path = living.plane.api.of(body).path(quota["metadata"]["namespace"])
            answer = living.plane.api.ask("POST", path, body, query={"dryRun": "All"})
            assert answer.status == 403, f"{title(quota)}: {name}: {hard} does not bound: {answer}"
            assert f"exceeded quota: {quota['metadata']['name']}" in answer.message
            tried += 1
        assert tried, f"{title(quota)}: none of {sorted(quota['spec']['hard'])} is one that a single object can exceed"


def _too_much(name: str, hard: str, namespace: str) -> Body | None:
    """An object that asks for more than all of a quota's one resource; None where no single object can."""
    metadata = {"name": "too-much", "namespace": namespace}
    if name == "services.nodeports":
        ports = [{"name": f"p{number}", "port": number + 1} for number in range(int(hard) + 1)]
        return {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": metadata,
            "spec": {"type": "NodePort", "selector": {"app": "too-much"}, "ports": ports},
        }
    resource = name.removeprefix("requests.").removeprefix("limits.")
    if resource not in ("cpu", "memory"):
        return None
    resources = {
        "requests": {"cpu": "1m", "memory": "1Mi"},
        "limits": {"cpu": "1m", "memory": "1Mi"},
    }
    for bounds in resources.values():
        bounds[resource] = str(int(amount(hard)) + 1)
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": metadata,
        "spec": {"containers": [{"name": "a", "image": "a:1", "resources": resources, **_RESTRICTED}], **_AS_USER},
    }


_AS_USER = {"securityContext": {"runAsNonRoot": True, "runAsUser": 65532, "seccompProfile": {"type": "RuntimeDefault"}}}
_RESTRICTED = {"securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}}


def test_an_autoscaler_finds_its_target(living: Living) -> None:
    """Whether it can scale is told by its conditions; whether it does is up to metrics, which no one gives here."""
    for autoscaler in living.live("autoscaling", "HorizontalPodAutoscaler"):

        def found(autoscaler: Body = autoscaler) -> bool:
            conditions = living.plane.api.stored(autoscaler).get("status", {}).get("conditions", ())
            able = {each["type"]: (each["status"], each["reason"]) for each in conditions}.get("AbleToScale")
            assert able is None or able[1] != "FailedGetScale", f"{title(autoscaler)} has no target"
            return able is not None and able[0] == "True"

        wait_until(found, 60)


def test_every_claim_is_bound_to_a_volume_of_its_class(living: Living) -> None:
    claims = [claim for claim in living.live("", "PersistentVolumeClaim") if not _waits_for_a_pod(claim, living)]
    assert claims
    for claim in claims:
        volume = {"apiVersion": "v1", "kind": "PersistentVolume", "metadata": {"name": claim["spec"]["volumeName"]}}
        stored = living.plane.api.stored(volume)
        # A volume made by hand is of no class, which the server stores as nothing at all.
        assert stored["spec"].get("storageClassName", "") == claim["spec"]["storageClassName"]
        assert stored["spec"]["claimRef"]["uid"] == claim["metadata"]["uid"]
