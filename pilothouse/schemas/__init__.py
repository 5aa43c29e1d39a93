"""The schema catalogue: what Kubernetes 1.31 to 1.36 and widely used custom resources take, offline."""

from __future__ import annotations

from pilothouse.schemas.catalogue import Catalogue, known_minors
from pilothouse.schemas.kinds import Kind, Problem, State, Status, UnknownVersion
from pilothouse.schemas.store import fingerprint

__all__ = ["Catalogue", "Kind", "Problem", "State", "Status", "UnknownVersion", "fingerprint", "known_minors"]
