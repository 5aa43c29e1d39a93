"""Fresh: is everything as the last run left it? Then its answer is the answer.

This module and those that it imports are all that a run with nothing to do pays for.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from pilothouse import inputs, kept
from pilothouse.dist.folders import folders
from pilothouse.dist.state import tree_states

_ENDING, _FINDINGS = ".json", ".findings"


class Record(NamedTuple):
    """What the last run of one command found and left."""

    engine: str
    """The state of Pilothouse itself: see :func:`pilothouse.kept.engine_state`."""
    inputs: dict[str, str]
    """Everything that it read, with the state it had."""
    trees: dict[str, dict[str, str]]
    """The state of each environment's folders when it ended: see :func:`pilothouse.dist.state.tree_states`."""
    objects: int
    """How many objects the environments had together."""
    findings: str
    """A digest of its findings, which are told again: :func:`findings` gives them. Empty where there were none."""
    tally: list[Any]
    """How many different ones: errors, warnings, pieces of advice, and in which environments."""
    listed: dict[str, str]
    """A digest of which files each environment has."""
    results: dict[str, str]
    """A digest of what each instance had come to, by :func:`result_name`: that is what stands in the folder."""


def look_up(root: str, out: str, environments: Sequence[str]) -> Record | None:
    """The record of the last run that wrote these environments into this folder; None where there is none.

    :param root: the repository's root.
    :param out: the output folder.
    :param environments: the environments' names.
    """
    content = kept.read(os.path.join(root, kept.FOLDER, "runs", run_name(out, environments) + _ENDING))
    if content is None:
        return None
    try:
        record = Record(*json.loads(content))
    except (ValueError, TypeError, RecursionError):
        return None
    return record if _is_sound(record) else None


def _is_sound(record: Record) -> bool:
    """Whether a record has the shape that :func:`remember` gives it."""
    return (
        isinstance(record.engine, str)
        and isinstance(record.objects, int)
        and isinstance(record.findings, str)
        and isinstance(record.tally, list)
        and len(record.tally) == 4
        and all(isinstance(number, int) for number in record.tally[:3])
        and isinstance(record.tally[3], list)
        and all(isinstance(name, str) for name in record.tally[3])
        and isinstance(record.trees, dict)
        and all(
            isinstance(states, dict) and all(isinstance(state, str) for state in states.values())
            for states in (record.inputs, record.listed, record.results, *record.trees.values())
        )
    )


def holds(record: Record, engine: str, out: str, environments: Sequence[str]) -> bool:
    """Whether nothing has changed since: no source, no input, nothing of Pilothouse, no file in the output folder."""
    return (
        record.engine == engine
        and inputs.unchanged(record.inputs, {})
        and all(untouched(record, out, folder) is not None for name in environments for folder in folders(name))
    )


def untouched(record: Record | None, out: str, folder: str) -> dict[str, str] | None:
    """The state of the files of an environment's folder, if it is as the run of this record left it; else None."""
    if record is None or folder not in record.trees:
        return None
    try:
        states = tree_states(out, folder)
    except OSError:
        return None
    return states if states == record.trees[folder] else None


def remember(
    root: str,
    out: str,
    environments: Sequence[str],
    trees: Mapping[str, Mapping[str, str]],
    *,
    engine: str,
    read: Mapping[str, str],
    objects: int,
    findings: bytes,
    tally: Sequence[Any],
    listed: Mapping[str, str],
    results: Mapping[str, str],
) -> None:
    """Keep what a run found and left, for the next one.

    :param environments: the environments' names.
    :param trees: the state of each of their folders.
    :param read: everything that it read, with the state it had.
    :param objects: how many objects the environments have together.
    :param findings: its findings as JSON; empty where there are none.
    :param tally: see :class:`Record`.
    :param listed: a digest of which files each environment has.
    :param results: a digest of what each instance came to, by :func:`result_name`.
    """
    try:
        folder = kept.open_folder(root, "runs")
    except OSError:
        return
    states = {folder: dict(tree) for folder, tree in trees.items()}
    place = os.path.join(folder, run_name(out, environments))
    told = inputs.digest(findings) if findings else ""
    if findings:
        kept.write(place + _FINDINGS, findings)
    else:
        kept.remove(place + _FINDINGS)
    record = Record(engine, dict(read), states, objects, told, list(tally), dict(listed), dict(results))
    kept.write(place + _ENDING, json.dumps(record).encode())


def findings(root: str, out: str, environments: Sequence[str], record: Record) -> bytes | None:
    """What :func:`remember` was given as the findings of a record; None where somebody changed what is kept."""
    if not record.findings:
        return b""
    content = kept.read(os.path.join(root, kept.FOLDER, "runs", run_name(out, environments) + _FINDINGS))
    return content if content is not None and inputs.digest(content) == record.findings else None


def stands(record: Record | None, environment: str, instance: str, digest: str) -> bool:
    """Whether what one instance came to is what the run of this record wrote.

    A later run may have built it anew and kept it without writing it: it was stopped, or only compared.
    """
    return record is not None and record.results.get(result_name(environment, instance)) == digest


def result_name(environment: str, instance: str) -> str:
    """What a record knows of one instance stands under this name."""
    return f"{environment}/{instance}"


def run_name(out: str, environments: Sequence[str]) -> str:
    """What is kept of an output folder and some environments is found under this name."""
    return inputs.digest(os.fsencode(os.path.realpath(out)), *(os.fsencode(name) for name in environments))
