"""Where kubeconform looks for a kind's schema."""

from __future__ import annotations

import re

TEMPLATE = "{{.Group}}/{{.ResourceKind}}_{{.ResourceAPIVersion}}.json"
"""The file's place inside the folder, in kubeconform's own words.

It fills them in (``pkg/registry/registry.go`` of v0.8.0) with what stands before the apiVersion's slash, or the whole
of it where there is none; the kind in lower case; and what stands behind the slash, or again the whole.
"""

_API_VERSION = re.compile(r"(?:[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?/)?v[a-z0-9]+\Z")
_KIND = re.compile(r"[A-Za-z][A-Za-z0-9]*\Z")


def schema_file(api_version: str, kind: str) -> str | None:
    """The place of a kind's schema inside the folder that ``judge`` is given.

    ``apps/v1`` and ``Deployment`` give ``apps/deployment_v1.json``; ``v1`` and ``Pod`` give ``v1/pod_v1.json``.

    :param api_version: as it stands in a manifest.
    :param kind: as it stands in a manifest.
    :returns: a relative path with ``/``; None where the two could name no kind that an API server serves.
    """
    if not (_API_VERSION.match(api_version) and _KIND.match(kind)):
        return None
    group = api_version.partition("/")[0]
    version = api_version.rpartition("/")[2]
    return f"{group}/{kind.lower()}_{version}.json"
