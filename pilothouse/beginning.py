"""Beginning: a new repository, written as a whole or not at all."""

from __future__ import annotations

import contextlib
import keyword
import os
import re

from pilothouse import __version__

_NAME = re.compile(r"[a-z]([-a-z0-9]{0,38}[a-z0-9])?")
_IMPORTED = frozenset(
    {"Chart", "Deployment", "HttpProbe", "Namespace", "PodDisruptionBudget", "Resources", "Service", "Values"}
)
_OURS = frozenset({"pilothouse", "pytest"})
"""What the new project itself depends on: it cannot have that name."""


class BeginningError(ValueError):
    """A new repository that cannot be made there, or not under that name."""


def begin(folder: str) -> list[str]:
    """Make a new repository.

    :param folder: where: a folder that is not there or is empty (a ``.git`` in it does not count). Its last part is
        the repository's name, and its first chart's.
    :returns: the files, below the folder.
    :raises BeginningError: the name is no name, or something is there already; nothing was touched.
    :raises OSError: it cannot be written; nothing is left of it.
    """
    folder = os.path.realpath(folder)
    files = _files(os.path.basename(folder))
    if os.path.lexists(folder):
        if not os.path.isdir(folder):
            raise BeginningError(f"{folder} is there already, and is no folder")
        there = sorted(set(os.listdir(folder)) - {".git"})
        if there:
            some = ", ".join(there[:3]) + (", …" if len(there) > 3 else "")
            raise BeginningError(f"{folder} is not empty: there is {some}; a new repository needs an empty folder")
    undo: list[str] = []
    try:
        for path, text in files.items():
            _make_folders(os.path.join(folder, os.path.dirname(path)), undo)
            full = os.path.join(folder, path)
            with open(full, "x", encoding="utf-8", newline="\n") as opened:
                undo.append(full)
                opened.write(text)
    except BaseException:
        for path in reversed(undo):
            with contextlib.suppress(OSError):
                os.rmdir(path) if os.path.isdir(path) else os.unlink(path)
        raise
    return list(files)


def _make_folders(folder: str, undo: list[str]) -> None:
    folder = folder.rstrip(os.sep)
    if not os.path.isdir(folder):
        _make_folders(os.path.dirname(folder), undo)
        os.mkdir(folder)
        undo.append(folder)


def _files(name: str) -> dict[str, str]:
    """The files of a repository of this name.

    :raises BeginningError: a chart could not have it.
    """
    from pilothouse.environment.editor import modeline
    from pilothouse.schemas import known_minors
    from pilothouse.skeleton import FILES

    module = name.replace("-", "_")
    if not _NAME.fullmatch(name) or keyword.iskeyword(module) or name in _OURS:
        raise BeginningError(
            f"{name!r} cannot be a repository's name: expected at most 40 of a-z, 0-9 and '-', beginning with a letter "
            "and ending with a letter or digit, and no word of Python's"
        )
    klass = "".join(part.title() for part in module.split("_"))
    words = {
        "@NAME@": name,
        "@MODULE@": module,
        "@CLASS@": f"{klass}App" if klass in _IMPORTED else klass,
        "@VERSION@": __version__,
        "@KUBERNETES@": known_minors()[-1],
    }
    found = {}
    for path, text in FILES.items():
        stem = os.path.splitext(os.path.basename(path))[0]
        for word, meant in {**words, "@MODELINE@": modeline(stem)}.items():
            path, text = path.replace(word, meant), text.replace(word, meant)
        found[path] = text
    return found
