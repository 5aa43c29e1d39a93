"""Say what a choice between forms asks for: ``oneOf``, ``anyOf`` and ``not`` as CRDs use them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pilothouse.schemas import words
from pilothouse.schemas.kinds import Schema


def describe(schema: Schema, schema_path: Sequence[str | int], found: Any) -> str | None:
    """Say in one sentence which choice between fields was not kept to.

    :param schema: the object's schema.
    :param schema_path: where in it the choice stands; its last step is ``oneOf``, ``anyOf`` or ``not``.
    :param found: the value that was judged.
    :returns: such as ``only one of the fields a, b may be set; a, b are``; None where the choice is not between fields.
    """
    choice: Any = schema
    for key in schema_path:
        choice = choice[key]
    keyword = schema_path[-1]
    if keyword == "not":
        return _forbidden(choice, found)
    if not isinstance(found, dict):
        return None
    none_allowed = any(_nothing(branch) for branch in choice)
    fields = [_fields(branch) for branch in choice if not _nothing(branch)]
    if not all(fields):
        return None
    names = [" with ".join(group) for group in fields if group]
    have = {field for field, value in found.items() if value is not None}
    present = [name for name, group in zip(names, fields, strict=True) if group and set(group) <= have]
    if len(present) > 1:
        return f"only one of the fields {_join(names)} may be set, found {_join(present, 'and')}"
    if present and keyword == "oneOf":
        return None
    return f"{'at most' if none_allowed else 'expected'} one of the fields {_join(names)}"


def _join(names: list[str], word: str = "or") -> str:
    unique = list(dict.fromkeys(names))
    return f" {word} ".join(filter(None, [", ".join(unique[:-1]), unique[-1]]))


def _fields(branch: Schema) -> list[str]:
    """The fields that a branch asks for, where that is all it does."""
    required: list[str] = list(branch.get("required", ()))
    return required if required and set(branch) <= {"required", "properties", "type"} else []


def _nothing(branch: Schema) -> bool:
    """Whether a branch stands for none of the others: ``not: {anyOf: [{required: …}, …]}``."""
    inner = branch.get("not", {})
    parts = inner.get("anyOf", [inner])
    return bool(inner) and all(_fields(part) for part in parts)


def _forbidden(inner: Schema, found: Any) -> str | None:
    parts = inner.get("anyOf", [inner])
    fields = [_fields(part) for part in parts]
    if isinstance(found, dict) and all(fields):
        present = [" with ".join(group) for group in fields if set(group) <= found.keys()]
        return f"{_join(present, 'and')} may not be set here" if present else None
    if "enum" in inner:
        return f"{words.value(found)} is not allowed here"
    return None if isinstance(found, dict) else f"{words.value(found)} is not allowed here"
