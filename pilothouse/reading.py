"""Reading: manifests from YAML on disk, ours or anyone's, and files for machines."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence

import msgspec

from pilothouse import kustomizations
from pilothouse.checks import catalogue as checks
from pilothouse.checks.objects import NO_OBJECT
from pilothouse.checks.output import UNREADABLE
from pilothouse.fieldpath import FieldPath
from pilothouse.finding import Edit, Finding, Position
from pilothouse.kustomizations import HELM_CHART
from pilothouse.machines.file import MachineFile
from pilothouse.manifest import Manifest
from pilothouse.results import Origins
from pilothouse.schemas.node_kinds import judges
from pilothouse.yamlio import Document, YamlReadError, expand_lists, load_all

SUFFIXES = (".yaml", ".yml", ".json")
"""The endings of the files that a folder is searched for."""
KUSTOMIZATIONS = ("kustomization.yaml", "kustomization.yml", "Kustomization")
"""Files that say how objects are put together, and are none."""


class ReadManifest(Manifest):
    """A manifest that was read from a file: each of its fields has a place of its own."""

    __slots__ = ("_exact", "document")

    def __init__(self, document: Document) -> None:
        super().__init__(document.value, Position(file=document.file, line=document.line))
        self.document = document
        self._exact = False

    def came_from(self, origin: Manifest, *, exact: bool) -> None:
        """Say which manifest of a chart this one was written from.

        :param origin: the chart's.
        :param exact: whether it is the same still, and so is the chart: then the chart's line is where to change it.
        """
        self.instance, self.construct = origin.instance, origin.construct
        if exact:
            self.position = origin.position
            self._exact = True

    def locate(self, path: FieldPath, *, key: bool = False) -> Position:
        """The line of the chart that made the object, where that is known; else the field's own place in the file."""
        return self.position if self._exact else self.document.position(path, key=key)

    def edit_in_file(self, edit: Edit) -> Edit | None:
        """A change of the object as one of its file's document; None where Pilothouse writes that file."""
        if self.instance:
            return None
        return msgspec.structs.replace(edit, line=self.document.line, path=self.document.place(edit.path))


class Reading:
    """What was read from some files.

    :param origins: where the files come from.
    :param nodes: the folder of an environment's files for machines: whatever stands in it is one. Elsewhere, YAML is
        one where it says that a node shall read it, unless ``nodes`` is given.
    """

    def __init__(self, origins: Origins | None = None, nodes: str = "") -> None:
        self.manifests: list[Manifest] = []
        self.machine_files: list[MachineFile] = []
        self.findings: list[Finding] = []
        self.files: list[str] = []
        """The files in which an object stands, in order."""
        self._origins = origins or Origins()
        self._nodes = os.path.join(os.path.realpath(nodes), "") if nodes else ""
        self._paths: dict[int, str] = {}

    def file_of(self, manifest: Manifest) -> str:
        """The path of the file that a manifest was read from; empty for text that stood in none."""
        return self._paths.get(id(manifest), "")

    def read_file(self, path: str, shown: str) -> None:
        """Read one file.

        :param path: where it is.
        :param shown: how findings name it.
        """
        try:
            with open(path, "rb") as file:
                content = file.read()
        except OSError as error:
            self._complain(UNREADABLE, Position(file=shown, line=1), f"cannot be read: {error.strerror}")
        else:
            self.read_text(content, shown, path)

    def read_text(self, content: bytes, shown: str, path: str) -> None:
        """Read what stands in one file.

        :param content: its bytes.
        :param shown: how findings name it.
        :param path: where it is.
        """
        if self._nodes:
            real = os.path.realpath(path)
            if real.startswith(self._nodes):
                self._read_machine_file(content, shown, real)
                return
        try:
            documents = expand_lists(load_all(content, file=shown))
        except YamlReadError as error:
            for position, message in error.problems:
                self._complain(UNREADABLE, position, message)
            return
        before = len(self.manifests)
        for document in documents:
            manifest = ReadManifest(document)
            if manifest.is_object:
                self._know(manifest, path)
                self.manifests.append(manifest)
                self._paths[id(manifest)] = path
            elif not self._nodes and judges(document.value):
                if not self.machine_files or self.machine_files[-1].file != shown:
                    text = content.decode("utf-8-sig", "replace")
                    self.machine_files.append(MachineFile(shown, text, Position(file=shown, line=1), file=shown))
            elif not _is_kustomization(document.value):
                self._complain(NO_OBJECT, manifest.position, "this document is no Kubernetes object")
        if len(self.manifests) > before:
            self.files.append(path)

    def _read_machine_file(self, content: bytes, shown: str, real: str) -> None:
        place = Position(file=shown, line=1)
        try:
            text = content.decode()
        except UnicodeDecodeError as error:
            self._complain(UNREADABLE, place, f"is no UTF-8 text: {error.reason} at byte {error.start}")
            return
        file = MachineFile(real.removeprefix(self._nodes).replace(os.sep, "/"), text, place, file=shown)
        origin = self._origins.machine_files.get(real)
        if origin is not None:
            file.instance, file.construct = origin.instance, origin.construct
            if origin.instance in self._origins.current and text.partition("\n")[2] == origin.text:
                file.position, file.file = origin.position, ""
        self.machine_files.append(file)

    def _know(self, manifest: ReadManifest, path: str) -> None:
        origin = self._origins.manifests.get(os.path.realpath(path)) if self._origins.manifests else None
        if origin is not None and origin.identity == manifest.identity:
            current = origin.instance in self._origins.current
            manifest.came_from(origin, exact=current and origin.body == manifest.body)

    def _complain(self, code: str, position: Position, message: str) -> None:
        self.findings.append(Finding(code=code, severity=checks()[code].severity, message=message, position=position))


def _is_kustomization(value: object) -> bool:
    return isinstance(value, dict) and str(value.get("apiVersion", "")).startswith("kustomize.config.k8s.io/")


def files_below(paths: Iterable[str], nodes: str = "") -> Iterator[str]:
    """The YAML and JSON files of some files and folders, each once and in order.

    Hidden files and folders are left out, and so are kustomizations with the patches and settings that they read, and
    Helm charts.

    :param nodes: the folder of an environment's files for machines, whose files count whatever they end in.
    """
    seen: set[str] = set()
    folders: dict[str, str] = {}
    of_nodes = os.path.join(os.path.realpath(nodes), "") if nodes else ""
    for path in paths:
        every = bool(of_nodes) and os.path.join(os.path.realpath(path), "").startswith(of_nodes)
        for file in _files_of(path, every=every):
            real = _real(file, folders)
            if real not in seen:
                seen.add(real)
                yield file


def _real(file: str, folders: dict[str, str]) -> str:
    """A file's path without symlinks.

    :param file: where it is.
    :param folders: those of the folders of earlier files: there are many files in each.
    """
    if os.path.islink(file):
        return os.path.realpath(file)
    folder, name = os.path.split(file)
    if folder not in folders:
        folders[folder] = os.path.realpath(folder)
    return os.path.join(folders[folder], name)


def _files_of(path: str, *, every: bool) -> Iterator[str]:
    if not os.path.isdir(path):
        yield path
        return
    parts: set[str] = set()
    known: dict[str, str] = {}
    for folder, folders, names in os.walk(path):
        if not every and HELM_CHART in names:
            # Its templates are no YAML; what it brings besides are definitions of custom resources.
            folders[:] = [name for name in folders if name == "crds"]
            continue
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in names if not every else ():
            if name in KUSTOMIZATIONS:
                parts |= kustomizations.parts(folder, name)
        for name in sorted(names):
            if parts and _real(os.path.join(folder, name), known) in parts:
                continue
            if not name.startswith(".") and (every or (name.endswith(SUFFIXES) and name not in KUSTOMIZATIONS)):
                yield os.path.join(folder, name)


def shown_path(path: str, root: str | None) -> str:
    """How findings name a file: relative to the repository, or as it was given outside one."""
    if root is not None:
        full = os.path.realpath(path)
        if full.startswith(os.path.join(root, "")):
            return os.path.relpath(full, root).replace(os.sep, "/")
    return path


def read(paths: Sequence[str], root: str | None, origins: Origins | None = None, nodes: str = "") -> Reading:
    """Read every object of some files and folders.

    :param paths: files and folders.
    :param root: the repository's root, that findings name files from; None outside one.
    :param origins: where the files come from, as far as that is known.
    :param nodes: the folder of an environment's files for machines, as :class:`Reading` takes it.
    """
    reading = Reading(origins, nodes)
    for path in files_below(paths, nodes):
        reading.read_file(path, shown_path(path, root))
    return reading
