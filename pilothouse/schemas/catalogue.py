"""The schema catalogue of one Kubernetes minor: which kinds it serves, and what their objects look like."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from pilothouse.schemas import nearest, store, tree
from pilothouse.schemas.kinds import Kind, Problem, Schema, State, Status, UnknownVersion
from pilothouse.schemas.lifecycle import Life, lives, number

if TYPE_CHECKING:
    from pathlib import Path

    import jsonschema_rs

_NO_LIFE = Life(None, None, None, None)


def known_minors() -> list[str]:
    """The Kubernetes minors that the catalogue has schemas of, oldest first.

    :returns: such as ``["1.31", "1.32"]``.
    """
    return sorted(store.index()["kubernetes"], key=number)


class Catalogue:
    """The kinds that one Kubernetes minor serves, the catalogue's custom resources, and a repository's own.

    Cheap to make: schemas are read when first asked for, and kept for as long as the catalogue is.

    :param kubernetes_version: a minor (``1.32``) or a release of it (``1.32.2``, ``v1.32.2``).
    :param repository_crds: a folder that :func:`pilothouse.schemas.crds.add_crds` wrote to; None, or one that does not
        exist, for no custom resources beside the catalogue's own. They come before the catalogue's.
    :raises UnknownVersion: where the catalogue has no schemas of that minor.
    :raises CrdError: where a file of ``repository_crds`` cannot be read.
    """

    def __init__(self, kubernetes_version: str, repository_crds: Path | None = None) -> None:
        index = store.index()
        minor = ".".join(kubernetes_version.removeprefix("v").split(".")[:2])
        if minor not in index["kubernetes"]:
            raise UnknownVersion(
                f"no schemas for Kubernetes {kubernetes_version}: the catalogue has {', '.join(known_minors())}"
            )
        self.minor = minor
        """The minor: ``1.32``."""
        self.release: str = index["kubernetes"][minor]
        """The release that the minor's schemas were made from: ``1.32.2``."""
        self._rows: dict[tuple[str, str], dict[str, Any]] = {}
        self._own: store.Definitions = {}
        columns = index["columns"]
        for values in index["kinds"]:
            row = dict(zip(columns, values, strict=True))
            if not row["minors"] or minor in row["minors"]:
                self._add(row)
        if repository_crds is not None:
            from pilothouse.schemas.crds import read_folder

            rows, self._own = read_folder(repository_crds)
            for row in rows:
                self._add(row)
        self._kinds: dict[tuple[str, str], Kind] = {}
        self._statuses: dict[tuple[str, str], Status] = {}
        self._schemas: dict[tuple[str, str], Schema] = {}
        self._validators: dict[tuple[str, str], jsonschema_rs.Validator] = {}

    def _add(self, row: dict[str, Any]) -> None:
        self._rows[f"{row['group']}/{row['version']}" if row["group"] else row["version"], row["kind"]] = row

    def kind(self, api_version: str, kind: str) -> Kind | None:
        """Look one kind up.

        :param api_version: ``apps/v1``.
        :param kind: ``Deployment``.
        :returns: what is known of it; None where this minor does not serve it.
        """
        key = (api_version, kind)
        found = self._kinds.get(key)
        if found is None and key in self._rows:
            found = self._kinds[key] = self._make(self._rows[key])
        return found

    def _make(self, row: dict[str, Any]) -> Kind:
        own = row["source"] == "kubernetes"
        api_version = f"{row['group']}/{row['version']}" if row["group"] else row["version"]
        life = lives().get((api_version, row["kind"]), _NO_LIFE) if own else _NO_LIFE
        deprecated, replacement = life.deprecated, life.replacement
        if row["deprecated"]:
            deprecated = store.index()["modules"].get(row["source"], row["source"])
            replacement = self._stored(row)
        return Kind(
            group=row["group"],
            version=row["version"],
            kind=row["kind"],
            plural=row["plural"],
            namespaced=row["namespaced"],
            introduced=life.introduced,
            deprecated=deprecated,
            removed=life.removed,
            replacement=replacement,
            source=row["source"],
            storage=row["storage"],
            definition=row["definition"],
        )

    def _stored(self, row: dict[str, Any]) -> str | None:
        """The version of a custom resource that is stored, as what to use instead of a deprecated one."""
        for (api_version, kind), other in self._rows.items():
            if kind == row["kind"] and other["group"] == row["group"] and not other["deprecated"]:
                return f"{api_version} {kind}"
        return None

    def kinds(self) -> Iterable[Kind]:
        """Every kind that this minor serves, and every custom resource.

        :returns: in order of group, version and kind.
        """
        for api_version, kind in sorted(self._rows, key=lambda key: (self._rows[key]["group"], *key)):
            found = self.kind(api_version, kind)
            assert found is not None
            yield found

    def namespaced(self, api_version: str, kind: str) -> bool | None:
        """Whether a kind's objects live in a namespace.

        :param api_version: ``apps/v1``.
        :param kind: ``Deployment``.
        :returns: None where this minor does not serve the kind.
        """
        row = self._rows.get((api_version, kind))
        return None if row is None else bool(row["namespaced"])

    def nearest(self, api_version: str, kind: str) -> list[str]:
        """What someone may have meant who wrote a kind that this minor does not serve.

        :param api_version: as written.
        :param kind: as written.
        :returns: at most three, such as ``["networking.k8s.io/v1 Ingress"]``, the likeliest first.
        """
        replacement = lives().get((api_version, kind), _NO_LIFE).replacement
        known = [(row["group"], key[0], key[1], row["storage"]) for key, row in self._rows.items()]
        return nearest.kinds(api_version, kind, known, replacement)

    def status(self, api_version: str, kind: str) -> Status:
        """What this minor makes of a kind, be it served, long gone, yet to come, or unknown.

        :param api_version: ``extensions/v1beta1``.
        :param kind: ``Ingress``.
        :returns: its state and what to do.
        """
        key = (api_version, kind)
        if key not in self._statuses:
            self._statuses[key] = self._judge(api_version, kind)
        return self._statuses[key]

    def _judge(self, api_version: str, kind: str) -> Status:
        found = self.kind(api_version, kind)
        life = lives().get((api_version, kind), _NO_LIFE)
        if found is not None:
            life = Life(found.introduced, found.deprecated, found.removed, found.replacement)
            if not found.deprecated or (found.source == "kubernetes" and not self._reached(found.deprecated)):
                return Status(State.SERVED, *life, "", "")
            since = found.deprecated if found.source != "kubernetes" else f"Kubernetes {found.deprecated}"
            message = f"{api_version} {kind} is deprecated since {since}"
            if found.removed and number(found.removed) > number(self.minor):
                message += f" and will be gone with {found.removed}"
            return Status(State.DEPRECATED, *life, message, self._instead(life))
        minors = self._minors(api_version, kind)
        if life.removed and self._reached(life.removed):
            message = f"{api_version} {kind} is gone since Kubernetes {life.removed}; this is {self.minor}"
            return Status(State.REMOVED, *life, message, self._instead(life))
        if minors and number(minors[0]) > number(self.minor):
            message = f"{api_version} {kind} appears in Kubernetes {minors[0]}; this is {self.minor}"
            close = self.nearest(api_version, kind)
            fix = f"Until the cluster runs {minors[0]}, use {close[0]}." if close else f"It needs {minors[0]}."
            return Status(State.NOT_YET, life.introduced or minors[0], *life[1:], message, fix)
        close = self.nearest(api_version, kind)
        message = f"unknown kind {kind} of {api_version}" + (f", did you mean {' or '.join(close)}?" if close else "")
        return Status(State.UNKNOWN, *life, message, self._teach(close))

    @staticmethod
    def _minors(api_version: str, kind: str) -> list[str]:
        """The minors of the catalogue that serve a built-in kind."""
        for group, version, name, *_rest, minors in store.index()["kinds"]:
            if name == kind and (f"{group}/{version}" if group else version) == api_version:
                return sorted(minors, key=number)
        return []

    def _reached(self, minor: str) -> bool:
        return number(minor) <= number(self.minor)

    def _instead(self, life: Life) -> str:
        """What to do about a deprecated or removed kind."""
        return f"Use {life.replacement}." if life.replacement else "Nothing takes its place: remove it."

    @staticmethod
    def _teach(close: list[str]) -> str:
        if close:
            return f"Write apiVersion and kind of {close[0]}, or teach it with `pilothouse schemas add crd.yaml`."
        return "If it is a custom resource, teach it with `pilothouse schemas add crd.yaml`."

    def schema(self, api_version: str, kind: str) -> Schema:
        """A kind's strict JSON schema (draft 2020-12), which needs no other.

        :param api_version: ``apps/v1``.
        :param kind: ``Deployment``.
        :returns: ``$ref`` to its own definition, and ``$defs``. It is shared: do not change it.
        :raises KeyError: where this minor does not serve the kind.
        """
        key = (api_version, kind)
        if key not in self._schemas:
            row = self._rows[key]
            self._schemas[key] = self._closed(row["definition"], row["source"])
        return self._schemas[key]

    def _closed(self, root: str, source: str) -> Schema:
        """A definition with all that it uses."""
        base = store.definitions(f"kubernetes-{self.minor}")
        beside = base if source == "kubernetes" else self._own if root in self._own else store.definitions(source)
        return store.closed(root, beside, base)

    def node(self, api_version: str, kind: str, path: Sequence[str | int]) -> Schema | None:
        """The schema of one field.

        :param api_version: ``apps/v1``.
        :param kind: ``Deployment``.
        :param path: the steps from the object's root; any index stands for a list's elements.
        :returns: the field's schema, its reference resolved; None where the kind or the field is unknown, or anything
            may stand there.
        """
        return tree.walk(self.schema(api_version, kind), path) if (api_version, kind) in self._rows else None

    def list_keys(self, api_version: str, kind: str, path: Sequence[str | int]) -> tuple[str, ...] | None:
        """By which fields server-side apply tells a list's elements apart.

        :param api_version: ``apps/v1``.
        :param kind: ``Deployment``.
        :param path: the steps to the list.
        :returns: the fields' names, such as ``("containerPort", "protocol")``; an empty tuple for a set, whose elements
            are their own keys; None for a list that is replaced as a whole, and for what is no list.
        """
        node = self.node(api_version, kind, path)
        return tree.list_keys(node) if node is not None else None

    def validate(self, body: dict[str, Any]) -> list[Problem]:
        """Judge one object by its kind's schema.

        :param body: the object.
        :returns: every mistake in it, in order of the fields; nothing for a valid object.
        """
        api_version, kind = body.get("apiVersion"), body.get("kind")
        validator = None
        if isinstance(api_version, str) and isinstance(kind, str):
            validator = self._validators.get((api_version, kind)) or self._compile(api_version, kind)
        try:
            if validator is not None and validator.is_valid(body):
                return []
        except ValueError:
            pass  # no JSON: said below, with the place
        from pilothouse.schemas import messages

        if validator is None:
            return messages.of_no_kind(body, self)
        assert isinstance(api_version, str) and isinstance(kind, str)
        return messages.explain(body, validator, self.schema(api_version, kind))

    def _compile(self, api_version: str, kind: str) -> jsonschema_rs.Validator | None:
        if (api_version, kind) not in self._rows:
            return None
        from jsonschema_rs import Draft202012Validator

        made = Draft202012Validator(self.schema(api_version, kind))
        self._validators[api_version, kind] = made
        return made

    def export(self, folder: Path, kinds: Iterable[tuple[str, str]]) -> None:
        """Write schemas as kubeconform finds them, see :func:`pilothouse.schemas.export.write`.

        :param folder: where; made where it is missing.
        :param kinds: (API version, kind) of each; those that this minor does not serve are left out.
        """
        from pilothouse.schemas.export import write

        write(folder, {key: self.schema(*key) for key in kinds if key in self._rows})
