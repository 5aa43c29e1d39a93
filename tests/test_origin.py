"""Whose line it is."""

from __future__ import annotations

import faulthandler
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from pilothouse import origin
from pilothouse.finding import Position


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setattr(origin, "root", f"{tmp_path}/")
    (tmp_path / "charts").mkdir()
    yield tmp_path
    origin._authors.clear()


def run(file: Path, text: str, **names: object) -> dict[str, object]:
    """Run a file's text as a module of that file."""
    module: dict[str, object] = {"__name__": file.stem, **names}
    file.write_text(text)
    exec(compile(text, str(file), "exec"), module)
    return module


def test_the_line_is_the_innermost_of_the_authors_own(repository: Path) -> None:
    module = run(
        repository / "charts/web.py",
        "def build():\n    return sorted([1], key=lambda _: found.append(here()))\n\nbuild()\n",
        here=origin.here,
        found=(found := []),
    )
    assert found == [Position(file="charts/web.py", line=2)]
    assert module["build"]


def test_an_exception_that_came_through_python_itself_stands_at_the_authors_line(repository: Path) -> None:
    with pytest.raises(ValueError) as caught:
        run(repository / "charts/web.py", "import json\n\njson.loads('{')\n")
    fallback = Position(file="charts/other.py", line=1)
    assert origin.of_exception(caught.value, fallback) == Position(file="charts/web.py", line=3)


def test_a_syntax_error_stands_where_it_is(repository: Path) -> None:
    with pytest.raises(SyntaxError) as caught:
        run(repository / "charts/web.py", "x = 1\nif x print()\n")
    position = origin.of_exception(caught.value, Position(file="charts/other.py", line=1))
    assert (position.file, position.line) == ("charts/web.py", 2)
    assert position.column is not None


def test_the_last_words_of_a_process_name_the_authors_line(repository: Path) -> None:
    with tempfile.TemporaryFile() as words:

        def dump() -> None:
            faulthandler.dump_traceback(file=words, all_threads=False)

        run(repository / "charts/old.py", "dump()\n", dump=dump)
        run(repository / "charts/web.py", "def build():\n    dump()\n\n\nbuild()\n", dump=dump)
        words.seek(0)
        text = words.read().decode()
    assert origin.of_dump(text, str(repository)) == Position(file="charts/web.py", line=2)
    assert origin.of_dump(text, str(repository / "elsewhere")) is None
    assert origin.of_dump("", str(repository)) is None
    assert sys.version_info
