"""A check's page as Markdown for a reader who sees it rendered: what its examples show stands above them."""

from __future__ import annotations

import re

_EXAMPLE = re.compile(r"^```(\w+) (bad|good)(?: ([0-9.]+))?$", re.MULTILINE)
_TITLES = {"bad": "It finds", "good": "It does not find"}


def rendered(page: str) -> str:
    """The page with a line above each example instead of the words behind its fence."""

    def told(match: re.Match[str]) -> str:
        version = f", on Kubernetes {match[3]}" if match[3] else ""
        return f"{_TITLES[match[2]]}{version}:\n\n```{match[1]}"

    return _EXAMPLE.sub(told, page)
