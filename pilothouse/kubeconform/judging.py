"""Judging: kubeconform over many files, every one of them answered for."""

from __future__ import annotations

import contextlib
import os
import re
import tempfile
from collections.abc import Iterator, Sequence
from typing import Literal

import msgspec

from pilothouse.kubeconform import process
from pilothouse.kubeconform.errors import KubeconformError, KubeconformFailed, explained
from pilothouse.kubeconform.message import problems_of
from pilothouse.kubeconform.schemas import TEMPLATE, schema_file
from pilothouse.kubeconform.verdict import Problem, Status, Verdict

BATCH = 200_000
"""Bytes of file names in one run. Linux takes 2 MB of arguments and environment by default, macOS 1 MB."""

_VERSION = re.compile(r"(\d+\.\d+)(\.\d+)?\Z")
_SUFFIXES = (".yaml", ".yml", ".json")
# Characters that mean something in a URL or in Go's templates: kubeconform makes both of the folder's path.
_PLAIN = re.compile(r"[A-Za-z0-9._/+@=,~-]+\Z")
_MISSING = "could not find schema for "
_STATUSES: dict[str, Status] = {
    "statusValid": "valid",
    "statusInvalid": "invalid",
    "statusError": "error",
    "statusSkipped": "skipped",
}


class _Resource(msgspec.Struct):
    filename: str
    kind: str
    name: str
    version: str
    status: str
    msg: str


class _Output(msgspec.Struct):
    resources: list[_Resource]


@contextlib.contextmanager
def _plain(folder: str) -> Iterator[str]:
    """A path to the folder that kubeconform takes as it stands."""
    folder = os.path.abspath(folder)
    if not os.path.isdir(folder):
        raise KubeconformError(f"{folder}: no such folder of schemas")
    if _PLAIN.match(folder):
        yield folder
        return
    with tempfile.TemporaryDirectory(prefix="pilothouse-") as beside:
        link = os.path.join(beside, "schemas")
        if not _PLAIN.match(link):
            raise KubeconformError(
                f"kubeconform can read schemas neither in {folder} nor through {link}: set TMPDIR to a folder whose "
                "path is made of letters, digits and ._/+@=,~- only"
            )
        os.symlink(folder, link)
        yield link


def _batches(files: Sequence[str]) -> Iterator[list[str]]:
    batch: list[str] = []
    size = 0
    for file in files:
        cost = len(os.fsencode(file)) + 9  # its closing zero, and the pointer to it
        if batch and size + cost > BATCH:
            yield batch
            batch, size = [], 0
        batch.append(file)
        size += cost
    if batch:
        yield batch


def _run(binary: str, files: Sequence[str], schemas: str, version: str, timeout: float) -> list[_Resource]:
    command = [binary, "-output", "json", "-verbose", "-strict", "-kubernetes-version", version]
    command += ["-n", str(min(os.cpu_count() or 1, 8)), "-schema-location", f"{schemas}/{TEMPLATE}", "--"]
    command += files
    environment = {key: value for key, value in os.environ.items() if not key.startswith("KUBECONFORM_")}
    try:
        result = process.run(command, timeout=timeout, environment=environment)
    except process.TimedOut as late:
        raise KubeconformFailed(
            explained(f"{binary} was stopped: it had not judged {len(files)} files after {timeout:g} s", late.stderr)
        ) from None
    except OSError as error:
        raise KubeconformFailed(f"{binary} does not run: {error}") from None
    try:
        if result.status not in (0, 1):
            raise ValueError
        return msgspec.json.decode(result.stdout, type=_Output).resources
    except ValueError:
        headline = f"{binary} gave no result for {len(files)} files, from {files[0]} on; its status is {result.status}"
        raise KubeconformFailed(explained(headline, result.stderr)) from None


def _verdict(resource: _Resource, schemas: str, missing: str) -> Verdict:
    status: Status = _STATUSES.get(resource.status, "error")
    problems: tuple[Problem, ...] = ()
    schema = schema_file(resource.version, resource.kind)
    what = f"{resource.version} {resource.kind}"
    if status == "invalid":
        problems = problems_of(resource.msg, secret=resource.kind == "Secret")
    elif status == "valid" and schema is None:
        # Such an apiVersion can lead kubeconform out of the folder, to any JSON file.
        status, problems = "error", (Problem((), f"{what}: no API server serves a kind of such a name"),)
    elif status == "error" and resource.msg.startswith(_MISSING):
        if schema is not None and os.path.exists(os.path.join(schemas, schema)):
            problems = (Problem((), f"the schema {schema} is there, but kubeconform cannot use it"),)
        else:
            status = "skipped" if missing == "warn" else "error"
            problems = (Problem((), f"there is no schema for {what}"),)
    elif status != "valid":
        # go-yaml quotes what it could not read, which may be anything.
        words = re.sub(r"`[^`]*`", "`…`", resource.msg.removeprefix("error unmarshalling resource: "))
        problems = (Problem((), words or "kubeconform skipped it"),)
    return Verdict(
        file=resource.filename,
        version=resource.version,
        kind=resource.kind,
        name=resource.name,
        status=status,
        problems=problems,
    )


def _unanswered(file: str) -> Verdict:
    """The verdict on a file that kubeconform passed over in silence."""
    if os.path.isdir(file):
        why = "it is a folder; kubeconform was asked about files"
    elif not file.lower().endswith(_SUFFIXES):
        why = f"kubeconform reads only files whose names end in {', '.join(_SUFFIXES)}"
    else:
        why = "kubeconform gave no answer for it"
    return Verdict(file=file, status="error", problems=(Problem((), why),))


def _unreadable(file: str) -> Verdict | None:
    try:
        with open(file, "rb"):
            return None
    except IsADirectoryError:
        return _unanswered(file)
    except OSError as error:
        return Verdict(file=file, status="error", problems=(Problem((), f"cannot be read: {error.strerror or error}"),))


def _judged(
    binary: str, batch: list[str], schemas: str, version: str, missing: str, timeout: float
) -> Iterator[Verdict]:
    """The verdicts on one batch.

    kubeconform stops looking for files at the first that it cannot read (``cancel()`` in its ``main.go``), so what is
    then left is asked again without that one.
    """
    waiting = [file for file in batch if file.lower().endswith(_SUFFIXES)]
    yield from (_unanswered(file) for file in batch if not file.lower().endswith(_SUFFIXES))
    checked = False
    while waiting:
        asked = set(waiting)
        answered: set[str] = set()
        empty: set[str] = set()
        for resource in _run(binary, waiting, schemas, version, timeout):
            if resource.filename not in asked:
                continue  # a folder was asked about, and this is a file in it
            if resource.status == "":
                empty.add(resource.filename)
            else:
                answered.add(resource.filename)
                yield _verdict(resource, schemas, missing)
        nothing = (Problem((), "it holds no Kubernetes object"),)
        for file in empty - answered:
            yield Verdict(file=file, status="skipped" if missing == "warn" else "error", problems=nothing)
        rest = [file for file in waiting if file not in answered and file not in empty]
        if len(rest) == len(waiting):
            yield from map(_unanswered, rest)
            return
        waiting = []
        for file in rest:
            unreadable = None if checked else _unreadable(file)
            if unreadable is None:
                waiting.append(file)
            else:
                yield unreadable
        checked = True


def judge(
    binary: str,
    files: Sequence[str],
    schemas: str,
    kubernetes_version: str,
    missing: Literal["error", "warn"] = "error",
    *,
    timeout: float = 300.0,
) -> list[Verdict]:
    """Have kubeconform judge files, strictly (no unknown field, no duplicate key) and against local schemas only.

    The files are handed over in batches, so that no number of them is too many.

    :param binary: a kubeconform, as ``find`` gives it.
    :param files: paths of files whose names end in ``.yaml``, ``.yml`` or ``.json``; one file may hold many objects.
    :param schemas: a folder with one self-contained JSON schema for each kind, named as ``schema_file`` says.
    :param kubernetes_version: the version the schemas are of: ``1.32`` or ``1.32.2``.
    :param missing: what an object is whose kind has no schema there, and a file that holds no object: ``error``, or
        ``skipped`` with ``warn``.
    :param timeout: seconds that one batch may take.
    :returns: the verdict on every object, sorted by file in the order asked, then by apiVersion, kind and name; at
        least one for every file.
    :raises ValueError: a Kubernetes version of another form.
    :raises KubeconformFailed: it ran and gave no result, or ran too long; with its own last lines.
    :raises KubeconformError: there is no such folder of schemas.
    """
    version = _VERSION.match(kubernetes_version)
    if version is None:
        raise ValueError(f"expected a Kubernetes version such as 1.32 or 1.32.2, got {kubernetes_version!r}")
    full = version[1] + (version[2] or ".0")
    order = {file: place for place, file in enumerate(dict.fromkeys(files))}
    verdicts: list[Verdict] = []
    if order:
        with _plain(schemas) as folder:
            for batch in _batches(list(order)):
                verdicts += _judged(binary, batch, folder, full, missing, timeout)
    return sorted(verdicts, key=lambda verdict: (order[verdict.file], verdict))
