"""Waivers that say too little, or silence nothing: made by the engine, described here."""

from __future__ import annotations

from pilothouse.checks.catalogue import described
from pilothouse.finding import Severity

NO_REASON = described(
    "WAIVE001",
    Severity.ERROR,
    "a waiver without a reason",
    """
    A waiver says that a check is wrong about one construct. Whoever reads it next year has to know why, so it bears
    a reason: ``waive("SVC001", reason="the operator makes these pods")`` in a chart, and in YAML that people write
    the annotation ``waive.pilothouse.dev/SVC001: the operator makes these pods``.
    """,
    "waivers",
)

UNUSED = described(
    "WAIVE002",
    Severity.WARNING,
    "a waiver that silences nothing",
    """
    The check that this waiver silences finds nothing here any more, or cannot be waived at all: an object that
    Kubernetes cannot hold, a chart that fails and a Secret's data stop the write whatever a waiver says. Left
    standing, it would hide the next real mistake: remove it.
    """,
    "waivers",
)
