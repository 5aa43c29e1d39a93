"""Keys: which ones a ConfigMap or a Secret will have."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pilothouse.lenient import mapping, mappings, text
from pilothouse.manifest import Identity, Manifest
from pilothouse.references import custom

if TYPE_CHECKING:
    from pilothouse.stack import Stack

_DATA = ("data", "binaryData", "stringData")
_INJECTED = ("inject", "trusted-cabundle", "reflector", "replicat", "kubernetes.io/service-account.name")
"""Parts of annotations that ask a controller to write into the object."""


def keys_of(target: Identity, found: Manifest | None, stack: Stack) -> frozenset[str] | None:
    """The keys of a ConfigMap or Secret.

    :param target: what it is called.
    :param found: the stack's own object; None where a controller makes it.
    :returns: None where nothing tells: it is given, or somebody else writes into it.
    """
    if found is not None:
        return _written(found)
    maker = stack.made.get(target)
    if maker is None:
        return None
    kind = (maker.group, maker.kind)
    if kind == custom.EXTERNAL_SECRET:
        return _fetched(maker)
    if kind == custom.CERTIFICATE:
        spec = mapping(maker.body, "spec")
        more = spec.get("keystores") or spec.get("additionalOutputFormats")
        return None if more else frozenset(["ca.crt", "tls.crt", "tls.key"])
    return None


def _written(manifest: Manifest) -> frozenset[str] | None:
    annotations = mapping(manifest.body, "metadata", "annotations")
    if any(part in str(key) for key in (*annotations, *manifest.labels) for part in _INJECTED):
        return None
    keys = [str(key) for field in _DATA for key in mapping(manifest.body, field)]
    # An empty one is there to be filled: a Secret's data is never written down.
    return frozenset(keys) or None


def _fetched(secret: Manifest) -> frozenset[str] | None:
    """Source: External Secrets' specification: ``data``, ``dataFrom`` and ``target.template``."""
    spec = mapping(secret.body, "spec")
    template = mapping(spec, "target", "template")
    if spec.get("dataFrom") or template.get("templateFrom"):
        return None
    keys = {text(each.get("secretKey")) for _, each in mappings(spec.get("data"))}
    of_template = set(map(str, mapping(template, "data")))
    if not of_template:
        return frozenset(keys)
    return frozenset(of_template | keys if template.get("mergePolicy") == "Merge" else of_template)
