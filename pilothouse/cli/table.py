"""Tables as kubectl writes them: columns of words, headings in capitals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence


def table(rows: Sequence[Mapping[str, object]]) -> str:
    """Lay rows out in columns.

    :param rows: each with the same keys, which become the headings. Empty values are shown as ``-``.
    :returns: one line a row, headings first; empty where there are no rows.
    """
    if not rows:
        return ""
    headings = [key.upper() for key in rows[0]]
    cells = [[str(value) if value not in (None, "") else "-" for value in row.values()] for row in rows]
    widths = [max(len(line[column]) for line in [headings, *cells]) for column in range(len(headings))]
    return "\n".join(
        "   ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in [headings, *cells]
    )
