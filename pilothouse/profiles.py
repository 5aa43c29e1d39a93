"""Profiles: which findings stop the write of an environment."""

from __future__ import annotations

from pilothouse.finding import Finding, Severity

STOPPING: dict[str, frozenset[Severity]] = {
    "lab": frozenset({Severity.ERROR}),
    "production": frozenset({Severity.ERROR, Severity.WARNING}),
}
"""Each profile's severities that stop the write. What the API server refuses stops it everywhere."""


def stops(profile: str, finding: Finding) -> bool:
    """Whether a finding stops the write of an environment with this profile."""
    return finding.severity in STOPPING[profile]
