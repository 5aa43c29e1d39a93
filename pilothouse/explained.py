"""Explained: all that is known of one object after a synth, as plain data: where it comes from, what it is tied to."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from pilothouse import dns, qos, results, rollout
from pilothouse.derive import order
from pilothouse.environment import Environment, explain
from pilothouse.environment.words import HIDDEN, may_be_secret
from pilothouse.fieldpath import format_path
from pilothouse.manifest import Identity, Manifest
from pilothouse.pods import template_of
from pilothouse.references import Link, links, links_to
from pilothouse.references.present import why_present
from pilothouse.schemas import Catalogue
from pilothouse.stack import Stack


class Kept:
    """What the last synth kept of one environment.

    :param root: the repository's root, absolute.
    :param out: the output folder.
    :param environment: the environment.
    """

    def __init__(self, root: str, out: str, environment: Environment) -> None:
        self._root = root
        self.environment = environment
        known = results.origins(root, out, environment.name)
        self._files = {
            file: manifest for file, manifest in known.manifests.items() if manifest.instance in environment.charts
        }
        self._machine_files = {
            file: each.whole for file, each in known.machine_files.items() if each.instance in environment.charts
        }
        made = [*self._files.values(), *self._machine_files.values()]
        self.stale = {manifest.instance for manifest in made} - known.current
        """The instances whose charts have changed since."""
        self.stack = Stack(environment, Catalogue(environment.kubernetes_version, Path(root, "schemas")), [])
        self.stack.manifests = list(self._files.values())

    def at(self, file: str) -> Manifest | None:
        """The object, or the file for machines, that was written to a file.

        :param file: its real path.
        """
        return self._files.get(file) or self._machine_files.get(file)

    def machine_file(self, name: str) -> Manifest | None:
        """The file for machines of a name, as lists call it: ``NodeFile kubeadm/init-config.yaml``."""
        return next((each for each in self._machine_files.values() if str(each.identity) == name), None)

    def page(self, manifest: Manifest) -> dict[str, Any]:
        """Everything that is known of an object. The keys and their meaning stay as they are; others may come.

        ``made by``, ``construct``, ``instance``, ``chart``, ``file``: where it comes from. ``values``: what the
        instance was told, each with the place that set it. ``wave``: when it is applied. ``refers to`` and
        ``referred to by``: the other objects. ``qos`` and ``rollout``: of what runs pods, the class in which they are
        evicted and how a change replaces them. ``dns``: of what has names. A file for machines has only what says where
        it comes from.
        """
        page = self._origin(manifest)
        if page["file"] in map(self._relative, self._machine_files):
            return page
        page |= {
            "apiVersion": manifest.api_version,
            "kind": manifest.kind,
            "namespace": manifest.namespace,
            "name": manifest.name,
            "wave": self._wave(manifest),
            "refers to": [self._target(link) for link in links(manifest, self.stack)],
            "referred to by": [
                {"object": str(link.source.identity), "field": format_path(link.path)}
                for link in links_to(manifest.identity, self.stack)
                if link.source is not manifest
            ],
        }
        template = template_of(manifest)
        if template is not None:
            requests, limits = qos.defaults(self.stack, manifest.namespace)
            page["qos"] = qos.qos_class(template, requests, limits)
        foretold = rollout.of(manifest, self.stack)
        if foretold is not None:
            page["rollout"] = foretold._asdict()
        page["dns"] = dns.of(manifest, self.stack)
        return page

    def _origin(self, manifest: Manifest) -> dict[str, Any]:
        instance = self.environment.charts[manifest.instance]
        written = {**self._files, **self._machine_files}
        file = next(file for file, each in written.items() if each is manifest)
        return {
            "environment": self.environment.name,
            "object": str(manifest.identity),
            "made by": str(manifest.position),
            "construct": manifest.construct,
            "instance": manifest.instance,
            "deployed by": str(self.environment.position_of(("charts", manifest.instance), key=True)),
            "chart": f"charts/{instance.chart}.py",
            "file": self._relative(file),
            "values": self._values(manifest.instance, f"charts/{instance.chart}.py"),
        }

    def _relative(self, file: str) -> str:
        return os.path.relpath(file, self._root).replace(os.sep, "/")

    def _values(self, instance: str, chart: str) -> list[dict[str, str]]:
        head = ("charts", instance, "values")
        rows = [
            {"value": format_path(row.path[3:]), "is": _text(row.value), "set by": str(row.position)}
            for row in explain(self.environment)
            if row.path[:3] == head and len(row.path) > 3
        ]
        given = self.environment.charts[instance].values
        kept = results.read(self._root, self.environment.name, instance)
        schema = msgspec.json.decode(kept[0].values_schema) if kept is not None and kept[0].values_schema else {}
        root = schema.get("$defs", {}).get(str(schema.get("$ref", "")).removeprefix("#/$defs/"), schema)
        rows += [
            {
                "value": name,
                "is": _text(HIDDEN if may_be_secret((name,)) else part["default"]),
                "set by": f"{chart}: its default",
            }
            for name, part in root.get("properties", {}).items()
            if name not in given and "default" in part
        ]
        return rows

    def _wave(self, manifest: Manifest) -> dict[str, int]:
        ordered = order.in_apply_order(self.stack)
        identity = manifest.identity
        return {
            "wave": order.wave(identity.group, identity.kind),
            "of": order.LAST_WAVE,
            "position": next(number for number, each in enumerate(ordered, start=1) if each is manifest),
            "objects": len(ordered),
        }

    def _target(self, link: Link) -> dict[str, str]:
        target = link.target
        if not target.name:
            name, state = f"no pod in {target.namespace}", "nothing matches"
        else:
            name, state = str(target), self._state(link)
        return {"object": name, "field": format_path(link.path), "is": state}

    def _state(self, link: Link) -> str:
        target = link.target
        if link.found is not None:
            return "in this stack"
        return why_present(target, self.stack) or "not in this stack, and not given"


def identities(kept: Sequence[Kept]) -> list[Identity]:
    """Every object that is known in some environments, each once."""
    return list(dict.fromkeys(manifest.identity for each in kept for manifest in each.stack))


def _text(value: Any) -> str:
    return msgspec.json.encode(value).decode()
