"""The rollout lab, on a cluster: from v1 to v2 and back with every pod ready, and a bad image that goes nowhere."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from tests.cluster import nodes
from tests.cluster.api import Body
from tests.cluster.applying import apply
from tests.cluster.control_plane import ControlPlane
from tests.cluster.programs import NEWEST, ROOT
from tests.cluster.rollout import ReadyPods, deployment_until, observed, rolled_out, stalled
from tests.cluster.stack_objects import prepare

NAMESPACE, NAME, LABELS = "custom-namespace", "kubia-dp", {"app": "kubia"}


class Lab:
    """A copy of the repository, whose dev environment is deployed to a cluster of its own."""

    def __init__(self, plane: ControlPlane, folder: Path) -> None:
        self.plane = plane
        self.folder = folder
        for name in ("charts", "constructs", "environments", "dist"):
            shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))

    def version(self, tag: str) -> None:
        """Move the environment file to another version."""
        self._change("environments/dev.yaml", r"(kubia:\n    values:\n      version: ).*", rf"\g<1>{tag}")

    def patch(self, spec: str) -> None:
        """Patch the spec of the chart's Deployment."""
        self._change(
            "charts/kubia.py", r"( +)history=self\.values\.history,\n", rf"\g<0>\g<1>patch={{'spec': {spec}}},\n"
        )

    def _change(self, file: str, pattern: str, other: str) -> None:
        path = self.folder / file
        text, times = re.subn(pattern, other, path.read_text())
        assert times == 1, f"{file} has changed its shape: {pattern} is not in it once"
        path.write_text(text)

    def deploy(self) -> Body:
        """Synthesize, apply, and return the Deployment that stands in dist/ now."""
        environment = {**os.environ, "NO_COLOR": "1", "PYTHONPATH": str(ROOT)}
        command = [sys.executable, "-m", "pilothouse", "-C", str(self.folder), "synth", "dev"]
        done = subprocess.run(command, capture_output=True, text=True, env=environment)
        assert done.returncode == 0, done.stdout + done.stderr
        for instance in ("namespaces", "kubia"):
            apply(self.plane, "-k", str(self.folder / "dist" / "dev" / instance))
        return self.deployment()

    def foretold(self) -> Body:
        """What ``pilothouse explain`` says of the next rollout."""
        environment = {**os.environ, "NO_COLOR": "1", "PYTHONPATH": str(ROOT)}
        command = [sys.executable, "-m", "pilothouse", "-C", str(self.folder), "explain", f"deployment/{NAME}"]
        command += ["-n", NAMESPACE, "--environment", "dev", "--format", "json"]
        done = subprocess.run(command, capture_output=True, text=True, env=environment, check=True)
        (page,) = json.loads(done.stdout)
        told: Body = page["rollout"]
        return told

    def deployment(self) -> Body:
        """The Deployment as the cluster has it."""
        return self.plane.api.stored(
            {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": NAME, "namespace": NAMESPACE}}
        )

    def watched(self) -> AbstractContextManager[ReadyPods]:
        """The history of the Deployment's pods, for a ``with`` block."""
        return observed(self.plane.api, NAMESPACE, LABELS)

    def rolls_out(self) -> None:
        """Wait until the rollout is done."""
        deployment_until(self.plane.api, NAMESPACE, NAME, rolled_out)

    def ready_images(self) -> set[str]:
        """What the pods run that the Service kubia sends requests to."""
        slices = self.plane.api.listed(
            "discovery.k8s.io/v1", "EndpointSlice", NAMESPACE, "kubernetes.io/service-name=kubia"
        )
        names = {
            endpoint["targetRef"]["name"]
            for each in slices
            for endpoint in each.get("endpoints") or ()
            if endpoint["conditions"]["ready"]
        }
        pods = self.plane.api.listed("v1", "Pod", NAMESPACE)
        found = [pod for pod in pods if pod["metadata"]["name"] in names]
        assert len(found) == 3
        return {container["image"] for pod in found for container in pod["spec"]["containers"]}


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Lab]:
    """v1 of the lab, rolled out on three nodes."""
    with ControlPlane(whole=True) as plane:
        nodes.add(plane.api)
        prepare(plane.api, "dev", NEWEST)
        yield Lab(plane, tmp_path / "repository")


def begin(lab: Lab) -> None:
    """v1 runs."""
    lab.version("v1")
    lab.deploy()
    lab.rolls_out()
    assert lab.ready_images() == {"oliwave/kubia:v1"}


def test_v2_and_the_way_back_never_lose_a_pod(lab: Lab) -> None:
    begin(lab)
    for version in ("v2", "v1"):
        lab.version(version)
        with lab.watched() as history:
            spec = lab.deploy()["spec"]
            lab.rolls_out()
        assert (spec["replicas"], spec["strategy"]["rollingUpdate"]["maxUnavailable"]) == (3, 0)
        assert max(history.counts) > 3, "a rollout that was seen has a pod more for a while"
        told = lab.foretold()
        assert (told["pods"], told["ready"], told["most"], told["gives_up"]) == (3, 3, 4, 600)
        assert history.breaches(told["ready"]) == []
        assert max(history.counts) <= told["most"]
        assert len(history.images[-1]) == 1
        assert lab.ready_images() == {f"oliwave/kubia:{version}"}


def test_a_bad_image_stalls_and_v1_serves_on(lab: Lab) -> None:
    lab.patch("{'progressDeadlineSeconds': 10}")
    begin(lab)
    lab.version("bad")
    with lab.watched() as history:
        lab.deploy()
        deployment_until(lab.plane.api, NAMESPACE, NAME, stalled)
    assert lab.foretold()["gives_up"] == 10
    assert history.counts, "no pod of the bad image was even tried"
    assert history.breaches(3) == []
    assert {image for images in history.images for image in images} == {"oliwave/kubia:v1"}
    assert lab.ready_images() == {"oliwave/kubia:v1"}


def test_an_update_that_takes_all_pods_at_once_is_seen(lab: Lab) -> None:
    """The proof that the observation can fail: with maxUnavailable 100% there are moments without a ready pod."""
    lab.patch("{'strategy': {'rollingUpdate': {'maxUnavailable': '100%', 'maxSurge': 0}}}")
    begin(lab)
    lab.version("v2")
    with lab.watched() as history:
        lab.deploy()
        lab.rolls_out()
    assert (lab.foretold()["ready"], lab.foretold()["most"]) == (0, 3)
    assert min(history.counts) == 0
    assert history.breaches(3)


def test_a_history_counts_what_takes_requests() -> None:
    def pod(uid: str, ready: str = "True", **metadata: str) -> Body:
        return {
            "metadata": {"uid": uid, "labels": LABELS, **metadata},
            "spec": {"containers": [{"image": "a:1"}]},
            "status": {"conditions": [{"type": "Ready", "status": ready}]},
        }

    history = ReadyPods(LABELS)
    history.take("ADDED", pod("1"))
    history.take("ADDED", pod("2", "False"))
    history.take("ADDED", {"metadata": {"uid": "3", "labels": {"app": "other"}}, "spec": {}, "status": {}})
    history.take("MODIFIED", pod("2"))
    history.take("MODIFIED", pod("1", deletionTimestamp="2026-01-01T00:00:00Z"))
    history.take("DELETED", pod("1"))
    assert history.counts == [1, 1, 2, 1, 1]
    assert history.breaches(2) == [1, 1, 1, 1]
