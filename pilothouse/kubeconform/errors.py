"""What keeps kubeconform from judging: each error's text is what the user reads, whole."""

from __future__ import annotations

from collections.abc import Sequence


class KubeconformError(Exception):
    """kubeconform could not be had, or could not be run. Not a judgement about any file."""


class KubeconformMissing(KubeconformError):  # noqa: N818 -- caught as what it names
    """There is no usable kubeconform, and no Go to build one with."""


class BuildFailed(KubeconformError):  # noqa: N818 -- caught as what it names
    """Go was there, and did not build kubeconform."""


class KubeconformFailed(KubeconformError):  # noqa: N818 -- caught as what it names
    """kubeconform ran, and gave no result."""


def last_lines(output: str, count: int = 12) -> list[str]:
    """The end of what a tool printed: where it says what went wrong.

    :param output: everything it printed.
    :param count: how many lines at most.
    :returns: the last lines that are not blank, each indented by two blanks and at most 300 characters long.
    """
    lines = [line.rstrip() for line in output.splitlines() if line.strip()]
    return [f"  {line if len(line) <= 300 else line[:299] + '…'}" for line in lines[-count:]]


def explained(headline: str, output: str, advice: Sequence[str] = ()) -> str:
    """An error's text: what happened, the tool's own last words, and what to do.

    :param headline: one sentence.
    :param output: everything the tool printed.
    :param advice: lines that say what to do.
    """
    return "\n".join([headline, *last_lines(output), *advice])
