"""Content: what a chart gives for a machine's file, as the text of that file, and back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from pilothouse.fieldpath import FieldPath
from pilothouse.finding import Position
from pilothouse.machines import ini
from pilothouse.machines.ini import Ini
from pilothouse.yamlio import Document, YamlReadError, YamlWriteError, dump, load_all
from pilothouse.yamlio.unwritable import problems as unwritable

Content = str | Ini | Mapping[str, Any] | Sequence[Mapping[str, Any]]
"""Text as it is; a list of dicts for the documents of a YAML file; a dict for TOML; ``Ini``."""

ENDINGS = {".yaml": "YAML", ".yml": "YAML", ".toml": "TOML", ".ini": "INI"}
"""The endings of the formats that Pilothouse writes and reads: the ending says what a file is."""


class ContentError(ValueError):
    """A content that its file cannot hold."""

    def __init__(self, problems: Sequence[tuple[FieldPath, str]]) -> None:
        """
        :param problems: each place in the content, and what is wrong there.
        """
        self.problems = list(problems)
        super().__init__("; ".join(message for _, message in self.problems))


class Part(NamedTuple):
    """One document of a machine's file: all of a TOML or INI file, one of a YAML file's."""

    value: Any
    document: Document | None
    """Where its fields stand, in YAML."""


def format_of(path: str) -> str:
    """What the file at a path is written in: ``YAML``, ``TOML``, ``INI``, or ``text``.

    :param path: the file's path; its ending decides.
    """
    return ENDINGS.get(path[path.rfind(".") :] if "." in path else "", "text")


def write(path: str, content: Content) -> str:
    """The text of a file.

    :param path: the file's path: YAML, TOML and INI stand in files whose ending says so.
    :param content: what it shall hold.
    :returns: the text; its last character is a newline.
    :raises ContentError: with everything that cannot stand in such a file.
    """
    kind, text = _written(content)
    if kind not in ("text", format_of(path)):
        endings = " or ".join(ending for ending, name in ENDINGS.items() if name == kind)
        raise ContentError([((), f"{kind} stands in a file that ends in {endings}, and this one is {path!r}")])
    if path.endswith(".json") or text.startswith("#!"):
        what = "JSON has no comments" if path.endswith(".json") else "a script begins with #!"
        message = f"{what}: Pilothouse's own first line cannot stand in it, and without it no file is known again"
        raise ContentError([((), message)])
    return text


def _written(content: Content) -> tuple[str, str]:
    if isinstance(content, str):
        return "text", _text(content)
    if isinstance(content, Ini):
        if found := content.problems():
            raise ContentError(found)
        return "INI", content.text()
    if isinstance(content, Mapping):
        return "TOML", _toml(dict(content))
    if isinstance(content, Sequence) and not isinstance(content, str):
        return "YAML", _yaml(content)
    expected = "text, a list of dicts (YAML), a dict (TOML) or an Ini"
    raise ContentError([((), f"expected {expected}, got {type(content).__name__}")])


def _text(content: str) -> str:
    odd = sorted({character for character in content if not (character.isprintable() or character in "\n\t")})
    if odd:
        shown = ", ".join(f"U+{ord(character):04X}" for character in odd[:5])
        raise ContentError([((), f"holds what no line of text holds: {shown}")])
    return content if content.endswith("\n") else f"{content}\n"


def _yaml(content: Sequence[Mapping[str, Any]]) -> str:
    found: list[tuple[FieldPath, str]] = []
    texts: list[str] = []
    for index, document in enumerate(content):
        if not isinstance(document, Mapping):
            found.append(((index,), f"expected a dict for each YAML document, got {type(document).__name__}"))
            continue
        try:
            texts.append(dump(dict(document)))
        except YamlWriteError as error:
            found += [((index, *path), message) for path, message in error.problems]
    if not content:
        found.append(((), "expected one YAML document or more, got an empty list"))
    if found:
        raise ContentError(found)
    return "---\n".join(texts)


def _toml(content: dict[str, Any]) -> str:
    import tomli_w

    found = unwritable(content) or _foreign(content)
    if found:
        raise ContentError(found)
    return tomli_w.dumps(content)


def _foreign(value: Any, path: FieldPath = ()) -> list[tuple[FieldPath, str]]:
    """What YAML can hold and TOML cannot."""
    if value is None:
        return [(path, "TOML has no null: leave the key out")]
    if isinstance(value, int) and value >= 2**63:
        return [(path, "found an integer above 2^63 - 1, which TOML does not have")]
    items: Iterable[tuple[str | int, Any]] = ()
    if isinstance(value, dict | list):
        items = value.items() if isinstance(value, dict) else enumerate(value)
    return [found for key, item in items for found in _foreign(item, (*path, key))]


def read(path: str, text: str, file: str = "") -> list[Part]:
    """What stands in a machine's file; nothing for one that is plain text.

    :param path: its path: the ending says how to read it.
    :param text: all of it.
    :param file: how findings name it.
    :raises YamlReadError: with every place where it cannot be read.
    """
    kind = format_of(path)
    if kind == "YAML":
        return [Part(document.value, document) for document in load_all(text.encode(), file=file)]
    try:
        if kind == "TOML":
            import tomllib

            return [Part(tomllib.loads(text), None)]
        if kind == "INI":
            return [Part(ini.read(text), None)]
    except ValueError as error:
        raise YamlReadError([(Position(file=file, line=1), f"is no {kind}: {error}")]) from None
    return []
