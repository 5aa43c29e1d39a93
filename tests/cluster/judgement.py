"""Two judges before one object: our checks of an object, and an API server that is asked, but not to keep it."""

from __future__ import annotations

import re
from collections import Counter
from enum import Enum
from typing import Any, NamedTuple

from pilothouse.checks import check_object
from pilothouse.finding import Finding, Position, Severity
from pilothouse.manifest import Manifest
from pilothouse.stack import Stack
from tests.cluster.api import Answer, Api, Body
from tests.cluster.mutations import Mutation

OTHER_REASONS = {
    "SEC001": "no Secret's data is ever written to dist/, though every server takes it",
    "POD023": "the server takes it, and no kubelet starts the container",
    "REF005": "the server takes it, and the autoscaler never finds its target",
    "DR007": "Istio's own webhook refuses it, and these servers have none",
    "VS015": "Istio's own webhook refuses it, and these servers have none",
    "VS019": "Istio's own webhook refuses it, and these servers have none",
    "VS023": "Istio's own webhook refuses it, and these servers have none",
}
"""Our checks of one object that do not claim that the server refuses it, and why they stop it all the same."""


NAMELESS = "resource name may not be empty"
"""What kubectl says of an object without a name, whatever the server would make of it."""


class Word(Enum):
    """What the server came to."""

    TAKEN = "taken"
    UNREADABLE = "unreadable"
    """It does not fit the types of its kind: what a schema can tell."""
    INVALID = "invalid"
    """Its validation, which is code, found a fault."""
    NOT_ADMITTED = "not admitted"
    """An admission plugin refused it, or it stands in a namespace that is not there."""
    NOT_SERVED = "not served"
    """There is no such kind."""


class Verdict(NamedTuple):
    """What the server said of one object."""

    word: Word
    reasons: tuple[str, ...]
    """``field: cause`` of each fault, less what is particular to the object."""
    message: str


def ours(body: Body, stack: Stack) -> list[Finding]:
    """What Pilothouse calls an error in one object, because the server would not take it."""
    manifest = Manifest(body, Position(file="object.yaml", line=1))
    if not manifest.is_object:
        return [Finding(code="OBJ001", severity=Severity.ERROR, message="no object", position=manifest.position)]
    found = check_object(manifest, stack)
    return [each for each in found if each.severity is Severity.ERROR and each.code not in OTHER_REASONS]


def servers(body: Body, api: Api) -> Verdict:
    """What the server says of one object, asked as kubectl asks, which applies nothing that has no name."""
    api_version, kind = body.get("apiVersion"), body.get("kind")
    resource = api.resource(api_version, kind) if isinstance(api_version, str) and isinstance(kind, str) else None
    if resource is None:
        return Verdict(Word.NOT_SERVED, (), "no such kind")
    metadata = body.get("metadata")
    if metadata is None or (isinstance(metadata, dict) and not metadata.get("name")):
        return Verdict(Word.UNREADABLE, (), NAMELESS)
    namespace = metadata.get("namespace") if isinstance(metadata, dict) else None
    namespace = namespace if isinstance(namespace, str) and namespace else "default"
    query = {"dryRun": "All", "fieldValidation": "Strict"}
    return _word(api.ask("POST", resource.path(namespace if resource.namespaced else ""), body, query=query))


def _word(answer: Answer) -> Verdict:
    if answer.status < 300 or answer.reason == "AlreadyExists":
        return Verdict(Word.TAKEN, (), "")
    if answer.status == 422:
        causes = answer.body.get("details", {}).get("causes") or [{"field": "", "reason": "without a cause"}]
        reasons = {f"{_pattern(cause.get('field', ''))}: {cause.get('reason', '')}" for cause in causes}
        return Verdict(Word.INVALID, tuple(sorted(reasons)), answer.message)
    if answer.status in (403, 404):
        return Verdict(Word.NOT_ADMITTED, (), answer.message)
    if answer.status == 400:
        return Verdict(Word.UNREADABLE, (), answer.message)
    if answer.status == 500:  # a name that no path of the API can hold breaks the server's own look-up
        return Verdict(Word.INVALID, ("internal error",), answer.message)
    raise AssertionError(f"an answer of a kind that nobody has sorted: {answer.status} {answer.message}")


def _pattern(field: str) -> str:
    """A field less the places in lists and the keys in maps: ``spec.ports[].port``."""
    return re.sub(r"\[[^\]]*\]", "[]", field)


class Judged(NamedTuple):
    """A mistake, and what both judges say of it."""

    mutation: Mutation
    ours: list[Finding]
    servers: Verdict

    @property
    def kind(self) -> str:
        """``apps/v1 Deployment``."""
        return f"{self.mutation.of['apiVersion']} {self.mutation.of['kind']}"

    @property
    def taken(self) -> tuple[bool, bool]:
        """Whether we, and whether the server, would take the object with the mistake in it."""
        return not self.ours, self.servers.word is Word.TAKEN

    @property
    def defect(self) -> str:
        """What is wrong with Pilothouse: it refuses what the server takes, or takes what the server cannot read."""
        if self.taken == (False, True):
            first = self.ours[0]
            return f"refused, and the server takes it: {self.kind} {self.mutation.what}: {first.code} {first.message}"
        if not self.ours and self.servers.word in (Word.UNREADABLE, Word.NOT_SERVED):
            return f"taken, and the server cannot read it: {self.kind} {self.mutation.what}: {self.servers.message}"
        return ""


GAPS = "only the server refuses: its validation beyond its schema"


def summary(judged: list[Judged], *, gaps_too: bool) -> dict[str, Any]:
    """What came of many mistakes, in numbers.

    :param gaps_too: with a list of what only the server finds: field and cause, by kind.
    """
    both = Counter(each.taken for each in judged)
    gaps: dict[str, Counter[str]] = {}
    for each in judged:
        if each.taken == (True, False):
            gaps.setdefault(each.kind, Counter())[(each.servers.reasons or ("not admitted",))[0]] += 1
    found = {GAPS: {kind: dict(gaps[kind]) for kind in gaps}} if gaps_too else {}
    return {
        "kinds": len({each.kind for each in judged}),
        "mistakes": len(judged),
        "both refuse": both[False, False],
        "both take": both[True, True],
        "only Pilothouse refuses": both[False, True],
        "only the server refuses": both[True, False],
        **found,
    }
