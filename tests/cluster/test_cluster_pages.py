"""Pages before a real API server: what a page says was reproduced there is refused, and its good example is taken."""

from __future__ import annotations

from pilothouse import yamlio
from pilothouse.checks import Check, catalogue
from tests.checks.test_pages import EXAMPLES
from tests.cluster.api import Answer, Api, Body
from tests.cluster.control_plane import ControlPlane
from tests.cluster.programs import NEWEST

SAID = "reproduced on a kube-apiserver"
DRY = {"dryRun": "All", "fieldValidation": "Strict"}


def _objects(check: Check) -> dict[str, list[Body]]:
    """The page's examples: ``bad`` and ``good`` -> their objects."""
    return {
        kind: [document.value for document in yamlio.load_all(text.encode(), file=check.code)]
        for language, kind, version, text in EXAMPLES.findall(check.page)
        if language == "yaml" and not version
    }


def test_what_was_reproduced_is_refused_and_the_good_example_is_taken() -> None:
    claimed = [check for check in catalogue().values() if SAID in " ".join(check.page.split())]
    assert len(claimed) > 20
    taken, refused = [], []
    with ControlPlane(NEWEST) as plane:
        api = plane.api
        assert api.ask("POST", "/api/v1/namespaces", _namespace("shop")).status in (201, 409)
        for check in claimed:
            examples = _objects(check)
            for kind, bodies in examples.items():
                answers = [_ask(api, body) for body in bodies if api.resource(body["apiVersion"], body["kind"])]
                if kind == "bad" and all(answer.status == 201 for answer in answers):
                    taken.append(check.code)
                if kind == "good":
                    refused += [(check.code, answer.message) for answer in answers if answer.status not in (201, 409)]
    assert taken == []
    assert refused == []


def _ask(api: Api, body: Body) -> Answer:
    resource = api.of(body)
    namespace = body["metadata"].get("namespace", "default") if resource.namespaced else ""
    return api.ask("POST", resource.path(namespace), body, query=DRY)


def _namespace(name: str) -> Body:
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
