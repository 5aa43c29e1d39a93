"""Environments beside each other: judged where all of them are, and only there."""

from __future__ import annotations

from tests.synth.synth_repository import Repository


def test_all_environments_are_compared_where_all_are_built(repository: Repository) -> None:
    repository.edit("environments/dev.yaml", "extends: _base", "extends: _base\nprofile: production")
    assert repository.good().codes == ["DRIFT005"]
    assert repository.good().codes == ["DRIFT005"], "and again where nothing has changed"
    assert repository.good("prod").codes == []
    assert repository.good("--chart", "web").codes == []


def test_validate_compares_them_as_well(repository: Repository) -> None:
    repository.edit("environments/dev.yaml", "extends: _base", "extends: _base\nprofile: production")
    repository.good()
    judged = repository.run("validate", "--format", "json", "--no-kubeconform")
    assert judged.codes == ["DRIFT005"]
    judged = repository.run("validate", "--format", "json", "--no-kubeconform", "dist/prod")
    assert judged.codes == []


def test_what_is_newer_in_production_than_elsewhere_is_told_with_its_place(repository: Repository) -> None:
    repository.edit("environments/prod.yaml", '"1.33"', '"1.36"')
    (finding,) = [each for each in repository.good().findings if each["code"] == "DRIFT003"]
    assert finding["environments"] == ["prod"]
    assert finding["file"] == "environments/prod.yaml"


def test_a_waiver_of_such_a_check_is_unused_only_where_it_was_asked(repository: Repository) -> None:
    waiver = "\n  waivers: [{code: DRIFT006, reason: one will do}]"
    repository.write(
        "environments/prod.yaml",
        'extends: _base\nkubernetesVersion: "1.33"\ncluster: {name: prod}\ncharts:\n  web:'
        + waiver.replace("\n  ", "\n    ")
        + "\n",
    )
    assert repository.good("prod").codes == []
    assert repository.synth().codes == ["WAIVE002"]
