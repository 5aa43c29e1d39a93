"""Imported: what the modules that a chart imports have to do with the next chart that the same process builds."""

from __future__ import annotations

import os
import sys
import sysconfig

from pilothouse import inputs, kept


def forget(root: str) -> None:
    """Let the next chart import the repository's modules anew, as if no other had been built in this process.

    Otherwise what a module reads when it is imported, or keeps in a variable, would belong to whichever instance came
    first: the others would be kept although it changes, and would differ with the number of processes.

    :param root: the repository's root, absolute.
    """
    folders = tuple(os.path.join(root, name, "") for name in ("charts", "constructs"))
    kit = os.path.join(root, "constructs", "pilothouse_kit", "")
    for name, module in list(sys.modules.items()):
        file = getattr(module, "__file__", None)
        if isinstance(file, str) and file.startswith(folders) and not file.startswith(kit):
            del sys.modules[name]
            package, _, member = name.rpartition(".")
            vars(sys.modules.get(package, module)).pop(member, None)


def elsewhere(root: str) -> dict[str, str]:
    """The state of each imported module that is neither the repository's, Pilothouse's, Python's nor installed.

    It stands in a folder that somebody put on ``PYTHONPATH``, or is being worked on where it is.

    :param root: the repository's root, absolute.
    """
    known = (
        *(os.path.join(path, "") for path in {root, os.path.dirname(__file__), kept.kit_folder(root)}),
        *(os.path.join(path, "") for path in sys.path if path.endswith("-packages")),
        *(os.path.join(sysconfig.get_path(name), "") for name in ("stdlib", "platstdlib", "purelib", "platlib")),
    )
    files = {getattr(module, "__file__", None) for module in list(sys.modules.values())}
    return {
        f"file:{file}": inputs.file_state(file)
        for file in files
        if isinstance(file, str) and os.path.isabs(file) and not file.startswith(known)
    }
