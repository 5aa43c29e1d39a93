"""Annotated: waivers that stand on the object itself, for YAML that no chart makes.

``waive.pilothouse.dev/SVC001: the operator makes these pods`` waives SVC001 for the object that bears it. The check is
the annotation's name and the reason its value, as kube-linter has it, so one annotation is one waiver with one reason;
the prefix is a subdomain as in ``configmap.pilothouse.dev``.
"""

from __future__ import annotations

from collections.abc import Iterator

from pilothouse.lenient import mapping, text
from pilothouse.manifest import Body, Manifest, Waiver

PREFIX = "waive.pilothouse.dev/"
"""What the annotation's key begins with; a check's code follows."""


def waivers(manifest: Manifest, *, in_file: bool = False) -> Iterator[Waiver]:
    """The waivers that an object bears.

    :param manifest: the object.
    :param in_file: whether they count for that file's object alone: two files may hold an object of one name.
    """
    for key, reason in mapping(manifest.body, "metadata", "annotations").items():
        if isinstance(key, str) and key.startswith(PREFIX):
            position = manifest.locate(("metadata", "annotations", key), key=True)
            yield Waiver(
                key.removeprefix(PREFIX),
                text(reason),
                position,
                manifest.construct,
                str(manifest.identity),
                position.file if in_file else "",
            )


def without(body: Body) -> Body:
    """An object without its waivers: they are for who reads the source, and none reaches the cluster.

    :param body: any object; it is not changed.
    :returns: the same object where there are none.
    """
    annotations = mapping(body, "metadata", "annotations")
    kept = {key: value for key, value in annotations.items() if not (isinstance(key, str) and key.startswith(PREFIX))}
    if len(kept) == len(annotations):
        return body
    metadata = {key: value for key, value in body["metadata"].items() if key != "annotations" or kept}
    if kept:
        metadata["annotations"] = kept
    return {**body, "metadata": metadata}
