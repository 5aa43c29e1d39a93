"""Lookup: the references that objects make, and what they find."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from pilothouse import dns_names
from pilothouse.fieldpath import FieldPath
from pilothouse.manifest import MOVED_GROUPS, Identity, Manifest
from pilothouse.references.labels import chosen
from pilothouse.references.row import GroupKind, How, Row, Where
from pilothouse.references.table import Node, trees

if TYPE_CHECKING:
    from pilothouse.stack import Stack


class Mention(NamedTuple):
    """A field of one object that a row of the table is about."""

    row: Row
    path: FieldPath
    value: Any
    holder: Any
    """What stands around it: the map that has the field."""


class Link(NamedTuple):
    """One reference that one object makes."""

    source: Manifest
    path: FieldPath
    """The field that refers."""
    target: Identity
    """What it refers to; of a selector that matches nothing, one without a name."""
    found: Manifest | None
    """The object; None where the stack has none of that identity."""
    row: Row
    holder: Any
    """What stands around the field; of a name in DNS, the name that was read (:class:`pilothouse.dns_names.Name`)."""


def mentions(manifest: Manifest) -> list[Mention]:
    """Every field of an object that a row of the table is about, in one walk."""
    return _mentions(manifest, trees())


def _mentions(manifest: Manifest, roots: Mapping[GroupKind, Node]) -> list[Mention]:
    api_version, kind, _, _ = manifest.head
    group = api_version.rpartition("/")[0]
    tree = roots.get((MOVED_GROUPS.get((group, kind), group), kind))
    found: list[Mention] = []
    if tree is not None:
        _walk(tree, manifest.body, (), found)
    return found


def _walk(node: Node, at: Any, path: FieldPath, found: list[Mention]) -> None:
    if isinstance(at, dict):
        for step, child in node.fields:
            if step in at:
                inner = at[step]
                if child.rows:
                    _mention(child, inner, (*path, step), at, found)
                if child.leads_on and isinstance(inner, dict | list):
                    _walk(child, inner, (*path, step), found)
    elif isinstance(at, list) and node.items is not None:
        child = node.items
        for index, item in enumerate(at):
            if child.rows:
                _mention(child, item, (*path, index), at, found)
            if child.leads_on:
                _walk(child, item, (*path, index), found)


def _mention(node: Node, at: Any, path: FieldPath, holder: Any, found: list[Mention]) -> None:
    if at is None or (node.is_text and not (isinstance(at, str) and ".svc" in at)):
        return
    for row in node.rows:
        found += (Mention(row, path, at, holder),)


def links(manifest: Manifest, stack: Stack) -> Iterator[Link]:
    """Everything that an object refers to, its fields in the order of the table.

    :param manifest: the object.
    :param stack: where its targets are looked for.
    """
    for mention in mentions(manifest):
        row, path, value, holder = mention
        if not row.how.selects:
            yield from _named(manifest, mention, stack)
        elif isinstance(value, dict):
            nothing = True
            for each in chosen(row, manifest, value, holder, stack):
                nothing = False
                yield Link(manifest, path, each.identity, each, row, holder)
            if nothing and not _never_selects(manifest, row, value):
                yield Link(manifest, path, Identity(*row.target, manifest.namespace, ""), None, row, holder)


def _never_selects(manifest: Manifest, row: Row, selector: dict[str, Any]) -> bool:
    spec = manifest.body.get("spec")
    external = manifest.kind == "Service" and isinstance(spec, dict) and spec.get("type") == "ExternalName"
    return external or (row.how is How.LABELS and not selector)


def links_by_name(manifest: Manifest, stack: Stack) -> Iterator[Link]:
    """What an object refers to by name: all but its selectors."""
    for mention in _mentions(manifest, trees(of_names=True)):
        yield from _named(manifest, mention, stack)


def all_by_name(stack: Stack) -> list[Link]:
    """What every object of a stack refers to by name, kind by kind."""
    roots = trees(of_names=True)
    found: list[Link] = []
    for group, kind in stack.kinds:
        if (MOVED_GROUPS.get((group, kind), group), kind) in roots:
            for manifest in stack.of_kind(group, kind):
                for mention in _mentions(manifest, roots):
                    found += _named(manifest, mention, stack)
    return found


def links_to(identity: Identity, stack: Stack) -> Iterator[Link]:
    """Every reference that a stack's objects make to one object, in the stack's order."""
    for manifest in stack:
        for link in links(manifest, stack):
            if link.target == identity:
                yield link


def _named(manifest: Manifest, mention: Mention, stack: Stack) -> Iterator[Link]:
    row, path, value, holder = mention
    if not isinstance(value, str) or not value:
        return
    how = row.how
    if how is How.NAME:
        if row.where is Where.SAME and row.kind_beside is None and row.flag is None and "$" not in value:
            identity = Identity(row.target[0], row.target[1], manifest.namespace, value)
            there = stack.by_identity.get(identity)
            yield Link(manifest, path, identity, there[0] if there else None, row, holder)
            return
        # What a template or a shell fills in later is no name yet.
        if "$" in value or "{{" in value or not _is_meant(row, holder):
            return
        if row.where is Where.ANYWHERE:
            found = next((each for each in stack.of_kind(*row.target) if each.name == value), None)
            identity = found.identity if found else Identity(*row.target, manifest.namespace, value)
        else:
            identity = Identity(*row.target, _namespace(manifest, row, holder), value)
            found = _found(identity, stack)
        yield Link(manifest, path, identity, found, row, holder)
        return
    if how is How.DNS:
        for name in dns_names.in_text(value):
            identity = Identity(*row.target, name.namespace, name.service)
            yield Link(manifest, path, identity, _found(identity, stack), row, name)
        return
    for namespace, name_ in _listed(how, value, manifest, stack):
        identity = Identity(*row.target, namespace, name_)
        yield Link(manifest, path, identity, _found(identity, stack), row, holder)


def _found(identity: Identity, stack: Stack) -> Manifest | None:
    there = stack.by_identity.get(identity)
    return there[0] if there else None


def _listed(how: How, value: str, manifest: Manifest, stack: Stack) -> Iterator[tuple[str, str]]:
    """(namespace, name) of each object that a text names."""
    own = manifest.namespace
    if how is How.GATEWAYS:
        if value != "mesh":
            namespace, _, name = value.rpartition("/")
            yield namespace if namespace not in ("", ".") else own, name
    elif how is How.HOST:
        service, _, rest = value.partition(".")
        if not rest and service != "*":
            yield own, service
        elif rest.endswith(f".svc.{stack.environment.cluster.domain}") and "*" not in service:
            yield rest.partition(".")[0], service
    elif how is How.NETWORKS:
        yield from _networks(value, own)


def _networks(value: str, own: str) -> Iterator[tuple[str, str]]:
    """Source: the Kubernetes Network Custom Resource Definition De-facto Standard, "Network Attachment Selection"."""
    if value.lstrip().startswith("["):
        import msgspec

        try:
            listed = msgspec.json.decode(value)
        except msgspec.DecodeError:
            return
        for each in listed if isinstance(listed, list) else ():
            if isinstance(each, dict) and isinstance(each.get("name"), str):
                yield str(each.get("namespace") or own), each["name"]
        return
    for part in value.split(","):
        namespace, _, name = part.strip().partition("@")[0].rpartition("/")
        if name:
            yield namespace or own, name


def _is_meant(row: Row, holder: Any) -> bool:
    """Whether the fields beside the name say this row's kind."""
    fields = holder if isinstance(holder, dict) else {}
    if row.flag is not None and bool(fields.get(row.flag[0])) is not row.flag[1]:
        return False
    if row.kind_beside is None:
        return True
    group, kind = row.target
    if (fields.get("kind") or row.kind_beside) != kind:
        return False
    written = fields.get("group", fields.get("apiGroup"))
    if written is None and isinstance(fields.get("apiVersion"), str) and fields["apiVersion"]:
        written = fields["apiVersion"].rpartition("/")[0]
    return not isinstance(written, str) or MOVED_GROUPS.get((written, kind), written) == group


def _namespace(manifest: Manifest, row: Row, holder: Any) -> str:
    if row.where is Where.CLUSTER:
        return ""
    beside = holder.get(row.beside) if row.where is Where.BESIDE and isinstance(holder, dict) else None
    return beside if isinstance(beside, str) and beside else manifest.namespace
