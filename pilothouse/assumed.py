"""Assumed: what a cluster is said to hold besides the files that are judged."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence

import msgspec

from pilothouse import asked, reading
from pilothouse.environment import Environment
from pilothouse.manifest import Manifest
from pilothouse.reading import Reading
from pilothouse.schemas import Catalogue


class AssumptionError(ValueError):
    """An assumption that names no object, or a file that cannot be read as objects."""


class Assumption:
    """What a user says that the cluster holds.

    :param stated: objects as findings write them (``Secret shop/mysql``) or as kubectl's users do (``secret/mysql``),
        and files of objects such as ``kubectl get -o yaml`` prints.
    :param root: the repository's root; None outside one.
    :raises AssumptionError: where one of them is neither.
    """

    def __init__(self, stated: Sequence[str], root: str | None) -> None:
        self.inventory = Reading()
        """The objects of the files: they are there for others to refer to, and are not judged."""
        self._named: list[asked.Asked] = []
        files = []
        for word in stated:
            named = asked.parse([word])
            if os.path.lexists(word):
                files.append(word)
            elif named is not None:
                self._named.append(named)
            else:
                raise AssumptionError(
                    f"--assume {word}: expected an object such as 'Secret shop/mysql', or a file of objects"
                )
        if files:
            self.inventory = reading.read(files, root)
            if self.inventory.findings:
                first = self.inventory.findings[0]
                raise AssumptionError(f"--assume: {first.position}: {first.message}")

    def __bool__(self) -> bool:
        return bool(self._named or self.inventory.manifests)

    def beside(self, manifests: Iterable[Manifest]) -> list[Manifest]:
        """The inventory's objects, less those that the judged files define anew."""
        judged = {manifest.identity for manifest in manifests}
        return [manifest for manifest in self.inventory.manifests if manifest.identity not in judged]

    def given(self, environment: Environment, catalogue: Catalogue) -> Environment:
        """The environment with what is assumed among what it gives.

        :param catalogue: the kinds that short and plural names may mean.
        """
        if not self:
            return environment
        named = [_written_out(each, catalogue) for each in self._named]
        inventory = self.inventory.manifests
        namespaces = {name for kind, _, name in named if kind == "Namespace"}
        namespaces |= {namespace for _, namespace, _ in named} | {manifest.namespace for manifest in inventory}
        objects = [f"{kind} {namespace}/{name}" if namespace else f"{kind} {name}" for kind, namespace, name in named]
        given = msgspec.structs.replace(
            environment.given,
            namespaces=[*environment.given.namespaces, *sorted(namespaces - {""})],
            objects=[*environment.given.objects, *objects],
        )
        return msgspec.structs.replace(environment, given=given)


def _written_out(named: asked.Asked, catalogue: Catalogue) -> tuple[str, str, str]:
    """An object's kind as the API spells it; a kind that nobody knows as it was written.

    :raises AssumptionError: what is called a kind cannot be one: the name of a folder.
    """
    word = named.kind.partition(".")[0]
    wanted = asked.SHORT_NAMES.get(word.lower(), word).lower()
    for kind in catalogue.kinds():
        if wanted in (kind.kind.lower(), kind.plural):
            return kind.kind, named.namespace, named.name
    if not word[:1].isupper():
        raise AssumptionError(f"--assume: there is no kind {named.kind}, and no file {named.kind}/{named.name}")
    return word, named.namespace, named.name
