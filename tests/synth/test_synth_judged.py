"""What the checks of a whole stack found is told again only where they would find the same."""

from __future__ import annotations

from tests.synth.synth_repository import Repository

WEB = """
from pilothouse import Chart, RawObject, Values


class Asks(Chart[Values]):
    def build(self) -> None:
        pods = {"containers": [{"name": "a", "image": "a:1", "envFrom": [{"configMapRef": {"name": "gone"}}]}]}
        RawObject(
            self,
            {
                "apiVersion": "apps/v1",
                "kind": "Deployment",
                "metadata": {"name": "asks"},
                "spec": {
                    "selector": {"matchLabels": {"app": "asks"}},
                    "template": {"metadata": {"labels": {"app": "asks"}}, "spec": pods},
                },
            },
        )
"""


def missing(repository: Repository) -> list[str]:
    return [finding["message"] for finding in repository.synth().findings if finding["code"].startswith("REF")]


def test_the_command_finds_what_it_found_and_what_has_changed(repository: Repository) -> None:
    repository.write("charts/asks.py", WEB)
    repository.edit("environments/dev.yaml", "charts:\n", "charts:\n  asks: {namespace: default}\n")
    first = missing(repository)
    assert first and "gone" in first[0]
    repository.edit("charts/asks.py", "a:1", "a:2")
    assert missing(repository) == first
    repository.edit("charts/asks.py", '"gone"', '"lost"')
    (other,) = missing(repository)
    assert "lost" in other
    (repository.cache / "judged/dev.msgpack").write_bytes(b"nothing")
    repository.edit("charts/asks.py", "a:2", "a:3")
    assert missing(repository) == [other]
    repository.edit("environments/dev.yaml", "charts:\n", "given: {objects: [ConfigMap default/lost]}\ncharts:\n")
    assert missing(repository) == []


def test_what_was_found_is_told_to_every_environment_by_itself(repository: Repository) -> None:
    repository.write("charts/asks.py", WEB)
    for name in ("dev", "prod"):
        file = f"environments/{name}.yaml"
        text = (repository.root / file).read_text()
        repository.write(file, text if "charts:" in text else text + "charts: {}\n")
    repository.edit("environments/_base.yaml", "charts:\n", "charts:\n  asks: {namespace: default}\n")
    run = repository.synth()
    again = repository.synth()
    assert [finding["environments"] for finding in run.findings if finding["code"].startswith("REF")] == [
        ["dev", "prod"]
    ]
    assert again.findings == run.findings
