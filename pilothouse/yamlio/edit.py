"""Editing: one value of a YAML text changed where it stands, every other byte kept.

The text is read into spans (:mod:`pilothouse.yamlio.spans`), the value is written in the style of its place, and the
result is read again: what does not read back as the old value with that one change is refused, never written.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from pilothouse.fieldpath import FieldPath, format_path
from pilothouse.yamlio import strings
from pilothouse.yamlio.chunk import Chunk
from pilothouse.yamlio.errors import YamlReadError
from pilothouse.yamlio.reader import load_all
from pilothouse.yamlio.spans import Span, Spans
from pilothouse.yamlio.writer import dump

if TYPE_CHECKING:
    from pilothouse.finding import Position

_COLON = re.compile(r"[ \t]*:")
_FLOW_BARE = re.compile(r"[^,\[\]{}?:]*")
_INDENTATION = 2


class EditError(Exception):
    """A value that cannot be changed where it stands.

    :param position: the place in the text that stands in the way.
    :param path: the field that was to be changed.
    :param message: what stands there, and what to do.
    """

    def __init__(self, position: Position, path: FieldPath, message: str) -> None:
        super().__init__(f"{position}: {format_path(path)}: {message}")
        self.position = position
        self.path = path
        self.message = message


def set_value(text: str, path: FieldPath, value: Any, *, file: str) -> str:
    """Change one value of a text.

    Where the field stands, its value's own characters are replaced, in the style of quotes that they had. Where it
    does not, it is added at the end of the nearest map above it, in block or flow style as that map stands there. A
    map or list that is new is written in flow style.

    :param text: one document whose root is a map, without a byte order mark.
    :param path: the field; an index leads into a list that is there. A null on the way counts as an empty map.
    :param value: plain values as ``load_all`` gives them.
    :param file: the text's name, for messages.
    :returns: the new text; the same text where the field has that value.
    :raises YamlReadError: the text cannot be read.
    :raises EditError: the change would reach further than this field, or cannot be made here.
    """
    editor = _Editor(text, path, value, file)
    return editor.edited()


def quote(text: str, path: FieldPath, *, file: str) -> str:
    """Make text of a plain scalar: what stands there, in quotes, so that ``yes``, ``1e3`` and ``010`` stay as written.

    :param text: as :func:`set_value` takes it.
    :param path: the field.
    :param file: the text's name, for messages.
    :returns: the new text; the same text where the field is text already.
    :raises YamlReadError: the text cannot be read.
    :raises EditError: the change would reach further than this field, or there is no plain scalar.
    """
    (document,) = load_all(text, file=file)
    if isinstance(_at(document.value, path)[0], str):
        return text
    node: Span | None = Spans(text).root
    for step in path:
        if node is None:
            break
        if isinstance(step, int):
            node = node.items[step] if step < len(node.items) else None
        else:
            node = (node.field(step) or (None, None))[1]
    if node is None or node.kind != "scalar" or node.is_empty or node.has_properties:
        raise EditError(document.position(path), path, "is no plain value that quotes could be put around")
    return set_value(text, path, text[node.start : node.end], file=file)


def remove(text: str, path: FieldPath, *, file: str) -> str:
    """Take one field of a map, or one item of a list, out of a text.

    The lines that it stands on go, with the comments on them; a comment above it stays. A map or list that held nothing
    else is empty afterwards: ``{}`` or ``[]``.

    :param text: as :func:`set_value` takes it.
    :param path: the field.
    :param file: the text's name, for messages.
    :returns: the new text; the same text where there is no such field.
    :raises YamlReadError: the text cannot be read.
    :raises EditError: the change would reach further than this field, or cannot be made here.
    """
    return _Editor(text, path, _GONE, file).edited()


class _Gone:
    """What stands for no value at all."""


_GONE = _Gone()


class _Editor:
    def __init__(self, text: str, path: FieldPath, value: Any, file: str) -> None:
        self._text = text
        self._path = path
        self._value = value
        self._file = file
        documents = load_all(text, file=file)
        self._old = documents[0].value if len(documents) == 1 else None
        self._newline = "\r\n" if "\r\n" in text else "\n"

    def edited(self) -> str:
        if not isinstance(self._old, dict) or not self._path:
            raise self._error(0, "expected a file with one document, a map")
        found, there = _at(self._old, self._path)
        if same(found, self._value) if there else self._value is _GONE:
            return self._text
        self._spans = Spans(self._text)
        new = self._changed()
        try:
            documents = load_all(new, file=self._file)
        except YamlReadError:
            documents = []
        wanted = _replaced(self._old, self._path, self._value)
        if len(documents) != 1 or not same(documents[0].value, wanted):
            raise self._error(0, "cannot be changed without changing something else: edit the file by hand")
        return new

    def _error(self, offset: int, message: str) -> EditError:
        return EditError(Chunk(self._text, self._file, 1).position(offset), self._path, message)

    def _line(self, offset: int) -> int:
        return Chunk(self._text, self._file, 1).line(offset)

    def _changed(self) -> str:
        node, key = self._spans.root, None
        above: list[tuple[Span, Span | None]] = []
        value: Any = self._old
        for taken, step in enumerate(self._path):
            self._refuse_shared(node)
            above.append((node, key))
            if isinstance(step, int):
                if node.kind != "list":
                    raise self._no_container(node, taken, "list")
                if not 0 <= step < len(node.items):
                    raise self._error(node.start, f"there are {len(node.items)} items: an index leads to one of them")
                node, key, value = node.items[step], None, value[step]
                continue
            if node.kind == "scalar" and value is None:
                return self._replace(node, key, _nested(self._path[taken:], self._value))
            if node.kind != "map":
                raise self._no_container(node, taken, "map")
            inside = node.field(step)
            if inside is None:
                if step in value and (taken + 1 < len(self._path) or self._value is _GONE):
                    message = f"{format_path(self._path[: taken + 1])} comes from a << here: write it out first"
                    raise self._error(node.start, message)
                return self._insert(node, self._path[taken:])
            key, node = inside
            value = value[step]
        if node.kind != "alias":
            self._refuse_shared(node)
            self._refuse_anchors_inside(node)
        if self._value is _GONE:
            return self._remove(*above[-1], node, key)
        return self._replace(node, key, self._value)

    def _no_container(self, node: Span, taken: int, wanted: str) -> EditError:
        found = {"map": "a map", "list": "a list"}.get(node.kind, "a single value")
        field = format_path(self._path[:taken])
        return self._error(node.start, f"expected {field} to be a {wanted}, found {found}")

    def _refuse_shared(self, node: Span) -> None:
        """An edit below an anchor that is used elsewhere, or through an alias, would change more than one field."""
        if node.kind == "alias":
            message = f"stands behind the alias *{node.anchor}: a change would reach the anchor too; write it out first"
            raise self._error(node.start, message)
        used = self._spans.aliases.get(node.anchor or "")
        if used:
            message = f"belongs to the anchor &{node.anchor}, which line {self._line(used[0])} uses: a change would "
            raise self._error(node.start, message + "reach that line too; write it out there first")

    def _refuse_anchors_inside(self, node: Span) -> None:
        for inner in node.below():
            for used in self._spans.aliases.get(inner.anchor or "", ()) if inner.kind != "alias" else ():
                if not node.start <= used < node.content_end(self._text):
                    message = f"holds the anchor &{inner.anchor}, which line {self._line(used)} uses"
                    raise self._error(inner.start, f"{message}: write it out there first")

    def _replace(self, node: Span, key: Span | None, value: Any) -> str:
        """The text with another value in a node's place."""
        text = self._text
        if node.kind == "scalar" and node.is_empty:
            at = node.start
            if key is not None:
                colon = _COLON.match(text, key.end)
                if colon is None:
                    return f"{text[: key.end]}: {self._written(value, node)}{text[key.end :]}"
                at = colon.end()
            return f"{text[:at]} {self._written(value, node)}{text[at:]}"
        end = node.content_end(text)
        if node.kind in ("map", "list") and not node.flow and key is not None:
            colon = _COLON.match(text, key.end)
            if colon is None or node.has_properties:
                raise self._error(node.start, "is written in a way that cannot be changed in place: edit it by hand")
            after_key, after_value = self._end_of_line(key.end), self._end_of_line(end)
            if node.start < after_key:
                return f"{text[: node.start]}{self._written(value, node)}{text[end:]}"
            kept = text[colon.end() : after_key]
            return f"{text[: colon.end()]} {self._written(value, node)}{kept}{text[after_value:]}"
        return f"{text[: node.start]}{self._written(value, node)}{text[end:]}"

    def _remove(self, holder: Span, holder_key: Span | None, node: Span, key: Span | None) -> str:
        """The text without one of a map's fields or a list's items."""
        parts = [(name, value) for name, value in holder.entries] or [(item, item) for item in holder.items]
        if len(parts) == 1:
            if holder is self._spans.root:
                raise self._error(node.start, "is all that the file holds: remove the file")
            return self._empty(holder, holder_key, *parts[0])
        index = next(number for number, (_, value) in enumerate(parts) if value is node)
        first = (key or node).start
        end = max(node.content_end(self._text), key.end if key is not None else 0)
        if holder.flow:
            return self._remove_in_flow(parts, index, first)
        line = self._text.rfind("\n", 0, first) + 1
        lead = self._text[line:first]
        below = self._next_line(end)
        if lead.strip() == ("-" if holder.kind == "list" else ""):
            return self._text[:line] + self._text[below:]
        if (
            index + 1 < len(parts)
            and lead.strip(" -") == ""
            and not self._text[below : parts[index + 1][0].start].strip()
        ):
            # The first field of a list's item stands behind its dash: the next one takes its place.
            return self._text[:first] + self._text[parts[index + 1][0].start :]
        raise self._error(first, "shares its line with something else: edit the file by hand")

    def _empty(self, holder: Span, holder_key: Span | None, first: Span, last: Span) -> str:
        """The text with nothing in a map or list that held one thing; the comments above that stay."""
        text = self._text
        written: Any = [] if holder.kind == "list" else {}
        line = text.rfind("\n", 0, first.start) + 1
        colon = _COLON.match(text, holder_key.end) if holder_key is not None else None
        below_key = colon is not None and colon.end() <= line and not holder.has_properties
        if holder.flow or colon is None or not below_key or text[line : first.start].strip(" -"):
            return self._replace(holder, holder_key, written)
        end = max(last.content_end(text), first.end)
        return f"{text[: colon.end()]} {_flow(written)}{text[colon.end() : line]}{text[self._next_line(end) :]}"

    def _remove_in_flow(self, parts: list[tuple[Span, Span]], index: int, first: int) -> str:
        text = self._text
        if index + 1 < len(parts):
            return text[:first] + text[parts[index + 1][0].start :]
        name, value = parts[index - 1]
        before = max(name.end, value.content_end(text) if not value.is_empty else 0)
        name, value = parts[index]
        return text[:before] + text[max(name.end, value.content_end(text) if not value.is_empty else 0) :]

    def _next_line(self, offset: int) -> int:
        """The offset of the line below a character's; the text's end on its last line."""
        found = self._text.find("\n", offset)
        return len(self._text) if found < 0 else found + 1

    def _insert(self, node: Span, path: FieldPath) -> str:
        """The text with a new field in a map."""
        text = self._text
        if node.flow:
            return self._insert_in_flow(node, path)
        first, last = node.entries[0][0], node.entries[-1][1]
        column = self._column(first.start)
        before = text[: first.start].rstrip(" ")
        if before.endswith("?"):
            column = self._column(len(before) - 1)
        lines, step = [], self._spans.indentation(self._column) or _INDENTATION
        for depth, name in enumerate(path):
            lines.append(" " * (column + depth * step) + f"{self._key(name, flow=False)}:")
        lines[-1] += " " + self._written(self._value, None)
        added = self._newline.join(lines)
        if last.ends_open(text):
            # A line below would end the block's last line, and so add a line break to its value.
            at = node.entries[-1][0].start
            return f"{text[:at]}{added.lstrip(' ')}{self._newline}{' ' * column}{text[at:]}"
        at = self._end_of_line(last.content_end(text))
        return text[:at] + self._newline + added + text[at:]

    def _insert_in_flow(self, node: Span, path: FieldPath) -> str:
        text = self._text
        inner = _flow(_nested(path[1:], self._value))
        added = f"{self._key(path[0], flow=True)}: {inner}"
        if not node.entries:
            return f"{text[: node.end - 1].rstrip()}{added}{text[node.end - 1 :]}"
        key, last = node.entries[-1]
        end = max(key.end, last.end if not last.is_empty else key.end)
        if last.is_empty:
            colon = _COLON.match(text, key.end)
            end = colon.end() if colon is not None else key.end
        comma = _after_blanks(text, end, ",")
        line_start = text.rfind("\n", 0, key.start) + 1
        alone = not text[line_start : key.start].strip() and line_start > node.start
        line_end = self._end_of_line(end)
        if not alone or line_end >= node.end:
            return f"{text[:end]}, {added}{text[end:]}"
        lead = text[line_start : key.start]
        head = text[:end] + ("" if comma else ",") + text[end:line_end]
        return f"{head}{self._newline}{lead}{added}{',' if comma else ''}{text[line_end:]}"

    def _column(self, offset: int) -> int:
        return offset - self._text.rfind("\n", 0, offset) - 1

    def _end_of_line(self, offset: int) -> int:
        """The offset of the line break that ends a character's line; the text's end on its last line."""
        found = self._text.find("\n", offset)
        end = len(self._text) if found < 0 else found
        return end - 1 if self._text[end - 1 : end + 1] == "\r\n" else end

    def _key(self, name: str | int, *, flow: bool) -> str:
        if isinstance(name, int):
            raise self._error(0, f"there is no list that [{name}] could lead into")
        return _scalar(name, flow=flow)

    def _written(self, value: Any, node: Span | None) -> str:
        """A value as it stands in a node's place; for a new place in block style, None."""
        if isinstance(value, dict | list):
            return _flow(value)
        flow = node is not None and node.inside_flow
        style = node.style if node is not None else None
        if isinstance(value, str):
            if style == "'":
                return strings.single_quoted(value) or strings.double_quoted(value)
            if style == '"':
                return strings.double_quoted(value)
            if style == "|" and node is not None and "\n" in value and value[:1].strip():
                pad = re.search(r"\n([ ]+)\S", self._text[node.start : node.end])
                block = strings.literal(value, pad[1]) if pad and not value.endswith("\n\n") else None
                if block is not None:
                    return block.replace("\n", self._newline)
        return _scalar(value, flow=flow)


def _scalar(value: Any, *, flow: bool) -> str:
    if not isinstance(value, str):
        return dump(value).rstrip("\n")
    if "\n" in value or (flow and strings.is_bare(value) and not _FLOW_BARE.fullmatch(value)):
        return strings.double_quoted(value)
    return strings.one_line(value)


def _flow(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_scalar(key, flow=True)}: {_flow(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_flow, value)) + "]"
    return _scalar(value, flow=True)


def _after_blanks(text: str, offset: int, char: str) -> bool:
    return text[offset:].lstrip(" \t\r\n").startswith(char)


def _nested(path: FieldPath, value: Any) -> Any:
    """A value below maps of one field each."""
    for step in reversed(path):
        value = {step: value}
    return value


def _at(value: Any, path: FieldPath) -> tuple[Any, bool]:
    """The value at a path, and whether the path leads anywhere."""
    for step in path:
        if isinstance(step, int):
            if not isinstance(value, list) or not 0 <= step < len(value):
                return None, False
        elif not isinstance(value, dict) or step not in value:
            return None, False
        value = value[step]
    return value, True


def _replaced(value: Any, path: FieldPath, new: Any) -> Any:
    if not path:
        return new
    step, rest = path[0], path[1:]
    if new is _GONE and not rest:
        if isinstance(step, int):
            return [item for index, item in enumerate(value) if index != step]
        return {name: item for name, item in value.items() if name != step}
    if isinstance(step, int):
        return [_replaced(item, rest, new) if index == step else item for index, item in enumerate(value)]
    fields = value if isinstance(value, dict) else {}
    return {**fields, step: _replaced(fields.get(step), rest, new)}


def same(one: Any, other: Any) -> bool:
    """Whether two plain values are the same, types included: 1, 1.0 and True differ."""
    if type(one) is not type(other):
        return False
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same(item, other[key]) for key, item in one.items())
    if isinstance(one, list):
        return len(one) == len(other) and all(map(same, one, other))
    return bool(one == other)
