"""Find what someone meant: the nearest kinds and fields to a word that nothing has."""

from __future__ import annotations

from collections.abc import Iterable


def words(word: str, known: Iterable[str], most: int = 1, cutoff: float = 0.7) -> list[str]:
    """The known words that are nearest to a misspelled one.

    :param word: as written.
    :param known: what it may have meant.
    :param most: how many at most.
    :param cutoff: how alike they must be, from 0 to 1.
    :returns: the nearest first; a word that differs only by case, dashes or underscores comes before all others.
    """
    from difflib import SequenceMatcher

    plain = _plain(word)
    scored = []
    for other in known:
        like = _plain(other)
        score = 2.0 if like == plain else SequenceMatcher(None, plain, like).ratio()
        if score >= cutoff:
            scored.append((-score, other))
    return [other for _score, other in sorted(scored)[:most]]


def _plain(word: str) -> str:
    return word.replace("-", "").replace("_", "").lower()


def kinds(
    api_version: str, kind: str, known: Iterable[tuple[str, str, str, bool]], replacement: str | None
) -> list[str]:
    """The known kinds that are nearest to an unknown one.

    :param api_version: as written.
    :param kind: as written.
    :param known: group, API version, kind and whether it is the preferred version, of each.
    :param replacement: what took its place, where that is known.
    :returns: at most three titles, such as ``networking.k8s.io/v1 Ingress``: its replacement, the same kind in other
        versions and groups, then kinds that are spelled alike.
    """
    known = list(known)
    group = api_version.rpartition("/")[0]
    same = [entry for entry in known if entry[2] == kind]
    if not same:
        alike = words(kind, sorted({entry[2] for entry in known}), most=3, cutoff=0.75)
        # The right group makes a guess likelier than a letter more in common does.
        same = [entry for name in alike for entry in known if entry[2] == name]
        ranks = {name: rank for rank, name in enumerate(alike)}
        same.sort(key=lambda e: (e[1] != api_version, e[0] != group, ranks[e[2]], not e[3], e[1]))
        titles: list[str] = []
        for _group, version, name, preferred in same:
            if (preferred or version == api_version) and f"{version} {name}" not in titles:
                titles.append(f"{version} {name}")
        return titles[:3]
    same.sort(key=lambda e: (e[0] != group, not e[0].endswith(".k8s.io") and "." in e[0], not e[3], e[1]))
    titles = [f"{version} {name}" for _group, version, name, preferred in same if preferred] or [
        f"{version} {name}" for _group, version, name, _preferred in same
    ]
    if replacement and replacement in {f"{entry[1]} {entry[2]}" for entry in known}:
        titles = [replacement, *(title for title in titles if title != replacement)]
    return titles[:3]
