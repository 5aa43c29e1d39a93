"""What a check found: the one shape in which every judgement reaches the reader."""

from __future__ import annotations

import enum

import msgspec

from pilothouse.fieldpath import FieldPath


class Severity(enum.StrEnum):
    """How bad a finding is."""

    ERROR = "error"
    """The API server refuses it, or it cannot work."""
    WARNING = "warning"
    """It breaks under load, failure or upgrade."""
    ADVICE = "advice"
    """It works, and there is a better way."""


class Position(msgspec.Struct, frozen=True):
    """A place in a text file: what an editor can open."""

    file: str
    """Relative to the repository's root, with ``/``; absolute for a file outside it."""
    line: int
    """From 1."""
    column: int | None = None
    """From 1; None where only the line is known."""

    def __str__(self) -> str:
        return f"{self.file}:{self.line}" + ("" if self.column is None else f":{self.column}")


class Edit(msgspec.Struct, frozen=True):
    """One field of YAML written otherwise, or taken away: what settles a finding for certain."""

    path: FieldPath
    """The field: in the object as a check says it, in the file's document as a finding bears it."""
    value: str | int | bool | None = None
    """What it shall be."""
    remove: bool = False
    """Whether it shall go instead."""
    quote: bool = False
    """Whether it shall be the text that stands there, in quotes: ``yes``, ``1e3``, ``010``."""
    line: int = 1
    """A line of the file's document that it is in, from 1."""


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One judgement about one place."""

    code: str
    """The check's code, such as ``SVC001``: ``pilothouse checks SVC001`` shows its page."""
    severity: Severity
    message: str
    """One sentence: what was found, and what was expected."""
    fix: str = ""
    """What to do, as one sentence; empty where the message says it already."""
    position: Position
    """Where to change it: the line in ``charts/``, in an environment file, or in the YAML itself."""
    environment: str = ""
    """The environment it was found in; empty where none is involved."""
    instance: str = ""
    """The chart's instance; empty where none is involved."""
    object: str = ""
    """The object as ``Kind namespace/name`` (``Kind name`` for one without a namespace)."""
    path: FieldPath = ()
    """The field inside the object."""
    construct: str = ""
    """The construct's path, as cdk8s writes it (``kubia/Service-kubia``)."""
    related: tuple[Position, ...] = ()
    """Other places that it is about, such as the object that this one contradicts."""
    edit: Edit | None = None
    """What settles it in the file of :attr:`position`, where that is certain and YAML that people write."""
