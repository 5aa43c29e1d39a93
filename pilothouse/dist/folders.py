"""The two folders of an environment below the output folder: what is applied, and what is put on the machines.

A run in which nothing changed imports this module: it imports nothing.
"""

from __future__ import annotations

NODES = "_nodes"
"""The folder of the files for machines. It begins with ``_``, as no environment does: such a name is a layer's."""


def nodes_folder(environment: str) -> str:
    """Where an environment's files for its machines stand, below the output folder.

    :param environment: the environment's name.
    """
    return f"{NODES}/{environment}"


def folders(environment: str) -> tuple[str, str]:
    """Both folders of an environment: its objects', and that of its files for machines."""
    return environment, nodes_folder(environment)
