"""Files for machines, each by itself: where they stand, whether they can be read, and the schemas of their kinds."""

from __future__ import annotations

from collections.abc import Iterator

from pilothouse.checks.catalogue import Problem, described, node_check, stack_check
from pilothouse.finding import Severity
from pilothouse.machines.file import MachineDocument, MachineFile
from pilothouse.schemas.node_kinds import judges
from pilothouse.stack import Stack
from pilothouse.yamlio import YamlReadError

PATH = described(
    "NODE002",
    Severity.ERROR,
    "a path that no file for machines can have",
    """
    A ``NodeFile`` stands below ``dist/_nodes/<environment>/`` and nowhere else: its path is made of names joined with
    ``/``, letters, digits, ``.``, ``_`` and ``-`` in each, none of them hidden, so that every file system takes it and
    none leads out of the folder.
    """,
    "node_files",
)

UNWRITABLE = described(
    "NODE003",
    Severity.ERROR,
    "a content that its file cannot hold",
    """
    What a ``NodeFile`` is given decides its format: text is written as it is, a list of dicts gives the documents of
    a YAML file, a dict a TOML file, an ``Ini`` an INI file, and the ending of the path has to say the same. Each
    format has its limits: TOML has no null, no line of an INI file holds another one, JSON has no comment, so that
    Pilothouse could not tell its own file again.
    """,
    "node_files",
)

_OTHER = "give one of the two another path"

CODES = (PATH, UNWRITABLE)
"""What leaves nothing to write."""


@node_check("NODE004", Severity.ERROR, "a file for machines that is not what its ending says")
def unreadable(file: MachineFile, stack: Stack) -> Iterator[Problem]:
    """A file whose name ends in ``.yaml``, ``.yml``, ``.toml`` or ``.ini`` is read as such by whoever it is for.

    What a chart gives as dicts is always right; text, and a file that was edited by hand, may not be.

    ```toml bad
    [plugins
    ```

    ```toml good
    [plugins]
    ```
    """
    try:
        file.documents()
    except YamlReadError as error:
        for position, message in error.problems:
            line = f"line {position.line}: " if position.line > 1 else ""
            yield Problem(file.whole, f"{line}{message}")


@stack_check("NODE005", Severity.ERROR, "two files for machines in one place")
def twice(stack: Stack) -> Iterator[Problem]:
    """Two files of one environment cannot have one path, nor two paths that differ only by case.

    Some file systems take such paths for one, and one of the two files would overwrite the other. Nor can a file
    stand where another one needs a folder.

    ```toml bad
    # file: containerd/config.toml
    version = 2
    # file: containerd/Config.toml
    version = 2
    ```

    ```toml good
    # file: containerd/config.toml
    version = 2
    # file: containerd/workers.toml
    version = 2
    ```
    """
    first: dict[str, MachineFile] = {}
    folders: dict[str, MachineFile] = {}
    for file in stack.machine_files:
        folder = file.path.casefold()
        other = first.setdefault(folder, file)
        if other is not file:
            same = (
                "this path is taken" if other.path == file.path else f"only the case tells this path from {other.path}"
            )
            yield Problem(file.whole, f"{same}, by the file of {other.position}", fix=_OTHER)
        while folder := folder.rpartition("/")[0]:
            folders.setdefault(folder, file)
    for path in sorted(first.keys() & folders.keys()):
        message = f"a file stands where {folders[path].path} ({folders[path].position}) needs a folder"
        yield Problem(first[path].whole, message, fix=_OTHER)


@node_check("NODE006", Severity.ERROR, "a field that a node's configuration does not have, or of the wrong type")
def fields(file: MachineFile, stack: Stack) -> Iterator[Problem]:
    """kubeadm warns of a field that it does not know and goes on without it; the kubelet and kube-proxy do not start.

    The schemas are those of the Go types that these programs read, at the environment's own Kubernetes version.

    ```yaml bad
    apiVersion: kubelet.config.k8s.io/v1beta1
    kind: KubeletConfiguration
    maxPod: 80
    ```

    ```yaml good
    apiVersion: kubelet.config.k8s.io/v1beta1
    kind: KubeletConfiguration
    maxPods: 80
    ```

    Source: Kubernetes documentation, "Configuration APIs".
    """
    for document in _configurations(file, stack):
        for problem in stack.node_kinds.validate(document.body):
            yield Problem(document, problem.message, problem.path, problem.fix)


@node_check("NODE007", Severity.ERROR, "a kind of configuration that no node reads")
def kinds(file: MachineFile, stack: Stack) -> Iterator[Problem]:
    """kubeadm, the kubelet and kube-proxy each read their own kinds, in versions that come and go.

    ```yaml bad
    apiVersion: kubeadm.k8s.io/v1beta4
    kind: InitConfig
    ```

    ```yaml good
    apiVersion: kubeadm.k8s.io/v1beta4
    kind: InitConfiguration
    ```

    Source: Kubernetes documentation, "Configuration APIs".
    """
    for document in _configurations(file, stack):
        problem = stack.node_kinds.unknown(document.body)
        if problem is not None:
            yield Problem(document, problem.message, problem.path, problem.fix)


def _configurations(file: MachineFile, stack: Stack) -> Iterator[MachineDocument]:
    """The documents of the groups that the catalogue knows."""
    try:
        documents = file.documents()
    except YamlReadError:
        return
    for document in documents:
        if judges(document.body):
            yield document
