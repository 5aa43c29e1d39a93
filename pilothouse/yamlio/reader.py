"""Reading YAML and JSON as kubectl does: every document, every problem, and where each field stands."""

from __future__ import annotations

import codecs
import re

from pilothouse.yamlio import limits
from pilothouse.yamlio.aliases import AliasBudget
from pilothouse.yamlio.chunk import Chunk, split
from pilothouse.yamlio.document import Document
from pilothouse.yamlio.errors import YamlReadError
from pilothouse.yamlio.problem import Problem

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pilothouse.finding import Position

_UNREADABLE = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")
_UTF16 = {codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}


def load_all(text: str | bytes, *, file: str) -> list[Document]:
    """Read every document of a file.

    YAML 1.1 as sigs.k8s.io/yaml (go-yaml 2) resolves it, or JSON (one object after the other). Empty documents are
    left out. Stricter than go-yaml in one thing: a key that stands twice in one map is refused.

    :param text: the file's content; bytes are UTF-8, or UTF-16 with its byte order mark.
    :param file: the file's name, as positions shall show it.
    :returns: the documents, in the order of the file.
    :raises YamlReadError: with every problem that could be found.
    """
    decoded = _decoded(text, file)
    problems: list[tuple[Position, str]] = []
    if decoded.lstrip()[:1] == "{":
        from pilothouse.yamlio.json_text import JsonText

        json_text = JsonText(decoded, file)
        documents = json_text.documents()
        if documents is not None:
            return documents
    documents = []
    budget = AliasBudget()
    for chunk in split(decoded, file):
        found, wrong = chunk.read(budget)
        for number, (value, offset) in enumerate(found):
            if value is not None:
                documents.append(Document(value, chunk, number, offset))
        problems.extend(_placed(chunk, problem) for problem in wrong)
        if len(problems) >= limits.MAX_PROBLEMS:
            break
    if problems:
        raise YamlReadError(problems[: limits.MAX_PROBLEMS])
    return documents


def _decoded(text: str | bytes, file: str) -> str:
    if len(text) > limits.MAX_STREAM:
        message = f"found a file of {len(text):,} bytes, expected at most {limits.MAX_STREAM:,}: split it"
        raise YamlReadError([(Chunk("", file, 1).position(0), message)])
    if isinstance(text, bytes):
        encoding = _UTF16.get(text[:2], "utf-8")
        try:
            decoded = text.decode(encoding)
        except UnicodeDecodeError as error:
            before = text[: error.start].decode(encoding, "replace")
            message = f"found bytes that are no {encoding.upper()}, expected {encoding.upper()}"
            raise YamlReadError([(Chunk(before, file, 1).position(len(before)), message)]) from None
    else:
        decoded = text
    return _readable(decoded.removeprefix("\ufeff"), file)


def _readable(text: str, file: str) -> str:
    wrong = _UNREADABLE.search(text)
    if wrong is not None:
        problems = []
        chunk = Chunk(text, file, 1)
        for match in _UNREADABLE.finditer(text, wrong.start()):
            if match[0] == "\ufeff":
                # go-yaml takes it for a letter, libyaml skips it.
                message = "found a byte order mark (U+FEFF), expected it nowhere but at the start of the file"
            else:
                message = f"found the character U+{ord(match[0]):04X}, expected text: YAML allows it only as an escape"
            problems.append((chunk.position(match.start()), message))
            if len(problems) >= limits.MAX_PROBLEMS:
                break
        raise YamlReadError(problems)
    return text


def _placed(chunk: Chunk, problem: Problem) -> tuple[Position, str]:
    message = problem.message
    if problem.other is not None:
        before, _, after = message.rpartition("{}")
        message = f"{before}{chunk.position(problem.other)}{after}"
    return chunk.position(problem.offset), message
