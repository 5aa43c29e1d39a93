"""Each row of what the stack describes: stored by a server with the value that it must have, and red without it."""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase
from itertools import groupby

import pytest

from tests.cluster.api import Body
from tests.cluster.control_plane import ControlPlane
from tests.cluster.coverage import ROWS, Row, document, found, mutated
from tests.cluster.programs import ROOT, minors
from tests.cluster.stack_objects import DIST, bodies, prepare, title

IN_ORDER = sorted(ROWS, key=lambda row: row.environment)


@pytest.fixture(scope="module")
def applied(request: pytest.FixtureRequest) -> Iterator[ControlPlane]:
    """A server of the environment's own Kubernetes to which the environment was applied."""
    environment = request.param
    minor = minors()[environment]
    with ControlPlane(minor) as plane:
        prepare(plane.api, environment, minor)
        done = plane.kubectl("apply", "--server-side", "-k", str(DIST / environment))
        assert done.code == 0, done.err
        yield plane


def written(row: Row) -> Body:
    """The object that a row is about, as dist/ has it."""
    (body,) = [body for body in bodies(row.environment) if fnmatchcase(title(body), row.object)]
    return body


@pytest.mark.parametrize(
    "applied, row",
    [(row.environment, row) for row in IN_ORDER],
    indirect=["applied"],
    ids=[f"{row.environment}-{row.what.replace(' ', '_')}" for row in IN_ORDER],
)
def test_a_row_is_stored_and_its_mutant_is_seen(applied: ControlPlane, row: Row) -> None:
    body = written(row)
    assert body["metadata"].get("namespace") or title(body).count("/") == 0
    assert found(applied.api.stored(body), row.path) == row.value
    mutant = mutated(body, row.path, row.mutant)
    assert mutant != body
    path = applied.api.of(body).path(body["metadata"].get("namespace", ""), body["metadata"]["name"])
    answer = applied.api.ask(
        "PATCH",
        path,
        mutant,
        content="application/apply-patch+yaml",
        query={"dryRun": "All", "fieldManager": "kubectl", "force": "true", "fieldValidation": "Strict"},
    )
    # The server refuses the change, because the field is immutable; or it takes it, and the proof above is red.
    assert answer.status == 422 or (answer.status == 200 and found(answer.body, row.path) != row.value), answer.message


def test_the_page_is_what_the_table_gives() -> None:
    assert (ROOT / "docs" / "coverage.md").read_text() == document(), "make docs writes it anew"


def test_every_chart_has_a_row() -> None:
    charts = {file.stem for file in (ROOT / "charts").glob("*.py")}
    assert charts - {row.chart for row in ROWS} == {"bootstrap"}


def test_rows_of_one_environment_stand_together() -> None:
    """Otherwise a server would be started more than once for it."""
    assert len([name for name, _ in groupby(row.environment for row in IN_ORDER)]) == len(
        {row.environment for row in ROWS}
    )
