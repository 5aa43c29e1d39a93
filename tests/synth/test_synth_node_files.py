"""Node files in the output folder: they come, stay, change and go as objects do, in a folder of their own."""

from __future__ import annotations

import json
import shutil

import pytest

from tests.synth.synth_repository import Repository

MOTD = "_nodes/dev/etc/motd"
CHART = """
    from pilothouse import Chart, NodeFile, Values


    class MachineValues(Values):
        greeting: str = "welcome"


    class Machines(Chart[MachineValues]):
        def build(self) -> None:
            NodeFile(self, f"{'etc' if self.name == 'machines' else self.name}/motd", self.values.greeting)
"""


@pytest.fixture
def machines(repository: Repository) -> Repository:
    repository.write("charts/machines.py", CHART)
    repository.deploy("machines")
    repository.good()
    return repository


def test_they_are_written_below_nodes_and_a_second_run_does_nothing(machines: Repository) -> None:
    assert machines.files()[MOTD] == b"# pilothouse: charts/machines.py. Change it there.\nwelcome\n"
    before = {file: file.stat() for file in machines.dist.rglob("*")}
    run = machines.good()
    assert run.built == 0
    assert {file: file.stat() for file in machines.dist.rglob("*")} == before
    assert machines.synth("--check").code == 0
    machines.same_as_anew()


def test_a_change_changes_only_the_file(machines: Repository) -> None:
    before = machines.files()
    machines.edit("charts/machines.py", '"welcome"', '"hello"')
    check = machines.synth("--check")
    assert (check.code, check.codes) == (1, [])
    assert MOTD in check.err
    assert machines.files() == before
    assert machines.good().codes == []
    changed = {path for path, content in machines.files().items() if before.get(path) != content}
    assert changed == {MOTD}


def test_a_hand_edit_is_mended_and_told_once(machines: Repository) -> None:
    before = machines.files()
    machines.edit(f"dist/{MOTD}", "welcome", "go away")
    assert machines.synth("--check").codes == ["DIST002"]
    run = machines.good()
    assert [(finding["code"], finding["file"]) for finding in run.findings] == [("DIST002", f"dist/{MOTD}")]
    assert run.findings[0]["environments"] == ["dev"]
    assert run.built == 0
    assert machines.files() == before
    assert machines.good().codes == []


def test_what_was_deleted_comes_back_and_what_was_added_stays(machines: Repository) -> None:
    before = machines.files()
    (machines.dist / MOTD).unlink()
    assert machines.good().codes == []
    shutil.rmtree(machines.dist / "_nodes")
    assert machines.good().codes == []
    assert machines.files() == before
    machines.write("dist/_nodes/dev/notes.txt", "mine")
    run = machines.good()
    assert [(finding["code"], finding["file"]) for finding in run.findings] == [
        ("DIST001", "dist/_nodes/dev/notes.txt")
    ]
    assert machines.read("dist/_nodes/dev/notes.txt") == "mine"


def test_what_stands_in_the_way_stops_everything(machines: Repository) -> None:
    machines.edit("charts/machines.py", '"welcome"', '"hello"')
    machines.write(f"dist/{MOTD}", "mine")
    machines.edit("environments/_base.yaml", "blue", "green")
    run = machines.synth()
    assert run.code == 2
    assert "somebody else made it" in run.err
    assert machines.objects()["web"]["colour"] == "blue"


def test_they_go_with_their_chart(machines: Repository) -> None:
    machines.edit("environments/dev.yaml", "  machines: {chart: machines, namespace: default}\n", "")
    assert machines.good().codes == []
    assert not (machines.dist / "_nodes").exists()
    assert (machines.dist / "dev/web").exists()


def test_a_run_about_one_chart_leaves_those_of_others(machines: Repository) -> None:
    machines.deploy("machines", instance="second")
    machines.write("charts/others.py", CHART.replace("{'etc' if self.name == 'machines' else self.name}", "other"))
    machines.deploy("others")
    machines.good()
    before = machines.files()
    assert {path for path in before if path.startswith("_nodes")} == {
        MOTD,
        "_nodes/dev/second/motd",
        "_nodes/dev/other/motd",
    }
    machines.edit("charts/machines.py", '"welcome"', '"hello"')
    machines.edit("charts/others.py", '"welcome"', '"hello"')
    machines.good("--chart", "machines")
    changed = {path for path, content in machines.files().items() if before.get(path) != content}
    assert changed == {MOTD, "_nodes/dev/second/motd"}
    machines.forget()
    machines.good("--chart", "web")
    assert machines.files().keys() == before.keys()
    machines.edit("environments/dev.yaml", "  second: {chart: machines, namespace: default}\n", "")
    machines.good("--chart", "machines")
    assert before.keys() - machines.files().keys() == {"_nodes/dev/second/motd"}


def test_one_that_another_chart_has_is_told_by_a_run_about_one(machines: Repository) -> None:
    machines.write("charts/others.py", CHART.replace("{'etc' if self.name == 'machines' else self.name}", "etc"))
    machines.deploy("others")
    run = machines.synth("--chart", "others")
    assert run.codes == ["NODE005"]


def test_the_folder_of_an_environment_that_is_gone_is_told(machines: Repository) -> None:
    (machines.root / "environments/dev.yaml").unlink()
    run = machines.good()
    assert sorted((finding["code"], finding["file"]) for finding in run.findings) == [
        ("DIST005", f"dist/{MOTD}"),
        ("DIST005", "dist/dev/kustomization.yaml"),
    ]
    shutil.rmtree(machines.dist / "dev")
    assert machines.good().codes == ["DIST005"]
    shutil.rmtree(machines.dist / "_nodes")
    assert machines.good().codes == []


def test_list_and_explain_name_them(machines: Repository) -> None:
    rows = json.loads(machines.run("list", "dev", "--format", "json").out)
    assert rows[-1] == {
        "environment": "dev",
        "apiVersion": "",
        "kind": "NodeFile",
        "namespace": "",
        "name": "etc/motd",
        "file": MOTD,
    }
    assert [row["kind"] for row in rows].count("NodeFile") == 1
    for what in (f"dist/{MOTD}", "NodeFile etc/motd"):
        (row,) = json.loads(machines.run("explain", what, "--format", "json").out)
        assert (row["made by"], row["file"]) == ("charts/machines.py:10", f"dist/{MOTD}")


KUBELET = '[{"apiVersion": "kubelet.config.k8s.io/v1beta1", "kind": "KubeletConfiguration", "maxPods": 80}]'


def test_validate_judges_them_by_their_own_schemas(machines: Repository) -> None:
    machines.edit("charts/machines.py", "/motd", "/kubelet.yaml")
    machines.edit("charts/machines.py", "self.values.greeting", KUBELET)
    machines.good()
    file = "dist/_nodes/dev/etc/kubelet.yaml"
    for paths in ((), ("dist",), ("dist/_nodes",), ("dist/dev",), ("dist/_nodes/dev",), (file,)):
        run = machines.run("validate", "--no-kubeconform", *paths)
        assert (run.code, run.out) == (0, ""), (paths, run.err)
        assert "1 file for machines" in run.err
    machines.edit(file, "maxPods: 80", "maxPods: lots")
    for paths in ((), ("dist",), ("dist/_nodes",), ("dist/dev",), ("dist/_nodes/dev",), (file,)):
        run = machines.run("validate", "--no-kubeconform", "--format", "json", *paths)
        assert [(finding["code"], finding["file"], finding["line"]) for finding in run.findings] == [
            ("NODE006", file, 4)
        ]
        assert run.findings[0]["environments"] == ["dev"]
    assert machines.run("validate", "--no-kubeconform", "dist/prod").code == 0


def test_validate_knows_a_nodes_configuration_of_anyone(repository: Repository) -> None:
    text = "apiVersion: kubeadm.k8s.io/v1beta4\nkind: ClusterConfiguration\nnetworking:\n  podSubnets: 10.0.0.0/8\n"
    repository.write("theirs/init.yaml", text)
    run = repository.run("validate", "--format", "json", "--no-kubeconform", "theirs")
    assert [(finding["code"], finding["line"]) for finding in run.findings] == [("NODE006", 4)]
