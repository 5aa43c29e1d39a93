"""``pilothouse doctor``."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from collections.abc import Callable, Iterator

from pilothouse import __version__
from pilothouse.cli.screen import Screen
from pilothouse.repository import NoRepositoryError, find_root

Answer = tuple[bool, str]


def run(options: argparse.Namespace, screen: Screen) -> int:
    """Look at everything that Pilothouse needs, and say what is missing and how to get it."""
    well = True
    for name, look in _looks(options, screen):
        try:
            fine, words = look()
        except Exception as error:
            fine, words = False, str(error)
        well = well and fine
        screen.result(f"{'ok  ' if fine else 'FAIL'}  {name}: {words}")
    return 0 if well else 2


def _looks(options: argparse.Namespace, screen: Screen) -> Iterator[tuple[str, Callable[[], Answer]]]:
    yield "pilothouse", lambda: (True, f"{__version__}, {os.path.dirname(os.path.dirname(__file__))}")
    yield "python", lambda: (sys.version_info >= (3, 11), f"{sys.version.split()[0]} (3.11 or newer)")
    yield "node", _node
    yield "cdk8s", _cdk8s
    yield "kubeconform", lambda: _kubeconform(screen)
    yield "repository", lambda: _repository(options)


def _node() -> Answer:
    from pilothouse.node import executable

    path = executable()
    version = subprocess.run([path, "--version"], capture_output=True, text=True, timeout=30, check=True)
    return True, f"{version.stdout.strip()}, {path}"


def _cdk8s() -> Answer:
    import importlib.metadata

    names = ("cdk8s", "constructs", "jsii")
    return True, ", ".join(f"{name} {importlib.metadata.version(name)}" for name in names)


def _kubeconform(screen: Screen) -> Answer:
    from pilothouse import kubeconform

    return True, kubeconform.find(screen.say)


def _repository(options: argparse.Namespace) -> Answer:
    from pilothouse.environment import chart_names, names

    try:
        root = find_root(options.folder)
    except NoRepositoryError as error:
        return False, str(error)
    return True, f"{root}: {len(names(root))} environments, {len(chart_names(root))} charts"
