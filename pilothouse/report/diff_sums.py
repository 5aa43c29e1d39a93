"""The sums of a diff: how much changes in each environment, and what that comes to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from pilothouse.diff.impact import Effect, Impact
from pilothouse.diff.stacks import Changed
from pilothouse.lenient import count
from pilothouse.manifest import Identity
from pilothouse.report.diff_words import at_once, sort_of

_PHRASES: dict[Effect, tuple[str, str]] = {
    Effect.DATA: ("{} object's data at risk", "data of {} objects at risk"),
    Effect.REPLACE: ("the API server refuses {} object", "the API server refuses {} objects"),
    Effect.BREAKS: ("{} object breaks", "{} objects break"),
    Effect.ACCESS: ("access changes with {} object", "access changes with {} objects"),
    Effect.TRAFFIC: ("traffic moves with {} object", "traffic moves with {} objects"),
    Effect.SCALES: ("{} workload scales", "{} workloads scale"),
    Effect.ROLLS: ("{} workload rolls", "{} workloads roll"),
    Effect.STALE: ("{} workload keeps what it has read", "{} workloads keep what they have read"),
    Effect.RENAMED: ("{} object is renamed", "{} objects are renamed"),
    Effect.NOTHING: ("{} object without effect on pods", "{} objects without effect on pods"),
}


@dataclass
class Sum:
    """What changes in one environment."""

    sorts: Counter[str] = field(default_factory=Counter)
    """``added``, ``removed`` and ``changed`` -> how many objects."""
    objects: dict[Effect, dict[Identity, list[Impact]]] = field(default_factory=dict)
    """Effect -> the objects to which it happens, each with what happens."""

    def number(self, effect: Effect) -> int:
        """To how many objects something of this sort happens."""
        return len(self.objects.get(effect, ()))

    def rolling(self) -> tuple[int, int]:
        """How many pods are replaced, and how many seconds that takes at least; 0 where it is not known."""
        facts = [[impact.facts for impact in each] for each in self.objects.get(Effect.ROLLS, {}).values()]
        pods, seconds = (
            [max((count(fact.get(name), 0) for fact in each), default=0) for each in facts]
            for name in ("pods", "seconds")
        )
        return sum(pods), max(seconds, default=0)  # workloads roll at the same time

    def phrases(self) -> list[str]:
        """What happens, the gravest first: ``2 workloads roll (5 pods, at least 30 s)``."""
        return [self.phrase(effect) for effect in Effect if self.number(effect)]

    def phrase(self, effect: Effect) -> str:
        """What happens of one sort: ``2 workloads roll (5 pods, at least 30 s)``."""
        number = self.number(effect)
        phrase = _PHRASES[effect][number != 1].format(f"{number:,}")
        return f"{phrase}{self.pods()}" if effect is Effect.ROLLS else phrase

    def pods(self) -> str:
        """How many pods are replaced and how long it takes, in brackets; empty where it is not known."""
        pods, seconds = self.rolling()
        known = [f"{pods:,} pod{'' if pods == 1 else 's'}"] if pods else []
        known += [f"at least {seconds:,} s"] if seconds else []
        return f" ({', '.join(known)})" if known else ""


def by_environment(changes: Sequence[Changed]) -> dict[str, Sum]:
    """What changes in each environment, by its name; under the empty name where there are none."""
    found: dict[str, Sum] = {}
    for each in changes:
        for name in each.environments:
            told = found.setdefault(name, Sum())
            told.sorts[sort_of(each.change)] += 1
            for impact in each.change.impacts:
                on = impact.on or each.change.identity
                if impact.effect is Effect.RENAMED:
                    on = min(on, each.change.identity)  # both of its names tell of it
                told.objects.setdefault(impact.effect, {}).setdefault(on, []).append(impact)
    return dict(sorted(found.items()))


def objects(sorts: Counter[str]) -> str:
    """How many objects differ: ``2 objects changed, 1 added``; ``no differences`` where none does."""
    parts = [f"{sorts[sort]:,} {sort}" for sort in ("changed", "added", "removed") if sorts[sort]]
    if not parts:
        return "no differences"
    number, rest = parts[0].split(" ", 1)
    return ", ".join([f"{number} object{'' if number == '1' else 's'} {rest}", *parts[1:]])


def summary(changes: Sequence[Changed]) -> list[str]:
    """How much differs, and what it comes to: one line, or where environments differ one more for each.

    What is the same change in several environments counts once among the objects, and in each one's own line.
    """
    first = objects(Counter(sort_of(each.change) for each in changes))
    told: dict[str, list[str]] = {}
    for name, each in by_environment(changes).items():
        if phrases := ", ".join(each.phrases()):
            told.setdefault(phrases, []).append(name)
    lines = [(at_once(names), phrases) for phrases, names in told.items()]
    if len(lines) == 1 and not lines[0][0]:
        return [f"{first}; {lines[0][1]}"]
    return [first, *(f"  {names}: {phrases}" if names else f"  {phrases}" for names, phrases in lines)]
