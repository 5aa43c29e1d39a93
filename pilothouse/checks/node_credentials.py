"""Credentials in files for machines: nothing secret is ever written."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from pilothouse.checks.catalogue import Problem, node_check
from pilothouse.checks.secrets import MASK
from pilothouse.fieldpath import FieldPath, format_path
from pilothouse.finding import Severity
from pilothouse.machines.file import MachineFile
from pilothouse.stack import Stack
from pilothouse.yamlio import YamlReadError

CREDENTIAL = "NODE001"

_NAMES = (
    "accesskey",
    "apikey",
    "auth",
    "certificatekey",
    "clientkeydata",
    "encryptionkey",
    "identitytoken",
    "pass",
    "passphrase",
    "passwd",
    "password",
    "privatekey",
    "secret",
    "secretkey",
    "token",
)
"""What the name of a field that holds a credential ends in, in lower case and without ``-`` and ``_``."""
# These compile where they are first needed: most stacks have no file for machines.
_IN_LINE = r"([\w.-]+)\s*[=:]\s*(\"[^\"]*\"|'[^']*'|\{\{.*?\}\}|\S+)"
_TEMPLATE = r"(?s)\s*[\"']?\{\{.*\}\}[\"']?\s*\Z"
_PRIVATE_KEY = r"-----BEGIN [A-Z ]*PRIVATE KEY-----"

FIX = "keep it out of the repository: kubeadm makes its own, and Ansible reads its from a vault"


def named_secret(name: str) -> bool:
    """Whether a field's name says that a credential stands in it: ``token``, ``certificateKey``, ``ansible_password``.

    The name of a file that holds one (``tlsPrivateKeyFile``) says where it is, and not what it is.
    """
    return name.lower().replace("-", "").replace("_", "").endswith(_NAMES)


def credentials(value: Any) -> list[FieldPath]:
    """Where credentials stand for everyone to read, in one document of a machine's file.

    A template that something else fills in (``{{ vault_password }}``) does not count.

    :param value: the document.
    """
    return list(_below(value, (), secret=False))


def _below(value: Any, path: FieldPath, *, secret: bool) -> Iterator[FieldPath]:
    if isinstance(value, dict):
        name, what = value.get("name"), value.get("value")
        of_pair = isinstance(name, str) and what is not None and named_secret(name)
        for key, inner in value.items():
            step = key if isinstance(key, str) else str(key)
            yield from _below(inner, (*path, step), secret=named_secret(step) or (of_pair and key == "value"))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _below(inner, (*path, index), secret=secret)
    elif (secret and _readable(value)) or (isinstance(value, str) and _in_text(value)):
        yield path


def _readable(value: Any) -> bool:
    if isinstance(value, str):
        return value not in ("", MASK) and not re.match(_TEMPLATE, value)
    return isinstance(value, int | float) and not isinstance(value, bool)


def _in_text(text: str) -> bool:
    """Whether a text is a private key, or a line of ``name=value`` pairs with a credential among them."""
    if re.search(_PRIVATE_KEY, text):
        return True
    return any(named_secret(name) and _readable(value) for name, value in re.findall(_IN_LINE, text))


def masked(value: Any, paths: list[FieldPath]) -> Any:
    """A copy of a content with what stands at some paths replaced, fit to be kept and shown.

    :param value: dicts and lists.
    :param paths: as :func:`credentials` gives them.
    """
    here = {path[0]: [other[1:] for other in paths if other and other[0] == path[0]] for path in paths if path}
    if not here:
        return MASK if paths else value
    items = value.items() if isinstance(value, dict) else enumerate(value)
    done = {key: masked(inner, here[key]) if key in here else inner for key, inner in items}
    return done if isinstance(value, dict) else list(done.values())


def words(path: FieldPath) -> str:
    """What is said of one credential."""
    return f"the file carries a credential under {format_path(path)}" if path else "the file carries a private key"


def found_in(file: MachineFile) -> list[tuple[int, FieldPath]]:
    """Every credential in a file: the number of its document, and its place there."""
    try:
        documents = file.documents()
    except YamlReadError:
        documents = []
    found = [(number, path) for number, each in enumerate(documents) for path in credentials(each.body)]
    return found if found or not re.search(_PRIVATE_KEY, file.text) else [(0, ())]


@node_check(CREDENTIAL, Severity.ERROR, "a credential in a file for machines")
def readable(file: MachineFile, stack: Stack) -> Iterator[Problem]:
    """A credential that stands in a repository is read by everyone who reads the repository, for ever.

    The files for machines could hold many: kubeadm's bootstrap tokens and certificate keys, passwords of registries
    in containerd's settings, passwords and keys in an inventory. None has to stand there: kubeadm makes its own token
    and prints it, a join reads it from a file of the machine (``discovery.file``), Ansible reads its from a vault
    (``{{ vault_password }}`` is no finding). This finding cannot be waived, and its value is never printed.

    ```yaml bad
    apiVersion: kubeadm.k8s.io/v1beta4
    kind: InitConfiguration
    bootstrapTokens:
      - token: abcdef.0123456789abcdef
    ```

    ```yaml good
    apiVersion: kubeadm.k8s.io/v1beta4
    kind: InitConfiguration
    bootstrapTokens:
      - ttl: 1h0m0s
    ```

    Source: Kubernetes documentation, "kubeadm Configuration (v1beta4)", BootstrapToken.
    """
    documents = [] if not (found := found_in(file)) else file.documents() or [file.whole]
    for number, path in found:
        yield Problem(documents[number], words(path), path, FIX)
