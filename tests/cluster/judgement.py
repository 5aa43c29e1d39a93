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
    "NS002": "the server drops the namespace of an object that has none without a word",
}
"""Our checks of one object that do not claim that the server refuses it, and why they stop it all the same."""


class Purpose(NamedTuple):
    """Something that Pilothouse refuses on purpose, although the server takes it."""

    why: str
    code: str
    kind: str
    """A regular expression for the object's kind."""
    message: str
    """A regular expression for what Pilothouse says."""


ON_PURPOSE = (
    Purpose(
        "a label without a value: kubectl stores it as empty, or not at all, by how one applies",
        "OBJ004",
        "",
        " is None, ",
    ),
    Purpose("a quantity without a number: the server reads zero", "SCHEMA001", "", 'expected a quantity .*"Mi"$'),
    Purpose("a list where base64 belongs: Go reads a list of bytes", "SCHEMA001", "", "expected a string, got a list$"),
    Purpose(
        "an object without a name cannot be applied, though the server would make one up", "OBJ001", "LimitRange", ""
    ),
    Purpose(
        "a source behind a feature gate: the server drops it unread",
        "SCHEMA001",
        "",
        r"missing required field .*\.(clusterTrustBundle\.path|podCertificate\.(keyType|signerName)"
        r"|fileKeyRef\.(key|path|volumeName))$",
    ),
    Purpose(
        "a claim's source without its kind: the server drops it unread",
        "SCHEMA001",
        "PersistentVolumeClaim",
        r"missing required field spec\.dataSource\.(kind|name)",
    ),
    Purpose(
        "devices behind a feature gate: a server before 1.34 drops them unread",
        "SCHEMA001",
        "Deployment",
        r"\.(resources\.claims|resourceClaims)\[",
    ),
    Purpose(
        "a StatefulSet's templates: a server before 1.34 does not look into them, and its pods are never made",
        "SCHEMA001",
        "StatefulSet",
        r"startupProbe\.\w+\.port$|persistentVolumeClaim\.claimName$|\.dataSource(Ref)?\.(kind|name)$|\.accessModes\[",
    ),
    Purpose(
        "a policy for failures that says nothing",
        "SCHEMA001",
        "Job",
        r"missing required field .*podFailurePolicy\.rules$",
    ),
    Purpose(
        "devices without a spec: the server reads an empty one",
        "SCHEMA001",
        "DeviceClass|ResourceClaimTemplate",
        r"missing required field spec(\.spec)?(: it is null)?$",
    ),
    Purpose(
        "a definition's status: the server drops it unread",
        "SCHEMA001",
        "CustomResourceDefinition",
        r"missing required field status\.acceptedNames\.",
    ),
    Purpose(
        "a definition's schema within a schema: the server is not strict there",
        "SCHEMA001",
        "CustomResourceDefinition",
        r"unknown field spec\.versions\[0\]\.schema\.openAPIV3Schema\..*\.(items|additionalProperties)",
    ),
)
"""What Pilothouse refuses on purpose. Anything else that it refuses and the server takes is a defect of Pilothouse."""


def purpose(kind: str, found: list[Finding]) -> str:
    """Why Pilothouse refuses on purpose what the server takes; empty where it is no purpose, but a defect."""
    for each in ON_PURPOSE:
        if re.search(each.kind, kind) and all(
            finding.code == each.code and re.search(each.message, finding.message) for finding in found
        ):
            return each.why
    return ""


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
    """What the server says of one object, asked as kubectl asks."""
    api_version, kind = body.get("apiVersion"), body.get("kind")
    resource = api.resource(api_version, kind) if isinstance(api_version, str) and isinstance(kind, str) else None
    if resource is None:
        return Verdict(Word.NOT_SERVED, (), "no such kind")
    metadata = body.get("metadata")
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
    def purpose(self) -> str:
        """Why we refuse what the server takes; empty where we do not, and where it is a defect."""
        return purpose(str(self.mutation.of["kind"]), self.ours) if self.taken == (False, True) else ""

    @property
    def defect(self) -> str:
        """What is wrong with Pilothouse: it refuses what the server takes, or takes what the server cannot read."""
        if self.taken == (False, True) and not self.purpose:
            first = self.ours[0]
            return f"refused, and the server takes it: {self.kind} {self.mutation.what}: {first.code} {first.message}"
        if not self.ours and self.servers.word in (Word.UNREADABLE, Word.NOT_SERVED):
            return f"taken, and the server cannot read it: {self.kind} {self.mutation.what}: {self.servers.message}"
        return ""


PURPOSES = "only Pilothouse refuses, on purpose"
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
        PURPOSES: dict(Counter(each.purpose for each in judged if each.purpose)),
        "only the server refuses": both[True, False],
        **found,
    }
