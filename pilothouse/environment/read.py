"""Reading one environment's files: its own and the layers under it, each as a tree that knows its places."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from types import MappingProxyType

from pilothouse.environment.file import LAYER
from pilothouse.environment.layers import Map, removed, tree
from pilothouse.environment.listing import file_of, layer_names
from pilothouse.environment.nearest import did_you_mean
from pilothouse.environment.problem import Problem
from pilothouse.finding import Position


def read_file(
    repository: str, file: str, instead: Mapping[str, bytes] = MappingProxyType({})
) -> tuple[Map | None, list[Problem]]:
    """Read one file.

    :param repository: the repository's folder.
    :param file: relative to it, with ``/``.
    :param instead: contents that count in place of what stands on disk, by file.
    :returns: the file as a map, or None and what is wrong with it.
    """
    from pilothouse.yamlio import YamlReadError, load_all

    start = Position(file, 1)
    try:
        content = instead[file] if file in instead else _content(os.path.join(repository, file))
    except OSError as error:
        return None, [Problem(start, (), f"cannot be read: {error.strerror or error}")]
    try:
        documents = load_all(content, file=file)
    except YamlReadError as error:
        return None, [Problem(position, (), message) for position, message in error.problems]
    if not documents:
        return None, [Problem(start, (), "is empty, expected an environment: at the least what its charts are")]
    if len(documents) > 1:
        second = documents[1].position(())
        return None, [Problem(second, (), f"expected one document, found {len(documents)}: remove what follows '---'")]
    root = tree(documents[0].value, documents[0])
    if not isinstance(root, Map):
        found = "a list" if isinstance(documents[0].value, list) else repr(documents[0].value)
        return None, [Problem(root.at, (), f"expected a map, got {found}")]
    return root, []


def _content(path: str) -> bytes:
    with open(path, "rb") as stream:
        return stream.read()


def read_chain(
    repository: str, file: str, instead: Mapping[str, bytes] = MappingProxyType({})
) -> tuple[list[tuple[str, Map | None]], list[Problem]]:
    """Read a file and every layer under it.

    :param repository: the repository's folder.
    :param file: the environment's file, relative to it.
    :param instead: as for :func:`read_file`.
    :returns: each file with its map (None for one that cannot be read), the environment's own first, and what is
        wrong. A chain that does not end well ends where the mistake is, with None for what would come next.
    """
    layers = layer_names(repository)
    chain: list[tuple[str, Map | None]] = []
    problems: list[Problem] = []
    names: list[str] = []
    while True:
        root, wrong = read_file(repository, file, instead)
        problems += wrong
        chain.append((file, root))
        node = root.entries.get("extends") if root is not None else None
        layer = getattr(node, "value", None)
        if node is None:
            return chain, problems
        if removed(node):
            problems.append(Problem(node.at, ("extends",), "expected the name of a layer, got null: remove this line"))
            return [*chain, ("", None)], problems
        if not isinstance(layer, str) or not re.fullmatch(LAYER, layer):
            # The check of the file's shape says what is wrong.
            return [*chain, ("", None)], problems
        if layer in names:
            way = " → ".join([*names[names.index(layer) :], layer])
            problems.append(Problem(node.at, ("extends",), f"a layer cannot extend itself: {way}"))
            return [*chain, ("", None)], problems
        if layer not in layers:
            hint = did_you_mean(layer, layers, "the layers there") or ": there is no layer in environments/"
            problems.append(Problem(node.at, ("extends",), f"no layer {layer!r}{hint}"))
            return [*chain, ("", None)], problems
        names.append(layer)
        file = file_of(layer)
