"""Turn a validator's errors into sentences for people: one for each real mistake."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from pilothouse.fieldpath import FieldPath, format_path
from pilothouse.schemas import forms, nearest, tree, words
from pilothouse.schemas.kinds import Problem, Schema

if TYPE_CHECKING:
    import jsonschema_rs

    from pilothouse.schemas.catalogue import Catalogue

_COMBINATORS = ("anyOf", "oneOf", "not")
_LEVELS = 250
"""How deep an object may be nested: the validator goes down 255 levels."""
_DEEPEST = 8
"""How far below an object a field is looked for that stands in the wrong place."""


def of_no_kind(body: dict[str, Any], catalogue: Catalogue) -> list[Problem]:
    """Say why an object has no schema.

    :param body: the object.
    :param catalogue: where its kind was looked up.
    :returns: what is wrong with its apiVersion or kind.
    """
    problems = []
    for field, example in (("apiVersion", "apps/v1"), ("kind", "Deployment")):
        found = body.get(field)
        if found is None:
            problems.append(
                Problem((field,), f"missing required field {field}", f"Add it, such as {field}: {example}.")
            )
        elif not isinstance(found, str):
            problems.append(Problem((field,), f"{field}: expected a string, got {words.value(found)}", ""))
    if problems:
        return problems
    status = catalogue.status(body["apiVersion"], body["kind"])
    return [Problem(("kind",), status.message, status.fix)]


def explain(body: dict[str, Any], validator: jsonschema_rs.Validator, schema: Schema) -> list[Problem]:
    """Say what is wrong with an object that its schema refuses.

    :param body: the object.
    :param validator: the compiled schema.
    :param schema: the schema that was compiled.
    :returns: one problem for each mistake, in order of the fields' paths; never none.
    """
    try:
        errors = list(validator.iter_errors(body))
    except ValueError as refused:
        return _no_json(body) or [Problem((), f"cannot be judged: {refused}", "")]
    reader = _Reader(body, schema)
    problems: dict[FieldPath, Problem] = {}
    for error in sorted(errors, key=lambda error: error.kind.name in _COMBINATORS):
        if error.kind.name in _COMBINATORS and reader.explained(reader.place(error), problems):
            continue
        for problem in reader.read(error):
            problems.setdefault(problem.path, problem)
    reader.drop_misspelled(problems)
    return [problems[path] for path in sorted(problems, key=_order)]


def _order(path: FieldPath) -> list[tuple[bool, int, str]]:
    return [(isinstance(key, str), key if isinstance(key, int) else 0, str(key)) for key in path]


def _no_json(value: Any, path: FieldPath = ()) -> list[Problem]:
    """Where something stands that JSON cannot say, or that the validator cannot follow."""
    where = format_path(path) or "the object"
    if len(path) > _LEVELS:
        return [Problem(path[:1], f"{format_path(path[:1])}: nested more than {_LEVELS} levels deep", "")]
    if isinstance(value, dict):
        found = []
        for key, sub in value.items():
            if not isinstance(key, str):
                found.append(Problem((*path, str(key)), f"{where}: the key {key!r} is no string", "Quote it."))
            else:
                found += _no_json(sub, (*path, key))
        return found
    if isinstance(value, list | tuple):
        return [problem for index, sub in enumerate(value) for problem in _no_json(sub, (*path, index))]
    if value is None or isinstance(value, str | int | float):
        return []
    return [Problem(path, f"{where}: expected a JSON value, got {words.value(value)}", "")]


class _Reader:
    """Reads the errors of one object."""

    def __init__(self, body: dict[str, Any], schema: Schema) -> None:
        self._body = body
        self._schema = schema
        self._definitions = schema.get("$defs", {})
        self._misspelled: dict[FieldPath, FieldPath] = {}

    def read(self, error: jsonschema_rs.ValidationError) -> Iterator[Problem]:
        path = self.place(error)
        handler = getattr(self, f"_{error.kind.name}", None)
        if handler is None:
            yield self._problem(path, error.message)
        else:
            yield from handler(path, error)

    def place(self, error: Any) -> FieldPath:
        """Where an error is. The validator takes every key that looks like a number for an index."""
        path: list[str | int] = []
        found: Any = self._body
        for step in error.instance_path:
            path.append(str(step) if isinstance(found, dict) else int(step))
            found = found[path[-1]]
        return tuple(path)

    def explained(self, path: FieldPath, problems: dict[FieldPath, Problem]) -> bool:
        """Whether something more exact was said of this place already."""
        return any(other[: len(path)] == path for other in problems)

    def drop_misspelled(self, problems: dict[FieldPath, Problem]) -> None:
        """A required field that is there, misspelled, is one mistake and not two."""
        for unknown, meant in self._misspelled.items():
            if unknown in problems and meant in problems:
                del problems[meant]

    # One method for each of the validator's kinds of error, by its name.

    def _additionalProperties(self, path: FieldPath, error: Any) -> Iterator[Problem]:  # noqa: N802
        node = tree.walk(self._schema, path) or {}
        known = sorted(node.get("properties", {}))
        for field in error.kind.unexpected:
            where = (*path, field)
            # What is there already was not meant a second time.
            free = [name for name in known if name not in self._at(path)]
            close = nearest.words(field, free)
            message = f"unknown field {format_path(where)}"
            if close:
                self._misspelled[where] = (*path, close[0])
                yield Problem(where, f"{message}, did you mean {close[0]}?", f"Write {close[0]} instead.")
            elif home := self._home(path, field):
                yield Problem(where, f"{message}: {field} belongs to {home}", f"Move it to {home}.")
            else:
                yield Problem(where, message, self._offer(path, known))

    @staticmethod
    def _offer(path: FieldPath, known: list[str]) -> str:
        if not known:
            return "Remove it: no fields are known here."
        what = format_path(path) or "the object"
        some = ", ".join(known[:12]) + (", …" if len(known) > 12 else "")
        return f"Remove it, or write one of the fields of {what}: {some}."

    def _home(self, path: FieldPath, field: str) -> str | None:
        """Where a field of this name belongs: the nearest object above this one, else the nearest below."""
        for length in range(len(path) - 1, -1, -1):
            node = tree.walk(self._schema, path[:length])
            if node and field in node.get("properties", {}) and isinstance(self._at(path[:length]), dict):
                return format_path(path[:length]) or "the object itself"
        start = tree.walk(self._schema, path)
        level: list[tuple[FieldPath, Schema]] = [(path, start)] if start else []
        seen: set[int] = set()
        for _depth in range(_DEEPEST):
            below: list[tuple[FieldPath, Schema]] = []
            for place, node in level:
                if place != path and field in node.get("properties", {}):
                    return format_path(place)
                for name, sub in sorted(node.get("properties", {}).items()):
                    if name == "status" or id(sub) in seen:
                        continue
                    seen.add(id(sub))
                    found = tree.resolve(sub, self._definitions)
                    if "properties" in found:
                        below.append(((*place, name), found))
                    elif isinstance(found.get("items"), dict):
                        below.append(((*place, name, 0), tree.resolve(found["items"], self._definitions)))
            level = below
        return None

    def _required(self, path: FieldPath, error: Any) -> Iterator[Problem]:
        where = (*path, error.kind.property)
        node = tree.walk(self._schema, where)
        fix = f"Add {error.kind.property}" + (f": {words.expected(node)}." if node and "type" in node else ".")
        yield Problem(where, f"missing required field {format_path(where)}", fix)

    def _type(self, path: FieldPath, error: Any) -> Iterator[Problem]:
        found = self._at(path)
        node = tree.walk(self._schema, path) or {"type": error.kind.types}
        expected = words.expected(node if "type" in node else {"type": error.kind.types})
        if found is None:
            required = isinstance(path[-1], str) and path[-1] in (tree.walk(self._schema, path[:-1]) or {}).get(
                "required", ()
            )
            if required:
                message, fix = (
                    f"missing required field {format_path(path)}: it is null",
                    f"Give it a value: {expected}.",
                )
            else:
                message, fix = f"{format_path(path)}: expected {expected}, got null", "Give it a value, or remove it."
            yield Problem(path, message, fix)
            return
        message = f"{expected}, got {self._value(path)}"
        fix = "" if self._secret(path) else self._retype(found, error.kind.types)
        yield self._problem(path, f"expected {message}", fix)

    def _retype(self, found: Any, kinds: Sequence[str]) -> str:
        """The same value in the type that was asked for."""
        if isinstance(found, str) and {"integer", "number"} & set(kinds):
            try:
                number = int(found) if "integer" in kinds else float(found)
            except ValueError:
                return ""
            return f"Write it without quotes: {number}."
        if isinstance(found, str) and "boolean" in kinds and found.lower() in ("true", "false"):
            return f"Write it without quotes: {found.lower()}."
        if isinstance(found, bool | int | float) and "string" in kinds:
            return f"Write it in quotes: {words.quoted(str(found).lower())}."
        if isinstance(found, dict) and "array" in kinds:
            return "Make it a list: begin each element with `- `."
        if isinstance(found, list) and len(found) == 1 and isinstance(found[0], dict) and "object" in kinds:
            return "Write the object itself, without the list around it."
        if not isinstance(found, list) and "array" in kinds:
            return "Make it a list, if need be of one element."
        return ""

    def _enum(self, path: FieldPath, error: Any) -> Iterator[Problem]:
        options, found = error.kind.options, self._at(path)
        close = nearest.words(found, [str(option) for option in options if option]) if isinstance(found, str) else []
        fix = f"Write {close[0]}." if close else ""
        one_of = "one of " if len([option for option in options if option]) > 1 else ""
        yield self._problem(path, f"expected {one_of}{words.choices(options)}, got {self._value(path)}", fix)

    def _const(self, path: FieldPath, error: Any) -> Iterator[Problem]:
        yield self._problem(path, f"expected {error.kind.expected_value}, got {self._value(path)}")

    def _pattern(self, path: FieldPath, error: Any) -> Iterator[Problem]:
        yield self._problem(path, f"expected {words.pattern(error.kind.pattern)}, got {self._value(path)}")

    def _minimum(self, path: FieldPath, error: Any) -> Iterator[Problem]:
        yield self._bounded(path)

    _maximum = _exclusiveMinimum = _exclusiveMaximum = _minimum  # noqa: N815

    def _bounded(self, path: FieldPath) -> Problem:
        node = tree.walk(self._schema, path) or {}
        low = f"from {node['minimum']}" if "minimum" in node else ""
        low = f"above {node['exclusiveMinimum']}" if "exclusiveMinimum" in node else low
        high = f"to {node['maximum']}" if "maximum" in node else ""
        high = f"below {node['exclusiveMaximum']}" if "exclusiveMaximum" in node else high
        if node.get("maximum") == 2**63 - 1:
            high = "" if node.get("minimum") != -(2**63) else high
        if low.startswith("from") and not high:
            low = f"of at least {node['minimum']}"
        if high.startswith("to") and not low:
            high = f"of at most {node['maximum']}"
        kind = words.expected({"type": [kind for kind in words.types(node) or ["number"] if kind != "string"]})
        return self._problem(path, f"expected {' '.join(filter(None, (kind, low, high)))}, got {self._at(path)}")

    def _multipleOf(self, path: FieldPath, error: Any) -> Iterator[Problem]:  # noqa: N802
        yield self._problem(path, f"expected a multiple of {error.kind.multiple_of}, got {self._value(path)}")

    def _minLength(self, path: FieldPath, error: Any) -> Iterator[Problem]:  # noqa: N802
        yield self._counted(path, "at least", error.kind.limit)

    def _maxLength(self, path: FieldPath, error: Any) -> Iterator[Problem]:  # noqa: N802
        yield self._counted(path, "at most", error.kind.limit)

    _minItems = _minProperties = _minLength  # noqa: N815
    _maxItems = _maxProperties = _maxLength  # noqa: N815

    def _counted(self, path: FieldPath, bound: str, limit: int) -> Problem:
        found = self._at(path)
        noun = "character" if isinstance(found, str) else "field" if isinstance(found, dict) else "element"
        if found == "" and limit == 1:
            return self._problem(path, "expected a string that is not empty, got an empty string")
        have = f"{len(found)}: {', '.join(sorted(found))}" if isinstance(found, dict) and found else str(len(found))
        return self._problem(path, f"expected {bound} {limit} {noun}{'' if limit == 1 else 's'}, got {have}")

    def _uniqueItems(self, path: FieldPath, error: Any) -> Iterator[Problem]:  # noqa: N802
        yield self._problem(path, "expected elements that all differ, got some twice")

    def _anyOf(self, path: FieldPath, error: Any) -> Iterator[Problem]:  # noqa: N802
        found = self._at(path)
        said = forms.describe(self._schema, error.schema_path, found)
        if said is not None:
            yield self._problem(path, said)
            return
        # The branch that fits best has the fewest errors; what it says is the likeliest mistake.
        branches = [branch for branch in getattr(error.kind, "context", ()) if branch]
        fitting = [branch for branch in branches if not any(self._wrong_type(path, e) for e in branch)]
        if not fitting:
            kinds = [kind for branch in branches for e in branch for kind in getattr(e.kind, "types", ())]
            expected = words.expected({"type": list(dict.fromkeys(kinds))})
            yield self._problem(path, f"expected {expected}, got {self._value(path)}")
            return
        for inner in min(fitting, key=len):
            yield from self.read(inner)

    _oneOf = _not = _anyOf  # noqa: N815

    def _wrong_type(self, path: FieldPath, error: Any) -> bool:
        return self.place(error) == path and error.kind.name == "type"

    # What stands where, and how to name it.

    def _at(self, path: FieldPath) -> Any:
        found: Any = self._body
        for key in path:
            found = found[key]
        return found

    def _secret(self, path: FieldPath) -> bool:
        """Whether what stands there must not be repeated."""
        return self._body.get("kind") == "Secret" and path[:1] in (("data",), ("stringData",))

    def _value(self, path: FieldPath) -> str:
        return words.value(self._at(path), self._secret(path))

    @staticmethod
    def _problem(path: FieldPath, message: str, fix: str = "") -> Problem:
        where = format_path(path)
        return Problem(path, f"{where}: {message}" if where else message, fix)
