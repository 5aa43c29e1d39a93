from __future__ import annotations

import datetime
from typing import Annotated, Any, Literal

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from pilothouse import Values
from pilothouse.environment import ValuesTypeError, value_problems, values_schema
from pilothouse.environment.judge import judge
from tests.environment.value_types import SCALARS, STRUCTS, Case, near_misses, replaced, struct

slowly = settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.too_slow])


class Probe(Values):
    path: str = "/"
    port: Annotated[int, msgspec.Meta(ge=1, le=65535)] = 80


class Open(msgspec.Struct):
    """A struct that msgspec would let unknown keys into."""

    cpu: int = 1


class Disk(msgspec.Struct, tag="disk", forbid_unknown_fields=True):
    size: int


class Memory(msgspec.Struct, tag="memory", forbid_unknown_fields=True):
    limit: str = "1Gi"


class Checked(Values):
    low: int = 1
    high: int = 2

    def __post_init__(self) -> None:
        if self.low > self.high:
            raise ValueError("low is above high")


class KubiaValues(Values):
    image: str
    version: str = "v1"
    replicas: Annotated[int, msgspec.Meta(ge=0)] = 3
    weight: float = 1.0
    debug: bool = False
    kind: Literal["ClusterIP", "NodePort"] = "ClusterIP"
    probe: Probe | None = None
    probes: dict[str, Probe] = msgspec.field(default_factory=dict)
    ports: dict[int, str] = msgspec.field(default_factory=dict)
    pair: tuple[int, str] = (1, "a")
    hosts: list[str] = msgspec.field(default_factory=list)
    open: Open = msgspec.field(default_factory=Open)
    store: Disk | Memory | None = None
    since: datetime.datetime | None = None
    day: datetime.date | None = None
    port: int | str = 80
    name: Annotated[str, msgspec.Meta(pattern="^[a-z]+$", max_length=5)] = "a"
    password: str = ""
    checked: Checked = Checked()
    step: Annotated[int, msgspec.Meta(multiple_of=5)] = 5
    bounded: Annotated[list[int], msgspec.Meta(min_length=1, max_length=2)] | None = None


def problems(**values: Any) -> list[str]:
    typed, mistakes = value_problems(KubiaValues, {"image": "x", **values})
    assert (typed is None) == bool(mistakes)
    return [f"{'.'.join(map(str, mistake.path))}: {mistake.message}" for mistake in mistakes]


def test_correct_values_become_the_charts_own_type() -> None:
    values = {
        "image": "oliwave/kubia",
        "probe": {"port": 8080},
        "ports": {"80": "http"},
        "pair": [2, "b"],
        "store": {"type": "disk", "size": 3},
        "day": "2031-01-31",
        "weight": 2,
    }
    typed, mistakes = value_problems(KubiaValues, values)
    assert mistakes == []
    assert typed == KubiaValues(
        image="oliwave/kubia",
        probe=Probe(port=8080),
        ports={80: "http"},
        pair=(2, "b"),
        store=Disk(3),
        day=datetime.date(2031, 1, 31),
        weight=2.0,
    )


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"replicas": "three"}, "replicas: expected int, got 'three'"),
        ({"replicas": "3"}, "replicas: expected int, got '3': take the quotes off"),
        ({"replicas": 1.0}, "replicas: expected int, got 1.0"),
        ({"replicas": True}, "replicas: expected int, got true"),
        ({"replicas": None}, "replicas: expected int, got null"),
        ({"replicas": [1]}, "replicas: expected int, got a list"),
        ({"replicas": -1}, "replicas: expected at least 0, got -1"),
        ({"version": 1.1}, "version: expected str, got 1.1: put it in quotes"),
        ({"version": False}, "version: expected str, got false: put it in quotes"),
        ({"version": {}}, "version: expected str, got a map"),
        ({"weight": "much"}, "weight: expected float, got 'much'"),
        ({"debug": "true"}, "debug: expected bool, got 'true'"),
        ({"debug": 1}, "debug: expected bool, got 1"),
        ({"kind": "Nodeport"}, "kind: expected 'ClusterIP' or 'NodePort', got 'Nodeport', did you mean 'NodePort'?"),
        ({"kind": 3}, "kind: expected 'ClusterIP' or 'NodePort', got 3: put it in quotes"),
        ({"replcas": 3}, "replcas: unknown key 'replcas', did you mean 'replicas'?"),
        ({"probe": {"prt": 3}}, "probe.prt: unknown key 'prt', did you mean 'port'?"),
        ({"probe": {"port": 0}}, "probe.port: expected at least 1, got 0"),
        ({"probe": 3}, "probe: expected map or null, got 3"),
        ({"probes": {"a.b": {"port": 0}}}, "probes.a.b.port: expected at least 1, got 0"),
        ({"pair": [1]}, "pair: expected at least 2 items, got 1"),
        ({"pair": ["a", "b"]}, "pair.0: expected int, got 'a'"),
        ({"hosts": "a"}, "hosts: expected list of str, got 'a'"),
        ({"hosts": ["a", 1]}, "hosts.1: expected str, got 1: put it in quotes"),
        ({"open": {"memory": 1}}, "open.memory: unknown key 'memory': known keys are cpu"),
        ({"store": {"size": 1}}, "store: missing: type ('disk' or 'memory')"),
        ({"store": {"type": "disc"}}, "store.type: expected 'disk' or 'memory', got 'disc', did you mean 'disk'?"),
        ({"store": {"type": "disk"}}, "store: missing: size (int)"),
        ({"store": {"type": "memory", "size": 1}}, "store.size: unknown key 'size': known keys are limit"),
        ({"port": None}, "port: expected int or str, got null"),
        ({"name": "aB"}, "name: expected a str like ^[a-z]+$, got 'aB'"),
        ({"name": "abcdef"}, "name: expected at most 5 characters, got 'abcdef' (6)"),
        ({"day": "31.1."}, "day: expected a date such as '2031-01-31', got '31.1.'"),
        ({"step": 7}, "step: expected a multiple of 5, got 7"),
        ({"bounded": []}, "bounded: expected at least 1 item, got 0"),
        # What the schema cannot say, msgspec does.
        ({"ports": {"80": "http", "web": "x"}}, "ports.web: expected the key to be int, got 'web'"),
        ({"ports": {"80": "http", "81": 3}}, "ports.81: expected str, got 3: put it in quotes"),
        ({"since": "yesterday"}, "since: invalid RFC3339 encoded datetime, got 'yesterday'"),
        ({"checked": {"low": 3}}, "checked: low is above high"),
    ],
)
def test_a_mistake_is_said_in_a_persons_words(values: dict[str, Any], message: str) -> None:
    assert problems(**values) == [message]


def test_every_mistake_is_told_at_once() -> None:
    typed, mistakes = value_problems(
        KubiaValues,
        {"replicas": "three", "probe": {"prt": 1, "path": 2}, "hosts": [1, "a", 2], "typo": 1, "replcas": 2},
    )
    assert typed is None
    assert {mistake.path for mistake in mistakes if not mistake.message.startswith("missing")} == {
        ("replicas",),
        ("probe", "prt"),
        ("probe", "path"),
        ("hosts", 0),
        ("hosts", 2),
        ("typo",),
        ("replcas",),
    }
    assert [mistake.message for mistake in mistakes if not mistake.path] == ["missing: image (str)"]
    assert {mistake.path for mistake in mistakes if mistake.at_key} == {("probe", "prt"), ("typo",), ("replcas",)}


def test_what_may_be_a_secret_is_not_shown() -> None:
    assert problems(password=12345) == ["password: expected str, got an int (not shown): put it in quotes"]


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        *[(name, False) for name in ("password", "dbPassword", "api_key", "authToken", "client_secret", "secret")],
        *[(name, True) for name in ("tls_secret", "pullSecret", "secretName", "tokens", "key", "replicas")],
    ],
)
def test_the_name_of_a_field_says_whether_its_value_may_be_shown(name: str, shown: bool) -> None:
    kind = msgspec.defstruct("Told", [(name, int)])
    ((_, message, *_),) = value_problems(kind, {name: "hunter2"})[1]
    assert ("hunter2" in message) == shown


def test_a_long_text_is_cut() -> None:
    (message,) = problems(replicas="x" * 5000)
    assert len(message) < 120


def test_numbers_past_every_bound_are_refused_in_words() -> None:
    assert problems(weight=10**400) == ["weight: number out of range, got an int of 1329 bits"]
    assert problems(step=10**5000 + 1) == ["step: expected a multiple of 5, got an int of 16610 bits"]


def test_types_that_no_yaml_can_give_are_the_charts_mistake() -> None:
    class Odd(Values):
        call: complex

    with pytest.raises(ValuesTypeError, match="Odd"):
        values_schema(Odd)
    with pytest.raises(ValuesTypeError, match="Odd"):
        value_problems(Odd, {})


@given(STRUCTS.flatmap(lambda case: st.tuples(st.just(case), near_misses(case))))
@slowly
def test_both_judges_agree(drawn: tuple[Case, Any]) -> None:
    case, value = drawn
    try:
        msgspec.convert(value, case.type, str_keys=True)
        right = True
    except msgspec.ValidationError:
        right = False
    typed, mistakes = value_problems(case.type, value)
    assert (mistakes == []) == right
    assert (typed is not None) == right
    assert (judge(values_schema(case.type), value) == []) == right


@given(STRUCTS.flatmap(lambda case: st.tuples(st.just(case), case.values)))
@slowly
def test_the_schema_takes_whatever_the_type_takes(drawn: tuple[Case, Any]) -> None:
    case, value = drawn
    schema = values_schema(case.type)
    Draft202012Validator.check_schema(schema)
    assert Draft202012Validator(schema).is_valid(value)


@given(STRUCTS.flatmap(lambda case: st.tuples(st.just(case), near_misses(case))))
@slowly
def test_a_mistake_stands_where_the_value_is(drawn: tuple[Case, Any]) -> None:
    case, value = drawn
    for mistake in value_problems(case.type, value)[1]:
        here: Any = value
        step: Any
        for step in mistake.path[:-1] if mistake.at_key else mistake.path:
            # Every step of the path is in the value, so a place in the file can be found for it.
            assert step in here if isinstance(here, dict) else 0 <= step < len(here)
            here = here[step]
        if mistake.at_key:
            assert mistake.path[-1] in here
        assert mistake.message


@given(st.lists(st.sampled_from([case for case in SCALARS if case.type is not Any]), min_size=1, max_size=5), st.data())
@slowly
def test_every_broken_value_is_found(cases: list[Case], data: st.DataObject) -> None:
    case = struct([(f"field{index}", each, True) for index, each in enumerate(cases)])
    value = data.draw(case.values)
    broken = data.draw(st.sets(st.sampled_from(sorted(value)), min_size=1))
    for name in broken:
        # A map is right for none of these types.
        value = replaced(value, (name,), {"alien": 1})
    _, mistakes = value_problems(case.type, value)
    assert {mistake.path for mistake in mistakes} == {(name,) for name in broken}


class Nested(Values):
    inner: dict[str, dict[int, str]] = msgspec.field(default_factory=dict)
    a: dict[str, Any] = msgspec.field(default_factory=dict)


@given(st.dictionaries(st.sampled_from(["a.b", "a", "b", "[0]", "[...]", "x`y", "", "$"]), st.booleans(), min_size=1))
@slowly
def test_a_key_of_any_spelling_is_found_where_only_msgspec_can_tell(right: dict[str, bool]) -> None:
    nested = {name: {"1": "x", "2" if good else "two": "y"} for name, good in right.items()}
    _, mistakes = value_problems(Nested, {"inner": nested})
    wrong = [("inner", name, "two") for name, good in right.items() if not good]
    assert [mistake.path for mistake in mistakes] == wrong[:1]
    assert all(mistake.message == "expected the key to be int, got 'two'" for mistake in mistakes)
