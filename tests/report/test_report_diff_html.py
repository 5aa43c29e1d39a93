"""The page of a diff, opened in a browser."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings

from pilothouse.diff.change import FieldChange
from pilothouse.diff.stacks import Changed
from pilothouse.report import diff_html
from tests.browser import Browser
from tests.report.markup import Seen
from tests.report.report_changes import CHANGES, any_changes, changed, manifest

TAGS = set(
    re.findall(
        r"\w+",
        "html head meta title style body h1 h2 p div span table thead tbody tr th td fieldset legend label input "
        "article header ul li b details summary code",
    )
)


@given(any_changes)
@settings(deadline=None, max_examples=200)
def test_whatever_a_change_holds_is_no_markup(changes: list[Changed]) -> None:
    seen = Seen(diff_html.render(changes, "<b>", '"'))
    assert seen.tags <= TAGS
    assert not seen.attributes & {"src", "href", "onclick", "onerror", "style"}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with Browser() as opened:
        yield opened


@pytest.fixture
def page(tmp_path: Path) -> Path:
    evil = FieldChange(("data", "<script>document.title='evil'</script>"), "a", "<img src=x onerror=alert(1)>")
    file = tmp_path / "diff.html"
    file.write_text(diff_html.render([*CHANGES, changed(manifest("ConfigMap", "evil"), evil)], "v1", "v2"))
    return file


def shown(browser: Browser) -> list[str]:
    """The objects that a reader sees."""
    found: list[Any] = browser.value(
        "[...document.querySelectorAll('article')].filter(each => each.offsetHeight)"
        ".map(each => each.querySelector('h2').innerText.trim())"
    )
    return found


def test_it_opens_without_a_complaint_and_needs_nothing_else(browser: Browser, page: Path) -> None:
    browser.said.clear()
    browser.open(page)
    assert browser.value("document.title") == "v1 → v2"
    assert browser.value("performance.getEntriesByType('resource').length") == 0
    assert browser.said == []
    assert len(shown(browser)) == len(CHANGES) + 1
    assert "PersistentVolumeClaim shop/orders" in shown(browser)[0]


def test_a_choice_leaves_what_it_names(browser: Browser, page: Path) -> None:
    browser.open(page)
    browser.value("document.getElementById('happens-rolls').click()")
    assert [each.split()[-1] for each in shown(browser)] == ["shop/canary", "shop/web", "shop/web"]
    browser.value("document.getElementById('place-0').click()")
    assert [each.split()[-1] for each in shown(browser)] == ["shop/web"]
    browser.value("document.getElementById('happens-').click()")
    browser.value("document.getElementById('place-').click()")
    assert len(shown(browser)) == len(CHANGES) + 1


PLACES = (
    "(() => { const article = [...document.querySelectorAll('article')]"
    ".find(each => each.innerText.includes('Service shop/web'));"
    "article.querySelector('details').open = true;"
    "const [was, now] = ['was', 'now'].map(each => article.querySelector('.' + each).getBoundingClientRect());"
    "return [was.left < now.left, was.top < now.top]; })()"
)


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize(("width", "beside"), [(1280, True), (400, False)], ids=["wide", "narrow"])
def test_it_fits_its_window(
    browser: Browser, page: Path, tmp_path: Path, *, width: int, beside: bool, dark: bool
) -> None:
    browser.open(page, width=width, dark=dark)
    assert browser.value(PLACES) == [beside, not beside]
    assert browser.value("document.documentElement.scrollWidth") == width
    ground = browser.value("getComputedStyle(document.body).backgroundColor")
    assert (ground == "rgb(255, 255, 255)") is not dark
    browser.screenshot(tmp_path / "diff.png")
    assert (tmp_path / "diff.png").read_bytes().startswith(b"\x89PNG")
