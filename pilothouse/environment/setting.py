"""Setting: one or more values of an environment file changed where they stand, as text.

Nothing is written here, and nothing is checked but that the change can be made: ``pilothouse.changing`` does both.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, NamedTuple

from pilothouse.environment.file import EnvironmentFile
from pilothouse.environment.nearest import did_you_mean
from pilothouse.environment.values import values_schema
from pilothouse.environment.words import HIDDEN, Schema, may_be_secret, resolve, takes
from pilothouse.fieldpath import FieldPath, format_path
from pilothouse.yamlio import YamlReadError, load_all
from pilothouse.yamlio.spans import Span, Spans

_STEP = re.compile(r"\.?([^.\[\]=]+)|\[([^\[\]=]+)\]")


class SettingError(ValueError):
    """An assignment that cannot be understood, or leads nowhere."""


class Assignment(NamedTuple):
    """``KEY=VALUE`` as it was given."""

    path: FieldPath
    """From the root of the environment file."""
    text: str
    """The value, as YAML."""


def top_keys() -> tuple[str, ...]:
    """The keys that may stand at the root of an environment file, in the file's own words."""
    return EnvironmentFile.__struct_encode_fields__


def parse(words: Sequence[str]) -> list[Assignment]:
    """Read ``KEY=VALUE`` words.

    A key whose first word is one of the file's own (``kubernetesVersion``, ``labels``) begins at the root; any other
    is an instance's, and begins below ``charts``. Steps are divided by dots; a step with a dot in it, or an index of a
    list, stands in brackets: ``labels[app.kubernetes.io/name]``, ``given.namespaces[0]``.

    :raises SettingError: with the first word that is no such thing.
    """
    found = []
    for word in words:
        key, equals, text = word.partition("=")
        steps = _steps(key)
        if not equals or not steps:
            raise SettingError(f"expected KEY=VALUE such as kubia.values.version=v2, got {word!r}")
        if steps[0] not in top_keys():
            steps = ("charts", *steps)
        found.append(Assignment(steps, text))
    return found


def _steps(key: str) -> FieldPath:
    steps: list[str | int] = []
    at = 0
    while at < len(key):
        match = _STEP.match(key, at)
        if match is None or (at == 0 and key[0] == ".") or (at > 0 and match[1] is not None and key[at] != "."):
            return ()
        inside = match[2]
        steps.append(match[1] if inside is None else int(inside) if inside.isascii() and inside.isdigit() else inside)
        at = match.end()
    return tuple(steps)


def require_known(path: FieldPath, instances: Collection[str], where: str) -> None:
    """Refuse a path below an instance that is not deployed: a slip would deploy a chart by accident.

    :param path: an assignment's.
    :param instances: what is deployed.
    :param where: the environment, for the message.
    :raises SettingError: with the nearest names.
    """
    if path[0] == "charts" and len(path) > 1 and path[1] not in instances:
        name = str(path[1])
        hint = did_you_mean(name, [*instances, *top_keys()]) or f": to deploy it, set {name}={{}} first"
        raise SettingError(f"{where} deploys no instance {name!r}{hint}")


def read_value(text: str, field: Callable[[], Schemas]) -> Any:
    """Read a value as an environment file would.

    :param text: a YAML scalar, or a map or list in flow style.
    :param field: gives what the field takes; asked where it matters. Where it takes text and not what the value looks
        like (``1.10``, ``no``), the value is text; null stays null.
    :raises SettingError: it is no such YAML, and the field does not take text.
    """
    written = f"v: {text}\n"
    try:
        documents = load_all(written, file="value")
    except YamlReadError as error:
        if not text.lstrip().startswith(("'", '"', "{", "[")) and field().take(text):
            return text
        raise SettingError(f"{text!r} is no YAML value: {error.problems[0][1]}") from None
    if len(documents) != 1 or documents[0].value.keys() != {"v"}:
        if field().take(text):
            return text
        raise SettingError(f"{text!r} is more than one YAML value")
    _, span = Spans(written).root.entries[0]
    return _typed(documents[0].value["v"], span, written, field, ())


def _typed(value: Any, span: Span, text: str, field: Callable[[], Schemas], path: FieldPath) -> Any:
    """The value with text in place of what only looks like something else."""
    if span.kind == "map" and isinstance(value, dict):
        inner = {key.key: item for key, item in span.entries}
        return {
            key: _typed(item, inner[key], text, field, (*path, key)) if key in inner else item
            for key, item in value.items()
        }
    if span.kind == "list" and isinstance(value, list):
        items = zip(value, span.items, strict=True)
        return [_typed(item, child, text, field, (*path, index)) for index, (item, child) in enumerate(items)]
    plain = span.kind == "scalar" and span.style is None and not span.has_properties
    if plain and value is not None and not isinstance(value, str):
        taken = field().at(path)
        raw = text[span.start : span.end]
        if not taken.take(value) and taken.take(raw):
            return raw
    return value


class Schemas:
    """What a field may hold: parts of JSON Schemas, any of which may apply; none where nothing is known.

    :param parts: each part with the whole schema that it belongs to.
    """

    def __init__(self, parts: Sequence[tuple[Schema, Schema]]) -> None:
        self._parts = parts

    @classmethod
    def whole(cls, schema: Schema) -> Schemas:
        """A whole schema, from its root."""
        return cls([(schema, schema)])

    def take(self, value: Any) -> bool:
        """Whether a value of this type may stand there, as far as is known."""
        return any(takes(part, root, value) for part, root in self._parts)

    def at(self, path: FieldPath) -> Schemas:
        """The same for a field somewhere below."""
        found = self
        for step in path:
            found = found.inside(step)
        return found

    def inside(self, step: str | int) -> Schemas:
        """The same for a field of the map, or an item of the list, that may stand there."""
        found: list[tuple[Schema, Schema]] = []
        waiting = list(self._parts)
        while waiting:
            part, root = waiting.pop()
            part = resolve(part, root)
            waiting += [(branch, root) for branch in part.get("anyOf", ())]
            if isinstance(step, int):
                inner = part.get("items")
            else:
                inner = part.get("properties", {}).get(step, part.get("additionalProperties"))
            if isinstance(inner, Mapping):
                found.append((inner, root))
        return Schemas(found)


def schemas_at(path: FieldPath, chart_schema: Callable[[str], Schema | None]) -> Schemas:
    """What a field of an environment file may hold.

    :param path: from the root of the file.
    :param chart_schema: gives the schema of an instance's values, by the instance's name; None where it has none.
    """
    if path[0] == "charts" and len(path) > 3 and path[2] == "values":
        schema = chart_schema(str(path[1]))
        return Schemas.whole(schema).at(path[3:]) if schema is not None else Schemas(())
    return Schemas.whole(values_schema(EnvironmentFile)).at(path)


def masked(text: str) -> str:
    """A file's text without the values whose field's name says that they may be secret.

    :param text: one document that reads without a problem.
    """
    spans = [
        scalar
        for outer in Spans(text).root.below()
        for key, value in outer.entries
        if key.key is not None and may_be_secret((key.key,))
        for scalar in ([value] if value.kind == "scalar" else value.items)
        if scalar.kind == "scalar" and not scalar.is_empty
    ]
    for span in sorted(spans, key=lambda span: span.start, reverse=True):
        text = f"{text[: span.start]}{HIDDEN}{text[span.content_end(text) :]}"
    return text


def words_of(path: FieldPath, value: Any) -> str:
    """A value in one line, for a message, without what may be secret."""
    shown = json.dumps(_shown(path, value), ensure_ascii=False)
    return f"{format_path(path)} = {shown if len(shown) <= 80 else shown[:79] + '…'}"


def _shown(path: FieldPath, value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _shown((*path, key), item) for key, item in value.items()}
    if isinstance(value, list):
        return [_shown(path, item) for item in value]
    return HIDDEN if value is not None and may_be_secret(path) else value
