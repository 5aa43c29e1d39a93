"""``--chart``: one chart is built, everything else stays as it stands in the output folder."""

from __future__ import annotations

from typing import Any

import pytest

from tests.synth.synth_repository import Repository

MAP = "dev/web/default/configmap-web.yaml"


def test_only_the_files_of_that_chart_change(repository: Repository) -> None:
    repository.good()
    before = repository.files()
    repository.edit("environments/_base.yaml", "blue", "green")
    repository.edit("charts/_shared.py", "10", "20")
    run = repository.good("--chart", "web")
    assert run.built == 2
    after = repository.files()
    assert {path for path in after if after[path] != before.get(path)} == {MAP, MAP.replace("dev", "prod")}
    run = repository.good()
    assert run.codes == []
    assert repository.objects()["db"] == {"size": "20"}
    everything = repository.files()
    repository.forget()
    repository.good()
    assert repository.files() == everything


@pytest.mark.parametrize("name", ["web", "charts/web.py", "web.py"])
def test_a_chart_is_named_as_people_name_it(repository: Repository, name: str) -> None:
    repository.good()
    repository.edit("environments/_base.yaml", "blue", "green")
    assert repository.good("--chart", name).built == 2


def test_environments_without_that_chart_are_untouched(repository: Repository) -> None:
    repository.maps("only", "return {'a': 'b'}")
    repository.good()
    repository.edit(f"dist/{MAP.replace('dev', 'prod')}", "blue", "by-hand")
    before = repository.files()
    repository.edit("charts/only.py", "'b'", "'c'")
    assert repository.good("--chart", "only").built == 1
    changed = {path for path, content in repository.files().items() if before.get(path) != content}
    assert changed == {"dev/only/default/configmap-only.yaml"}
    run = repository.synth("prod", "--chart", "only")
    assert run.code == 2
    assert run.err == "pilothouse: prod: no instance of the chart only\n"


def test_an_unknown_chart_is_told_with_the_nearest(repository: Repository) -> None:
    run = repository.synth("--chart", "wep")
    assert (run.code, run.out) == (2, "")
    assert run.err == "pilothouse: no chart named wep, did you mean web?\n"


def test_objects_that_come_and_go_are_listed_in_the_kustomizations(repository: Repository) -> None:
    repository.good()
    add = 'self.add({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name + "-more"}})'
    repository.write("constructs/ours.py", repository.read("constructs/ours.py") + f"        {add}\n")
    repository.good("--chart", "web")
    partly = repository.files()
    assert b"web-more" in partly["dev/kustomization.yaml"]
    repository.good()
    assert repository.files() == partly


def test_hand_edits_of_others_stay_and_their_own_are_mended(repository: Repository) -> None:
    repository.good()
    repository.edit("dist/dev/db/default/configmap-db.yaml", '"10"', '"99"')
    repository.edit(f"dist/{MAP}", "blue", "by-hand")
    run = repository.good("--chart", "web")
    assert [finding["file"] for finding in run.findings] == [f"dist/{MAP}"]
    assert repository.objects()["db"] == {"size": "99"}
    assert repository.objects()["web"]["colour"] == "blue"
    run = repository.good()
    assert [finding["file"] for finding in run.findings] == ["dist/dev/db/default/configmap-db.yaml"]


REQUESTS = {"requests": {"cpu": "10m"}}
PORT = {"name": "http", "containerPort": 80}
READY = {"tcpSocket": {"port": "http"}}
POD = {
    "containers": [{"name": "app", "image": "app:1", "ports": [PORT], "resources": REQUESTS, "readinessProbe": READY}]
}


def service(repository: Repository, selector: str) -> None:
    body: dict[str, Any] = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "front"},
        "spec": {"selector": {"app": selector}, "ports": [{"name": "http", "port": 80, "targetPort": "http"}]},
    }
    repository.maps("front", "return {}")
    repository.write("charts/front.py", repository.read("charts/front.py") + f"        RawObject(self, {body!r})\n")


def deployment(repository: Repository) -> None:
    body: dict[str, Any] = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "back", "labels": {"app": "back"}},
        "spec": POD,
    }
    repository.maps("back", "return {}")
    repository.write("charts/back.py", repository.read("charts/back.py") + f"        RawObject(self, {body!r})\n")


def test_the_whole_stack_is_judged_with_what_stands(repository: Repository) -> None:
    deployment(repository)
    service(repository, "back")
    repository.good("dev")
    assert repository.good("dev", "--chart", "front").codes == []
    repository.edit("charts/front.py", "'back'", "'bakc'")
    before = repository.files()
    run = repository.synth("dev", "--chart", "front")
    assert run.code == 1
    told = {finding["instance"] for finding in run.findings if finding["severity"] != "advice"}
    assert told == {"front"}
    assert repository.files() == before
    repository.edit("charts/front.py", "'bakc'", "'back'")
    repository.forget()
    repository.good("dev")
    repository.edit("charts/back.py", "'app': 'back'", "'app': 'other'")
    run = repository.synth("dev", "--chart", "back")
    assert run.code == 1
    (finding,) = [each for each in run.findings if each["code"].startswith("SVC")]
    assert (finding["file"], finding["instance"]) == ("charts/front.py", "front")


def test_a_finding_about_an_edited_file_stands_in_that_file(repository: Repository) -> None:
    deployment(repository)
    service(repository, "back")
    repository.good("dev")
    file = "dist/dev/front/default/service-front.yaml"
    repository.edit(file, "app: back", "app: bakc")
    run = repository.synth("dev", "--chart", "web")
    assert run.code == 1
    (finding,) = [each for each in run.findings if each["code"].startswith("SVC")]
    assert finding["file"] == file
    repository.edit(file, "app: bakc", "app: [")
    run = repository.synth("dev", "--chart", "web")
    assert (run.code, run.codes[0]) == (1, "DIST004")
    assert run.findings[0]["file"] == file


def test_the_first_run_of_one_chart_says_what_is_missing(repository: Repository) -> None:
    deployment(repository)
    service(repository, "back")
    run = repository.synth("dev", "--chart", "front")
    assert run.code == 1
    assert "has no files of the other charts: run pilothouse synth dev" in run.err


def test_a_failing_chart_beside_it_does_not_matter(repository: Repository) -> None:
    repository.good()
    repository.maps("failing", "raise ValueError('no')")
    repository.edit("environments/_base.yaml", "blue", "green")
    assert repository.good("--chart", "web").codes == []
    assert repository.synth().code == 1


def test_printing_one_chart_prints_its_objects_alone(repository: Repository) -> None:
    run = repository.run("synth", "dev", "--chart", "web", "--stdout")
    assert run.code == 0, run.err
    assert run.out.count("kind: ConfigMap") == 1
    assert not repository.dist.exists()
    run = repository.run("synth", "dev", "--chart", "web", "--check")
    assert run.code == 1
    assert f"{MAP}\n" in run.out
