"""What aliases stand for: copies, and no more of them than a file may ask for."""

from __future__ import annotations

from typing import Any

from pilothouse.yamlio import limits
from pilothouse.yamlio.problem import StopError


class AliasBudget:
    """What the aliases of one file may still stand for."""

    def __init__(self) -> None:
        self.nodes = limits.MAX_ALIAS_NODES
        self.text = limits.MAX_ALIAS_TEXT

    def copy(self, value: Any, depth: int, offset: int) -> Any:
        """Copy what an alias stands for, so that no two fields share a map or list.

        :param value: the anchored value.
        :param depth: how deep the alias stands.
        :param offset: where the alias stands.
        :raises StopError: it is more than the file's aliases may stand for, or stands too deep.
        """
        self.nodes -= 1
        kind = type(value)
        if kind is str:
            self.text -= len(value)
        if self.nodes < 0 or self.text < 0:
            raise StopError(
                offset,
                f"found aliases that stand for more than {limits.MAX_ALIAS_NODES:,} values or "
                f"{limits.MAX_ALIAS_TEXT:,} characters in this file, expected fewer: write the values out",
            )
        if kind is dict:
            check_depth(depth, offset)
            copied = {}
            for key, item in value.items():
                self.text -= len(key)
                copied[key] = self.copy(item, depth + 1, offset)
            return copied
        if kind is list:
            check_depth(depth, offset)
            return [self.copy(item, depth + 1, offset) for item in value]
        return value


def check_depth(depth: int, offset: int) -> None:
    """Refuse what stands too deep.

    :param depth: the maps and lists around and including this one.
    :raises StopError: more than ``limits.MAX_DEPTH``.
    """
    if depth > limits.MAX_DEPTH:
        raise StopError(offset, f"found more than {limits.MAX_DEPTH} maps and lists inside each other, expected fewer")
