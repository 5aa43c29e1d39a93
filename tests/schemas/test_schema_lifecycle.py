"""The table of lifecycles, against the minors that the catalogue itself has."""

from __future__ import annotations

from typing import Any

import pytest

from pilothouse.schemas import known_minors, store
from pilothouse.schemas.lifecycle import lives, number

MINORS = known_minors()


def _built_in() -> list[Any]:
    index = store.index()
    rows = [dict(zip(index["columns"], row, strict=True)) for row in index["kinds"]]
    return [
        pytest.param(row, id=f"{row['group']}/{row['version']} {row['kind']}")
        for row in rows
        if row["source"] == "kubernetes"
    ]


@pytest.mark.parametrize("row", _built_in())
def test_the_table_agrees_with_the_minors_that_serve_a_kind(row: dict[str, Any]) -> None:
    api_version = f"{row['group']}/{row['version']}" if row["group"] else row["version"]
    life = lives()[api_version, row["kind"]]
    first, last = row["minors"][0], row["minors"][-1]
    assert row["minors"] == MINORS[MINORS.index(first) : MINORS.index(last) + 1]
    assert life.introduced is not None
    if first == MINORS[0]:
        assert number(life.introduced) <= number(first)
    else:
        assert life.introduced == first
    if last == MINORS[-1]:
        assert life.removed is None or number(life.removed) > number(last)
    else:
        assert life.removed == MINORS[MINORS.index(last) + 1]


def test_a_kind_comes_before_it_goes() -> None:
    for (api_version, kind), life in lives().items():
        seen = [number(minor) for minor in (life.introduced, life.deprecated, life.removed) if minor]
        assert seen == sorted(seen), f"{api_version} {kind}"


def test_what_takes_a_kind_s_place_is_served_today() -> None:
    index = store.index()
    rows = [dict(zip(index["columns"], row, strict=True)) for row in index["kinds"]]
    served = {
        f"{row['group']}/{row['version']} {row['kind']}".removeprefix("/")
        for row in rows
        if MINORS[-1] in row["minors"]
    }
    assert {life.replacement for life in lives().values() if life.replacement} <= served


def test_minors_are_compared_as_numbers() -> None:
    assert number("1.9") < number("1.22")
