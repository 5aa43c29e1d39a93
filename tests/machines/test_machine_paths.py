"""Which paths a file for machines may have: none that leads out of its folder, or that some machine cannot take."""

from __future__ import annotations

import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pilothouse.dist.names import unportable

NAMES = st.text(st.sampled_from("aB1._-") | st.characters(exclude_categories=["Cs"]), max_size=4) | st.sampled_from(
    ["..", ".", "", "con", "NUL.txt", "a\\b", "~", "a.", "C:"]
)


@settings(deadline=None)
@given(st.lists(NAMES, max_size=4).map("/".join))
def test_a_path_that_is_taken_stays_below_its_folder(path: str) -> None:
    if unportable(path):
        return
    assert os.path.normpath(os.path.join("/base", path)) == f"/base/{path}"
    assert path.isascii()
    for name in path.split("/"):
        assert not name.startswith(".")
        assert name.partition(".")[0].lower() not in ("con", "nul", "prn", "aux", "com1", "lpt9")


@pytest.mark.parametrize("path", ["kubeadm/init-config.yaml", "a", "A/b_c/d-e.f", "group_vars/k8s_cluster/all.yml"])
def test_usual_paths_are_taken(path: str) -> None:
    assert unportable(path) == ""


@pytest.mark.parametrize("path", [None, 7, b"a", ["a"]])
def test_what_is_no_text_is_no_path(path: object) -> None:
    assert "expected a string" in unportable(path)
