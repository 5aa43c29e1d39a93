"""``validate``: the YAML on disk, ours or anyone's."""

from __future__ import annotations

import json
import textwrap
from pathlib import Path

import pytest

from pilothouse.assumed import Assumption
from pilothouse.schemas import Catalogue
from pilothouse.validation import somebodys
from tests.synth.synth_repository import Repository, Run

GOOD = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: good, namespace: default}\ndata: {a: b}\n"
WRONG = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: wrong, namespace: default}\ndata:\n  a: 1\n"
UNKNOWN = "apiVersion: example.com/v1\nkind: Widget\nmetadata: {name: w, namespace: default}\n"


@pytest.fixture
def anyones(tmp_path: Path) -> Repository:
    """A folder of YAML that is no repository."""
    made = Repository.__new__(Repository)
    made.root = tmp_path / "anyones"
    made.root.mkdir()
    return made


def validate(repository: Repository, *words: str, stdin: str = "", kubeconform: bool = False) -> Run:
    second = () if kubeconform else ("--no-kubeconform",)
    return repository.run("validate", "--format", "json", *second, *words, stdin=stdin.encode())


def places(run: Run) -> list[tuple[str, int, str]]:
    return [(finding["file"], finding["line"], finding["code"]) for finding in run.findings]


def test_any_folder_is_judged_with_each_field_in_its_place(anyones: Repository) -> None:
    anyones.write("manifests/good.yaml", GOOD)
    anyones.write("manifests/deep/wrong.yml", f"# a comment\n---\n{GOOD.replace('good', 'fine')}---\n{WRONG}")
    anyones.write("manifests/.hidden/wrong.yaml", WRONG)
    anyones.write("manifests/notes.txt", "kind: [")
    anyones.write("manifests/kustomization.yaml", "resources: [good.yaml]\n")
    run = validate(anyones, "manifests")
    assert run.code == 1
    assert places(run) == [("manifests/deep/wrong.yml", 12, "SCHEMA001")]
    assert run.err.startswith("3 objects judged; kubeconform was left out\n")
    assert validate(anyones, "manifests/good.yaml").code == 0


def test_lists_json_and_documents_are_read_as_kubectl_reads_them(anyones: Repository) -> None:
    anyones.write(
        "list.yaml", "apiVersion: v1\nkind: List\nitems:\n" + textwrap.indent(WRONG, "  ").replace("  ap", "- ap", 1)
    )
    anyones.write(
        "one.json",
        json.dumps({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "json"}, "data": {"a": 1}}),
    )
    two = {
        "kind": "List",
        "apiVersion": "v1",
        "items": [{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}}],
    }
    anyones.write("two.json", json.dumps(two, indent=1))
    anyones.write("empty.yaml", "# nothing\n---\n")
    run = validate(anyones, ".")
    assert run.code == 1
    assert [(finding["file"], finding["code"]) for finding in run.findings] == [
        ("./list.yaml", "SCHEMA001"),
        ("./one.json", "SCHEMA001"),
    ]
    assert run.findings[0]["line"] == 8
    assert run.err.startswith("3 objects judged")


def test_standard_input_is_judged(anyones: Repository) -> None:
    run = validate(anyones, "--kubernetes-version", "1.34", "-", stdin=f"{GOOD}---\n{WRONG}")
    assert run.code == 1
    assert places(run) == [("standard input", 10, "SCHEMA001")]
    assert validate(anyones, "-", stdin=GOOD).code == 0
    run = validate(anyones, "-", stdin="")
    assert (run.code, run.err) == (2, "there is no Kubernetes object to judge\n")


def test_what_is_no_yaml_is_told_with_its_place(anyones: Repository) -> None:
    anyones.write("a.yaml", "apiVersion: v1\nkind: ConfigMap\n  name: x\n")
    anyones.write("b.yaml", "a: b\n")
    anyones.write("c.yaml", "- a\n- b\n")
    (anyones.root / "d.yaml").write_bytes(b"\xff\xfe\x00")
    (anyones.root / "e.yaml").symlink_to("nowhere")
    run = validate(anyones, ".")
    assert run.code == 1
    assert [(finding["file"], finding["code"]) for finding in run.findings] == [
        ("./a.yaml", "DIST004"),
        ("./b.yaml", "OBJ001"),
        ("./c.yaml", "OBJ001"),
        ("./d.yaml", "DIST004"),
        ("./e.yaml", "DIST004"),
    ]
    assert (run.findings[0]["line"], run.findings[0]["column"] is not None) == (3, True)


def test_a_kind_without_a_schema_warns_or_stops(anyones: Repository) -> None:
    anyones.write("widget.yaml", UNKNOWN)
    for words, code, severity in (((), 0, "warning"), (("--missing-schemas", "error"), 1, "error")):
        run = validate(anyones, *words, "widget.yaml")
        assert run.code == code
        assert [(finding["code"], finding["severity"]) for finding in run.findings] == [("SCHEMA002", severity)]


def test_the_version_decides(anyones: Repository) -> None:
    anyones.write(
        "flow.yaml", "apiVersion: flowcontrol.apiserver.k8s.io/v1beta3\nkind: FlowSchema\nmetadata: {name: f}\n"
    )
    assert validate(anyones, "--kubernetes-version", "1.34", "--missing-schemas", "error", "flow.yaml").code == 1
    assert validate(anyones, "--kubernetes-version", "1.31", "--missing-schemas", "error", "flow.yaml").codes != []
    assert "SCHEMA002" not in validate(anyones, "--kubernetes-version", "1.31", "flow.yaml").codes


def test_one_file_is_judged_once_however_often_it_is_named(anyones: Repository) -> None:
    anyones.write("m/good.yaml", GOOD)
    run = validate(anyones, "m", "m/good.yaml", "./m", str(anyones.root / "m"))
    assert run.code == 0
    assert run.err.startswith("1 object judged")
    anyones.write("m/again.yaml", GOOD)
    assert validate(anyones, "m").codes == ["OBJ003"]


def test_ours_is_judged_by_each_environments_own_version(repository: Repository) -> None:
    repository.edit("environments/prod.yaml", "1.33", "1.31")
    repository.good()
    run = validate(repository)
    assert (run.code, run.codes) == (0, [])
    assert run.err.startswith("5 objects judged")
    flow = "apiVersion: flowcontrol.apiserver.k8s.io/v1beta3\nkind: FlowSchema\n"
    for environment in ("dev", "prod"):
        repository.write(f"dist/{environment}/web/_cluster/flowschema-f.yaml", f"{flow}metadata: {{name: f}}\n")
    run = validate(repository)
    assert run.code == 1
    found = [(finding["code"], finding["environments"]) for finding in run.findings]
    assert [each for each in found if each[0].startswith("API")] == [("API001", ["dev"]), ("API002", ["prod"])]
    assert validate(repository, "dist/dev").code == 1
    assert validate(repository, "dist/prod").codes == ["API002"]
    assert validate(repository, "dist").err == validate(repository).err


def test_a_finding_stands_at_the_charts_line_while_that_is_true(repository: Repository) -> None:
    repository.maps("bad", "return {}")
    repository.good()
    file = "dist/dev/bad/default/configmap-bad.yaml"
    repository.edit(file, "name: bad", "name: bad-")
    (finding,) = validate(repository).findings
    assert (finding["code"], finding["file"], finding["line"]) == ("OBJ004", file, 5)


def test_part_of_an_environment_is_judged_as_part_of_it(repository: Repository) -> None:
    """What the rest of the stack defines is there; what is wrong in it is not told."""
    repository.maps("rooms", "return {}")
    room = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "room"}}
    repository.write("charts/rooms.py", repository.read("charts/rooms.py") + f"        RawObject(self, {room})\n")
    repository.write("charts/guest.py", repository.read("charts/db.py"))
    repository.deploy("guest", namespace="room")
    repository.good()
    repository.edit("dist/dev/db/default/configmap-db.yaml", "size:", "1: 2\n  size:")
    assert validate(repository).code == 1
    run = validate(repository, "dist/dev/guest")
    assert (run.code, run.codes) == (0, [])
    assert run.err.startswith("1 object judged")
    (repository.dist / "dev/rooms/_cluster/namespace-room.yaml").unlink()
    run = validate(repository, "dist/dev/guest/room/configmap-guest.yaml")
    assert run.code == 1
    assert {finding["object"] for finding in run.findings} == {"ConfigMap room/guest"}


def test_what_a_chart_waived_is_waived(repository: Repository) -> None:
    service = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "lonely"},
        "spec": {"selector": {"app": "none"}, "ports": [{"port": 80}]},
    }
    repository.maps("lonely", "return {}")
    source = repository.read("charts/lonely.py")
    repository.write("charts/lonely.py", f"{source}        RawObject(self, {service})\n")
    (code,) = set(repository.synth().codes)
    repository.write(
        "charts/lonely.py", f"{source}        RawObject(self, {service}).waive({code!r}, reason='by hand')\n"
    )
    repository.good()
    assert validate(repository).codes == []
    repository.write(
        "charts/lonely.py", f"\n{source}        RawObject(self, {service}).waive({code!r}, reason='by hand')\n"
    )
    assert validate(repository).codes == [], "dist/ is as it was, and so is what was waived for it"


def test_the_second_judge_reads_the_same_bytes(anyones: Repository) -> None:
    anyones.write("m/good.yaml", GOOD)
    anyones.write("m/kustomization.yaml", "resources: [good.yaml]\n")
    anyones.write(
        "alone/kustomization.yaml", "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources: []\n"
    )
    run = validate(anyones, "m", "alone/kustomization.yaml", kubeconform=True)
    assert run.code == 0, run.out
    assert run.err.endswith("1 object: kubeconform finds 1 valid, 0 skipped\n")
    anyones.write("m/wrong.yaml", WRONG)
    anyones.write("m/widget.yaml", UNKNOWN)
    run = validate(anyones, "m", kubeconform=True)
    assert run.code == 1
    assert ("m/wrong.yaml", 5, "DIST003") in places(run)
    assert "3 objects: kubeconform finds 1 valid, 1 skipped\n" in run.err
    run = validate(anyones, "-", kubeconform=True, stdin=WRONG)
    assert ("standard input", 5, "DIST003") in places(run)


def test_what_the_server_takes_stops_nothing_though_it_fits_no_schema(anyones: Repository) -> None:
    claim = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "Gi"}}}
    metadata = {"name": "data", "namespace": "default"}
    body = {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": metadata, "spec": claim}
    anyones.write("m/claim.json", json.dumps(body))
    run = validate(anyones, "m", kubeconform=True)
    assert (run.code, run.codes) == (0, ["SCHEMA003"]), "kubeconform's word is not repeated as an error"
    claim["accessModes"] = "ReadWriteOnce"
    anyones.write("m/claim.json", json.dumps(body))
    run = validate(anyones, "m", kubeconform=True)
    assert run.code == 1
    assert {"SCHEMA001", "SCHEMA003", "DIST003"} <= set(run.codes)


def test_a_secret_in_anyones_yaml_is_a_warning_and_is_not_shown(anyones: Repository) -> None:
    anyones.write("m/s.yaml", "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\nstringData: {password: hunter2}\n")
    run = validate(anyones, "m")
    assert (run.code, run.codes, run.findings[0]["severity"]) == (0, ["SEC001"], "warning")
    assert "hunter2" not in run.out + run.err


LONELY = """\
apiVersion: v1
kind: Service
metadata:
  name: lonely
  namespace: default
  annotations:
    waive.pilothouse.dev/SVC001: the operator makes these pods
spec:
  selector: {app: none}
  ports: [{port: 80}]
"""


def test_an_annotation_waives_for_the_object_that_bears_it(anyones: Repository) -> None:
    anyones.write("a/lonely.yaml", LONELY)
    assert validate(anyones, "a").codes == []
    anyones.write("b/lonely.yaml", LONELY.replace("waive.pilothouse.dev", "waiver.pilothouse.dev"))
    run = validate(anyones, "b")
    assert run.codes == ["SVC001"]
    both = validate(anyones, "a", "b")
    assert [(finding["file"], finding["code"]) for finding in both.findings if finding["code"] == "SVC001"] == [
        ("b/lonely.yaml", "SVC001")
    ], "an object of the same name in another file is another one"


def test_annotations_that_waive_too_little_are_told_at_their_place(anyones: Repository) -> None:
    anyones.write("reasonless.yaml", LONELY.replace("the operator makes these pods", "''"))
    anyones.write(
        "unused.yaml", f"---\n# two\n---\n{GOOD.replace('{name: good,', '{name: good, annotations: {ANNOTATION},')}"
    )
    anyones.edit("unused.yaml", "{ANNOTATION}", "{waive.pilothouse.dev/SVC001: x, waive.pilothouse.dev/NOPE1: x}")
    run = validate(anyones, ".")
    assert sorted((one["file"], one["line"], one["column"], one["code"]) for one in run.findings) == [
        ("./reasonless.yaml", 7, 5, "WAIVE001"),
        ("./reasonless.yaml", 9, 3, "SVC001"),
        ("./unused.yaml", 6, 38, "WAIVE002"),
        ("./unused.yaml", 6, 70, "WAIVE002"),
    ]
    assert "there is no check NOPE1 that this waiver could silence" in [one["message"] for one in run.findings]


ROOM = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: room}\n"
PODS = """\
apiVersion: v1
kind: List
items:
- apiVersion: apps/v1
  kind: Deployment
  metadata: {name: none, namespace: default, resourceVersion: "7", managedFields: [{manager: x}]}
  spec:
    selector: {matchLabels: {app: none}}
    template:
      metadata: {labels: {app: none}}
      spec: {containers: [{name: none, image: nginx, imagePullPolicy: Always}], nodeName: 7}
"""


def test_what_the_files_cannot_know_is_told_and_can_be_assumed(anyones: Repository) -> None:
    anyones.write("room.yaml", ROOM)
    run = validate(anyones, "room.yaml")
    assert (run.code, run.codes) == (0, ["NS001"])
    assert run.err.endswith(
        "\n1 warning would be an error if the cluster held nothing but these files: say what else it has with "
        "--assume\n"
    )
    for words in (["Namespace room"], ["ns/room"], ["namespaces/room"], ["ns/other", "--assume", "Secret room/x"]):
        run = validate(anyones, "room.yaml", "--assume", *words)
        assert (run.code, run.codes, run.err) == (0, [], "1 object judged; kubeconform was left out\n")
    assert validate(anyones, "room.yaml", "--assume", "ns/other").codes == ["NS001"]


def test_an_inventory_is_there_and_is_not_judged(anyones: Repository) -> None:
    anyones.write("lonely.yaml", LONELY.replace("waive.", "waiver."))
    anyones.write("cluster.yaml", PODS)
    assert validate(anyones, "lonely.yaml").codes == ["SVC001"]
    assert "SCHEMA001" in validate(anyones, "cluster.yaml").codes
    run = validate(anyones, "lonely.yaml", "--assume", "cluster.yaml")
    assert (run.code, run.codes) == (0, [])
    assert run.err.startswith("1 object judged")


def test_a_file_takes_the_place_of_what_the_inventory_had(anyones: Repository) -> None:
    anyones.write("lonely.yaml", LONELY.replace("waive.", "waiver."))
    anyones.write("pods.yaml", PODS.replace("{app: none}", "{app: other}").replace(", nodeName: 7", ""))
    anyones.write("cluster.yaml", PODS)
    run = validate(anyones, "lonely.yaml", "pods.yaml", "--assume", "cluster.yaml")
    assert "SVC001" in run.codes
    assert "OBJ003" not in run.codes


@pytest.mark.parametrize("word", ["nonsense", "folder/gone.yaml", "a b c", "secret/"])
def test_what_cannot_be_assumed_is_bad_usage(anyones: Repository, word: str) -> None:
    anyones.write("room.yaml", ROOM)
    run = validate(anyones, "room.yaml", "--assume", word)
    assert run.code == 2
    assert "--assume" in run.err


def test_assumed_objects_answer_whether_they_are_given() -> None:
    environment = somebodys("1.34")
    assumption = Assumption(["Secret shop/mysql", "sc/fast", "Widget shop/w"], None)
    given = assumption.given(environment, Catalogue("1.34")).given
    assert given.has("Secret", "mysql", "shop")
    assert not given.has("Secret", "mysql", "other")
    assert given.has("StorageClass", "fast")
    assert given.has("Widget", "w", "shop")
    assert given.has("Namespace", "shop")
