"""Where kubeconform looks for a kind's schema.

It fills the template in (``pkg/registry/registry.go`` of v0.8.0) with what stands before the apiVersion's slash, or the
whole of it where there is none; the kind in lower case; and what stands behind the slash, or again the whole.
"""

from __future__ import annotations

import re

from pilothouse.schemas.export import LOCATION as TEMPLATE
from pilothouse.schemas.export import file_name

__all__ = ["TEMPLATE", "schema_file"]

_API_VERSION = re.compile(r"(?:[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?/)?v[a-z0-9]+\Z")
_KIND = re.compile(r"[A-Za-z][A-Za-z0-9]*\Z")


def schema_file(api_version: str, kind: str) -> str | None:
    """The place of a kind's schema inside the folder that ``judge`` is given.

    :param api_version: as it stands in a manifest: ``apps/v1``.
    :param kind: as it stands in a manifest: ``Deployment``.
    :returns: a relative path with ``/`` (``apps/deployment_v1.json``, and ``v1/pod_v1.json`` for the core group); None
        where the two could name no kind that an API server serves.
    """
    return file_name(api_version, kind) if _API_VERSION.match(api_version) and _KIND.match(kind) else None
