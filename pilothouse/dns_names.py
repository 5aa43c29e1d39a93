"""DNS names in text: the Services that a command, an argument or a variable speaks of.

Source: Kubernetes documentation, DNS for Services and Pods.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from typing import NamedTuple


class Name(NamedTuple):
    """A name such as ``mysql-0.mysql.data.svc.cluster.local``, as it stands in a text."""

    text: str
    host: str
    """What stands before the Service's name: a pod of it, or a port; empty where nothing does."""
    service: str
    namespace: str
    domain: str
    """The cluster's domain; empty where the name ends in ``svc``."""


@functools.cache
def _pattern() -> re.Pattern[str]:
    # What a shell or a template puts before the first dot belongs to the name too: $(POD).mysql.data.svc
    label = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9])?"
    return re.compile(
        rf"(?:(?<![\w.*-])|(?P<templated>(?<=[)}}])\.))"
        rf"(?P<labels>{label}(?:\.{label}){{1,6}})\.svc(?P<domain>(?:\.{label})*)\.?(?![\w-])(?!\.\w)"
    )


def in_text(text: str) -> Iterator[Name]:
    """Every name of a Service in a text, each once.

    A name without a namespace (``mysql.svc``) is none, nor is a wildcard (``.svc``, ``*.data.svc``).
    """
    seen = set()
    for match in _pattern().finditer(text):
        *host, service, namespace = match["labels"].split(".")
        name = Name(match[0].strip("."), ".".join(host), service, namespace, match["domain"].strip("."))
        if name not in seen:
            seen.add(name)
            yield name
