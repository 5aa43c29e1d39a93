"""``pilothouse.testing``: one chart in somebody's own test."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import cdk8s
import pytest

from charts.kubia import Kubia
from pilothouse import Chart, RawObject, Values, waive
from pilothouse.environment import EnvironmentErrors
from pilothouse.finding import Severity
from pilothouse.testing import WrongValuesError, synthesize

ROOT = Path(__file__).parent.parent.parent
IMAGE = {"image": "oliwave/kubia"}


class SmallValues(Values):
    colour: str = "blue"
    mode: str = ""
    sizes: dict[str, int] = {}  # noqa: RUF012 -- msgspec copies it


class SmallBox(Chart[SmallValues]):
    """Gives what its mode says."""

    def build(self) -> None:
        mode = self.values.mode
        if mode == "raise":
            raise KeyError("colour")
        if mode == "exit":
            os.abort()
        if mode == "loop":
            while True:
                pass
        if mode == "write":
            Path("here").write_text("x")
        if mode == "secret":
            self.config("Secret", data={"password": "c3dvcmRmaXNo"})
        if mode in ("lost", "waived"):
            lost = self.config("Service", spec={"selector": {"app": "x"}, "ports": [{"port": 80}]})
            if mode == "waived":
                waive(lost, "SVC001", reason="an operator makes the pods")
        self.config("ConfigMap", data={"colour": self.values.colour, "cluster": self.environment.cluster.name})

    def config(self, kind: str, **fields: object) -> RawObject:
        return RawObject(self, {"apiVersion": "v1", "kind": kind, "metadata": {"name": self.name}, **fields})


def test_a_chart_of_the_repository_gives_what_synth_writes() -> None:
    for environment in ("dev", "prod"):
        result = synthesize(Kubia, environment=environment)
        folder = ROOT / "dist" / environment / "kubia"
        written = {
            file.read_text().partition("\n")[2] for file in folder.rglob("*.yaml") if "kustomiz" not in file.name
        }
        assert set(result.yaml.split("---\n")) == written
        # In dev the containers request what the namespace's LimitRange says, which is another chart's.
        told = {finding.code for finding in result.findings if finding.severity != "advice"}
        assert told == ({"QOS001"} if environment == "dev" else set())


def test_values_are_laid_over_those_of_the_environment() -> None:
    result = synthesize(Kubia, {"replicas": 9, "tls_secret": None}, environment="prod")
    deployment = result.one("Deployment", "kubia-dp")
    assert result.one("HorizontalPodAutoscaler")["spec"]["minReplicas"] == 9
    assert deployment["spec"]["revisionHistoryLimit"] == 5
    assert "tls" not in result.one("Ingress")["spec"]
    assert deployment["metadata"]["namespace"] == "custom-namespace"


def test_a_class_of_the_test_itself_can_be_built() -> None:
    result = synthesize(SmallBox)
    assert result.objects == [
        {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {"name": "small-box", "namespace": "small-box"},
            "data": {"colour": "blue", "cluster": "test"},
        }
    ]
    result.assert_clean()
    assert not result.stopped


def test_settings_are_those_of_an_environment_file() -> None:
    result = synthesize(
        SmallBox,
        {"colour": "red"},
        name="box",
        namespace="shop",
        kubernetes_version="1.32",
        labels={"team": "a"},
        cluster={"name": "lab"},
    )
    (box,) = result.of("ConfigMap", namespace="shop")
    assert box["metadata"] == {"name": "box", "namespace": "shop", "labels": {"team": "a"}}
    assert box["data"] == {"colour": "red", "cluster": "lab"}
    over = synthesize(SmallBox, environment="prod", cluster={"name": "lab"}, labels={"team": None})
    assert over.one("ConfigMap")["metadata"]["labels"] == {"app.kubernetes.io/part-of": "rollout-lab"}
    assert over.one("ConfigMap")["data"]["cluster"] == "lab"


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"values": {"colour": 1}}, "values.colour: expected str, got 1"),
        ({"values": {"color": "x", "sizes": {"a": "b"}}}, "values.color: unknown key 'color', did you mean 'colour'?"),
        ({"values": {"color": "x", "sizes": {"a": "b"}}}, "values.sizes.a: expected int, got 'b'"),
        ({"profile": "prod"}, "profile: expected 'lab' or 'production', got 'prod'"),
        ({"kubernetes_version": "1.99"}, "kubernetesVersion: expected one of 1.31"),
        ({"kubernetes_versoin": "1.34"}, "unknown key 'kubernetesVersoin'"),
        ({"name": "Box"}, "DNS label"),
    ],
)
def test_what_no_environment_file_could_say_is_refused(options: dict[str, object], said: str) -> None:
    with pytest.raises(WrongValuesError) as caught:
        synthesize(SmallBox, **options)  # type: ignore[arg-type]
    assert said in str(caught.value)


def test_an_environment_that_is_not_there() -> None:
    with pytest.raises(EnvironmentErrors, match="did you mean 'prod'"):
        synthesize(Kubia, environment="prd")


def test_findings_name_the_line_and_say_whether_they_stop() -> None:
    result = synthesize(SmallBox, {"mode": "lost"})
    (finding,) = result.findings
    assert (finding.code, finding.severity, finding.object) == ("SVC001", Severity.ERROR, "Service small-box/small-box")
    source = Path(__file__).read_text().splitlines()
    assert finding.position.file == "tests/testing/test_testing_synthesize.py"
    assert "RawObject(" in source[finding.position.line - 1]
    assert result.stopped and result.codes == ["SVC001"]
    result.assert_clean(allow={"SVC001"})
    with pytest.raises(AssertionError) as caught:
        result.assert_clean()
    assert "expected no finding, got 1" in str(caught.value)
    assert "error[SVC001] tests/testing/test_testing_synthesize.py:" in str(caught.value)
    synthesize(SmallBox, {"mode": "waived"}).assert_clean()
    waiver = {"code": "SVC001", "object": "Service small-box/small-box", "reason": "known"}
    synthesize(SmallBox, {"mode": "lost"}, waivers=[waiver]).assert_clean()


@pytest.mark.parametrize(
    ("mode", "code"),
    [("raise", "CHART001"), ("exit", "CHART005"), ("write", "CHART005"), ("loop", "CHART002"), ("secret", "SEC001")],
)
def test_what_goes_wrong_in_a_chart_is_a_finding(mode: str, code: str, tmp_path: Path) -> None:
    before = set(os.listdir("."))
    result = synthesize(SmallBox, {"mode": mode}, limit=1.0 if mode == "loop" else 60.0)
    assert result.codes == [code]
    assert result.stopped
    assert set(os.listdir(".")) == before
    with pytest.raises(AssertionError, match=code):
        result.one("Deployment")
    assert "c3dvcmRmaXNo" not in result.yaml


def test_a_missing_object_names_those_there_are() -> None:
    result = synthesize(Kubia, IMAGE)
    with pytest.raises(AssertionError) as caught:
        result.one("Deployment", "kubia")
    assert "no object is Deployment kubia; the chart gave\n" in str(caught.value)
    assert "\n  Deployment kubia/kubia-dp\n" in str(caught.value)
    with pytest.raises(AssertionError, match="objects are Service"):
        result.one("Service")
    assert result.of("Deployment", api_version="apps/v2") == []


def test_a_test_sees_nothing_of_a_chart_but_its_objects(monkeypatch: pytest.MonkeyPatch) -> None:
    modules, path = set(sys.modules), list(sys.path)
    synthesize("kubia", IMAGE)
    assert {name for name in set(sys.modules) - modules if name.startswith("charts")} == set()
    assert sys.path == path
    assert os.getpid() and __import__("time").time()


class Native(Chart[Values]):
    """A chart with an object of cdk8s' own."""

    def build(self) -> None:
        cdk8s.ApiObject(self, "native", api_version="v1", kind="ConfigMap", metadata={"name": "native"})


def test_a_test_that_uses_cdk8s_itself_keeps_its_own_node() -> None:
    for number in range(2):
        outer = cdk8s.Chart(cdk8s.Testing.app(), f"outer-{number}")
        cdk8s.ApiObject(outer, "before", api_version="v1", kind="ConfigMap")
        assert synthesize(Native).one("ConfigMap", "native")["metadata"]["namespace"] == "native"
        cdk8s.ApiObject(outer, "after", api_version="v1", kind="ConfigMap")
        assert len(cdk8s.Testing.synth(outer)) == 2


def test_the_page_about_tests_does_what_it_says(tmp_path: Path) -> None:
    (example,) = re.findall(r"^```python\n(.*?)^```", (ROOT / "docs/testing.md").read_text(), re.MULTILINE | re.DOTALL)
    file = tmp_path / "test_example.py"
    file.write_text(example)
    paths = os.pathsep.join([str(ROOT), str(ROOT / "constructs")])
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", str(tmp_path), str(file)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": paths, "PYTEST_ADDOPTS": "", "JSII_NODE": "/there/is/no/node"},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{example.count('def test_')} passed" in done.stdout
