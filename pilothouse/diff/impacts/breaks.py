"""Breaks: what stays, and still needs what goes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from pilothouse.checks.keys import keys_asked
from pilothouse.checks.ports import port_asked, service_ports
from pilothouse.diff.change import Item, ObjectChange, Path, written
from pilothouse.diff.impact import Effect, Impact
from pilothouse.diff.impacts.data import DEFINITION, NAMESPACE
from pilothouse.diff.impacts.indexes import services_of, subset_routes, without_pods
from pilothouse.diff.impacts.templates import both, of_kind
from pilothouse.diff.impacts.words import counted
from pilothouse.fieldpath import FieldPath
from pilothouse.lenient import mapping, mappings, text
from pilothouse.manifest import Manifest
from pilothouse.mesh import namespace_of
from pilothouse.references import Lack, Link
from pilothouse.references.keys import keys_of
from pilothouse.references.kubernetes import CONFIG_MAP, SECRET, SERVICE, STORAGE_CLASS
from pilothouse.references.present import by_hand, of_claim_template, why_present
from pilothouse.references.row import GroupKind
from pilothouse.stack import Stack

if TYPE_CHECKING:
    from pilothouse.diff.foresee import Between

_LACKS: dict[Lack, str] = {
    Lack.START: "new pods of it do not start",
    Lack.PULL: "its images are pulled without credentials",
    Lack.TRAFFIC: "requests go nowhere",
    Lack.SCALE: "it scales nothing",
    Lack.RIGHTS: "it gives nobody rights",
    Lack.SUBJECT: "it gives the rights to nobody",
    Lack.CLASS: "nobody makes what it asks for",
    Lack.WAITS: "its controller waits for it",
    Lack.CERTIFICATE: "there is no certificate to show",
    Lack.SERVICE_NAME: "its pods have no names of their own",
    Lack.DNS: "the name is not found",
}
"""What happens to one that refers to what is gone."""
_RULE = ("networking.istio.io", "DestinationRule")


def breaks(change: ObjectChange, between: Between) -> Iterator[Impact]:
    """Every object that is there after a change, and refers to what is not any more."""
    if change.before is not None and change.after is None:
        if not why_present(change.identity, between.after):
            yield from _gone(change, between.after)
        yield from _inside(change.before, between.after)
        yield from _selecting(change, between)
    part = _PARTS.get(of_kind(change))
    if part is not None and change.before is not None:
        yield from part(change, change.before, between)


def _gone(change: ObjectChange, stack: Stack) -> Iterator[Impact]:
    """Those that name an object that is deleted."""
    seen: set[int] = set()
    for link in stack.links_to.get(change.identity, ()):
        so = _LACKS.get(link.row.lack)
        if so is None or link.found is not None or id(link.source) in seen or _goes_without(link, stack):
            continue
        seen.add(id(link.source))
        yield _broken(link.source, link.path, f"{link.source.identity} still names it: {so}", stack)


def _goes_without(link: Link, stack: Stack) -> bool:
    """Whether a reference may lead nowhere."""
    if link.row.reads and mapping(link.holder).get("optional") is True:
        return True
    if of_claim_template(link):
        return True
    return link.target[:2] == STORAGE_CLASS and by_hand(link.target.name, stack)


def _inside(gone: Manifest, stack: Stack) -> Iterator[Impact]:
    """What is said to stand in a namespace, or is of a kind, that is deleted."""
    if (gone.group, gone.kind) == NAMESPACE:
        left = sum(len(stack.within(gone.name, *kind)) for kind in stack.kinds)
        if left and not stack.environment.given.has("Namespace", gone.name):
            yield Impact(Effect.BREAKS, f"{counted(left, 'object')} of this stack should still stand in it", _TOO)
    elif (gone.group, gone.kind) == DEFINITION:
        spec = mapping(gone.body, "spec")
        left = len(stack.of_kind(text(spec.get("group")), text(mapping(spec, "names").get("kind"))))
        if left:
            yield Impact(Effect.BREAKS, f"{counted(left, 'object')} of this stack should still be of this kind", _TOO)


_TOO = "take them out too, or leave it"


def _selecting(change: ObjectChange, between: Between) -> Iterator[Impact]:
    """The Services that select no pod any more."""
    if change.before is None or change.identity not in services_of(between.before):
        return
    for identity in services_of(between.before)[change.identity]:
        for service in between.after.by_identity.get(identity, ())[:1]:
            if identity in without_pods(between.after):
                says = f"{identity} selects no pod any more: requests go nowhere"
                yield _broken(service, ("spec", "selector"), says, between.after)


def _keys(change: ObjectChange, before: Manifest, between: Between) -> Iterator[Impact]:
    """Those that ask for a key that a ConfigMap or Secret had."""
    states = both(change, between)
    was = keys_of(change.identity, before, between.before) if states is not None else None
    now = keys_of(change.identity, states[1], between.after) if states is not None else None
    if was is None or now is None or was <= now:
        return
    for link in between.after.links_to.get(change.identity, ()):
        if not link.row.reads or mapping(link.holder).get("optional") is True:
            continue
        for path, key in keys_asked(link):
            if key in was - now:
                says = f"{link.source.identity} still asks for its key {key}: {_LACKS[Lack.START]}"
                yield _broken(link.source, path, says, between.after)


def _ports(change: ObjectChange, before: Manifest, between: Between) -> Iterator[Impact]:
    """Those that send to a port that a Service had."""
    if change.after is None:
        return
    was, now = (set.union(*service_ports(each)) for each in (before, change.after))
    for link in between.after.links_to.get(change.identity, ()) if was - now else ():
        asked = port_asked(link)
        if asked is not None and asked[1] in was - now:
            says = f"{link.source.identity} still sends to its port {asked[1]}: {_LACKS[Lack.TRAFFIC]}"
            yield _broken(link.source, asked[0], says, between.after)


def _subsets(change: ObjectChange, before: Manifest, between: Between) -> Iterator[Impact]:
    """Those that send to a subset that a DestinationRule had, and no other of the host has."""
    mesh = between.after.mesh
    host = mesh.full(text(mapping(before.body, "spec").get("host")), namespace_of(before))
    was = {text(subset.get("name")) for _, subset in mappings(mapping(before.body, "spec").get("subsets"))}
    lost = was.difference(*(rule.subsets for rule in mesh.rules.get(host, ())))
    for name in sorted(lost - {""}):
        for service, path in subset_routes(between.after).get((host, name), ()):
            says = f"{service.identity} still sends to its subset {name}: requests are answered with 503"
            yield _broken(service, path, says, between.after)


_PARTS: dict[GroupKind, Callable[[ObjectChange, Manifest, Between], Iterator[Impact]]] = {
    CONFIG_MAP: _keys,
    SECRET: _keys,
    SERVICE: _ports,
    _RULE: _subsets,
}
"""The kinds of which a part may go."""


def _broken(source: Manifest, path: FieldPath, says: str, stack: Stack) -> Impact:
    return Impact(
        Effect.BREAKS,
        says,
        "change what refers to it too, or leave what it needs",
        written(_with_keys(source, path, stack)),
        on=source.identity,
    )


def _with_keys(manifest: Manifest, path: FieldPath, stack: Stack) -> Path:
    """A path whose items are told by their keys, as those of a diff are."""
    at, found = manifest.body, []
    for number, step in enumerate(path):
        at = at[step]  # type: ignore[index]
        keys = None
        if isinstance(step, int) and isinstance(at, dict):
            keys = stack.catalogue.list_keys(manifest.api_version, manifest.kind, path[:number])
        pairs = [(key, at[key]) for key in keys or () if isinstance(at, dict) and key in at]
        found.append(Item(tuple(pairs)) if pairs else step)
    return tuple(found)
