"""What the catalogue says of a kind: values without behaviour."""

from __future__ import annotations

import enum
from typing import Any, NamedTuple

from pilothouse.fieldpath import FieldPath


class Kind(NamedTuple):
    """One kind in one API version."""

    group: str
    """``apps``; empty for the core group."""
    version: str
    """``v1``."""
    kind: str
    """``Deployment``."""
    plural: str
    """The resource's name in the API's paths: ``deployments``."""
    namespaced: bool
    """Whether its objects live in a namespace."""
    introduced: str | None
    """The Kubernetes minor that first serves it (``1.9``); None for a custom resource."""
    deprecated: str | None
    """The Kubernetes minor since which it is deprecated; for a deprecated version of a custom resource the release that
    says so (``istio.io/api v1.31.1``); None where it is not deprecated."""
    removed: str | None
    """The first Kubernetes minor that serves it no more, as far as is known; None where none is."""
    replacement: str | None
    """What to use instead (``networking.k8s.io/v1 Ingress``); None where nothing takes its place."""
    source: str
    """Where its schema comes from: ``kubernetes``, a custom resource's module (``istio``), or the repository's file."""
    storage: bool
    """Whether a custom resource is stored in this version; of a built-in kind whether the API server prefers it."""
    definition: str
    """The name of its schema's definition."""

    @property
    def api_version(self) -> str:
        """``apps/v1``, or ``v1`` for the core group."""
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def title(self) -> str:
        """``apps/v1 Deployment``: how messages name it."""
        return f"{self.api_version} {self.kind}"

    @property
    def preview(self) -> bool:
        """Whether it is an alpha or beta version; the API server serves new ones of its own only where told to."""
        return "alpha" in self.version or "beta" in self.version


class State(enum.StrEnum):
    """What a Kubernetes minor makes of a kind."""

    SERVED = "served"
    DEPRECATED = "deprecated"
    """Served, and it will be gone one day, or there is something better."""
    REMOVED = "removed"
    """Served by an earlier minor."""
    NOT_YET = "not yet"
    """Served by a later minor only."""
    UNKNOWN = "unknown"
    """Neither Kubernetes' own nor in the catalogue nor taught by the repository."""


class Status(NamedTuple):
    """What one Kubernetes minor makes of one kind, and what to do about it."""

    state: State
    introduced: str | None
    deprecated: str | None
    removed: str | None
    replacement: str | None
    message: str
    """One sentence; empty for :attr:`State.SERVED`."""
    fix: str
    """What to do, one sentence; empty for :attr:`State.SERVED`."""


class Problem(NamedTuple):
    """One mistake in one object."""

    path: FieldPath
    """The field; for one that is missing, where it should stand."""
    message: str
    """What was found and what was expected, one sentence, with the field's path."""
    fix: str
    """What to do, one sentence; empty where the message says it already."""


class UnknownVersion(ValueError):  # noqa: N818 -- it is caught as what it names
    """A Kubernetes version of which the catalogue has no schemas. The message names those it has."""


Schema = dict[str, Any]
"""A JSON schema (draft 2020-12), or a part of one."""
