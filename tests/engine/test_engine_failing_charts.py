"""Charts that do not come to their end: each is its own finding, and all others are built and judged."""

from __future__ import annotations

import pytest

from tests.engine.engine_repository import GOOD, Repository

RAISED, TOO_LONG, PRINTED, NO_CHART, IMPURE, DIED = (f"CHART00{number}" for number in range(1, 7))


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
    repository.builds("surrogate", "raise ValueError('\\ud800')  # here")
    repository.builds("wordless", "raise Wordless  # here", imports="class Wordless(Exception):\n    __str__ = None")
    repository.builds("construct", "Ours(self, 'x')", imports="from ours import Ours")
    repository.builds("helper", "helped(self)", imports="from ours import helped")
    kit = "from pilothouse_kit import Deployment, Service"
    repository.builds("kit", "Deployment(self, 'web', image='nginx', imagine='nginx')  # here", imports=kit)
    repository.builds("kit_deep", "Service(self, 'web', ports=80)  # here", imports=kit)
    repository.builds("scope", "RawObject(None, config())  # here")
    repository.builds("same_id", "RawObject(self, config(), id='x')\nRawObject(self, config('b'), id='x')  # here")
    repository.builds("no_id", "RawObject(self, config(), id=3)  # here")
    repository.builds("endless", "def again():\n    again()  # here\nagain()")
    repository.builds("interrupts", "raise KeyboardInterrupt  # here")
    repository.builds("missing", "pass", imports="import there_is_no_such_module  # here")
    repository.builds("broken", "if True print()  # here")
    repository.builds("indented", "x = 1\n  y = 2  # here")
    repository.builds("exits", "import sys\nsys.exit(0)  # here")
    repository.builds("exits_too", "raise SystemExit('bye')  # here")

    run = repository.synth()

    assert run.code == 1
    assert "nothing was written" in run.stderr
    assert repository.written() == before
    assert run.found("good") == []
    expected = {
        "raises": (RAISED, "ValueError: no colour"),
        "lines": (RAISED, "ValueError: first second"),
        "silent": (RAISED, "AssertionError"),
        "surrogate": (RAISED, "ValueError: \\ud800"),
        "wordless": (RAISED, "Wordless"),
        "kit_deep": (RAISED, "TypeError: 'int' object is not iterable"),
        "kit": (RAISED, "ValueError: Deployment web: imagine: there is no such argument"),
        "same_id": (RAISED, "ValueError: there is already a construct named 'x' in same-id"),
        "no_id": (RAISED, "TypeError: expected the id of a construct as a string of one character or more, got 3"),
        "endless": (RAISED, "RecursionError: the chart calls itself, or holds itself, without end"),
        "interrupts": (RAISED, "KeyboardInterrupt"),
        "missing": (RAISED, "ModuleNotFoundError: No module named 'there_is_no_such_module'"),
        "indented": (RAISED, "IndentationError: unexpected indent"),
        "exits": (DIED, "the chart called sys.exit(0)"),
        "exits_too": (DIED, "the chart called sys.exit('bye')"),
    }
    for name, (code, message) in expected.items():
        assert run.one(name.replace("_", "-")) == (repository.here(name), code, message)
    assert run.one("construct") == (repository.here("ours", folder="constructs"), RAISED, "KeyError: 'colour'")
    popped = repository.here("ours", "# popped", folder="constructs")
    assert run.one("helper") == (popped, RAISED, "IndexError: pop from empty list")
    assert run.one("scope")[:2] == (repository.here("scope"), RAISED)
    # Python words this one differently from version to version.
    assert run.one("broken")[:2] == (repository.here("broken"), RAISED)
    assert run.one("broken")[2].startswith("SyntaxError: ")


def test_modules_that_are_no_chart(repository: Repository) -> None:
    head = "from pilothouse import Chart, Values\n"
    repository.chart("none", "x = 1")
    repository.chart("empty", "")
    repository.chart(
        "two",
        head + "class A(Chart[Values]):\n    def build(self): pass\n"
        "class B(Chart[Values]):  # here\n    def build(self): pass\n",
    )
    repository.chart("no_build", head + "\n\nclass A(Chart[Values]):  # here\n    pass\n")
    repository.chart("no_method", head + "class A(Chart[Values]):  # here\n    build = 3\n")
    repository.chart("arguments", head + "class A(Chart[Values]):\n    def build(self, x):  # here\n        pass\n")
    no_struct = "class V:\n    x: int\n\n\nclass A(Chart[V]):  # here\n    def build(self): pass\n"
    repository.chart("no_struct", head + no_struct)
    repository.chart("number", head + "class A(Chart[int]):  # here\n    def build(self): pass\n")
    repository.chart("unknown", head + "class A(Chart['Nowhere']):  # here\n    def build(self): pass\n")
    repository.builds("returns", "return [config()]")
    repository.builds("asks", "yield config()")
    run = repository.synth()
    assert run.code == 1
    assert run.one("none") == ("charts/none.py:1", NO_CHART, "charts/none.py has no Chart class, expected one")
    assert run.one("empty") == ("charts/empty.py:1", NO_CHART, "charts/empty.py has no Chart class, expected one")
    for name, message in {
        "two": "charts/two.py has 2 Chart classes (A, B), expected one",
        "no_build": "the chart A has no build() method",
        "no_method": "build of the chart A is no method",
        "arguments": "build() of the chart A takes arguments, expected none but self",
        "no_struct": "the chart A names V as the type of its values, expected a subclass of Values",
        "number": "the chart A names int as the type of its values, expected a subclass of Values",
        "unknown": "the chart A names Nowhere as the type of its values, expected a subclass of Values",
    }.items():
        assert run.one(name.replace("_", "-")) == (repository.here(name), NO_CHART, message)
    line = len((repository.root / "charts/returns.py").read_text().splitlines()) - 1
    message = "TypeError: build() returns nothing, and here it returned list"
    assert run.one("returns") == (f"charts/returns.py:{line}", RAISED, message)
    assert run.one("asks")[2] == "TypeError: build() returns nothing, and here it returned generator"


def test_charts_that_run_for_too_long_are_ended_where_they_are(repository: Repository) -> None:
    repository.chart("good", GOOD)
    repository.builds("loops", "while True: pass  # here")
    repository.builds("sleeps", "time.sleep(600)  # here", imports="import time")
    repository.builds("matches", "re.match('(a*)*b', 'a' * 60)  # here", imports="import re")
    repository.builds(
        "swallows",
        "while True:\n    try:\n        while True: len(str(self))  # here\n    except BaseException:\n        pass",
    )
    run = repository.synth("--time-limit", "0.5")
    assert run.code == 1
    assert run.found("good") == []
    for name in ("loops", "sleeps", "matches"):
        assert run.one(name) == (
            repository.here(name),
            TOO_LONG,
            "the chart took longer than 0.5 seconds and was ended",
        )
    place, code, message = run.one("swallows")
    assert place.startswith("charts/swallows.py:")
    assert (code, message) == (TOO_LONG, "the chart took longer than 0.5 seconds and was ended")


def test_after_a_chart_was_ended_while_node_worked_for_it_the_next_one_gets_its_own_answers(
    repository: Repository,
) -> None:
    """The answer that the first one did not wait for must not reach the second."""
    slow = """
        @jsii.implements(constructs.IValidation)
        class Slow:
            def validate(self):
                time.sleep(600)  # here
                return []
    """
    repository.builds(
        "a_slow", "self.node.add_validation(Slow())", imports=f"import constructs, jsii, time\n{_dedent(slow)}"
    )
    repository.builds(
        "b_next",
        "cdk8s.ApiObject(self, 'x', api_version='v1', kind='ConfigMap', metadata={'name': 'next'})",
        imports="import cdk8s",
    )
    run = repository.synth("--time-limit", "6", "--jobs", "1")
    assert run.one("a-slow")[:2] == (repository.here("a_slow"), TOO_LONG)
    assert run.found("b-next") == []


def _dedent(text: str) -> str:
    import textwrap

    return textwrap.dedent(text).strip()


def test_charts_that_end_their_process(repository: Repository) -> None:
    repository.chart("good", GOOD)
    repository.builds("leaves", "os._exit(0)  # here", imports="import os")
    repository.builds("aborts", "os.abort()  # here", imports="import os")
    repository.builds("kills", "os.kill(0, signal.SIGSEGV)  # here", imports="import os, signal")
    repository.builds("crashes", "ctypes.string_at(0)  # here", imports="import ctypes")
    repository.builds("closes", "os.closerange(3, 200)\nwhile True: pass", imports="import os")
    run = repository.synth("--time-limit", "5")
    assert run.code == 1
    assert run.found("good") == []
    assert run.one("leaves") == (repository.here("leaves"), IMPURE, "the chart ends its process (os._exit)")
    assert run.one("aborts") == (repository.here("aborts"), IMPURE, "the chart ends its process (os.abort)")
    assert run.one("kills") == (repository.here("kills"), IMPURE, "the chart sends a signal")
    place, code, message = run.one("crashes")
    assert place.startswith("charts/crashes.py:")
    assert (code, message) == (DIED, "the chart's process was ended by signal 11")
    assert run.one("closes")[1] in (DIED, TOO_LONG)


@pytest.mark.parametrize("jobs", ["1", "3"])
def test_standard_output_stays_the_commands_own(repository: Repository, jobs: str) -> None:
    repository.chart("good", GOOD)
    repository.builds("silent", "print('   ')")
    repository.builds(
        "prints",
        "print('hello', end=' ')  # here\nprint('there')\nsys.stdout.buffer.write(b'bytes')",
        imports="import sys",
    )
    repository.builds("loops", "for i in range(3):\n    print(i)  # here")
    repository.builds("writes", "os.write(1, b'raw')", imports="import os")
    repository.builds("behind", "sys.__stdout__.write('behind')", imports="import sys")
    repository.builds("kept", "print('kept', file=OUT)  # here", imports="import sys\nOUT = sys.stdout")
    plain = repository.run("synth", "--stdout", "--jobs", jobs)
    assert plain.code == 0
    assert "".join(line for line in plain.stdout.splitlines() if not line.startswith(" ")) == (
        "apiVersion: v1kind: ConfigMapmetadata:data:"
    )
    run = repository.synth("--jobs", jobs)
    assert run.code == 0
    assert run.found("good") == run.found("silent") == []
    assert run.found("prints")[0] == (repository.here("prints"), PRINTED, "the chart printed: 'hello'")
    assert [message for _, _, message in run.found("prints")] == [
        f"the chart printed: '{text}'" for text in ("hello", "there", "bytes")
    ]
    assert run.one("loops") == (repository.here("loops"), PRINTED, "the chart printed: '0\\n1\\n2'")
    assert run.one("writes")[1:] == (PRINTED, "the chart wrote to the standard output of its process: 'raw'")
    assert run.one("behind")[1:] == (PRINTED, "the chart wrote to the standard output of its process: 'behind'")
    assert run.one("kept") == (repository.here("kept"), PRINTED, "the chart printed: 'kept'")


def test_what_modules_may_be_called_and_how_they_import_each_other(repository: Repository) -> None:
    repository.write(
        "charts/_shared.py",
        """
        from typing import Generic, TypeVar

        from pilothouse import Chart, RawObject, Values

        V = TypeVar("V", bound=Values)


        class Base(Chart[V], Generic[V]):
            def build(self):
                RawObject(self, object_named(self.values.name))


        class NameValues(Values):
            name: str


        def object_named(name):
            return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}}
        """,
    )
    # Python itself has modules of these names, and the second one belongs to Python's tests.
    repository.builds("json", "import json\nassert json.dumps({}) == '{}'\nRawObject(self, config('of-json'))")
    repository.builds("test", "RawObject(self, config('of-test'))")
    repository.builds("with-dash", "RawObject(self, config('of-dash'))")
    repository.builds("star", "RawObject(self, object_named('of-star'))", imports="from charts._shared import *")
    repository.builds("near", "RawObject(self, object_named('of-near'))", imports="from ._shared import object_named")
    repository.builds(
        "other",
        "assert Web is not Other\nRawObject(self, config('of-other'))",
        imports="from .star import Web as Other",
    )
    repository.chart(
        "heir", "from charts._shared import Base, NameValues\n\n\nclass Heir(Base[NameValues]):\n    pass\n"
    )
    repository.deploy("heir", "{namespace: default, values: {name: of-heir}}")
    repository.chart(
        "late",
        "from pilothouse import Chart, RawObject, Values\n\n\nclass Late(Chart['LateValues']):\n"
        "    def build(self):\n        from charts._shared import object_named\n"
        "        RawObject(self, object_named(self.values.name))\n\n\nclass LateValues(Values):\n    name: str\n",
    )
    repository.deploy("late", "{namespace: default, values: {name: of-late}}")
    repository.good()
    names = {body["metadata"]["name"] for body in repository.objects().values()}
    assert names == {f"of-{name}" for name in ("json", "test", "dash", "star", "near", "other", "heir", "late")}


def test_wrong_values_for_a_type_that_stands_behind_a_base_class_are_found(repository: Repository) -> None:
    repository.chart(
        "heir",
        "from typing import Generic, TypeVar\nfrom pilothouse import Chart, Values\nV = TypeVar('V', bound=Values)\n"
        "class HeirValues(Values):\n    size: int\n"
        "class _Base(Chart[V], Generic[V]):\n    def build(self): pass\n",
    )
    repository.write("charts/_base.py", (repository.root / "charts/heir.py").read_text())
    repository.chart("heir", "from charts._base import _Base, HeirValues\nclass Heir(_Base[HeirValues]): pass\n")
    repository.deploy("heir", "{namespace: default, values: {size: large}}")
    run = repository.synth()
    assert run.code == 2
    assert "charts.heir.values.size: expected int, got 'large'" in run.stderr


def test_one_build_leaves_nothing_for_the_next(repository: Repository) -> None:
    """Two instances of one chart, built by one process: neither sees what the other left in the module."""
    repository.builds(
        "counts",
        """
        COUNT.append(1)
        RawObject(self, config(f"c{len(COUNT)}-{len(shared.COUNT)}-{self.name}"))
        shared.COUNT.append(1)
        """,
        imports="from charts import _counter as shared\nCOUNT = []",
    )
    repository.write("charts/_counter.py", "COUNT = []\n")
    repository.deploy("again", "{chart: counts, namespace: default}")
    repository.good("--jobs", "1")
    assert {body["metadata"]["name"] for body in repository.objects().values()} == {"c1-0-counts", "c1-0-again"}
