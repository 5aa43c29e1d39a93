"""The kinds that a node's own programs read: kubeadm, the kubelet and kube-proxy. No API server serves them."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

from pilothouse.schemas import nearest, store
from pilothouse.schemas.kinds import Problem, Schema

if TYPE_CHECKING:
    import jsonschema_rs

GROUPS = frozenset({"kubeadm.k8s.io", "kubelet.config.k8s.io", "kubeproxy.config.k8s.io"})
"""The API groups of these kinds."""

READERS = {
    "kubeadm.k8s.io": "kubeadm",
    "kubelet.config.k8s.io": "the kubelet",
    "kubeproxy.config.k8s.io": "kube-proxy",
}
"""Who reads the kinds of a group."""


class NodeKind(NamedTuple):
    """One kind that a node reads."""

    group: str
    version: str
    kind: str
    definition: str
    """The name of its schema's definition."""

    @property
    def api_version(self) -> str:
        """``kubeadm.k8s.io/v1beta4``."""
        return f"{self.group}/{self.version}"


def judges(body: object) -> bool:
    """Whether a document says that a node's program shall read it, in whichever version and kind."""
    api_version = body.get("apiVersion") if isinstance(body, dict) else None
    return isinstance(api_version, str) and api_version.partition("/")[0] in GROUPS


@cache
def of_minor(minor: str) -> NodeKinds:
    """The kinds of one Kubernetes minor; made once.

    :param minor: such as ``1.32``, one that the catalogue has.
    """
    return NodeKinds(minor)


class NodeKinds:
    """The kinds that the nodes of one Kubernetes minor read.

    :param minor: such as ``1.32``, one that the catalogue has.
    """

    def __init__(self, minor: str) -> None:
        self.minor = minor
        self._kinds = {
            (f"{group}/{version}", kind): NodeKind(group, version, kind, definition)
            for group, version, kind, definition, minors in store.index()["nodeKinds"]
            if minor in minors
        }
        self._validators: dict[str, tuple[jsonschema_rs.Validator, Schema]] = {}

    def kinds(self) -> Iterable[NodeKind]:
        """Every kind, in order of group, version and kind."""
        return self._kinds.values()

    def unknown(self, body: dict[str, Any]) -> Problem | None:
        """Say why nobody reads a document of one of the groups.

        :returns: None where its kind is known.
        """
        api_version, kind = body.get("apiVersion"), body.get("kind")
        if (api_version, kind) in self._kinds:
            return None
        if not isinstance(kind, str):
            return Problem(
                (), f"a document of {api_version} without a kind", "Add it, such as kind: InitConfiguration."
            )
        known = [(each.group, *key, True) for key, each in self._kinds.items()]
        close = nearest.kinds(str(api_version), kind, known, None)
        reader = READERS[str(api_version).partition("/")[0]]
        message = f"{reader} of Kubernetes {self.minor} reads no {kind} of {api_version}"
        if not close:
            return Problem(("kind",), message, "")
        return Problem(("kind",), f"{message}, did you mean {' or '.join(close)}?", f"Write {close[0]}.")

    def validate(self, body: dict[str, Any]) -> list[Problem]:
        """Judge one document by its kind's schema.

        :param body: a document of one of the groups.
        :returns: every mistake in it, in order of the fields; nothing for one of an unknown kind.
        """
        kind = self._kinds.get((str(body.get("apiVersion")), str(body.get("kind"))))
        if kind is None:
            return []
        validator, schema = self._compiled(kind.definition)
        if validator.is_valid(body):
            return []
        from pilothouse.schemas import messages

        return messages.explain(body, validator, schema)

    def _compiled(self, definition: str) -> tuple[jsonschema_rs.Validator, Schema]:
        if definition not in self._validators:
            from jsonschema_rs import Draft202012Validator

            schema = store.closed(
                definition, store.definitions(f"nodes-{self.minor}"), store.definitions(f"kubernetes-{self.minor}")
            )
            self._validators[definition] = (Draft202012Validator(schema), schema)
        return self._validators[definition]
