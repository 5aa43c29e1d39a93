"""One file for the machines of a cluster, and the documents in it."""

from __future__ import annotations

import re

import msgspec

from pilothouse.fieldpath import FieldPath
from pilothouse.finding import Position
from pilothouse.machines import content
from pilothouse.manifest import Identity, Manifest
from pilothouse.yamlio import Document

KIND = "NodeFile"
"""How lists and findings call such a file."""


class MachineFile(msgspec.Struct, array_like=True):
    """A file that Pilothouse writes for machines, or has read again."""

    path: str
    """Where it stands below its environment's folder in ``dist/_nodes/``, with ``/``."""
    text: str
    """All of it but Pilothouse's own first line; with that line where it was read again."""
    position: Position
    """The line of the chart that made it; the file's own first line where that is not known."""
    construct: str = ""
    """The path of its construct; empty where it was read."""
    instance: str = ""
    """The chart's instance that it belongs to; empty where it was read."""
    file: str = ""
    """The file that it was read from, as findings name it, where that is the place to change; else empty."""

    def documents(self) -> list[MachineDocument]:
        """The documents in it; none in plain text.

        :raises YamlReadError: where it is not what its ending says.
        """
        parts = content.read(self.path, self.text, self.file)
        return [MachineDocument(self, part.value, part.document) for part in parts]

    @property
    def whole(self) -> MachineDocument:
        """The file as one thing that a finding can be about."""
        return MachineDocument(self, {}, None)


class MachineDocument(Manifest):
    """One document of a machine's file: no Kubernetes object, but found and named like one."""

    __slots__ = ("_document", "file")

    def __init__(self, file: MachineFile, value: object, document: Document | None) -> None:
        super().__init__(value if isinstance(value, dict) else {}, file.position, file.construct, file.instance)
        self.file = file
        """The file that it stands in."""
        self._document = document

    @property
    def is_object(self) -> bool:
        return True

    @property
    def identity(self) -> Identity:
        return Identity("", KIND, "", self.file.path)

    def locate(self, path: FieldPath, *, key: bool = False) -> Position:
        if not self.file.file:
            return self.position
        if self._document is not None:
            return self._document.position(path, key=key)
        return Position(file=self.file.file, line=_line(self.file.text, path))


def _line(text: str, path: FieldPath) -> int:
    """The first line that names the last step of a path; the file's first where none does."""
    names = [str(step) for step in path if isinstance(step, str)]
    for number, line in enumerate(text.split("\n"), start=1):
        if names and number > 1 and re.search(rf"(?<![\w-]){re.escape(names[-1])}(?![\w-])", line):
            return number
    return 1
