"""``pilothouse diff ENV --cluster`` says what an API server would do, and leaves it as it is."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pilothouse.beginning import begin
from tests.cluster import programs
from tests.cluster.control_plane import ControlPlane
from tests.cluster.programs import NEWEST, ROOT, minors
from tests.cluster.stack_objects import bodies
from tests.cluster.test_cluster_apply import apply, contents, prepare
from tests.synth.synth_repository import PACKAGES


def environment(plane: ControlPlane) -> dict[str, str]:
    """The variables with which Pilothouse finds kubectl, and kubectl the cluster."""
    tools = plane.folder / "tools"
    if not tools.exists():
        tools.mkdir()
        (tools / "kubectl").symlink_to(programs.KUBECTL.path())
    return {
        **os.environ,
        "PATH": f"{tools}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": os.pathsep.join(map(str, (PACKAGES, PACKAGES / "constructs"))),
        "PYTHONSAFEPATH": "1",
        "NO_COLOR": "1",
        "KUBECONFIG": str(plane.folder / "kubeconfig"),
        "HOME": str(plane.folder / "home"),
    }


def diff(plane: ControlPlane, root: Path, *words: str) -> tuple[int, str, str]:
    """Run ``pilothouse diff`` against a cluster."""
    done = subprocess.run(
        [sys.executable, "-m", "pilothouse", "-C", str(root), "diff", *words],
        env=environment(plane),
        capture_output=True,
        text=True,
        timeout=600,
    )
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize("name", minors())
def test_what_was_applied_is_no_difference(name: str) -> None:
    minor = minors()[name]
    with ControlPlane(minor) as plane:
        prepare(plane.api, name, minor)
        code, out, err = diff(plane, ROOT, name, "--cluster", "--format", "json")
        assert code == 1, err
        objects = bodies(name)
        assert {each["change"] for each in json.loads(out)["changes"]} == {"added"}
        assert len(json.loads(out)["changes"]) == len(objects)
        assert apply(plane, name, "folder").code == 0
        before = contents(plane, objects)
        code, out, err = diff(plane, ROOT, name, "--cluster", "test")
        assert (code, out) == (0, ""), err
        assert contents(plane, objects) == before


@pytest.fixture(scope="module")
def plane() -> Iterator[ControlPlane]:
    with ControlPlane(NEWEST) as started:
        yield started


class Shop:
    """A new repository, whose production stands in a cluster."""

    def __init__(self, plane: ControlPlane, folder: Path, name: str) -> None:
        self.plane = plane
        self.name = name
        self.root = folder / name
        begin(str(self.root))

    def apply(self, *words: str, old: str = "", new: str = "") -> None:
        """Apply production, with a text in its YAML changed."""
        done = subprocess.run(
            [sys.executable, "-m", "pilothouse", "-C", str(self.root), "synth", "prod", "--stdout"],
            env=environment(self.plane),
            capture_output=True,
            text=True,
            check=True,
        )
        assert old in done.stdout
        given = done.stdout.replace(old, new) if old else done.stdout
        applied = self.plane.kubectl("apply", "--server-side", *words, "-f", "-", input=given)
        assert applied.code == 0, applied.err

    def diff(self, *words: str) -> tuple[int, list[dict[str, Any]], str]:
        """The exit code, the changes, and what is said besides."""
        code, out, err = diff(self.plane, self.root, "prod", "--cluster", "--format", "json", *words)
        return code, json.loads(out)["changes"] if out else [], err


def test_a_stack_whose_namespace_is_not_there_is_new(plane: ControlPlane, tmp_path: Path) -> None:
    code, changes, err = Shop(plane, tmp_path, "fresh").diff()
    assert (code, {each["change"] for each in changes}) == (1, {"added"})
    assert "the cluster has no namespace fresh yet: 3 objects of it cannot be tried, and count as new" in err


def test_a_change_is_that_field_alone_whatever_the_server_adds(plane: ControlPlane, tmp_path: Path) -> None:
    shop = Shop(plane, tmp_path, "raised")
    shop.apply(old="memory: 128Mi", new="memory: 0.125Gi")
    assert shop.diff()[:2] == (0, [])
    file = shop.root / "environments/prod.yaml"
    file.write_text(file.read_text().replace("memory: 128Mi", "memory: 256Mi"))
    code, changes, _ = shop.diff()
    assert code == 1
    ((field, *more),) = (each["fields"] for each in changes)
    assert field["field"].startswith("spec.template.spec.containers[raised].resources.")
    assert all(each["after"] == "256Mi" for each in (field, *more))


def test_an_immutable_field_is_refused_in_the_words_of_the_server(plane: ControlPlane, tmp_path: Path) -> None:
    shop = Shop(plane, tmp_path, "frozen")
    shop.apply(old="app.kubernetes.io/name: frozen", new="app.kubernetes.io/name: other")
    code, changes, err = shop.diff("--fail-on", "replace")
    assert code == 3, err
    (said,) = (
        impact["says"]
        for each in changes
        for impact in each["impacts"]
        if each["object"]["kind"] == "Deployment" and impact["says"].startswith("the API server says")
    )
    assert 'The Deployment "frozen" is invalid: spec.selector' in said and "field is immutable" in said


def test_a_field_of_somebody_else_is_a_conflict_and_the_rest_is_tried(plane: ControlPlane, tmp_path: Path) -> None:
    shop = Shop(plane, tmp_path, "owned")
    shop.apply("--field-manager=other", old="replicas: 3", new="replicas: 9")
    code, changes, err = shop.diff()
    assert code == 1, err
    (change,) = changes
    (told,) = (each for each in change["impacts"] if each["says"].startswith("the API server says"))
    assert 'Apply failed with 1 conflict: conflict with "other": .spec.replicas' in told["says"]
    assert "--force-conflicts" in told["then"]
    assert shop.diff("--field-manager", "other")[0] == 1


def test_a_cluster_that_is_not_known_is_said(plane: ControlPlane, tmp_path: Path) -> None:
    shop = Shop(plane, tmp_path, "lost")
    code, out, err = diff(plane, shop.root, "prod", "--cluster", "nowhere")
    assert (code, out) == (2, "")
    assert "the cluster cannot be asked: " in err and "nowhere" in err
