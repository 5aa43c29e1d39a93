"""Message: kubeconform's one long line about an invalid object, taken apart again.

Its JSON names only the outermost causes (``/spec``: validation failed); the fields stand in the message alone::

    … jsonschema validation failed with 'file:///…#' - at '/spec': validation failed   - at '/spec/replicas': got …

Every cause is ``- at 'POINTER': WORDS``, behind two blanks for each level; the line breaks between them have become
blanks (``pkg/validator/validator.go`` of kubeconform v0.8.0; ``output.go`` of santhosh-tekuri/jsonschema v6).
"""

from __future__ import annotations

import re
from typing import NamedTuple

from pilothouse.kubeconform.verdict import Problem

_QUOTED = r"'(?:[^'\\]|\\.)*'"
_CAUSE = re.compile(rf" (?P<indent>(?: {{2}})*)- at (?P<at>{_QUOTED}): |{_QUOTED}", re.DOTALL)
_HEAD = re.compile(
    rf"(?:problem validating schema\. Check JSON formatting: )?(?:jsonschema validation failed with {_QUOTED})?"
)
_ESCAPE = re.compile(r"\\(x[0-9a-f]{2}|u[0-9a-f]{4}|U[0-9a-f]{8}|.)", re.DOTALL)
_LETTERS = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}
_GROUPS = ("validation failed", "'allOf' failed")
_UNKNOWN = re.compile(rf"additional properties (?P<names>{_QUOTED}(?:, {_QUOTED})*) not allowed\Z", re.DOTALL)
_NAMES_KEYS = ("unknown field", "additional properties ", "missing propert", "invalid propertyName ")
_SHOWN_FORMS = 6
_NO_WORDS = "it does not fit its schema"


class _Cause(NamedTuple):
    level: int
    path: tuple[str, ...]
    words: str


def _character(escape: re.Match[str]) -> str:
    code = escape[1]
    if len(code) == 1:
        return _LETTERS.get(code, code)
    number = int(code[1:], 16)
    return chr(number) if number < 0x110000 else "\ufffd"


def _steps(quoted: str) -> tuple[str, ...]:
    """A JSON pointer in Go's quotes, as steps."""
    return tuple(step.replace("~1", "/").replace("~0", "~") for step in _text(quoted).split("/")[1:])


def _causes(message: str) -> list[_Cause]:
    marks = [mark for mark in _CAUSE.finditer(message) if mark["at"] is not None]
    ends = [*(mark.start() for mark in marks), len(message)][1:]
    return [
        _Cause(len(mark["indent"]) // 2, _steps(mark["at"]), message[mark.end() : end].strip() or _NO_WORDS)
        for mark, end in zip(marks, ends, strict=True)
    ]


def _text(quoted: str) -> str:
    return _ESCAPE.sub(_character, quoted[1:-1])


def _single(cause: _Cause) -> list[Problem]:
    unknown = _UNKNOWN.match(cause.words)
    if unknown is None:
        return [Problem(cause.path, cause.words)]
    names = [_text(name) for name in re.findall(_QUOTED, unknown["names"], re.DOTALL)]
    return [Problem((*cause.path, name), "unknown field") for name in names]


def _forms(cause: _Cause, below: list[_Cause]) -> str:
    """What each of the allowed forms has against the value, for ``anyOf``, ``oneOf`` and ``not``."""
    told = []
    for form in below:
        deeper = "/".join(form.path[len(cause.path) :])
        told.append(f"{deeper}: {form.words}" if deeper else form.words)
    told = sorted(set(told))
    more = f"; and {len(told) - _SHOWN_FORMS} more" if len(told) > _SHOWN_FORMS else ""
    return f"{cause.words}: {'; or '.join(told[:_SHOWN_FORMS])}{more}"


def problems_of(message: str, *, secret: bool = False) -> tuple[Problem, ...]:
    """The problems in kubeconform's message about an object that does not fit its schema.

    :param message: the ``msg`` of one resource.
    :param secret: the object is a Secret, so what its ``data`` holds is left out.
    :returns: every innermost cause with its field, sorted; alternatives are one problem, and an unknown field is named
        by its own path. A message of another shape is one problem with the object's root.
    """
    causes = _causes(message)
    found = []
    at = 0
    while at < len(causes):
        cause = causes[at]
        end = at + 1
        if cause.words in _GROUPS and end < len(causes) and causes[end].level > cause.level:
            at = end
            continue
        while end < len(causes) and causes[end].level > cause.level:
            end += 1
        leaves = [
            below
            for place, below in enumerate(causes[at + 1 : end], at + 1)
            if place + 1 == end or causes[place + 1].level <= below.level
        ]
        if leaves:
            found.append(Problem(cause.path, _forms(cause, leaves)))
        else:
            found += _single(cause)
        at = end
    if not found:
        found = [Problem((), _HEAD.sub("", message, count=1).strip() or _NO_WORDS)]
    if secret:
        found = [_masked(problem) for problem in found]
    return tuple(sorted(set(found)))  # kubeconform's own order changes from run to run


def _masked(problem: Problem) -> Problem:
    """A Secret's problem without the value it is about; the names of fields are no secret."""
    harmless = problem.path and problem.path[0] not in ("data", "stringData")
    if harmless or problem.message.startswith(_NAMES_KEYS):
        return problem
    return Problem(problem.path, re.sub(rf"{_QUOTED}|'.*\Z", "'…'", problem.message, flags=re.DOTALL))
