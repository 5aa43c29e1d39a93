"""Has anybody touched dist/ since? No change may be missed, and nothing but a change may be seen."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from dist_trees import Link, ours, plant, write
from hypothesis import given, settings
from hypothesis import strategies as st

from pilothouse.dist.state import tree_states


def edit_in_place(root: str) -> None:
    """The same size, and the old time put back: only the time of the change itself tells."""
    before = os.stat(f"{root}/a/x.yaml")
    while os.stat(f"{root}/a/x.yaml").st_ctime_ns == before.st_ctime_ns:  # a coarse clock
        plant(f"{root}/a/x.yaml", ours("2"))
        os.utime(f"{root}/a/x.yaml", ns=(before.st_atime_ns, before.st_mtime_ns))


def swap(root: str) -> None:
    os.rename(f"{root}/a/x.yaml", f"{root}/t")
    os.rename(f"{root}/a/y.yaml", f"{root}/a/x.yaml")
    os.rename(f"{root}/t", f"{root}/a/y.yaml")


CHANGES: dict[str, Callable[[str], Any]] = {
    "longer": lambda root: plant(f"{root}/a/x.yaml", ours("longer")),
    "edited in place": edit_in_place,
    "new file": lambda root: plant(f"{root}/a/z.yaml", b""),
    "new folder": lambda root: plant(f"{root}/a/z", {}),
    "removed": lambda root: os.unlink(f"{root}/a/x.yaml"),
    "renamed": lambda root: os.rename(f"{root}/a/x.yaml", f"{root}/a/z.yaml"),
    "moved": lambda root: os.rename(f"{root}/a/x.yaml", f"{root}/b/x.yaml"),
    "folder moved": lambda root: os.rename(f"{root}/b", f"{root}/a/b"),
    "swapped": swap,
    "permissions": lambda root: os.chmod(f"{root}/a/x.yaml", 0o755),
    "symlink": lambda root: (os.unlink(f"{root}/link"), os.symlink("b", f"{root}/link")),
    "became a folder": lambda root: (os.unlink(f"{root}/a/x.yaml"), os.mkdir(f"{root}/a/x.yaml")),
    "gone": lambda root: os.rename(root, f"{root}.gone"),
    "became a symlink": lambda root: (os.rename(root, f"{root}.gone"), os.symlink("dev.gone", root)),
    "became a file": lambda root: (os.rename(root, f"{root}.gone"), plant(root, b"")),
}


@pytest.mark.parametrize("change", CHANGES)
def test_every_change_is_seen(tmp_path: Path, change: str) -> None:
    root = f"{tmp_path}/dev"
    plant(root, {"a": {"x.yaml": ours("1"), "y.yaml": ours("1")}, "b": {"w": ours("1")}, "link": Link("a")})
    before = tree_states(str(tmp_path), "dev")
    assert tree_states(str(tmp_path), "dev") == before
    CHANGES[change](root)
    assert tree_states(str(tmp_path), "dev") != before


def test_a_run_that_changes_nothing_is_not_seen(tmp_path: Path) -> None:
    files = {f"{i % 7}/{i}.yaml": ours(str(i)) for i in range(50)}
    write(str(tmp_path), {"dev": files})
    before = tree_states(str(tmp_path), "dev")
    write(str(tmp_path), {"dev": files})
    assert tree_states(str(tmp_path), "dev") == before
    write(str(tmp_path), {"dev": files | {"0/0.yaml": ours("x")}})
    assert tree_states(str(tmp_path), "dev") != before


FILES = st.dictionaries(
    st.builds("{}{}.yaml".format, st.sampled_from(["", "a/", "b/", "b/c/", "d/e/f/"]), st.sampled_from("xyz")),
    st.sampled_from([ours("1"), ours("2")]),
)


@settings(deadline=None)
@given(FILES, FILES)
def test_what_a_switch_left_alone_needs_no_second_look(
    tmp_path_factory: pytest.TempPathFactory, first: dict[str, bytes], second: dict[str, bytes]
) -> None:
    out = str(tmp_path_factory.mktemp("dist"))
    write(out, {"dev": first})
    before = tree_states(out, "dev")
    switched = write(out, {"dev": second})["dev"]
    assert tree_states(out, "dev", before, switched.target) == tree_states(out, "dev")


def test_what_a_symlink_points_to_does_not_count(tmp_path: Path) -> None:
    plant(str(tmp_path), {"dev": {"link": Link("../outside")}, "outside": {"x": b"1"}})
    before = tree_states(str(tmp_path), "dev")
    plant(f"{tmp_path}/outside/y", b"2")
    assert tree_states(str(tmp_path), "dev") == before


names = st.text("ab\n é", min_size=1, max_size=3).filter(lambda name: name not in (".", ".."))


@settings(deadline=None)
@given(st.recursive(st.just(b"x"), lambda inner: st.dictionaries(names, inner, max_size=4)), st.randoms())
def test_the_order_in_which_the_system_lists_a_folder_does_not_count(
    tmp_path_factory: pytest.TempPathFactory, tree: Any, random: Any
) -> None:
    out = str(tmp_path_factory.mktemp("dist"))
    plant(f"{out}/dev", tree)
    before = tree_states(out, "dev")
    real = os.scandir

    class Shuffled:
        def __init__(self, path: str) -> None:
            with real(path) as entries:
                self.entries = list(entries)
            random.shuffle(self.entries)

        def __enter__(self) -> list[os.DirEntry[str]]:
            return self.entries

        def __exit__(self, *_: object) -> None:
            pass

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "scandir", Shuffled)
        assert tree_states(out, "dev") == before


def test_the_answer_needs_hardly_any_imports() -> None:
    code = (
        "import sys, pilothouse; before = set(sys.modules); import pilothouse.dist.state; "
        "print(*sorted(set(sys.modules) - before))"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert found.split() == ["_blake2", "pilothouse.dist", "pilothouse.dist.state"]
