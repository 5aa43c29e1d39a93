"""What another tool and Pilothouse find in the same manifests, and why they differ."""

from __future__ import annotations

import collections
import dataclasses
import fnmatch
import sys
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "benchmarks")]

from pilothouse.checks import catalogue  # noqa: E402
from pilothouse.checks.output import UNREADABLE  # noqa: E402
from pilothouse.reading import Reading  # noqa: E402
from pilothouse.validation import judge, somebodys  # noqa: E402
from tests.checks import peer_checks, public_examples  # noqa: E402

VERSION = "1.34"
"""The version of Kubernetes that all of it is judged for."""

Found = Mapping[str, set[str]]
"""A check of the other tool -> the objects in which something is found, as ``Kind namespace/name``."""


class Input(NamedTuple):
    """One file of manifests, which is judged by itself."""

    name: str
    text: bytes


class Difference(NamedTuple):
    """An object in which one of the two finds something, and the other nothing."""

    check: str
    side: str
    """Who finds it: ``theirs`` or ``ours``."""
    input: str
    object: str


@dataclasses.dataclass(frozen=True)
class Peer:
    """Another tool."""

    tool: str
    """As the checks' ``equals`` names it."""
    head: Callable[[int], str]
    """What the page says before the table, for a number of objects."""
    inputs: Callable[[], Iterable[Input]]
    found: Callable[[bytes], Found]
    offline: Callable[[bytes], Found] | None = None
    """What of it the tool says without a cluster, where that is less."""


@dataclasses.dataclass
class Tally:
    """One check of the other tool: where it finds something, by who does."""

    both: set[tuple[str, str]] = dataclasses.field(default_factory=set)
    theirs: set[tuple[str, str]] = dataclasses.field(default_factory=set)
    ours: set[tuple[str, str]] = dataclasses.field(default_factory=set)
    offline: set[tuple[str, str]] = dataclasses.field(default_factory=set)
    """Those of the other tool's that it finds without a cluster, too."""


class Reason(NamedTuple):
    """Why the two differ about one check."""

    check: str
    why: str
    only: str = ""
    """The side that it is about; empty for both."""
    inputs: str = "*"
    """A pattern of the inputs that it is about."""
    objects: str = "*"
    """A pattern of the objects that it is about."""

    def explains(self, difference: Difference) -> bool:
        return (
            difference.check == self.check
            and self.only in ("", difference.side)
            and fnmatch.fnmatchcase(difference.input, self.inputs)
            and fnmatch.fnmatchcase(difference.object, self.objects)
        )


def written_reasons(tool: str) -> list[Reason]:
    """What the file beside this one says."""
    file = Path(__file__).parent / f"{tool.replace('-', '_')}.toml"
    found = []
    for check, said in tomllib.loads(file.read_text(encoding="utf-8"))["reasons"].items():
        found += [Reason(check, said)] if isinstance(said, str) else [Reason(check, **each) for each in said]
    return found


def listed_reasons(tool: str) -> list[Reason]:
    """Why none of our checks equals one of the tool's, from the list of its checks."""
    listed = next(each for each in peer_checks.peers() if each.tool == tool)
    return [Reason(check, why) for check, why in listed.checks.items() if why]


class Comparison:
    """The tallies of one tool.

    :param peer: the tool.
    """

    def __init__(self, peer: Peer) -> None:
        self.peer = peer
        self.objects = 0
        self.written = written_reasons(peer.tool)
        own = {each.check for each in self.written}
        self.reasons = self.written + [each for each in listed_reasons(peer.tool) if each.check not in own]
        self.tallies: dict[str, Tally] = collections.defaultdict(Tally)
        for one in peer.inputs():
            self._add(one)

    def _add(self, one: Input) -> None:
        count, ours = found_by_us(self.peer.tool, one)
        theirs = self.peer.found(one.text)
        offline = self.peer.offline(one.text) if self.peer.offline else {}
        self.objects += count
        for check in theirs.keys() | ours.keys() | offline.keys():
            # What it says offline alone is said, too: nothing that either finds is left out.
            their, our = theirs.get(check, set()) | offline.get(check, set()), ours.get(check, set())
            tally = self.tallies[check]
            tally.both.update((one.name, each) for each in their & our)
            tally.theirs.update((one.name, each) for each in their - our)
            tally.ours.update((one.name, each) for each in our - their)
            tally.offline.update((one.name, each) for each in offline.get(check, set()))

    def differences(self) -> Iterator[Difference]:
        """Every difference, in order."""
        for check, tally in sorted(self.tallies.items()):
            for side in ("theirs", "ours"):
                for name, each in sorted(getattr(tally, side)):
                    yield Difference(check, side, name, each)

    def unexplained(self) -> list[Difference]:
        """The differences that no reason explains."""
        return [each for each in self.differences() if not any(reason.explains(each) for reason in self.reasons)]

    def idle(self) -> list[Reason]:
        """The written reasons that explain nothing."""
        differences = list(self.differences())
        return [reason for reason in self.written if not any(reason.explains(each) for each in differences)]

    def section(self) -> str:
        """The tool's part of the page, as Markdown."""
        tool, offline = self.peer.tool, self.peer.offline is not None
        columns = [tool, "Pilothouse", "both", f"only {tool}", "only Pilothouse"]
        columns += [f"{tool} offline"] if offline else []
        lines = [
            self.peer.head(self.objects),
            "",
            f"| {' | '.join([*columns, 'why they differ'])} |",
            f"|---|---|{'---:|' * (len(columns) - 2)}---|",
        ]
        equals, differences = peer_checks.ours(), list(self.differences())
        for check, tally in sorted(self.tallies.items()):
            of_check = [each for each in differences if each.check == check]
            why = [reason.why for reason in self.reasons if any(reason.explains(each) for each in of_check)]
            counts = [tally.both, tally.theirs, tally.ours] + ([tally.offline] if offline else [])
            codes = ", ".join(equals.get(f"{tool} {check}", ())) or "none"
            cells = [f"`{check}`", codes, *(str(len(each)) for each in counts), "; ".join(dict.fromkeys(why))]
            lines.append(f"| {' | '.join(cells)} |")
        return "\n".join(lines) + "\n"


def found_by_us(tool: str, one: Input) -> tuple[int, Found]:
    """How many objects there are, and the other tool's check -> the objects in which our equal finds something."""
    equals = {
        check.code: [other.removeprefix(f"{tool} ") for other in check.equals if other.startswith(f"{tool} ")]
        for check in catalogue().values()
    }
    reading = Reading()
    reading.read_text(one.text, one.name, one.name)
    judged = judge(somebodys(VERSION), reading, [], ours=False, crds=None, missing="warn", binary=None)
    found: dict[str, set[str]] = collections.defaultdict(set)
    for finding in judged.findings:
        for check in equals[finding.code]:
            found[check].add(titled(finding.object))
    return len(reading.manifests), found


def titled(name: str) -> str:
    """``Kind name`` -> ``Kind default/name``; with a namespace it stays as it is."""
    kind, _, rest = name.partition(" ")
    return f"{kind} {rest if '/' in rest else 'default/' + rest}"


def examples() -> Iterator[Input]:
    """What other projects ship."""
    for file in public_examples.files():
        reading = Reading()
        reading.read_text(file.text, file.name, file.name)
        if reading.manifests and not any(each.code == UNREADABLE for each in reading.findings):
            yield Input(f"{file.source}/{file.name}", file.text)


def own_stack() -> Iterator[Input]:
    """Each environment of the reference stack as one file."""
    for environment in sorted((ROOT / "dist").glob("[!_]*")):
        parts = [file.read_bytes() for file in sorted(environment.rglob("*.yaml")) if file.stem != "kustomization"]
        yield Input(f"dist/{environment.name}", b"---\n".join(parts))
