"""Charts that do not come to their end: each is its own finding, and the others are built all the same."""

from __future__ import annotations

import pytest

from tests.engine.engine_repository import GOOD, Repository


def test_every_failing_chart_is_a_finding_at_its_own_line(repository: Repository) -> None:
    repository.chart("good", GOOD)
    repository.good()
    before = repository.written()
    repository.write(
        "constructs/ours.py",
        """
        from pilothouse import Construct


        class Ours(Construct):
            def __init__(self, scope, id):
                super().__init__(scope, id)
                raise KeyError("colour")  # here


        def helped(scope):
            return [].pop()  # popped
        """,
    )
    repository.builds("raises", "raise ValueError('no colour')  # here")
    repository.builds("lines", "raise ValueError('first\\nsecond')  # here")
    repository.builds("silent", "assert 1 == 2  # here")
    repository.builds("construct", "Ours(self, 'x')", imports="from ours import Ours")
    repository.builds("helper", "helped(self)", imports="from ours import helped")
    repository.builds(
        "kit", "Deployment(self, 'web', imagine='nginx')  # here", imports="from pilothouse_kit import Deployment"
    )
    repository.builds(
        "kit_deep", "Service(self, 'web', ports=80)  # here", imports="from pilothouse_kit import Service"
    )
    repository.builds("scope", "RawObject(None, config())  # here")
    repository.builds(
        "same_id", "RawObject(self, config(), id='x')\nRawObject(self, config('b'), id='x')  # here"
    )
    repository.builds("endless", "def again():\n    again()  # here\nagain()")
    repository.builds("exits", "import sys\nsys.exit(0)  # here")
    repository.builds("exits_too", "raise SystemExit('bye')  # here")
    repository.builds("interrupts", "raise KeyboardInterrupt  # here")
    repository.builds("closes", "raise GeneratorExit  # here")
    repository.builds("missing", "pass", imports="import there_is_no_such_module  # here")
    repository.builds("broken", "if True print()  # here")
    repository.builds("indented", "x = 1\n  y = 2  # here")
    repository.builds("returns", "return [config()]  # here")
    run = repository.synth()
    assert run.code == 1
    assert "nothing was written" in run.stderr
    assert repository.written() == before
    for f in run.found(): print(f)
    assert 0
