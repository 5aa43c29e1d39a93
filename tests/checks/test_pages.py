"""Every check has a page whose bad example it finds, and whose good example no check finds anything in.

An example shows one thing; what else a pod should have is filled in where it says nothing of it: see
:mod:`tests.checks.completed`.
"""

from __future__ import annotations

import re

import msgspec
import pytest

from pilothouse import yamlio
from pilothouse.checks import Check, catalogue, check_environments, check_machine_file, check_object, check_stack
from pilothouse.environment import Cluster, Given, NodePool
from pilothouse.environment.layers import Map
from pilothouse.fieldpath import FieldPath
from pilothouse.finding import Finding, Position
from pilothouse.machines.file import MachineFile
from pilothouse.reading import Reading
from pilothouse.schemas import Catalogue
from pilothouse.stack import Stack
from pilothouse.validation import somebodys
from tests.checks.completed import NAMESPACES, REFERRING, SURROUNDINGS, complete

EXAMPLES = re.compile(r"^```(yaml|toml) (bad|good)(?: ([0-9.]+))?\n(.*?)^```", re.MULTILINE | re.DOTALL)
FILES = re.compile(r"^# file: (.+)\n", re.MULTILINE)
NEWEST = "1.36"
ENVIRONMENT = "environment.yaml"


def examples(check: Check) -> dict[str, tuple[str, dict[str, str]]]:
    """The page's examples: ``bad`` and ``good`` -> Kubernetes version and files, each with its text.

    A block of TOML is a file for machines; ``# file: NAME`` in it begins another one. ``environment.yaml`` is what the
    environment's file says.
    """
    found: dict[str, tuple[str, dict[str, str]]] = {}
    for language, kind, version, text in EXAMPLES.findall(check.page):
        name = f"example.{language}"
        before = found.get(kind, (version or NEWEST, {}))
        parts = FILES.split(f"# file: {name}\n{text}")
        files = {file: part for file, part in zip(parts[1::2], parts[2::2], strict=True) if part}
        found[kind] = (before[0], before[1] | files)
    return found


def judge(version: str, files: dict[str, str], *, good: bool = False) -> list[Finding]:
    """Every finding in an example. Files in folders are those of an environment each, and are judged beside each other
    as well."""
    folders: dict[str, dict[str, str]] = {}
    for name, text in files.items():
        folders.setdefault(name.rpartition("/")[0] if name.endswith(".yaml") else "", {})[name] = text
    found: list[Finding] = []
    stacks = {}
    for folder, inside in folders.items():
        of_folder, stacks[folder] = judge_one(version, folder, inside, good=good)
        found += of_folder
    for compared in check_environments(stacks if len(stacks) > 1 else {}).values():
        found += compared
    return found


class Here:
    """The file of an example's environment."""

    def __init__(self, name: str) -> None:
        self.name = name

    def position(self, path: FieldPath, *, key: bool = False) -> Position:
        return Position(file=self.name, line=1)


def judge_one(version: str, folder: str, files: dict[str, str], *, good: bool = False) -> tuple[list[Finding], Stack]:
    file = f"{folder}/{ENVIRONMENT}".lstrip("/")
    said = yamlio.load_all(files.get(file, "{}"), file=file)[0].value
    environment = msgspec.structs.replace(
        somebodys(said.get("kubernetesVersion", version)),
        name=folder,
        profile=said.get("profile", "lab" if not folder else "production"),
        provenance=Map(Here(file), (), {}),
        cluster=Cluster(name="example"),
        given=Given(namespaces=list(NAMESPACES) if good else []),
        nodes=msgspec.convert(said.get("nodes", []), list[NodePool]),
    )
    reading = Reading()
    for name, text in files.items():
        if name == file:
            continue
        if name.endswith(".yaml"):
            reading.read_text(text.encode(), name, name)
        else:
            reading.machine_files.append(MachineFile(name, text, Position(file=name, line=1), file=name))
    if good:
        complete(reading.manifests)
    stack = Stack(environment, Catalogue(environment.kubernetes_version), reading.manifests, reading.machine_files)
    found = [finding for manifest in stack for finding in check_object(manifest, stack)]
    found += [finding for file in reading.machine_files for finding in check_machine_file(file, stack)]
    return reading.findings + found + check_stack(stack), stack


JUDGING = [check for check in catalogue().values() if check.judges]


@pytest.mark.parametrize("check", JUDGING, ids=lambda check: check.code)
def test_finds_the_bad_example_of_its_page(check: Check) -> None:
    version, files = examples(check)["bad"]
    found = [finding for finding in judge(version, files) if finding.code == check.code]
    assert found, f"{check.code} is silent on its own bad example"
    for finding in found:
        assert finding.severity == check.severity
        assert finding.position.file in files
        assert finding.message


@pytest.mark.parametrize("check", JUDGING, ids=lambda check: check.code)
def test_no_check_finds_anything_in_a_good_example(check: Check) -> None:
    version, files = examples(check)["good"]
    ignored = set(SURROUNDINGS)
    if check.family not in REFERRING:
        ignored |= {other.code for other in catalogue().values() if other.family in REFERRING}
    found = judge(version, files, good=True)
    assert [finding for finding in found if finding.code == check.code or finding.code not in ignored] == []


@pytest.mark.parametrize("check", catalogue().values(), ids=lambda check: check.code)
def test_each_check_has_a_title_and_a_page(check: Check) -> None:
    assert re.fullmatch(r"[A-Z]+[0-9]{3}", check.code)
    assert check.title[0].islower() or check.title.split()[0] in ("Secret",), "a title reads on after the code"
    assert len(check.page.split()) >= 15
    assert not check.page.rstrip().endswith(":")


def test_a_field_of_the_yaml_is_pointed_at() -> None:
    text = "apiVersion: v1\nkind: Service\nmetadata: {name: web, namespace: default}\nspec:\n  ports: []\n  portz: 80\n"
    positions = [finding.position for finding in judge(NEWEST, {"a.yaml": text}) if finding.code == "SCHEMA001"]
    assert [(position.line, position.column) for position in positions] == [(6, 3)]
