"""The file name of an object: one for each, the same on every machine, taken by every file system.

A name keeps what every file system keeps: lower-case ASCII letters, digits, ``.``, ``_`` and ``-``. Everything else is
encoded, so that two objects never share a file, also where case or Unicode normal form is not told apart:

=============  ======================================================================================================
in the file    stands for
=============  ======================================================================================================
``+m``         an upper-case ``M``
``%3a``        the byte 3a of the UTF-8 form: what is not kept, and what would mean something where it stands (a leading
               ``.``, ``-`` or ``_`` and a trailing ``.`` of a folder, the first letter of ``con`` or ``nul``)
``%0``         nothing at all (an empty name)
``%-``         a ``-`` that ends a group of a shape that Kubernetes refuses
``%_`` + hex   the digest of the whole name, where it is too long and was cut
=============  ======================================================================================================

A group is told from a name by the first ``-`` that can end one: what stands before it has two labels or more, the last
of at least two characters. A ``-`` inside a group that could be taken for that end is written ``%2d``.
"""

from __future__ import annotations

import functools
import re

from pilothouse.dist.state import blake2b

LONGEST = 140
"""Bytes a file or folder name may have: eCryptfs takes 143, all others 255."""

CLUSTER = "_cluster"
"""The folder of objects that have no namespace."""

_GROUPS = frozenset(
    [
        "",
        "apps",
        "autoscaling",
        "batch",
        "extensions",
        "policy",
        "admissionregistration.k8s.io",
        "apiextensions.k8s.io",
        "apiregistration.k8s.io",
        "authentication.k8s.io",
        "authorization.k8s.io",
        "certificates.k8s.io",
        "coordination.k8s.io",
        "discovery.k8s.io",
        "events.k8s.io",
        "flowcontrol.apiserver.k8s.io",
        "internal.apiserver.k8s.io",
        "networking.k8s.io",
        "node.k8s.io",
        "rbac.authorization.k8s.io",
        "resource.k8s.io",
        "scheduling.k8s.io",
        "storage.k8s.io",
        "storagemigration.k8s.io",
    ]
)
"""The groups that kube-apiserver itself serves; ``extensions`` held kinds that have moved to others of them."""

_PLAIN = re.compile(r"[a-z0-9._-]*\Z")
_PORTABLE = re.compile(r"[A-Za-z0-9._-]*\Z")
_ODD = re.compile(r"[^a-z0-9._-]")
_ODD_IN_KIND = re.compile(r"[^a-z0-9]")

# Windows reserves these, with any extension, for devices.
_DEVICES = frozenset(["con", "prn", "aux", "nul", *(f"{port}{i}" for port in ("com", "lpt") for i in range(10))])
# A folder of this name would stand where Kustomize looks for its own file.
_KUSTOMIZATIONS = frozenset(["kustomization", "kustomization.yaml", "kustomization.yml"])


def object_path(instance: str, namespace: str | None, api_version: str, kind: str, name: str) -> str:
    """Name the file of one object, relative to its environment's folder.

    ``kubia/custom-namespace/deployment-kubia-dp.yaml``, ``mesh/istio-system/gateway.networking.istio.io-kubia.yaml``.
    Two objects that differ in instance, namespace, group, kind or name get two names, also if both are compared without
    regard to case or Unicode normal form. What does not count: the version; the case of the kind; which one of
    Kubernetes' own groups it is (no kind stands in two of them, but for those that moved).

    :param instance: the chart's instance.
    :param namespace: the namespace, None for an object without one.
    :param api_version: the group and version as in ``apiVersion`` (``apps/v1``, ``v1``).
    :param kind: the kind as in ``kind``.
    :param name: ``metadata.name``.
    :returns: three names joined with ``/``, each of at most 140 characters.
    """
    place = CLUSTER if namespace is None else _folder(namespace)
    file = f"{_prefix(api_version, kind)}{name if _PLAIN.match(name) and name else _encode(name)}.yaml"
    if len(file) > LONGEST:
        file = _cut(file, ".yaml")
    return f"{_folder(instance)}/{place}/{file}"


def unportable(path: object) -> str:
    """What keeps a path from being one that every machine can have, below a folder that it never leaves.

    :param path: names joined with ``/``: letters, digits, ``.``, ``_`` and ``-``, none of them hidden.
    :returns: a few words; empty where nothing does.
    """
    if not isinstance(path, str):
        return f"expected a string, got {type(path).__name__}"
    for name in path.split("/"):
        if not name:
            return "a name is empty: names are joined with one /, and none stands before the first"
        if name[0] == ".":
            return f"the name {name!r} begins with a dot"
        if not _PORTABLE.match(name) or name[-1] == ".":
            return f"the name {name!r} is not made of letters, digits, '.', '_' and '-', or ends with a dot"
        if len(name) > LONGEST:
            return f"the name {name[:20]!r}… has {len(name)} characters, expected {LONGEST} at most"
        if name.partition(".")[0].lower() in _DEVICES:
            return f"the name {name!r} is that of a device on some machines"
    return ""


@functools.lru_cache(maxsize=1024)
def _folder(name: str) -> str:
    text = _encode(name)
    if text[0] in "._-" or text in _KUSTOMIZATIONS or text.partition(".")[0] in _DEVICES:
        text = _percent(text[0]) + text[1:]
    if text[-1] == ".":
        text = text[:-1] + _percent(".")
    return text if len(text) <= LONGEST else _cut(text, "")


@functools.lru_cache(maxsize=1024)
def _prefix(api_version: str, kind: str) -> str:
    """Everything before the name: ``deployment-``, ``gateway.networking.istio.io-``."""
    group = api_version.rpartition("/")[0]
    lower = "".join(c.lower() if c.isascii() else c for c in kind)
    text = _ODD_IN_KIND.sub(_percent_match, lower) or "%0"
    if text in _DEVICES:
        text = _percent(text[0]) + text[1:]
    if group in _GROUPS:
        return f"{text}-"
    return f"{text}.{_group(_encode(group))}"


def _group(text: str) -> str:
    if not _can_be_group(text):
        return f"{text}%-"
    parts = text.split("-")
    written = parts[0]
    for i in range(1, len(parts)):
        written += ("%2d" if _can_be_group("-".join(parts[:i])) else "-") + parts[i]
    return f"{written}-"


def _can_be_group(text: str) -> bool:
    before, _, last = text.rpartition(".")
    return bool(before) and len(last) >= 2


def _encode(text: str) -> str:
    if not text:
        return "%0"
    return text if _PLAIN.match(text) else _ODD.sub(_odd, text)


def _odd(match: re.Match[str]) -> str:
    character = match[0]
    return f"+{character.lower()}" if "A" <= character <= "Z" else _percent(character)


def _percent_match(match: re.Match[str]) -> str:
    return _percent(match[0])


def _percent(character: str) -> str:
    return "".join(f"%{byte:02x}" for byte in character.encode("utf-8", "surrogatepass"))


def _cut(text: str, ending: str) -> str:
    digest = blake2b(text.encode("ascii"), digest_size=16).hexdigest()
    kept = text[: LONGEST - len(ending) - len(digest) - 2]
    # Half an escape would read as something else.
    kept = re.sub(r"(\+|%[0-9a-f]?)\Z", "", kept)
    return f"{kept}%_{digest}{ending}"
