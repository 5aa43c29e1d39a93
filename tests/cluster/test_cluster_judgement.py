"""Judgement against judgement: our checks and the API server, before the same good objects and the same mistakes.

What Pilothouse refuses, the server refuses too. What only the server refuses is a gap:
``judgement.json`` lists them all with their counts. ``make test-cluster ARGS=--update`` writes it anew.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from pilothouse import yamlio
from pilothouse.schemas import Catalogue
from pilothouse.stack import Stack
from tests.cluster import mutations
from tests.cluster.api import Api, Body
from tests.cluster.control_plane import ControlPlane
from tests.cluster.custom_resources import install, needed
from tests.cluster.judgement import NAMELESS, Judged, Word, ours, servers, summary
from tests.cluster.programs import NEWEST, ROOT, minors
from tests.cluster.stack_objects import bodies, environment, provide, title

SUMMARY = Path(__file__).with_name("judgement.json")
README = ROOT / "README.md"
FEWEST = 20
"""Mistakes that are made of every kind, at least."""
UNSTRUCTURED = {"split.smi-spec.io"}
"""Groups whose definitions hold no schema that today's Kubernetes takes, so that its server judges nothing of them."""


@cache
def in_dist() -> tuple[Body, ...]:
    """The objects of all environments."""
    return tuple(body for name in sorted(minors()) for body in bodies(name))


@cache
def of_every_kind() -> tuple[Body, ...]:
    """The good objects that the schema catalogue is tested with."""
    file = ROOT / "tests" / "schemas" / "valid.yaml"
    found = [document.value for document in yamlio.load_all(file.read_bytes(), file=file.name)]
    return tuple(body for body in found if body["apiVersion"].partition("/")[0] not in UNSTRUCTURED)


CORPORA: list[tuple[str, str, Callable[[], tuple[Body, ...]]]] = [
    *(("dist", minor, in_dist) for minor in sorted({*minors().values(), NEWEST})),
    ("every kind", NEWEST, of_every_kind),
]


NAMED_BY_PODS = ("PriorityClass", "RuntimeClass")
"""Kinds that must be there before a pod names them: admission asks for them."""


def ready(api: Api, objects: Iterable[Body], minor: str) -> None:
    """Make what the objects stand in: their namespaces and classes, what is given, the definitions of their kinds."""
    for name in minors():
        provide(api, environment(name))
    for namespace in sorted({body["metadata"].get("namespace", "default") for body in objects}):
        body = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}}
        assert api.ask("POST", "/api/v1/namespaces", body).status in (201, 409)
    for body in objects:
        if body["kind"] in NAMED_BY_PODS:
            assert api.ask("POST", api.of(body).path(), body).status in (201, 409)
    install(api, needed(objects, minor))


@pytest.mark.parametrize(
    ("corpus", "minor", "objects"), CORPORA, ids=lambda value: str(value) if isinstance(value, str) else ""
)
def test_both_judges_agree_or_the_difference_is_written_down(
    corpus: str, minor: str, objects: Callable[[], tuple[Body, ...]], request: pytest.FixtureRequest
) -> None:
    catalogue = Catalogue(minor)
    stack = Stack(environment(min(minors())), catalogue, [])
    good = [body for body in objects() if catalogue.kind(body["apiVersion"], body["kind"]) is not None]
    bad = list(mutations.of(good, catalogue))
    with ControlPlane(minor) as plane:
        ready(plane.api, good, minor)
        for body in good:
            assert ours(body, stack) == [], title(body)
            assert servers(body, plane.api).word is Word.TAKEN, (title(body), servers(body, plane.api))
        judged = [Judged(each, ours(each.body, stack), servers(each.body, plane.api)) for each in bad]
    assert [each.defect for each in judged if each.defect] == []
    made = Counter(each.kind for each in judged)
    assert {kind: times for kind, times in made.items() if times < FEWEST} == {}
    assert made.keys() == {f"{body['apiVersion']} {body['kind']}" for body in good}
    told = summary(judged, gaps_too=minor == NEWEST)
    compare(f"{corpus}, Kubernetes {minor}", told, update=request.config.getoption("update"))


def test_kubectl_applies_nothing_without_a_name() -> None:
    """The server would take a LimitRange without one, and make a name up."""
    nameless = {"apiVersion": "v1", "kind": "LimitRange", "metadata": {}, "spec": {"limits": []}}
    with ControlPlane(NEWEST) as plane:
        assert (
            plane.api.ask("POST", "/api/v1/namespaces/default/limitranges", nameless, query={"dryRun": "All"}).status
            == 201
        )
        done = plane.kubectl("apply", "--server-side", "--dry-run=server", "-f", "-", input=json.dumps(nameless))
    assert done.code != 0 and NAMELESS in done.err


def compare(what: str, told: dict[str, Any], *, update: bool) -> None:
    """Hold one part of the summary against what is committed, or write it anew."""
    committed = json.loads(SUMMARY.read_text()) if SUMMARY.exists() else {}
    if update:
        parts = {f"{corpus}, Kubernetes {minor}" for corpus, minor, _ in CORPORA}
        kept = {name: part for name, part in committed.items() if name in parts}
        SUMMARY.write_text(json.dumps({**kept, what: told}, indent=1, sort_keys=True) + "\n")
    else:
        assert committed.get(what) == told, "make test-cluster ARGS=--update writes it anew: read the difference"


def test_the_summary_speaks_of_nothing_else() -> None:
    assert json.loads(SUMMARY.read_text()).keys() == {f"{corpus}, Kubernetes {minor}" for corpus, minor, _ in CORPORA}


def test_the_readme_says_what_came_of_it(request: pytest.FixtureRequest) -> None:
    told = json.loads(SUMMARY.read_text())[f"every kind, Kubernetes {NEWEST}"]
    says = (
        f"Of {told['mistakes']:,} mistakes in {told['kinds']} kinds both refuse {told['both refuse']:,} and both take "
        f"{told['both take']:,}. Only the server refuses\n{told['only the server refuses']:,}: what its own validation "
        f"finds beyond any schema. Only Pilothouse refuses {told['only Pilothouse refuses']}.\n"
        "[tests/cluster/judgement.json](tests/cluster/judgement.json) lists them by field and cause.\n"
    )
    between = re.compile(r"(?<=<!-- judged -->\n).*?(?=<!-- end of judged -->)", re.DOTALL)
    text = README.read_text()
    if request.config.getoption("update"):
        README.write_text(between.sub(says, text))
    else:
        assert between.findall(text) == [says], "make test-cluster ARGS=--update writes it anew"


def test_mistakes_are_the_same_at_every_run_and_each_is_one() -> None:
    catalogue = Catalogue(NEWEST)
    first, second = (list(mutations.of(in_dist(), catalogue)) for _ in range(2))
    assert first == second
    assert all(json.dumps(mutation.body) != json.dumps(mutation.of) for mutation in first)
