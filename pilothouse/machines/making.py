"""Making: a machine's file from what its chart said of it, and what is wrong with that."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from pilothouse.checks.node_credentials import CREDENTIAL, FIX, found_in, masked, words
from pilothouse.checks.node_files import PATH, UNWRITABLE
from pilothouse.checks.run import check_machine_file
from pilothouse.dist.names import unportable
from pilothouse.fieldpath import FieldPath, format_path
from pilothouse.machines import content
from pilothouse.machines.content import ContentError
from pilothouse.machines.file import MachineFile
from pilothouse.machines.ini import Ini
from pilothouse.machines.source import Source
from pilothouse.reporter import Reporter
from pilothouse.stack import Stack


def made(sources: Iterable[Source], instance: str, stack: Stack, report: Reporter) -> Iterator[MachineFile]:
    """The files that one instance gives, judged each by itself; what cannot be a file is told, and left out.

    :param sources: what the chart said of them.
    :param instance: the instance's name.
    :param stack: the environment and the kinds.
    :param report: takes the findings.
    """
    for source in sources:
        wrong = unportable(source.path)
        if wrong:
            message = f"{source.path!r} is no path below dist/_nodes/{stack.environment.name}/: {wrong}"
            report.add(PATH, message, source.position, construct=source.construct)
            continue
        file = MachineFile(str(source.path), "", source.position, source.construct, instance)
        try:
            _fill(file, source.content, report)
        except ContentError as error:
            for path, message in error.problems:
                where = format_path(path)
                told = f"{where}: {message}" if where else message
                report.add(UNWRITABLE, told, source.position, file.whole, path)
            continue
        report.take(check_machine_file(file, stack))
        yield file


def _fill(file: MachineFile, given: Any, report: Reporter) -> None:
    """Give a file its text; credentials in it are masked, and told."""
    file.text = content.write(file.path, given)
    found = found_in(file)
    if not found:
        return
    documents = file.documents() or [file.whole]
    for number, path in found:
        report.add(CREDENTIAL, words(path), file.position, documents[number], path, fix=FIX)
    file.text = content.write(file.path, _masked(given, found))


def _masked(given: Any, found: list[tuple[int, FieldPath]]) -> content.Content:
    """The content without its credentials; of one that is text, or lines of text, nothing is left."""
    if isinstance(given, str | Ini):
        return ""
    if isinstance(given, dict):
        return dict(masked(given, [path for _, path in found]))
    return list(masked(given, [(number, *path) for number, path in found]))
