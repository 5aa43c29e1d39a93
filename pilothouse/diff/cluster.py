"""Cluster: what a live cluster has of a stack, and what it would make of it: a server-side apply that is only tried.

Defaults, webhooks and refusals are the server's own then. kubectl asks it, as those who apply do.
"""

from __future__ import annotations

import json
import re
import subprocess
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pilothouse.diff.change import ObjectChange
from pilothouse.diff.impact import ORDER, Effect, Impact
from pilothouse.diff.stacks import Changed
from pilothouse.lenient import listing, mapping
from pilothouse.manifest import Body, Identity, Manifest
from pilothouse.yamlio import dump_all

MANAGER = "kubectl"
"""The name under which ``kubectl apply --server-side`` owns fields where it is given none."""
_TRY = ("apply", "--server-side", "--dry-run=server", "--output=json", "--filename=-")
_GET = ("get", "--ignore-not-found", "--output=json")
_SERVERS_OWN = ("managedFields", "resourceVersion", "uid", "generation", "creationTimestamp", "selfLink")
"""What the server writes into ``metadata``, whatever is applied."""
_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
_NOT_SERVED = re.compile(r'no matches for kind "([^"]*)" in version "([^"]*)"')
_HARMLESS = re.compile(r"no matches for kind|ensure CRDs are installed first|^Warning:")
"""What kubectl says where it answers all the same."""
_ADVICE = re.compile(r"\nPlease review the fields above.*", re.S)
_INSTALL = "install it (kubernetes.io/docs/tasks/tools), at most one minor away from the cluster's"


class ClusterError(Exception):
    """The cluster cannot be asked."""


@dataclass
class Tried:
    """What a cluster has, and what an apply would make of it."""

    before: list[Manifest] = field(default_factory=list)
    """The objects of the stack that are there."""
    after: list[Manifest] = field(default_factory=list)
    """The objects of the stack as they would be; those that are new, as they are applied."""
    refused: dict[Identity, str] = field(default_factory=dict)
    """What the server says of those that it refuses."""
    notes: list[str] = field(default_factory=list)
    """What the server could not try, and why."""


def ask(context: str, stack: Sequence[Manifest], manager: str = MANAGER) -> Tried:
    """Ask a cluster what applying a stack would do. Nothing is changed.

    Objects that the cluster has and the stack has not are left out: nobody knows whose they are.

    :param context: of the kubeconfig; the current one where it is empty.
    :param stack: the objects that would be applied.
    :param manager: the name under which they would be.
    :raises ClusterError: there is no kubectl, or it cannot ask.
    """
    kubectl = _Kubectl(context)
    live, not_served = kubectl.get(stack)
    absent = _absent(kubectl, stack, live)
    tried = Tried(list(live.values()))
    untried = Counter[str]()
    wanted: list[Manifest] = []
    for each in stack:
        if each.namespace in absent:
            untried[f"namespace {each.namespace}"] += 1
        elif (each.kind, each.api_version) in not_served:
            untried[f"kind {each.kind} of {each.api_version}"] += 1
        else:
            wanted.append(each)
            continue
        tried.after.append(each)
    tried.notes = [
        f"the cluster has no {what} yet: {number:,} object{'' if number == 1 else 's'} of it cannot be tried, and "
        f"{'counts' if number == 1 else 'count'} as new"
        for what, number in untried.items()
    ]
    made = kubectl.apply(wanted, manager, tried.refused)
    for each in wanted:
        there = live.get(each.identity)
        tried.after.append(each if there is None else made.get(each.identity) or _over(there, each))
    return tried


def with_refusals(changes: Sequence[Changed], refused: Mapping[Identity, str]) -> list[Changed]:
    """The changes, those that the server refuses with what it says of them.

    :param changes: what differs between what is there and what would be.
    :param refused: what the server says of each that it refuses.
    """
    return [
        each._replace(change=_refused(each.change, refused[each.change.identity]))
        if each.change.identity in refused
        else each
        for each in changes
    ]


def _refused(change: ObjectChange, words: str) -> ObjectChange:
    impacts = [*change.impacts, _refusal(words)]
    return change._replace(impacts=sorted(impacts, key=lambda impact: ORDER[impact.effect]))


def _refusal(words: str) -> Impact:
    then = ""
    if words.startswith("Apply failed with"):
        then = "leave these fields to who manages them, or take them over with kubectl apply --force-conflicts"
    return Impact(Effect.REPLACE, f"the API server says: {words}", then)


def _absent(kubectl: _Kubectl, stack: Sequence[Manifest], live: Mapping[Identity, Manifest]) -> frozenset[str]:
    """The namespaces of a stack that the cluster does not have."""
    settled = {identity.namespace for identity in live}
    names = sorted({each.namespace for each in stack if each.namespace} - settled)
    return frozenset(names) - kubectl.namespaces(names) if names else frozenset()


class _Kubectl:
    """kubectl, for one cluster.

    :param context: of the kubeconfig; the current one where it is empty.
    """

    def __init__(self, context: str) -> None:
        self._options = ("--context", context) if context else ()

    def get(self, stack: Sequence[Manifest]) -> tuple[dict[Identity, Manifest], set[tuple[str, str]]]:
        """Those objects that are there, and each kind, with its version, that the cluster does not serve.

        :raises ClusterError: it cannot be asked.
        """
        done = self._run(*_GET, "--filename=-", given=stack)
        others = [line for line in done.stderr.splitlines() if line.strip() and not _HARMLESS.search(line)]
        if done.returncode and (others or not done.stderr.strip()):
            raise ClusterError(f"the cluster cannot be asked: {_plain(done.stderr) or 'kubectl says nothing'}")
        places = {each.identity: each for each in stack}
        return _read(done.stdout, places), set(_NOT_SERVED.findall(done.stderr))

    def namespaces(self, names: Sequence[str]) -> frozenset[str]:
        """Those namespaces that are there; all where that is not to be asked."""
        done = self._run(*_GET, "namespaces", *names)
        if done.returncode:
            return frozenset(names)
        return frozenset(str(mapping(each, "metadata").get("name")) for each in _items(done.stdout))

    def apply(self, stack: Sequence[Manifest], manager: str, refused: dict[Identity, str]) -> dict[Identity, Manifest]:
        """What the server would make of some objects.

        kubectl tells nothing of all of them where one is refused: halves are asked until it stands alone.

        :param refused: gets what the server says of each that it refuses.
        """
        if not stack:
            return {}
        done = self._run(*_TRY, f"--field-manager={manager}", given=stack)
        if not done.returncode:
            return _read(done.stdout, {each.identity: each for each in stack})
        if len(stack) == 1:
            refused[stack[0].identity] = _plain(done.stderr)
            return {}
        half = len(stack) // 2
        return {
            **self.apply(stack[:half], manager, refused),
            **self.apply(stack[half:], manager, refused),
        }

    def _run(self, *words: str, given: Sequence[Manifest] = ()) -> subprocess.CompletedProcess[str]:
        try:
            return subprocess.run(
                ["kubectl", *self._options, *words],
                input=dump_all(each.body for each in given),
                capture_output=True,
                text=True,
                encoding="utf-8",
                errors="replace",
                check=False,
            )
        except FileNotFoundError as error:
            raise ClusterError(f"there is no kubectl on PATH: {_INSTALL}") from error
        except OSError as error:
            raise ClusterError(f"kubectl cannot be run: {error.strerror}") from error


def _plain(words: str) -> str:
    """What a server says, without kubectl's own words around it."""
    return " ".join(_ADVICE.sub("", words).removeprefix("error: ").split())


def _items(told: str) -> list[Any]:
    """The objects of an answer: none, one, or a list."""
    if not told.strip():
        return []
    try:
        answer = json.loads(told)
    except ValueError as error:
        raise ClusterError(f"kubectl answers with what is no JSON: {error}") from error
    return listing(answer.get("items")) if str(answer.get("kind", "")).endswith("List") else [answer]


def _read(told: str, places: Mapping[Identity, Manifest]) -> dict[Identity, Manifest]:
    """The objects of an answer, without what is the server's own.

    :param places: the objects that were asked for, from which they have their places.
    """
    found = (Manifest(_without_servers_own(each), next(iter(places.values())).position) for each in _items(told))
    return {each.identity: each for each in found if each.identity in places}


def _without_servers_own(body: Body) -> Body:
    metadata = {key: value for key, value in mapping(body, "metadata").items() if key not in _SERVERS_OWN}
    annotations = mapping(metadata, "annotations")
    if _APPLIED in annotations:
        metadata["annotations"] = {key: value for key, value in annotations.items() if key != _APPLIED}
    return {key: metadata if key == "metadata" else value for key, value in body.items() if key != "status"}


def _over(there: Manifest, wanted: Manifest) -> Manifest:
    """What an object would about be, had the server not refused it: what is applied, over what is there."""
    return Manifest(_merged(there.body, wanted.body), wanted.position)


def _merged(there: Any, wanted: Any) -> Any:
    if not isinstance(there, dict) or not isinstance(wanted, dict):
        return wanted
    return {**there, **{key: _merged(there.get(key), value) for key, value in wanted.items()}}
