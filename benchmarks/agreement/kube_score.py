"""Hold Pilothouse's findings against kube-score's on the same manifests: ``python benchmarks/agreement/kube_score.py``.

Every check of kube-score is a row: how often both find something, only kube-score, or only Pilothouse, in an object of
the same file. Every difference has its reason in ``kube_score.toml`` beside this file, or the run fails.
"""

from __future__ import annotations

import argparse
import collections
import json
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
sys.path[:0] = [str(ROOT), str(HERE.parent)]

from harness import peers  # noqa: E402

from pilothouse.checks import catalogue  # noqa: E402
from pilothouse.checks.output import UNREADABLE  # noqa: E402
from pilothouse.reading import Reading  # noqa: E402
from pilothouse.validation import judge, somebodys  # noqa: E402
from tests.checks import public_examples  # noqa: E402

PACKAGE = "github.com/zegl/kube-score/cmd/kube-score"
VERSION = "1.34"
PASSED = 10
"""kube-score's grade for what it finds nothing wrong with."""


class Tally(NamedTuple):
    """One check of kube-score: the objects in which something was found."""

    both: set[str]
    theirs: set[str]
    ours: set[str]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cache", type=Path, default=Path.home() / ".cache" / "pilothouse" / "benchmarks")
    parser.add_argument("--show", metavar="CHECK", help="name the objects of one check instead of writing the page")
    arguments = parser.parse_args()
    tool, release = peers.go_tool(arguments.cache, "kube-score", PACKAGE, lambda text: print(text, file=sys.stderr))
    tallies: dict[str, Tally] = collections.defaultdict(lambda: Tally(set(), set(), set()))
    objects = 0
    for name, text in inputs():
        theirs = found_by_them(tool, text)
        count, ours = found_by_us(name, text)
        objects += count
        for check in theirs.keys() | ours.keys():
            their, our = theirs.get(check, set()), ours.get(check, set())
            tallies[check].both.update(f"{name}: {each}" for each in their & our)
            tallies[check].theirs.update(f"{name}: {each}" for each in their - our)
            tallies[check].ours.update(f"{name}: {each}" for each in our - their)
    if arguments.show:
        for what, them in zip(Tally._fields, tallies[arguments.show], strict=True):
            print(*(f"{what}: {each}" for each in sorted(them)), sep="\n")
        return 0
    reasons = tomllib.loads((HERE / "kube_score.toml").read_text(encoding="utf-8"))["reasons"]
    unexplained = sorted(
        check for check, tally in tallies.items() if tally.theirs | tally.ours and check not in reasons
    )
    (ROOT / "docs" / "agreement.md").write_text(page(tallies, reasons, release, objects), encoding="utf-8")
    if unexplained:
        print("differences without a reason in kube_score.toml:", *unexplained, sep="\n  ", file=sys.stderr)
    return bool(unexplained)


def inputs() -> Iterator[tuple[str, bytes]]:
    """Files of manifests: what other projects ship, and each environment of the reference stack as one file."""
    for file in public_examples.files():
        reading = Reading()
        reading.read_text(file.text, file.name, file.name)
        if reading.manifests and not any(each.code == UNREADABLE for each in reading.findings):
            yield f"{file.source}/{file.name}", file.text
    for environment in sorted((ROOT / "dist").glob("[!_]*")):
        parts = [file.read_bytes() for file in sorted(environment.rglob("*.yaml")) if file.stem != "kustomization"]
        yield f"dist/{environment.name}", b"---\n".join(parts)


def found_by_them(tool: Path, text: bytes) -> dict[str, set[str]]:
    """kube-score's check -> the objects in which it finds something, as ``Kind namespace/name``."""
    command = [str(tool), "score", "--kubernetes-version", f"v{VERSION}", "--output-format", "json", "-"]
    done = subprocess.run(command, input=text, capture_output=True, timeout=60)
    found: dict[str, set[str]] = collections.defaultdict(set)
    for scored in json.loads(done.stdout or b"[]") or ():
        for check in scored["checks"] or ():
            if not check["skipped"] and check["grade"] < PASSED:
                found[check["check"]["id"]].add(title(scored))
    return found


def title(scored: dict[str, Any]) -> str:
    metadata = scored["object_meta"]
    return f"{scored['type_meta']['kind']} {metadata.get('namespace') or 'default'}/{metadata.get('name')}"


def found_by_us(name: str, text: bytes) -> tuple[int, dict[str, set[str]]]:
    """How many objects there are, and kube-score's check -> the objects in which our equal of it finds something."""
    equals = {
        check.code: [other.removeprefix("kube-score ") for other in check.equals if other.startswith("kube-score ")]
        for check in catalogue().values()
    }
    reading = Reading()
    reading.read_text(text, name, name)
    judged = judge(somebodys(VERSION), reading, [], ours=False, crds=None, missing="warn", binary=None)
    found: dict[str, set[str]] = collections.defaultdict(set)
    for finding in judged.findings:
        kind, _, rest = finding.object.partition(" ")
        for check in equals[finding.code]:
            found[check].add(f"{kind} {rest if '/' in rest else 'default/' + rest}")
    return len(reading.manifests), found


def page(tallies: dict[str, Tally], reasons: dict[str, str], release: str, objects: int) -> str:
    """The page with the table."""
    equals = collections.defaultdict(list)
    for check in catalogue().values():
        for other in check.equals:
            equals[other].append(check.code)
    lines = [
        "<!-- Made by `python benchmarks/agreement/kube_score.py`. -->",
        "",
        "# Agreement with kube-score",
        "",
        f"kube-score {release} and Pilothouse on the same {objects:,} objects: the examples that well-known projects",
        "ship (see [decision 10](decisions/0010-public-examples.md)), each file by itself, and `dist/`. A number",
        f"counts objects in which a check finds something, for Kubernetes {VERSION}; waivers do not count here.",
        "",
        "| kube-score | Pilothouse | both | only kube-score | only Pilothouse | why they differ |",
        "|---|---|---:|---:|---:|---|",
    ]
    for check in sorted(tallies):
        both, theirs, ours = map(len, tallies[check])
        codes = ", ".join(equals[f"kube-score {check}"]) or "none"
        lines.append(f"| `{check}` | {codes} | {both} | {theirs} | {ours} | {reasons.get(check, '')} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.exit(main())
