"""Whatever changes, the next run answers as one that knows nothing of earlier runs; what did not change is not built.

The repository lasts for all tests of this module: each begins with everything up to date, and ends so.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.synth.conftest import Start, until_it_builds
from tests.synth.synth_repository import PACKAGES, Repository

READER = """
    import colorsys
    import os
    from pathlib import Path

    from pilothouse import Chart, RawObject, Values

    HERE = Path(__file__).parent.parent


    class Reader(Chart[Values]):
        def build(self) -> None:
            data = {
                "opened": (HERE / "data" / "opened.txt").read_text(),
                "probed": str((HERE / "data" / "absent.txt").exists()),
                "listed": ",".join(sorted(os.listdir(HERE / "data" / "listed"))),
                "walked": ",".join(sorted(path.name for path in (HERE / "data").rglob("*.ini"))),
                "variable": os.environ.get("READER_COLOUR", "none"),
                "third": str(colorsys.ONE_THIRD),
            }
            body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": self.name}, "data": data}
            RawObject(self, body)
"""


@pytest.fixture
def fresh(lasting: Repository) -> Iterator[Repository]:
    """The repository, with everything up to date and a chart that reads what charts may read."""
    if not (lasting.root / "charts/reader.py").exists():
        lasting.write("charts/reader.py", READER)
        lasting.write("data/opened.txt", "opened")
        lasting.write("data/listed/one", "")
        lasting.write("data/deep/er/a.ini", "")
        lasting.deploy("reader")
    lasting.good()
    assert lasting.good().built == 0, "nothing changed, and something was built"
    yield lasting
    if not lasting.dist.exists():
        lasting.good()


class Change(NamedTuple):
    """A change of the sources."""

    make: Callable[[Repository], Any]
    built: int | None
    """How many instances have to be built because of it; None for all."""
    differs: bool = True
    """Whether dist/ is another afterwards."""


EVERYTHING = None
MAIN = "from pilothouse.cli import main\nsys.exit(main())"

CHANGES = {
    "the chart": Change(lambda r: r.edit("charts/web.py", '"cluster":', '"the-cluster":'), 2),
    "the chart, same size and times": Change(lambda r: r.edit("charts/web.py", '"colour":', '"COLOUR":'), 2),
    "a comment in the chart": Change(lambda r: r.edit("charts/db.py", "SIZE}}", "SIZE}}  # metres"), 3, differs=False),
    "a construct of the repository": Change(
        lambda r: r.edit("constructs/ours.py", '"data": data', '"data": {**data, "a": "b"}'), 2
    ),
    "a module that charts share": Change(lambda r: r.edit("charts/_shared.py", "10", "20"), 3),
    "a value": Change(lambda r: r.edit("environments/_base.yaml", "blue", "green"), 2),
    "a label of the environment": Change(lambda r: r.edit("environments/_base.yaml", "platform", "core"), EVERYTHING),
    "a label of one environment": Change(
        lambda r: r.edit("environments/dev.yaml", "cluster:", "labels: {tier: one}\ncluster:"), 4
    ),
    "the Kubernetes version": Change(lambda r: r.edit("environments/prod.yaml", "1.33", "1.32"), 2, differs=False),
    "a comment in an environment": Change(
        lambda r: r.edit("environments/dev.yaml", "_base", "_base  # layer"), 0, differs=False
    ),
    "the profile": Change(
        lambda r: r.edit("environments/_base.yaml", "profile: lab", "profile: production"), EVERYTHING, differs=False
    ),
    "an instance that comes": Change(lambda r: r.deploy("db", instance="db-three", environment="prod"), 1),
    "an instance that goes": Change(
        lambda r: r.edit("environments/dev.yaml", "  db-two: {chart: db, namespace: default}\n", ""), 0
    ),
    "an instance of another chart": Change(
        lambda r: r.edit("environments/_base.yaml", "db: {", "db: {chart: web, values: {colour: red}, "), 2
    ),
    "a chart that nobody deploys": Change(lambda r: r.write("charts/idle.py", "raise ValueError\n"), 0, differs=False),
    "a new chart": Change(lambda r: r.maps("newer", 'return {"a": "b"}'), 1),
    "a module that stands before an installed one": Change(
        lambda r: r.write("constructs/colorsys.py", "ONE_THIRD = 3\n"), EVERYTHING
    ),
    "the lock": Change(lambda r: r.write("requirements.lock", "cdk8s==2.70.0\n"), EVERYTHING, differs=False),
    "the repository's own kinds": Change(
        lambda r: r.write("schemas/widgets.example.com.json", '{"kinds": [], "definitions": {}}\n'),
        EVERYTHING,
        differs=False,
    ),
    "a file that a chart opened": Change(lambda r: r.edit("data/opened.txt", "opened", "OPENED"), 1),
    "a file that a chart looked for": Change(lambda r: r.write("data/absent.txt", ""), 1),
    "a folder that a chart listed": Change(lambda r: r.write("data/listed/two", ""), 1),
    "a folder that a chart walked": Change(lambda r: r.write("data/deep/er/b.ini", ""), 1),
    "a folder that a chart walked, deeper": Change(lambda r: r.write("data/deep/er/est/c.ini", ""), 1),
    "a file that nobody read": Change(lambda r: r.write("notes/idle.txt", "idle"), 0, differs=False),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_changed_source_is_seen(fresh: Repository, name: str) -> None:
    change = CHANGES[name]
    sources = {file: file.read_bytes() for file in fresh.sources()}
    before = fresh.files()
    change.make(fresh)
    run = fresh.same_as_anew()
    try:
        assert run.code == 0, run.out
        assert run.built == (fresh.instances if change.built is None else change.built)
        assert (fresh.files() != before) is change.differs
    finally:
        for file in fresh.sources():
            file.unlink()
        for file, content in sources.items():
            file.write_bytes(content)


def test_an_environment_variable_that_a_chart_read_is_seen(fresh: Repository) -> None:
    assert fresh.objects()["reader"]["variable"] == "none"
    run = fresh.same_as_anew(READER_COLOUR="red")
    assert run.built == 1
    assert fresh.objects()["reader"]["variable"] == "red"
    assert fresh.good(READER_COLOUR="red", ANOTHER_COLOUR="blue").built == 0
    assert fresh.same_as_anew().built == 1


def test_another_time_limit_is_another_question(fresh: Repository) -> None:
    assert fresh.good("--time-limit", "59").built == fresh.instances
    assert fresh.good("--time-limit", "59").built == 0
    assert fresh.good("--jobs", "1", "--time-limit", "59").built == 0


def test_another_python_builds_everything_anew(fresh: Repository) -> None:
    start = (
        "import os, sys\nsys.version += os.environ.get('OTHER', '')\nfrom pilothouse.cli import main\nsys.exit(main())"
    )
    command = ("-c", start)
    fresh.good(command=command)
    assert fresh.good(command=command).built == 0
    assert fresh.good(command=command, OTHER=" (another build)").built == fresh.instances


def test_another_installed_package_builds_everything_anew(fresh: Repository, tmp_path: Path) -> None:
    start = f"import sys\nsys.path.append({str(tmp_path / 'site-packages')!r})\n{MAIN}"
    (tmp_path / "site-packages/helper-1.0.dist-info").mkdir(parents=True)
    fresh.good(command=("-c", start))
    assert fresh.good(command=("-c", start)).built == 0
    (tmp_path / "site-packages/helper-1.0.dist-info").rename(tmp_path / "site-packages/helper-1.1.dist-info")
    assert fresh.good(command=("-c", start)).built == fresh.instances


@pytest.mark.parametrize(
    "file", ["pilothouse/finish.py", "pilothouse_kit/object.py", "pilothouse/schemas/data/index.json"]
)
def test_another_pilothouse_builds_everything_anew(fresh: Repository, tmp_path: Path, file: str) -> None:
    for package in (PACKAGES / "pilothouse", PACKAGES / "constructs/pilothouse_kit"):
        shutil.copytree(package, tmp_path / package.name, ignore=shutil.ignore_patterns("__pycache__"))
    assert fresh.good(PYTHONPATH=str(tmp_path)).built == fresh.instances
    assert fresh.good(PYTHONPATH=str(tmp_path)).built == 0
    with (tmp_path / file).open("a") as opened:
        opened.write("\n")
    assert fresh.good(PYTHONPATH=str(tmp_path)).built == fresh.instances


def test_a_module_beside_the_repository_is_seen(fresh: Repository, tmp_path: Path) -> None:
    """A package that is being developed elsewhere, installed so that Python finds its sources."""
    elsewhere = tmp_path / "helpers"
    elsewhere.mkdir()
    (elsewhere / "helper_of_ours.py").write_text("COLOUR = 'red'\n")
    fresh.maps("borrower", "return {'colour': helper_of_ours.COLOUR}", imports="import helper_of_ours")
    paths = os.pathsep.join([str(PACKAGES), str(PACKAGES / "constructs"), str(elsewhere)])
    try:
        for colour in ("red", "blue"):
            (elsewhere / "helper_of_ours.py").write_text(f"COLOUR = {colour!r}\n")
            fresh.good(PYTHONPATH=paths)
            assert fresh.objects()["borrower"] == {"colour": colour}
    finally:
        fresh.edit("environments/dev.yaml", "  borrower: {chart: borrower, namespace: default}\n", "")


def test_what_a_module_read_when_it_was_imported_counts_for_every_instance(fresh: Repository) -> None:
    fresh.maps(
        "importing",
        "return {'text': TEXT, 'cached': cached()}",
        imports="""
            import functools
            from pathlib import Path

            TEXT = (Path(__file__).parent / "text.txt").read_text()


            @functools.cache
            def cached():
                return (Path(__file__).parent / "cached.txt").read_text()
        """,
    )
    fresh.deploy("importing", instance="importing-two")
    fresh.write("charts/text.txt", "red")
    fresh.write("charts/cached.txt", "red")
    fresh.good("--jobs", "1")
    fresh.write("charts/text.txt", "blue")
    fresh.good("--jobs", "1")
    assert {fresh.objects()[name]["text"] for name in ("importing", "importing-two")} == {"blue"}
    fresh.write("charts/cached.txt", "blue")
    fresh.good("--jobs", "1")
    assert {fresh.objects()[name]["cached"] for name in ("importing", "importing-two")} == {"blue"}


def test_a_file_that_cdk8s_includes_is_seen(fresh: Repository) -> None:
    """cdk8s reads it in its own process, where Python sees nothing."""
    included = """
        apiVersion: v1
        kind: ConfigMap
        metadata: {name: included, namespace: default}
        data: {colour: red}
    """
    fresh.write("included/map.yaml", included)
    fresh.write(
        "charts/including.py",
        """
        from pathlib import Path

        import cdk8s
        from pilothouse import Chart, Values


        class Including(Chart[Values]):
            def build(self) -> None:
                cdk8s.Include(self, "map", url=str(Path(__file__).parent.parent / "included" / "map.yaml"))
        """,
    )
    fresh.deploy("including")
    fresh.good()
    fresh.write("included/map.yaml", included.replace("red", "blue"))
    fresh.good()
    assert fresh.objects()["included"] == {"colour": "blue"}


def test_a_chart_that_is_saved_while_it_is_built_is_built_again(repository: Repository, waiting: Start) -> None:
    """The build ran the old text, and ended when the new one was there already."""
    process = waiting()
    until_it_builds(process)
    repository.edit("charts/slow.py", '"red"', '"blue"')
    repository.write("go", "")
    assert process.wait() == 0
    assert repository.objects()["slow"] == {"colour": "red"}
    repository.good()
    assert repository.objects()["slow"] == {"colour": "blue"}


@pytest.mark.parametrize("first", [["--check"], ["--stdout"], ["--out", "elsewhere"], ["--chart", "db"], ["prod"], []])
def test_what_was_built_for_another_purpose_is_written_all_the_same(fresh: Repository, first: list[str]) -> None:
    """The result is kept from a run that wrote nothing, or wrote elsewhere, or was stopped by another chart."""
    old, new = fresh.objects()["db"]["size"], f"of {first}"
    fresh.edit("charts/_shared.py", f'"{old}"', f'"{new}"')
    if not first:
        fresh.maps("failing", "raise ValueError('no')")
    assert fresh.synth(*first).code in (0, 1)
    if not first:
        fresh.edit("environments/dev.yaml", "  failing: {chart: failing, namespace: default}\n", "")
    fresh.good()
    assert {fresh.objects()["db"]["size"], fresh.objects("prod")["db"]["size"]} == {new}


def test_sources_that_are_touched_but_not_changed_are_not_built(fresh: Repository) -> None:
    before = {file: file.stat().st_mtime_ns for file in fresh.dist.rglob("*")}
    for file in [*(fresh.root / "charts").glob("*.py"), *(fresh.root / "environments").glob("*.yaml")]:
        os.utime(file, (1, 1))
    assert fresh.good().built == 0
    for file in (fresh.root / "charts").glob("*.py"):
        content = file.read_bytes()
        file.unlink()
        file.write_bytes(content)
        os.utime(file, (2**32, 2**32))
    assert fresh.good().built == 0
    assert {file: file.stat().st_mtime_ns for file in fresh.dist.rglob("*")} == before


def test_a_copy_of_the_repository_answers_for_itself(fresh: Repository, tmp_path: Path) -> None:
    copy = Repository.__new__(Repository)
    copy.root = tmp_path / "copy"
    shutil.copytree(fresh.root, copy.root, copy_function=shutil.copy2)
    copy.write("data/opened.txt", "of the copy")
    assert copy.good().built == copy.instances
    assert copy.objects()["reader"]["opened"] == "of the copy"
    moved = Repository.__new__(Repository)
    moved.root = tmp_path / "moved"
    copy.root.rename(moved.root)
    moved.write("data/opened.txt", "of the moved one")
    moved.good()
    assert moved.objects()["reader"]["opened"] == "of the moved one"
    assert fresh.good().built == 0
