"""Write schemas for kubeconform: one self-contained file a kind."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

from pilothouse.schemas.kinds import Schema

LOCATION = "{{.Group}}/{{.ResourceKind}}_{{.ResourceAPIVersion}}.json"
"""What stands behind the folder in kubeconform's ``-schema-location``. For the core group its ``Group`` is ``v1``."""

_DRAFT = "https://json-schema.org/draft/2020-12/schema"


def file_name(api_version: str, kind: str) -> str:
    """Where kubeconform looks for a kind's schema.

    :param api_version: ``apps/v1``.
    :param kind: ``Deployment``.
    :returns: ``apps/deployment_v1.json``.
    """
    group, _, version = api_version.rpartition("/")
    return f"{group or version}/{kind.lower()}_{version}.json"


def write(folder: Path, schemas: Mapping[tuple[str, str], Schema]) -> None:
    """Write schemas; files that hold the right thing already are left alone.

    A file appears as a whole, so that two runs may write to one folder at the same time.

    :param folder: where; made where it is missing.
    :param schemas: (API version, kind) to its self-contained schema.
    :raises OSError: where the folder cannot be written to.
    """
    import json

    for (api_version, kind), schema in schemas.items():
        path = folder / file_name(api_version, kind)
        # Without naming its draft kubeconform would take it for draft 4, and not find it at all.
        # kubeconform finds a schema by the kind in lower case: `kind: deployment` must not pass for a Deployment.
        itself = {"properties": {"apiVersion": {"const": api_version}, "kind": {"const": kind}}}
        data = json.dumps({"$schema": _DRAFT, **schema, **itself}, separators=(",", ":"), sort_keys=True).encode()
        try:
            if path.read_bytes() == data:
                continue
        except OSError:
            path.parent.mkdir(parents=True, exist_ok=True)
        handle, staged = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".tmp")
        try:
            with open(handle, "wb") as file:
                file.write(data)
            os.replace(staged, path)
        except BaseException:
            os.unlink(staged)
            raise
