"""Node files that a chart makes: what is wrong with one is a finding at the author's line, and no secret is written."""

from __future__ import annotations

import pytest

from tests.engine.engine_repository import Repository

IMPORTS = "from pilothouse import Ini, NodeFile"
VALUE = "correct-horse-battery"


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("../x", "begins with a dot"),
        ("/etc/motd", "a name is empty"),
        ("a//b", "a name is empty"),
        ("a/./b", "begins with a dot"),
        (".hidden", "begins with a dot"),
        ("a b", "is not made of letters"),
        ("ä.yaml", "is not made of letters"),
        ("con.yaml", "that of a device"),
        ("", "a name is empty"),
        ("x" * 141, "141 characters"),
    ],
)
def test_a_path_that_no_machine_should_have(repository: Repository, path: str, words: str) -> None:
    repository.builds("nodes", f"NodeFile(self, {path!r}, 'text')  # here", imports=IMPORTS)
    place, code, message = repository.synth().one("nodes")
    assert (place, code) == (repository.here("nodes"), "NODE002")
    assert words in message
    assert not (repository.root / "dist").exists()


def test_two_files_of_one_path(repository: Repository) -> None:
    repository.builds(
        "nodes",
        "NodeFile(self, 'a/config.toml', {})  # first\n"
        "NodeFile(self, 'a/config.toml', {})  # again\n"
        "NodeFile(self, 'a/Config.toml', {})  # case\n"
        "NodeFile(self, 'b', 'text')  # file\n",
        imports=IMPORTS,
    )
    repository.builds("others", "NodeFile(self, 'b/c', 'text')  # folder\n", imports=IMPORTS)
    found = repository.synth().found("nodes")
    assert repository.synth().found("nodes") == found
    first = repository.here("nodes", "# first")
    assert found == [
        (repository.here("nodes", "# again"), "NODE005", f"this path is taken, by the file of {first}"),
        (
            repository.here("nodes", "# case"),
            "NODE005",
            f"only the case tells this path from a/config.toml, by the file of {first}",
        ),
        (
            repository.here("nodes", "# file"),
            "NODE005",
            f"a file stands where b/c ({repository.here('others', '# folder')}) needs a folder",
        ),
    ]


def test_a_content_that_its_file_cannot_hold(repository: Repository) -> None:
    repository.builds(
        "nodes",
        "NodeFile(self, 'a.toml', {'a': None, 'b': {1: 2}})  # toml\n"
        "NodeFile(self, 'a.yaml', {'a': 1})  # ending\n"
        "NodeFile(self, 'b.yaml', 7)  # seven\n"
        "NodeFile(self, 'c.yaml', 'a: [')  # text",
        imports=IMPORTS,
    )
    found = [(place, code) for place, code, _ in repository.synth().found("nodes")]
    assert found == [
        (repository.here("nodes", "# toml"), "NODE003"),
        (repository.here("nodes", "# ending"), "NODE003"),
        (repository.here("nodes", "# seven"), "NODE003"),
        (repository.here("nodes", "# text"), "NODE004"),
    ]


def test_a_field_of_a_nodes_configuration_is_judged(repository: Repository) -> None:
    kubelet = "'apiVersion': 'kubelet.config.k8s.io/v1beta1', 'kind': 'KubeletConfiguration'"
    kubeadm = "'apiVersion': 'kubeadm.k8s.io/v1beta3', 'kind': 'InitConfiguration'"
    repository.builds(
        "nodes",
        f"NodeFile(self, 'a.yaml', [{{{kubelet}, 'maxPod': 80}}])  # field\n"
        f"NodeFile(self, 'b.yaml', [{{{kubelet}, 'syncFrequency': '1 minute'}}])  # type\n"
        f"NodeFile(self, 'c.yaml', [{{{kubeadm}}}])  # version\n",
        imports=IMPORTS,
    )
    field, kind, version = repository.synth().found("nodes")
    assert field[:2] == (repository.here("nodes", "# field"), "NODE006")
    assert "did you mean maxPods?" in field[2]
    assert kind[:2] == (repository.here("nodes", "# type"), "NODE006")
    assert "a duration such as" in kind[2]
    assert version[:2] == (repository.here("nodes", "# version"), "NODE007")
    assert "did you mean kubeadm.k8s.io/v1beta4 InitConfiguration?" in version[2]


def test_no_credential_is_written_kept_or_printed(repository: Repository) -> None:
    repository.write("files/value.txt", VALUE)
    imports = f"{IMPORTS}\nimport pathlib\nVALUE = (pathlib.Path(__file__).parents[1] / 'files/value.txt').read_text()"
    init = "{'apiVersion': 'kubeadm.k8s.io/v1beta4', 'kind': 'InitConfiguration', %s}"
    charts = {
        "yaml": "NodeFile(self, 'a.yaml', [" + init % "'certificateKey': VALUE" + "])",
        "mistyped": "NodeFile(self, 'b.yaml', [" + init % "'certificatKey': VALUE" + "])",
        "text": "NodeFile(self, 'c.yml', f'ansible_password: {VALUE}')",
        "toml": "NodeFile(self, 'd.toml', {'registry': {'auth': {'password': VALUE}}})",
        "ini": "NodeFile(self, 'e.ini', Ini({'all': [f'node ansible_become_password={VALUE}']}))",
        "key": "NodeFile(self, 'f.pem', f'-----BEGIN PRIVATE KEY-----{VALUE}')",
    }
    for name, body in charts.items():
        repository.builds(name, f"{body}  # here", imports=imports)
    for run in (repository.synth(), repository.synth("--check"), repository.run("synth", "--stdout")):
        assert run.code == 1
        assert VALUE not in run.stdout + run.stderr
        for folder in ("dist", ".pilothouse"):
            for file in (repository.root / folder).rglob("*"):
                assert not file.is_file() or VALUE.encode() not in file.read_bytes(), file
    for name in charts:
        code = "NODE006" if name == "mistyped" else "NODE001"
        assert (repository.here(name), code) in [found[:2] for found in repository.synth().found(name)], name


def test_a_credential_cannot_be_waived_and_other_findings_can(repository: Repository) -> None:
    kubelet = "'apiVersion': 'kubelet.config.k8s.io/v1beta1', 'kind': 'KubeletConfiguration'"
    repository.builds(
        "nodes",
        f"o = NodeFile(self, 'a.yaml', [{{{kubelet}, 'maxPod': 80}}])\no.waive('NODE006', reason='of our own build')",
        imports=IMPORTS,
    )
    assert repository.synth().found() == []
    repository.builds(
        "nodes",
        "o = NodeFile(self, 'a.yaml', [{'token': 'abc'}])  # here\no.waive('NODE001', reason='no matter')",
        imports=IMPORTS,
    )
    assert (repository.here("nodes"), "NODE001") in [found[:2] for found in repository.synth().found()]


def test_node_files_are_no_objects_of_the_chart(repository: Repository) -> None:
    """cdk8s, Kustomize and the output for kubectl know nothing of them, and labels are not added to them."""
    repository.settings(labels={"team": "platform"})
    repository.builds(
        "nodes", "RawObject(self, config())\nNodeFile(self, 'motd.yaml', [{'a': 1, 'metadata': {}}])", imports=IMPORTS
    )
    repository.good()
    assert repository.written()["_nodes/dev/motd.yaml"] == (
        b"# pilothouse: charts/nodes.py. Change it there.\na: 1\nmetadata: {}\n"
    )
    assert b"_nodes" not in repository.written()["dev/kustomization.yaml"]
    assert b"motd.yaml" not in repository.written()["dev/kustomization.yaml"]
    assert repository.run("synth", "--stdout").stdout.count("kind:") == 1
