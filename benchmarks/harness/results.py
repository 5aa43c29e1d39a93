"""Results: what was measured, and the arithmetic on it."""

from __future__ import annotations

import dataclasses
import json
import statistics
from collections.abc import Callable
from pathlib import Path

from harness.contenders import PIPE


@dataclasses.dataclass
class Row:
    """All runs of one contender at one size."""

    label: str
    does: str
    wall: list[float] = dataclasses.field(default_factory=list)
    """Seconds, one a round, the first round's first."""
    cpu: list[float] = dataclasses.field(default_factory=list)
    memory: int = 0
    """Bytes at the peak; 0 where it was not measured."""
    limit: float | None = None
    """Seconds after which it was stopped; None where it ended by itself."""

    @property
    def median(self) -> float:
        return statistics.median(self.wall)


@dataclasses.dataclass
class Results:
    """One run of the benchmark."""

    date: str
    command: str
    rounds: dict[int, int]
    machine: dict[str, str]
    versions: dict[str, str]
    sizes: dict[int, dict[str, Row]] = dataclasses.field(default_factory=dict)
    """Objects to contender's name to its row."""

    def ratio(self, size: int, name: str) -> float | None:
        """A contender's time over that of ``helm template | kubeconform``: the median of the rounds' own ratios.

        Both runs of a ratio stand seconds apart, so a machine that grows slower in the meantime slows both.
        """
        rows = self.sizes.get(size, {})
        if name not in rows or PIPE not in rows:
            return None
        pairs = list(zip(rows[name].wall, rows[PIPE].wall, strict=False))
        return statistics.median(mine / theirs for mine, theirs in pairs) if pairs else None

    @classmethod
    def load(cls, file: Path) -> Results:
        """What ``save`` wrote."""
        read = json.loads(file.read_text(encoding="utf-8"))
        read["rounds"] = {int(size): rounds for size, rounds in read["rounds"].items()}
        read["sizes"] = {
            int(size): {name: Row(**row) for name, row in rows.items()} for size, rows in read["sizes"].items()
        }
        return cls(**read)

    def save(self, file: Path) -> None:
        file.write_text(json.dumps(dataclasses.asdict(self), indent=1) + "\n", encoding="utf-8")


@dataclasses.dataclass(frozen=True)
class Goal:
    """One figure that Pilothouse is built to reach."""

    sentence: str
    measure: Callable[[Results], tuple[float, str] | None]
    """The figure and how to write it; None where this run has not measured it."""
    limit: float


def _seconds(size: int, name: str) -> Callable[[Results], tuple[float, str] | None]:
    def measure(results: Results) -> tuple[float, str] | None:
        row = results.sizes.get(size, {}).get(name)
        return (row.median, f"{row.median:.2f} s") if row and row.wall else None

    return measure


def _ratio(size: int, name: str) -> Callable[[Results], tuple[float, str] | None]:
    def measure(results: Results) -> tuple[float, str] | None:
        ratio = results.ratio(size, name)
        return None if ratio is None else (ratio, f"{ratio:.2f} ×")

    return measure


def _beyond(size: int, name: str, less: str) -> Callable[[Results], tuple[float, str] | None]:
    """What one row takes beyond another: the median of the rounds' own differences."""

    def measure(results: Results) -> tuple[float, str] | None:
        rows = results.sizes.get(size, {})
        pairs = [rows[each].wall for each in (name, less) if each in rows]
        if len(pairs) < 2 or not all(pairs):
            return None
        cost = statistics.median(longer - shorter for longer, shorter in zip(*pairs, strict=False))
        return cost, f"{cost:.2f} s"

    return measure


def _checks(size: int) -> Callable[[Results], tuple[float, str] | None]:
    return _beyond(size, "pilothouse-cold", "pilothouse-unchecked")


def _growth(name: str) -> Callable[[Results], tuple[float, str] | None]:
    def measure(results: Results) -> tuple[float, str] | None:
        rows = [results.sizes.get(size, {}).get(name) for size in (10_000, 100_000)]
        if not all(row and row.wall for row in rows):
            return None
        small, large = (row.median for row in rows if row)
        return large / small, f"{large / small:.1f} ×"

    return measure


def _memory(results: Results) -> tuple[float, str] | None:
    row = results.sizes.get(100_000, {}).get("pilothouse-cold")
    return (row.memory / 1e6, f"{row.memory / 1e6:.0f} MB") if row and row.memory else None


GOALS = [
    Goal("nothing changed, 1 environment of 1,000 objects: at most 0.10 s", _seconds(1_000, "pilothouse-nothing"), 0.1),
    Goal(
        "nothing changed, 3 environments of 1,000 objects each: at most 0.10 s",
        _seconds(1_000, "pilothouse-nothing-3"),
        0.1,
    ),
    Goal(
        "nothing changed, 1,000 objects: less than 0.5 × `helm template \\| kubeconform`",
        _ratio(1_000, "pilothouse-nothing"),
        0.5,
    ),
    *(
        Goal(f"one chart of 20 changed, {size:,} objects: at most 0.6 s", _seconds(size, "pilothouse-one-chart"), 0.6)
        for size in (1_000, 10_000, 100_000)
    ),
    Goal("everything cold, 1,000 objects: at most 0.7 s", _seconds(1_000, "pilothouse-cold"), 0.7),
    Goal(
        "everything cold, 10,000 objects: at most 0.75 × `helm template \\| kubeconform`",
        _ratio(10_000, "pilothouse-cold"),
        0.75,
    ),
    Goal(
        "everything cold by the kit, 10,000 objects: at most 0.75 × `helm template \\| kubeconform`",
        _ratio(10_000, "pilothouse-kit-cold"),
        0.75,
    ),
    Goal("all checks but the schemas', 10,000 objects: at most 0.35 s of it", _checks(10_000), 0.35),
    Goal("all checks but the schemas', 100,000 objects: at most 5 s of it", _checks(100_000), 5),
    Goal("everything cold, 100,000 objects: at most 10 × the time of 10,000", _growth("pilothouse-cold"), 10),
    Goal("everything cold, 100,000 objects: at most 600 MB", _memory, 600),
    Goal("diff of 10,000 objects of which 10 differ: at most 1.5 s", _seconds(10_000, "diff"), 1.5),
    Goal("the same once both are read: at most 0.5 s of it", _beyond(10_000, "diff", "diff-read"), 0.5),
    Goal("diff of 100,000 objects: at most 10 × the time of 10,000", _growth("diff"), 10),
]
