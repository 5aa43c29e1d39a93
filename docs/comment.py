"""Writes docs/comment.md, what ``pilothouse diff`` says of a change of this repository's own stack, and its picture.

Run it as ``make comment``; the picture needs Chromium.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from markdown_it import MarkdownIt

from tests import lab_change
from tests.browser import Browser

COMMENT = Path(__file__).parent / "comment.md"
PICTURE = COMMENT.with_suffix(".png")
WIDTH, HEIGHT = 900, 860
"""Pixels of the picture: the summary, what happens, and the first of what is folded."""
_STYLE = """
body { margin: 0; padding: 24px; background: #fff; color: #1f2328; font: 15px/1.5 system-ui, sans-serif; }
article { border: 1px solid #d1d9e0; border-radius: 8px; padding: 4px 20px 12px; }
h3 { font-size: 19px; }
code { background: #818b981f; border-radius: 5px; font: 13px/1.45 ui-monospace, monospace; padding: 2px 5px; }
table { border-collapse: collapse; }
td, th { border: 1px solid #d1d9e0; padding: 5px 12px; }
pre code { display: block; padding: 12px; }
details { margin: 6px 0; }
"""


def comment() -> str:
    """What is said of the change."""
    with tempfile.TemporaryDirectory(prefix="ph-comment-") as folder:
        return lab_change.comment(lab_change.copied(Path(folder)))


def draw(text: str, picture: Path) -> None:
    """Draw a comment about as a forge shows it."""
    shown = MarkdownIt("commonmark", {"html": True}).enable("table").render(text)
    with tempfile.TemporaryDirectory(prefix="ph-comment-") as folder, Browser() as browser:
        page = Path(folder, "comment.html")
        page.write_text(f"<!doctype html><meta charset=utf-8><style>{_STYLE}</style><article>{shown}</article>")
        browser.open(page, width=WIDTH, height=HEIGHT)
        browser.screenshot(picture)


if __name__ == "__main__":
    COMMENT.write_text(comment(), encoding="utf-8")
    draw(COMMENT.read_text(encoding="utf-8"), PICTURE)
