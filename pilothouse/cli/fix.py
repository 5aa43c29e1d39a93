"""``--fix`` and ``--diff``: what is certain made in files, and shown."""

from __future__ import annotations

import difflib
import os
from collections import defaultdict
from collections.abc import Sequence

from pilothouse import fixing
from pilothouse.cli.screen import Screen
from pilothouse.environment.setting import masked
from pilothouse.environment.words import HIDDEN
from pilothouse.finding import Finding
from pilothouse.fixing import Fixed
from pilothouse.validation import Verdicts
from pilothouse.yamlio import load_all
from pilothouse.yamlio.chunk import split
from pilothouse.yamlio.spans import Spans


def plan(verdicts: Sequence[Verdicts], root: str | None) -> list[Fixed]:
    """What the edits of all findings make of their files; nothing is written.

    :param verdicts: what was judged.
    :param root: the repository's root, whose ``dist/`` is never edited; None outside one.
    """
    edits: dict[str, tuple[str, list[Finding]]] = defaultdict(lambda: ("", []))
    for verdict in verdicts:
        of_environment = {file: os.path.join(root or "", file) for file in verdict.environment.files}
        for finding in verdict.findings:
            file = finding.position.file
            path = {**verdict.files, **of_environment}.get(file)
            if finding.edit is not None and path is not None and not _is_output(path, root):
                edits[file] = (path, [*edits[file][1], finding])
    made = [fixing.fixed(file, path, findings) for file, (path, findings) in edits.items()]
    return [each for each in made if each is not None]


def _is_output(path: str, root: str | None) -> bool:
    dist = os.path.join(os.path.realpath(os.path.join(root, "dist")), "") if root is not None else ""
    return bool(dist) and os.path.realpath(path).startswith(dist)


def show(made: Sequence[Fixed], screen: Screen) -> int:
    """Print what would be changed; 1 where there is anything."""
    for each in made:
        screen.result(difference(each))
        _tell_refused(each, screen)
    sum_up(made, screen, "would be fixed")
    return 1 if any(each.made for each in made) else 0


def write(made: Sequence[Fixed], screen: Screen) -> Sequence[Fixed]:
    """Change the files, and print how."""
    for each in made:
        _tell_refused(each, screen)
        if each.made:
            fixing.write(each)
            screen.say(difference(each).rstrip("\n"))
    return made


def _tell_refused(made: Fixed, screen: Screen) -> None:
    for reason in made.refused:
        screen.say(f"not fixed: {reason}")


def offer(findings: Sequence[Finding], screen: Screen) -> None:
    """Say how many findings could be fixed."""
    count = sum(finding.edit is not None for finding in findings)
    if count:
        screen.say(f"{_counted(count)} can be fixed with --fix; --diff shows how")


def sum_up(made: Sequence[Fixed], screen: Screen, done: str) -> None:
    """Say how many findings were settled in how many files, if any."""
    files = len({each.file for each in made if each.made})
    count = sum(each.made for each in made)
    if count:
        screen.say(f"{_counted(count)} {done} in {files:,} file{'' if files == 1 else 's'}")


def _counted(count: int) -> str:
    return f"{count:,} finding{'' if count == 1 else 's'}"


def difference(made: Fixed) -> str:
    """A file's change as a unified diff, without what may be secret."""
    old, new = (_masked(text).splitlines(keepends=True) for text in (made.old, made.new))
    lines = difflib.unified_diff(old, new, f"a/{made.file}", f"b/{made.file}")
    return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)


def _masked(text: str) -> str:
    return "".join(_without_secrets(piece.text) for piece in split(text, ""))


def _without_secrets(text: str) -> str:
    """One document without the data of Secrets, and without what stands in a field whose name announces a secret."""
    if not load_all(text, file=""):
        return text
    text = masked(text)
    if "Secret" not in text:
        return text
    data = [
        scalar
        for outer in Spans(text).root.below()
        for key, value in outer.entries
        if key.key in ("data", "stringData")
        for scalar in value.below()
        if scalar.kind == "scalar" and scalar.key is not None and not scalar.is_empty
    ]
    keys = {key.start for outer in Spans(text).root.below() for key, _ in outer.entries}
    for span in sorted(data, key=lambda span: span.start, reverse=True):
        if span.start not in keys:
            text = f"{text[: span.start]}{HIDDEN}{text[span.content_end(text) :]}"
    return text
