"""Fixing: the certain changes of some findings made in the files that people write, every other byte kept."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from pilothouse import inplace
from pilothouse.dist.marker import is_ours
from pilothouse.finding import Edit, Finding
from pilothouse.yamlio.chunk import split
from pilothouse.yamlio.edit import EditError, quote, remove, set_value
from pilothouse.yamlio.errors import YamlReadError


class ChangedMeanwhileError(RuntimeError):
    """Somebody has changed a file since it was read."""


@dataclass
class Fixed:
    """What some edits make of one file."""

    file: str
    """As findings name it."""
    path: str
    """Where it is."""
    old: str
    new: str
    """The text before and after."""
    made: int = 0
    """How many edits were made."""
    refused: list[str] = field(default_factory=list)
    """Why others were not."""


def fixed(file: str, path: str, findings: Iterable[Finding]) -> Fixed | None:
    """Make the edits of the findings about one file; nothing is written.

    :param file: the file as findings name it.
    :param path: where it is.
    :returns: None where the file is none that people write as YAML: one of Pilothouse's own, JSON, or no UTF-8.
    :raises OSError: it cannot be read.
    """
    try:
        old, _ = inplace.read_text(path)
    except UnicodeDecodeError:
        return None
    if is_ours(old.encode()) or old.lstrip()[:1] == "{":
        return None
    pieces = list(split(old, file))
    by_piece: dict[int, set[Edit]] = defaultdict(set)
    for finding in findings:
        if finding.edit is not None:
            number = max((n for n, piece in enumerate(pieces) if piece.first_line <= finding.edit.line), default=0)
            by_piece[number].add(finding.edit)
    made = Fixed(file, path, old, old)
    texts = _texts(old, [piece.first_line for piece in pieces])
    for number, edits in by_piece.items():
        # From the end, so that the index of a list's item still counts when one before it has gone.
        for edit in sorted(edits, key=lambda each: [str(step).zfill(9) for step in each.path], reverse=True):
            try:
                texts[number] = _changed(texts[number], edit, file)
            except (EditError, YamlReadError) as error:
                made.refused.append(f"{file}:{edit.line}: {getattr(error, 'message', error)}")
            else:
                made.made += 1
    made.new = "".join(texts)
    return made


def _changed(text: str, edit: Edit, file: str) -> str:
    if edit.remove:
        return remove(text, edit.path, file=file)
    if edit.quote:
        return quote(text, edit.path, file=file)
    return set_value(text, edit.path, edit.value, file=file)


def write(made: Fixed) -> None:
    """Put the new text in the file's place.

    :raises ChangedMeanwhileError: somebody has changed the file since.
    :raises OSError: it cannot be written.
    """
    now, encode = inplace.read_text(made.path)
    if now != made.old:
        raise ChangedMeanwhileError(f"{made.file} was changed meanwhile: nothing was written, try again")
    inplace.replace(made.path, encode(made.new))


def _texts(text: str, starts: list[int]) -> list[str]:
    """The text in pieces that begin at some lines."""
    pieces = text.split("\n")
    lines = [f"{piece}\n" for piece in pieces[:-1]] + ([pieces[-1]] if pieces[-1] else [])
    ends = [*starts[1:], len(lines) + 1]
    first = [1, *starts[1:]]
    return ["".join(lines[start - 1 : end - 1]) for start, end in zip(first, ends, strict=True)]
