"""What goes wrong in Pilothouse itself."""

from __future__ import annotations

from pilothouse.checks.catalogue import described
from pilothouse.finding import Severity

DEFECT = described(
    "PILOT001",
    Severity.WARNING,
    "a check failed",
    """
    A check raised an exception instead of judging: a defect of Pilothouse, not of your stack. All other checks ran.

    What to do: report it, with the object that the finding names.
    """,
    "engine",
)
