"""Verdict: what kubeconform says about one object."""

from __future__ import annotations

from typing import Literal

import msgspec

from pilothouse.fieldpath import FieldPath

Status = Literal["valid", "invalid", "error", "skipped"]
"""``invalid``: it does not fit its schema. ``error``: it could not be judged. ``skipped``: nobody judged it."""


class Problem(msgspec.Struct, frozen=True, order=True):
    """One thing that kubeconform has against an object."""

    path: tuple[str, ...]
    """The steps from the object's root to the field, every one as text, a list's index too; see ``settle``."""
    message: str
    """In kubeconform's own words, in one line or more; a Secret's values are left out."""


class Verdict(msgspec.Struct, frozen=True, kw_only=True, order=True):
    """kubeconform's judgement of one object in one file."""

    file: str
    """The file as it was named to ``judge``."""
    version: str = ""
    """The object's apiVersion; empty where kubeconform could not read it."""
    kind: str = ""
    """Empty where kubeconform could not read it."""
    name: str = ""
    """As go-yaml reads it: an unquoted ``y`` is ``true``. kubeconform does not tell the namespace."""
    status: Status
    problems: tuple[Problem, ...] = ()
    """At least one where the object is not valid; none where it is."""

    @property
    def message(self) -> str:
        """What the first problem says; empty for a valid object."""
        return self.problems[0].message if self.problems else ""

    @property
    def path(self) -> tuple[str, ...]:
        """Where the first problem is."""
        return self.problems[0].path if self.problems else ()


def settle(path: tuple[str, ...], body: object) -> FieldPath:
    """Tell list indexes from keys that look like numbers, by looking at the object.

    :param path: the steps of a ``Problem``.
    :param body: the object it was found in, as plain Python values.
    :returns: the same steps, with an int wherever the object has a list. Behind a step that the object lacks, steps
        stay text.
    """
    steps: list[str | int] = []
    for step in path:
        if isinstance(body, list) and step.isascii() and step.isdigit() and int(step) < len(body):
            steps.append(int(step))
            body = body[int(step)]
        else:
            steps.append(step)
            body = body.get(step) if isinstance(body, dict) else None
    return tuple(steps)
