"""The comment that the README shows is the one that the change gives."""

from __future__ import annotations

from pathlib import Path

from docs.comment import COMMENT, PICTURE, comment
from tests.lab_change import ROOT


def test_the_comment_is_what_diff_says_of_the_change() -> None:
    assert COMMENT.read_text(encoding="utf-8") == comment(), "run make comment"


def test_the_readme_shows_it() -> None:
    assert f"]({PICTURE.relative_to(ROOT)})" in (ROOT / "README.md").read_text(encoding="utf-8")
    assert PICTURE.read_bytes().startswith(b"\x89PNG")


def test_the_whole_comment_is_told(tmp_path: Path) -> None:
    """Nothing of it is left out for its length."""
    assert "not shown here" not in COMMENT.read_text(encoding="utf-8")
