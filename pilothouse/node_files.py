"""What Node reads and writes for a chart: Python's audit hook does not see it, so it is told where it is asked for."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping, Sequence
from typing import Any

from pilothouse import origin, purity, reads, watch

_REMOTE = ("http://", "https://", "oci://", "git://", "ssh://")
_FETCHES = "keep a copy in the repository, and name that: what a server answers may change, and so would the objects"


def include(url: str) -> None:
    """Note the file that ``cdk8s.Include`` or ``Yaml.load`` is about to read.

    :raises ImpureError: where it lies on a server.
    :raises FileNotFoundError: where there is none.
    """
    if url.startswith(_REMOTE):
        _refuse(f"opens a network connection ({url})", _FETCHES)
        return
    reads.whole(url)
    if not os.path.exists(url):
        raise FileNotFoundError(f"{url}: no such file")


def helm(properties: Mapping[str, Any]) -> None:
    """Note what ``cdk8s.Helm`` is about to read: the chart, the program, and the files that its flags name.

    :param properties: what ``cdk8s.HelmProps`` was given, by Python's names.
    :raises ImpureError: where the chart lies on a server.
    """
    chart, repository = str(properties.get("chart", "")), properties.get("repo")
    if repository or chart.startswith(_REMOTE):
        _refuse(f"opens a network connection (Helm chart {repository or ''} {chart})".replace("  ", " "), _FETCHES)
        return
    reads.whole(chart)
    flags = [flag.partition("=")[2] or flag for flag in properties.get("helm_flags") or ()]
    for flag in flags:
        if os.path.exists(flag):
            reads.whole(flag)
    program = properties.get("helm_executable") or "helm"
    if watch.current is not None:
        watch.current.read("variable", "PATH")
    found = shutil.which(program)
    if found is None:
        raise FileNotFoundError(f"there is no program {program} to render a Helm chart with: install it, or name one")
    reads.whole(found)


def call(kind: str, method: str, arguments: Sequence[Any]) -> None:
    """Note what a call into cdk8s is about to read or write.

    :param kind: the class's name.
    :param method: the method's name in JavaScript.
    """
    if (kind, method) == ("Yaml", "load") and arguments:
        include(str(arguments[0]))
    elif method in ("addFile", "addDirectory") and arguments:
        reads.whole(str(arguments[0]))
    elif (kind, method) in (("Yaml", "save"), ("Yaml", "tmp"), ("App", "synth"), ("_App", "synth")):
        _refuse("writes files", "a chart changes nothing: it adds objects, and Pilothouse writes them")


def _refuse(what: str, fix: str) -> None:
    frame = origin.authors_frame(2)
    if watch.current is not None and frame is not None:
        purity.refuse(what, fix, frame)
