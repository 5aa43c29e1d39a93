"""Words: how impacts name what they tell of."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pilothouse.lenient import listing, mapping, mappings

_LONGEST = 80
"""Characters of a value that are shown."""


def printable(text: str) -> str:
    """A text without what would break the line or steer a terminal."""
    return text if text.isprintable() else json.dumps(text)[1:-1]


def short(value: Any) -> str:
    """A value as a word, shortened where it is long: text as it is, anything else as JSON."""
    word = value if isinstance(value, str) and value else json.dumps(value, default=str)
    return word if len(word) <= _LONGEST else f"{word[: _LONGEST - 1]}…"


def key_of(value: Any) -> str:
    """What two values have in common if they say the same, whatever the order of their keys."""
    return json.dumps(value, sort_keys=True, default=str)


def joined(items: Iterable[Any], most: int = 3, last: str = "and") -> str:
    """A list in a sentence: ``a, b and c``, or ``a, b, c and 4 others``.

    :param items: each is written by ``str``.
    :param most: how many are named.
    :param last: what stands before the last one.
    """
    words = [str(item) for item in items]
    if len(words) > most:
        left = len(words) - most
        return f"{', '.join(words[:most])} {last} {left:,} other{'' if left == 1 else 's'}"
    return f" {last} ".join(filter(None, (", ".join(words[:-1]), *words[-1:])))


def labels(selected: Mapping[str, Any]) -> str:
    """Labels as kubectl writes them: ``app=web,tier=front``."""
    return ",".join(f"{short(key)}={short(value)}" for key, value in selected.items())


_OPERATORS = {"In": "{key} in ({values})", "NotIn": "{key} notin ({values})", "Exists": "{key}"}


def selector(selected: Mapping[str, Any]) -> str:
    """A LabelSelector as kubectl writes it; empty for one that selects everything."""
    said = [labels(mapping(selected.get("matchLabels")))]
    for _, each in mappings(selected.get("matchExpressions")):
        form = _OPERATORS.get(str(each.get("operator")), "!{key}")
        values = ",".join(short(value) for value in listing(each.get("values")))
        said.append(form.format(key=short(each.get("key")), values=values))
    return ",".join(filter(None, said))


def counted(number: int, what: str = "pod") -> str:
    """So many of something: ``1 pod``, ``3 pods``."""
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def differing(before: Sequence[str], after: Sequence[str]) -> tuple[list[str], list[str]]:
    """What of some words goes, and what comes, each once and in its order."""
    return (
        [word for word in dict.fromkeys(before) if word not in set(after)],
        [word for word in dict.fromkeys(after) if word not in set(before)],
    )
