"""Waivers: on a construct, a chart, anything of cdk8s, in the environment's file; and those that say too little."""

from __future__ import annotations

from tests.engine.engine_repository import Repository

LONELY = (
    "{'apiVersion': 'v1', 'kind': 'Service', 'metadata': {'name': '%s'},"
    " 'spec': {'selector': {'app': '%s'}, 'ports': [{'port': 80}]}}"
)
NO_PODS, NO_REASON, UNUSED = "SVC001", "WAIVE001", "WAIVE002"


def _lonely(name: str) -> str:
    return f"RawObject(self, {LONELY % (name, name)})"


def _annotated(name: str, reason: str) -> str:
    annotations = f"{{'waive.pilothouse.dev/{NO_PODS}': {reason!r}, 'other': 'x'}}"
    return _lonely(name).replace(f"{{'name': '{name}'}}", f"{{'name': '{name}', 'annotations': {annotations}}}")


def test_a_waiver_silences_one_check_for_a_construct_and_all_below_it(repository: Repository) -> None:
    file = (
        "apiVersion: v1\nkind: Service\nmetadata: {name: included}\nspec: {selector: {app: x}, ports: [{port: 80}]}\n"
    )
    repository.write("files/service.yaml", file)
    imports = "import os, cdk8s\nfrom pilothouse_kit import Service"
    repository.builds("construct", f"{_lonely('a')}.waive('{NO_PODS}', reason='made elsewhere')", imports=imports)
    repository.builds("chart", f"self.waive('{NO_PODS}', reason='made elsewhere')\n{_lonely('b')}", imports=imports)
    url = "os.path.join(os.path.dirname(__file__), '../files/service.yaml')"
    native = f"waive(cdk8s.Include(self, 'i', url={url}), '{NO_PODS}', reason='made elsewhere')"
    repository.builds("native", native, imports=imports)
    scope = f"waive({_lonely('d')}.node.scope, '{NO_PODS}', reason='made elsewhere')"
    repository.builds("scope", scope, imports=imports)
    repository.builds(
        "other", f"{_lonely('e')}.waive('{NO_PODS}', reason='made elsewhere')\n{_lonely('f')}  # here", imports=imports
    )
    run = repository.synth()
    assert [(f["instance"], f["code"], f["object"]) for f in run.findings] == [("other", NO_PODS, "Service default/f")]
    assert run.found()[0][0] == repository.here("other")


def test_waivers_that_say_too_little_or_silence_nothing_are_findings(repository: Repository) -> None:
    repository.builds("reasonless", f"o = {_lonely('a')}  # lonely\no.waive('{NO_PODS}', reason=' ')  # here")
    repository.builds("unused", f"RawObject(self, config('b')).waive('{NO_PODS}', reason='why not')  # here")
    repository.builds("unknown", "RawObject(self, config('c')).waive('NOPE001', reason='why not')  # here")
    secret = "{'apiVersion': 'v1', 'kind': 'Secret', 'metadata': {'name': 'x'}, 'stringData': {'k': 'v'}}"
    repository.builds("never", f"o = RawObject(self, {secret})  # secret\no.waive('SEC001', reason='why not')  # here")
    repository.builds("numbers", "RawObject(self, config('d')).waive(3, reason=None)  # here")
    run = repository.synth()
    assert run.code == 1
    assert sorted(run.found("reasonless")) == sorted(
        [
            (repository.here("reasonless"), NO_REASON, f"this waiver of {NO_PODS} gives no reason"),
            (repository.here("reasonless", "# lonely"), NO_PODS, "no pod in default carries app=a"),
        ]
    )
    assert run.one("unused") == (repository.here("unused"), UNUSED, f"this waiver of {NO_PODS} silences nothing")
    message = "there is no check NOPE001 that this waiver could silence"
    assert run.one("unknown") == (repository.here("unknown"), UNUSED, message)
    assert (repository.here("never"), UNUSED, "SEC001 cannot be waived") in run.found("never")
    assert (repository.here("never", "# secret"), "SEC001") in [found[:2] for found in run.found("never")]
    message = "TypeError: expected a check's code and a reason as strings, got 3 and None"
    assert run.one("numbers") == (repository.here("numbers"), "CHART001", message)


def test_a_waiver_in_the_environments_file_counts_there_alone(repository: Repository) -> None:
    repository.builds("web", f"{_lonely('a')}  # here")
    waiver = [{"code": NO_PODS, "object": "Service default/a", "reason": "made elsewhere"}]
    repository.settings(waivers=waiver)
    other = (repository.root / "environments/dev.yaml").read_text().replace("made elsewhere", "").splitlines()
    text = "\n".join(line for line in other if not line.startswith("waivers"))
    repository.write("environments/prod.yaml", f"{text}\n")
    run = repository.synth()
    assert [(f["code"], f["environments"]) for f in run.findings] == [(NO_PODS, ["prod"])]
    assert repository.synth("dev").found() == []

    repository.settings(waivers=[waiver[0] | {"object": "Service default/b"}])
    run = repository.synth("dev")
    assert {(code, place.partition(":")[0]) for place, code, _ in run.found()} == {
        (NO_PODS, "charts/web.py"),
        (UNUSED, "environments/dev.yaml"),
    }


def test_where_a_chart_fails_no_waiver_of_the_environment_is_called_unused(repository: Repository) -> None:
    repository.builds("web", f"{_lonely('a')}\nraise ValueError")
    repository.settings(waivers=[{"code": NO_PODS, "object": "Service default/a", "reason": "made elsewhere"}])
    assert [code for _, code, _ in repository.synth().found()] == ["CHART001"]


def test_an_annotation_waives_for_its_object(repository: Repository) -> None:
    repository.builds("annotated", f"{_annotated('a', 'made elsewhere')}\n{_lonely('b')}")
    repository.builds("reasonless", f"{_annotated('d', ' ')}  # here")
    body = f"config('c', annotations={{'waive.pilothouse.dev/{NO_PODS}': 'why not'}})"
    repository.builds("unused", f"RawObject(self, {body})  # here")
    run = repository.synth()
    assert [(f["code"], f["object"]) for f in run.findings if f["instance"] == "annotated"] == [
        (NO_PODS, "Service default/b")
    ]
    assert sorted(found[1] for found in run.found("reasonless")) == [NO_PODS, NO_REASON]
    assert run.one("unused") == (repository.here("unused"), UNUSED, f"this waiver of {NO_PODS} silences nothing")


def test_no_waiver_is_written_to_the_output(repository: Repository) -> None:
    repository.builds("annotated", _annotated("a", "made elsewhere"))
    repository.good()
    (written,) = repository.objects().values()
    assert written["metadata"]["annotations"] == {"other": "x"}
