"""Which environments, layers and charts a repository has, by the names of its files. Imports nothing heavy."""

from __future__ import annotations

import os

ENVIRONMENTS = "environments"
"""The folder of environment files, under the repository."""
CHARTS = "charts"
"""The folder of charts, under the repository."""


def names(repository: str) -> list[str]:
    """The environments of a repository: the files ``environments/*.yaml``, less the layers.

    :param repository: the repository's folder.
    :returns: the names without ``.yaml``, sorted; empty if there is no such folder.
    """
    return [stem for stem in _stems(os.path.join(repository, ENVIRONMENTS), ".yaml") if not stem.startswith("_")]


def layer_names(repository: str) -> list[str]:
    """The layers of a repository: the files ``environments/_*.yaml``, for ``extends``.

    :param repository: the repository's folder.
    :returns: the names without ``.yaml``, with their ``_``, sorted.
    """
    return [stem for stem in _stems(os.path.join(repository, ENVIRONMENTS), ".yaml") if stem.startswith("_")]


def chart_names(repository: str) -> list[str]:
    """The charts of a repository: the modules ``charts/*.py`` whose name does not begin with ``_``.

    :param repository: the repository's folder.
    :returns: the module's names, sorted.
    """
    return [stem for stem in _stems(os.path.join(repository, CHARTS), ".py") if not stem.startswith("_")]


def file_of(name: str) -> str:
    """The file of an environment or a layer, relative to the repository, with ``/``."""
    return f"{ENVIRONMENTS}/{name}.yaml"


def _stems(folder: str, suffix: str) -> list[str]:
    try:
        entries = os.listdir(folder)
    except OSError:
        return []
    stems = [entry[: -len(suffix)] for entry in entries if entry.endswith(suffix) and not entry.startswith(".")]
    return sorted(stem for stem in stems if stem and os.path.isfile(os.path.join(folder, stem + suffix)))
