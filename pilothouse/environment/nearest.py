"""The names that a person may have meant."""

from __future__ import annotations

from collections.abc import Iterable


def nearest(word: str, candidates: Iterable[str]) -> str | None:
    """The one candidate that reads most like a word.

    Letter case, ``-`` and ``_`` do not count, so ``kubernetes_version`` finds ``kubernetesVersion``.

    :param word: what was written.
    :param candidates: what could have been written.
    :returns: the nearest candidate, or None if none is near.
    """
    import difflib

    folded: dict[str, str] = {}
    for candidate in candidates:
        folded.setdefault(_fold(candidate), candidate)
    found = difflib.get_close_matches(_fold(word), folded, n=1, cutoff=0.6)
    return folded[found[0]] if found else None


def did_you_mean(word: str, candidates: Iterable[str], otherwise: str = "") -> str:
    """The end of a sentence about an unknown name.

    :param word: what was written.
    :param candidates: what could have been written.
    :param otherwise: what the list is called, such as ``known keys``; if given, and nothing is near, the candidates
        are listed under that name.
    :returns: ``, did you mean 'x'?``; or ``: known keys are a, b``; or nothing.
    """
    known = list(dict.fromkeys(candidates))
    near = nearest(word, known)
    if near is not None:
        return f", did you mean {near!r}?"
    if otherwise and 0 < len(known) <= 20:
        return f": {otherwise} are {', '.join(known)}"
    return ""


def _fold(word: str) -> str:
    return word.lower().replace("_", "").replace("-", "")
