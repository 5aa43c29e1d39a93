"""What stands in the way in the output folder: made by the engine, described here."""

from __future__ import annotations

from pilothouse.checks.catalogue import described
from pilothouse.finding import Severity

BESIDE = described(
    "DIST001",
    Severity.WARNING,
    "somebody else's file stands in the output folder",
    """
    Every file that Pilothouse writes says so in its first line. One without that line is somebody else's: it is
    never overwritten or deleted, and where one stands in the place of an object's file, nothing is written at all.
    Under ``dist/<environment>/`` stand Kubernetes objects and kustomizations only, and some who apply a folder apply
    every file in it: move this one elsewhere.
    """,
    "output",
)

MENDED = described(
    "DIST002",
    Severity.WARNING,
    "a generated file was edited by hand",
    """
    A file under ``dist/`` no longer held what the last run wrote, and has been written anew. ``dist/`` is made from
    ``charts/`` and ``environments/``: change it there, or the next run undoes the change.
    """,
    "output",
)

LEFT = described(
    "DIST005",
    Severity.WARNING,
    "an environment's files that nothing makes any more",
    """
    ``dist/`` holds a folder of an environment whose file in ``environments/`` is gone. Pilothouse leaves it alone,
    and so do not those who apply it: what stands there is what the environment was when its file was removed. Delete
    the folder, or bring the file back.
    """,
    "output",
)

REFUSED = described(
    "DIST003",
    Severity.ERROR,
    "kubeconform refuses a file",
    """
    kubeconform, the second and independent judge of the bytes in ``dist/``, says that this file does not fit its
    kind's schema. Where Pilothouse's own schema check was silent, one of the two is wrong: report it.
    """,
    "output",
)

UNREADABLE = described(
    "DIST004",
    Severity.ERROR,
    "a file that is no YAML",
    """
    The file does not parse as kubectl would parse it, or holds something that no Kubernetes object can hold.
    """,
    "output",
)
