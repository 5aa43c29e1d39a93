"""kubeconform's one-line messages, taken apart."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pilothouse.kubeconform import Problem, settle
from pilothouse.kubeconform.message import problems_of

HEAD = "problem validating schema. Check JSON formatting: jsonschema validation failed with 'file:///s.json#'"


def test_one_cause() -> None:
    assert problems_of(f"{HEAD} - at '/spec/replicas': got string, want integer") == (
        Problem(("spec", "replicas"), "got string, want integer"),
    )


def test_groups_give_way_to_what_is_in_them() -> None:
    message = (
        f"{HEAD} - at '': validation failed   - at '/a': 'allOf' failed     - at '/a': missing property 'x'"
        "     - at '/a/y': got null, want string   - at '/b': minItems: got 0, want 1"
    )
    assert problems_of(message) == (
        Problem(("a",), "missing property 'x'"),
        Problem(("a", "y"), "got null, want string"),
        Problem(("b",), "minItems: got 0, want 1"),
    )


def test_alternatives_are_one_problem() -> None:
    message = (
        f"{HEAD} - at '/p': 'oneOf' failed, none matched   - at '/p': validation failed"
        "     - at '/p/n': got null, want string     - at '/p': missing property 'm'"
        "   - at '/p': got object, want integer - at '/q': got null, want string"
    )
    assert problems_of(message) == (
        Problem(
            ("p",),
            "'oneOf' failed, none matched: got object, want integer; or missing property 'm'; "
            "or n: got null, want string",
        ),
        Problem(("q",), "got null, want string"),
    )


def test_every_unknown_field_is_a_problem_of_its_own() -> None:
    assert problems_of(rf"{HEAD} - at '/spec': additional properties 'b', 'it\'s' not allowed") == (
        Problem(("spec", "b"), "unknown field"),
        Problem(("spec", "it's"), "unknown field"),
    )


def test_a_value_that_looks_like_a_cause_is_none() -> None:
    assert problems_of(rf"{HEAD} - at '/a': 'x - at \'/b\': got' does not match pattern '^y'") == (
        Problem(("a",), r"'x - at \'/b\': got' does not match pattern '^y'"),
    )


def test_a_message_of_another_shape_stays_whole() -> None:
    assert problems_of("something else") == (Problem((), "something else"),)
    assert problems_of("") == (Problem((), "it does not fit its schema"),)


def test_indexes_are_told_from_keys_by_the_object() -> None:
    body = {"list": [{"0": {"x": 1}}], "map": {"0": [7]}}
    assert settle(("list", "0", "0", "x"), body) == ("list", 0, "0", "x")
    assert settle(("map", "0", "0"), body) == ("map", "0", 0)
    assert settle(("list", "5", "0"), body) == ("list", "5", "0")
    assert settle(("list", "٣"), body) == ("list", "٣")
    assert settle(("absent", "0"), body) == ("absent", "0")
    assert settle(("list", "0"), None) == ("list", "0")


@given(
    st.text()
    | st.lists(st.sampled_from(["'", "\\", " - at '", "': ", "   - at '", "/a", "\\x", "\\U00ffffff"])).map("".join)
)
def test_any_text_is_at_least_one_problem(message: str) -> None:
    for secret in (False, True):
        problems = problems_of(HEAD + message, secret=secret)
        assert problems
        assert all(problem.message for problem in problems)


@given(st.text(alphabet="abc'\\\" -:/", min_size=1))
def test_a_secret_value_is_left_out_however_it_is_quoted(value: str) -> None:
    quoted = "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "XYZZY'"
    for problem in problems_of(f"{HEAD} - at '/data/k': {quoted} does not match pattern '^x'", secret=True):
        assert "XYZZY" not in problem.message
