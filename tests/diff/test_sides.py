"""The two states of a diff: a file that both have alike is read once, and nothing else follows from that."""

from __future__ import annotations

from pathlib import Path

import pytest

from pilothouse import reading
from pilothouse.diff.sides import Side, of_folder

MAP = "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}}}\ndata: {{a: {value}}}\n"


def folder(path: Path, **files: str) -> str:
    path.mkdir()
    for name, text in files.items():
        (path / f"{name}.yaml").write_text(text)
    return str(path)


def told(side: Side) -> list[object]:
    return [
        [(name, [each.body for each in objects]) for name, objects in side.environments.items()],
        [(each.code, each.position) for each in side.findings],
    ]


def test_what_was_read_before_is_what_would_be_read(tmp_path: Path) -> None:
    both = {
        "a": MAP.format(name="a", value="x"),
        "bad": "a: [",
        "mixed": f"a: 1\n---\n{MAP.format(name='m', value='m')}",
    }
    before = folder(tmp_path / "before", **both, b=MAP.format(name="b", value="x"), c=MAP.format(name="c", value="x"))
    after = folder(tmp_path / "after", **both, b=MAP.format(name="b", value="y"), d=MAP.format(name="d", value="x"))
    assert told(of_folder(after, of_folder(before))) == told(of_folder(after))


def test_what_both_have_alike_is_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = {f"a{number}": MAP.format(name=f"a{number}", value="x") for number in range(20)}
    before, after = folder(tmp_path / "before", **files), folder(tmp_path / "after", **files)
    (tmp_path / "after" / "a7.yaml").write_text(MAP.format(name="a7", value="y"))
    first = of_folder(before)
    read: list[str] = []
    monkeypatch.setattr(reading, "load_all", lambda content, file: read.append(file) or real(content, file=file))
    of_folder(after, first)
    assert read == [f"{after}/a7.yaml"]


real = reading.load_all
