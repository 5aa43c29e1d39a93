"""Find what someone meant: the nearest kinds and fields to a word that nothing has."""

from __future__ import annotations

from collections.abc import Iterable


def words(word: str, known: Iterable[str], most: int = 1, cutoff: float = 0.7) -> list[str]:
    """The known words that are nearest to a misspelled one.

    :param word: as written.
    :param known: what it may have meant.
    :param most: how many at most.
    :param cutoff: how alike they must be, from 0 to 1.
    :returns: the nearest first; case, dashes and underscores make no difference.
    """
    from difflib import SequenceMatcher

    plain = _plain(word)
    scored = []
    for other in known:
        score = SequenceMatcher(None, plain, _plain(other)).ratio()
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
    if same:
        # Kubernetes' own groups come before those of custom resources that share a kind's name.
        same.sort(key=lambda e: (e[0] != group, not e[0].endswith(".k8s.io") and "." in e[0], not e[3], e[1]))
        wanted = [entry for entry in same if entry[3]] or same
    else:
        alike = words(kind, sorted({entry[2] for entry in known}), most=3, cutoff=0.75)
        # The right group makes a guess likelier than a letter more in common does.
        wanted = [entry for entry in known if entry[2] in alike and (entry[3] or entry[1] == api_version)]
        wanted.sort(key=lambda e: (e[1] != api_version, e[0] != group, alike.index(e[2]), not e[3], e[1]))
    titles = list(dict.fromkeys(f"{version} {name}" for _group, version, name, _preferred in wanted))
    if replacement and replacement in {f"{entry[1]} {entry[2]}" for entry in known}:
        titles = [replacement, *(title for title in titles if title != replacement)]
    return titles[:3]
