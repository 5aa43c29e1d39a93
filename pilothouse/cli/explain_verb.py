"""``pilothouse explain``."""

from __future__ import annotations

import argparse
import json
import os
from typing import Any

from pilothouse import asked
from pilothouse.cli.screen import Screen
from pilothouse.cli.synth_verb import UnknownNameError, chosen
from pilothouse.cli.table import table
from pilothouse.environment import explain, load, names
from pilothouse.fieldpath import format_path
from pilothouse.manifest import Identity, Manifest
from pilothouse.repository import find_root
from pilothouse.schemas import known_minors

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pilothouse.explained import Kept


def run(options: argparse.Namespace, screen: Screen) -> int:
    """Show where a value or an object comes from."""
    root = find_root(options.folder)
    if options.what:
        return _object(options, screen, root)
    if options.environment is None:
        raise UnknownNameError("explain what? name an environment (--environment prod), a file of dist/, or an object")
    name = chosen([options.environment], names(root), "environment")[0]
    environment = load(root, name, kubernetes_versions=known_minors)
    rows = [
        {"value": format_path(row.path), "is": json.dumps(row.value), "set by": str(row.position or "default")}
        for row in explain(environment)
    ]
    screen.result(json.dumps(rows, indent=2) if options.format == "json" else table(rows))
    return 0


def _object(options: argparse.Namespace, screen: Screen, root: str) -> int:
    from pilothouse.explained import Kept, identities

    out = os.path.join(root, "dist")
    searched = []
    pages = []
    for name in chosen([options.environment] if options.environment else [], names(root), "environment"):
        kept = Kept(root, out, load(root, name, kubernetes_versions=known_minors))
        searched.append(kept)
        for manifest in _meant(options, kept):
            if manifest.instance in kept.stale:
                screen.say(f"{name}: {manifest.instance} has changed since: run pilothouse synth {name}")
            else:
                pages.append(kept.page(manifest))
    if not pages:
        words = " ".join(options.what)
        near = asked.nearest(options.what, identities(searched))
        hint = f"; nearest: {', '.join(near)}" if near else ""
        raise UnknownNameError(
            f"nothing is known of {words}: name a file of dist/ or 'Kind namespace/name', after synth{hint}"
        )
    screen.result(json.dumps(pages, indent=2) if options.format == "json" else "\n\n".join(map(_page, pages)))
    return 0


def _meant(options: argparse.Namespace, kept: Kept) -> list[Manifest]:
    """The objects of one environment that were asked for."""
    found = kept.at(os.path.realpath(options.what[0])) if len(options.what) == 1 else None
    found = found or kept.machine_file(" ".join(options.what))
    wanted = asked.parse(options.what, options.namespace or "")
    if found is not None or wanted is None:
        return [] if found is None else [found]

    def plural(identity: Identity) -> str:
        version = kept.stack.by_identity[identity][0].api_version
        kind = kept.stack.catalogue.kind(version, identity.kind)
        return kind.plural if kind is not None else ""

    return [manifest for manifest in kept.stack if asked.matches(wanted, manifest.identity, plural)]


def _page(page: dict[str, Any]) -> str:
    """One object's page for a reader."""
    facts = {
        "made by": f"{page['made by']}, construct {page['construct']}",
        "instance": f"{page['instance']} of {page['chart']}, deployed by {page['deployed by']}",
        "file": page["file"],
        "applied": "never: it is for the machines themselves",
    }
    if "wave" in page:
        wave = page["wave"]
        number = f"as object {wave['position']:,} of {wave['objects']:,}"
        facts["applied"] = f"in wave {wave['wave']} of {wave['of']}, {number}"
    if "qos" in page:
        facts["QoS class"] = page["qos"]
    if "rollout" in page:
        facts["rollout"] = _rollout(page["rollout"])
    width = max(map(len, facts))
    version = f" ({page['apiVersion']})" if "apiVersion" in page else ""
    lines = [f"{page['object']} in {page['environment']}{version}", ""]
    lines += [f"  {name.ljust(width)}   {text}" for name, text in facts.items()]
    if page.get("dns"):
        lines += ["", "DNS names", *(f"  {name}" for name in page["dns"])]
    for title in ("values", "refers to", "referred to by"):
        if page.get(title):
            lines += ["", title.capitalize(), *(f"  {line}" for line in table(page[title]).splitlines()[1:])]
    return "\n".join(lines)


def _rollout(told: dict[str, Any]) -> str:
    """How a change of the pods' template goes, in a line."""
    words = [
        f"{told['pods']} pods, {told['at_a_time']} at a time: {told['ready']} or more ready, {told['most']} at most",
        f"{told['seconds']} s or more",
    ]
    if told["gives_up"] is not None:
        words.append(f"given up after {told['gives_up']} s without progress")
    words.append(f"{told['revisions']} earlier revisions kept")
    return "; ".join(words)
