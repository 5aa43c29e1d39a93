"""INI, as Ansible's inventories use it: sections, and lines in them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pilothouse.fieldpath import FieldPath

Scalar = str | int | float | bool
Section = Mapping[str, Scalar] | Sequence[str]


class Ini:
    """The content of an INI file.

    :param sections: a section's name to what stands in it: a map gives ``key = value`` lines, a list its own lines as
        they are (an inventory's hosts, each with its variables behind it).
    """

    def __init__(self, sections: Mapping[str, Section]) -> None:
        self.sections = sections

    def problems(self) -> list[tuple[FieldPath, str]]:
        """What no INI file can hold, each with its place: section, then key or number of the line."""
        found: list[tuple[FieldPath, str]] = []
        if not isinstance(self.sections, Mapping):
            return [((), f"expected sections as a dict, got {type(self.sections).__name__}")]
        for name, section in self.sections.items():
            wrong = _wrong_name(name)
            if wrong:
                found.append(((str(name),), wrong))
            elif isinstance(section, Mapping):
                found += [((name, str(key)), wrong) for key in section if (wrong := _wrong_key(key, section[key]))]
            elif isinstance(section, Sequence) and not isinstance(section, str | bytes):
                found += [((name, at), wrong) for at, line in enumerate(section) if (wrong := _wrong_line(line))]
            else:
                found.append(((name,), f"expected a dict or a list of lines, got {type(section).__name__}"))
        return found

    def text(self) -> str:
        """The file: sections in their order, a blank line between two of them."""
        blocks = []
        for name, section in self.sections.items():
            lines = (
                [f"{key} = {_written(value)}" for key, value in section.items()]
                if isinstance(section, Mapping)
                else list(section)
            )
            blocks.append("".join(f"{line}\n" for line in (f"[{name}]", *lines)))
        return "\n".join(blocks)


def read(text: str) -> dict[str, list[str]]:
    """Read an INI file: each section's lines, without comments and blank ones.

    :param text: the file; a section that comes again goes on.
    :raises ValueError: where a line stands in no section, or a section's name does not end.
    """
    sections: dict[str, list[str]] = {}
    lines: list[str] | None = None
    for number, raw in enumerate(text.split("\n"), start=1):
        line = raw.strip()
        if not line or line[0] in "#;":
            continue
        if line[0] == "[":
            if line[-1] != "]":
                raise ValueError(f"line {number}: the section {line!r} does not end with ]")
            lines = sections.setdefault(line[1:-1], [])
        elif lines is None:
            raise ValueError(f"line {number}: {line!r} stands in no section")
        else:
            lines.append(line)
    return sections


def _written(value: Scalar) -> str:
    return ("true" if value else "false") if isinstance(value, bool) else str(value)


def _unwritable(text: str) -> bool:
    """Whether a text would end its line, begin or end with blanks that no reader keeps, or is no Unicode."""
    return not text.isprintable() or text != text.strip()


def _wrong_name(name: object) -> str:
    if not isinstance(name, str) or not name or _unwritable(name) or set(name) & set("[]"):
        return f"{name!r} is no name of a section: expected a line of text without brackets"
    return ""


def _wrong_key(key: object, value: object) -> str:
    if not isinstance(key, str) or not key or _unwritable(key) or set(key) & set("=:") or key[0] in "[#;":
        return f"{key!r} is no key: expected a line of text without = and :, that does not begin with [, # or ;"
    if not isinstance(value, str | int | float):
        return f"expected a string, number or boolean, got {type(value).__name__}"
    text = _written(value)
    return f"{text!r} is no value that stands in one line as it is" if _unwritable(text) else ""


def _wrong_line(line: object) -> str:
    if not isinstance(line, str):
        return f"expected a line of text, got {type(line).__name__}"
    if not line or _unwritable(line) or line[0] in "[#;=:":
        return f"{line!r} is no line: expected one line of text that does not begin with [, #, ;, = or :"
    return ""
