"""The author's code is rewritten where it asks datetime for the time: what it means otherwise stays the same."""

from __future__ import annotations

import datetime
import subprocess
import sys
import textwrap
from types import CodeType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilothouse import purity


def compiled(source: str) -> CodeType:
    code: CodeType = compile(purity.guarded_source(source.encode(), "charts/web.py"), "charts/web.py", "exec")  # type: ignore[call-overload]
    return code


def test_a_module_that_asks_for_nothing_is_compiled_as_it_stands() -> None:
    source = b"x = 1\n"
    assert purity.guarded_source(source, "charts/web.py") is source


def test_what_does_not_parse_says_where() -> None:
    with pytest.raises(SyntaxError) as caught:
        purity.guarded_source(b"now = 1\nif now print()\n", "charts/web.py")
    assert (caught.value.filename, caught.value.lineno) == ("charts/web.py", 2)


def test_the_meaning_stays_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    import builtins

    monkeypatch.setattr(builtins, "__pilothouse_clock__", purity._clock, raising=False)
    source = '''
        """Its own words."""
        from __future__ import annotations

        class Clock:
            now = 3
            def today(self) -> int: return self.now + 1
            class Inner:
                __private = 1
                def utcnow(self): return self.__private

        clock = Clock()
        clock.now = 5
        clock.now += 1
        del clock.now
        found = [Clock.now, clock.today(), Clock.Inner().utcnow(), [c.now for c in (clock, Clock)], f"{clock.now!r}"]
        try:
            (1).now
        except AttributeError as error:
            found.append(error.__traceback__.tb_lineno)
        match clock:
            case Clock(now=n): found.append(n)
    '''
    text = textwrap.dedent(source)
    plain: dict[str, Any] = {"__name__": "plain"}
    guarded: dict[str, Any] = {"__name__": "guarded"}
    exec(compile(text, "charts/web.py", "exec"), plain)
    exec(compiled(text), guarded)
    assert guarded["found"] == plain["found"] == [3, 4, 1, [3, 3], "3", 18, 3]
    assert guarded["__doc__"] == "Its own words."
    assert guarded["Clock"].today.__annotations__ == {"return": "int"}


@given(st.text(alphabet="now.()= \n\"'#:today[]\tx1", max_size=40))
def test_what_parses_parses_still_and_what_does_not_does_not(source: str) -> None:
    def outcome(text: Any) -> str:
        try:
            compile(text(), "charts/web.py", "exec")
        except (SyntaxError, ValueError) as error:
            return type(error).__name__
        return "fine"

    assert outcome(lambda: purity.guarded_source(source.encode(), "charts/web.py")) == outcome(lambda: source.encode())


def test_the_classes_of_datetime_stay_what_they_are() -> None:
    """In a process that is watched: nothing but the author's own question is changed."""
    script = """
        import copy, datetime, pickle
        from pilothouse import purity, watch
        before = datetime.datetime, datetime.date, datetime.datetime.now
        purity.start()
        watch.begin()
        assert (datetime.datetime, datetime.date, datetime.datetime.now) == before
        now = datetime.datetime(2026, 1, 1)
        assert type(now) is datetime.datetime and pickle.loads(pickle.dumps(now)) == copy.copy(now) == now
        print("fine")
    """
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(script)], capture_output=True, text=True)
    assert done.stdout == "fine\n", done.stderr
    assert datetime.datetime.now
