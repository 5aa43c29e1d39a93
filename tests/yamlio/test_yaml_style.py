"""How written YAML looks: kubectl's style, in the order that people expect, the same on every machine."""

from __future__ import annotations

import enum
import json
import subprocess
import sys
from collections import OrderedDict

import pytest

from pilothouse.yamlio import YamlWriteError, dump, dump_all, load_all


def test_an_object_looks_as_kubectl_prints_it() -> None:
    value = {
        "kind": "Deployment",
        "status": {},
        "spec": {
            "replicas": 3,
            "template": {
                "spec": {"containers": [{"name": "web", "image": "oliwave/kubia:v1", "args": ["--v=2", "-n"]}]}
            },
            "paused": False,
            "selector": None,
        },
        "metadata": {"labels": {"app.kubernetes.io/name": "kubia"}, "namespace": "lab", "name": "kubia-dp"},
        "apiVersion": "apps/v1",
    }
    assert dump(value) == (
        "apiVersion: apps/v1\n"
        "kind: Deployment\n"
        "metadata:\n"
        "  name: kubia-dp\n"
        "  namespace: lab\n"
        "  labels:\n"
        "    app.kubernetes.io/name: kubia\n"
        "spec:\n"
        "  replicas: 3\n"
        "  template:\n"
        "    spec:\n"
        "      containers:\n"
        "      - name: web\n"
        "        image: oliwave/kubia:v1\n"
        "        args:\n"
        "        - --v=2\n"
        "        - -n\n"
        "  paused: false\n"
        "  selector: null\n"
        "status: {}\n"
    )


def test_only_the_root_of_an_object_is_put_in_order() -> None:
    inner = {"spec": 1, "kind": "A", "apiVersion": "v1"}
    assert list(load_all(dump({"kind": "A", "data": 1, "items": [inner]}), file="f")[0].value) == [
        "kind",
        "data",
        "items",
    ]
    whole = {
        "status": 1,
        "data": 2,
        "immutable": True,
        "kind": "A",
        "z": 0,
        "spec": 3,
        "apiVersion": "v1",
        "items": [inner],
    }
    read = load_all(dump(whole), file="f")[0].value
    assert list(read) == ["apiVersion", "kind", "spec", "data", "immutable", "z", "items", "status"]
    assert list(read["items"][0]) == ["spec", "kind", "apiVersion"]
    assert list(whole) == ["status", "data", "immutable", "kind", "z", "spec", "apiVersion", "items"]


def test_metadata_begins_with_what_names_the_object() -> None:
    metadata = {"uid": "u", "annotations": {"z": "1", "a": "2"}, "labels": {}, "namespace": "n", "name": "x"}
    read = load_all(dump({"apiVersion": "v1", "kind": "A", "metadata": metadata}), file="f")[0].value["metadata"]
    assert list(read) == ["name", "namespace", "labels", "annotations", "uid"]
    assert list(read["annotations"]) == ["z", "a"]


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("kubia", "kubia"),
        ("oliwave/kubia:v1", "oliwave/kubia:v1"),
        ("http://x.y/z?a=b&c#d", "http://x.y/z?a=b&c#d"),
        ("100m", "100m"),
        ("128Mi", "128Mi"),
        ("25%", "25%"),
        ("1.2.3", "1.2.3"),
        ("10.244.0.0/21", "10.244.0.0/21"),
        ("a sentence, with (signs); and 'quotes'", "a sentence, with (signs); and 'quotes'"),
        ("größer 🚢", "größer 🚢"),
        ("yes", '"yes"'),
        ("On", '"On"'),
        ("3", '"3"'),
        ("1e3", '"1e3"'),
        ("12:30:45", '"12:30:45"'),
        ("", '""'),
        ("key: value", '"key: value"'),
        ("*", '"*"'),
        ('{"a": 1}', "'{\"a\": 1}'"),
        ("a\tb", '"a\\tb"'),
        ("\x7f\x85\u2028\ufeff\U0010ffff", '"\\x7F\\x85\\u2028\\uFEFF\\U0010FFFF"'),
        ("x " * 500 + "x", "x " * 500 + "x"),
    ],
    ids=ascii,
)
def test_a_string_is_quoted_only_where_a_reader_could_err(text: str, written: str) -> None:
    assert dump({"a": text}) == f"a: {written}\n"


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("a\nb\n", "|\n  a\n  b\n"),
        ("a\nb", "|-\n  a\n  b\n"),
        ("a\n\nb\n\n", "|+\n  a\n\n  b\n\n"),
        ("  a\nb\n", "|2\n    a\n  b\n"),
        ("all:\n\tcc x.c # no comment\n", "|\n  all:\n  \tcc x.c # no comment\n"),
        ("x" * 300 + "\n" + "y z " * 100 + ".\n", "|\n  " + "x" * 300 + "\n  " + "y z " * 100 + ".\n"),
        ("🚢\nb\n", "|\n  🚢\n  b\n"),
    ],
    ids=ascii,
)
def test_several_lines_are_a_literal_block(text: str, written: str) -> None:
    assert dump({"a": text}) == f"a: {written}"


def test_documents_are_parted_by_three_dashes() -> None:
    assert dump_all([{"a": 1}, {"b": 2}]) == "a: 1\n---\nb: 2\n"
    assert dump_all([]) == ""
    values = [{"a": "x\n\n"}, "y", [1], None, {"b": "---\nz"}]
    read = [document.value for document in load_all(dump_all(values), file="f")]
    assert read == [value for value in values if value is not None]


def test_subclasses_of_plain_types_are_written_as_the_plain_types() -> None:
    class Protocol(enum.StrEnum):
        TCP = "TCP"

    class Port(enum.IntEnum):
        HTTP = 80

    class Name(str):
        def __str__(self) -> str:
            return "something else"

    class Share(float):
        def __repr__(self) -> str:
            return "half"

    value = OrderedDict(protocol=Protocol.TCP, port=Port.HTTP, name=Name("web"), share=Share(0.5))
    assert dump({"a": [value], Name("k"): 1}) == "a:\n- protocol: TCP\n  port: 80\n  name: web\n  share: 0.5\nk: 1\n"
    assert dump(Protocol.TCP) == "TCP\n"


def cycle() -> dict[str, object]:
    value: dict[str, object] = {}
    value["b"] = [value]
    return value


def deep() -> list[object]:
    value: list[object] = []
    for _ in range(5000):
        value = [value]
    return value


@pytest.mark.parametrize(
    ("value", "path", "found"),
    [
        (float("nan"), (), "found nan, expected a finite number"),
        (float("-inf"), (), "found -inf, expected a finite number"),
        (b"x", (), "got bytes"),
        (__import__("datetime").date(2026, 1, 1), (), "got datetime.date"),
        ((1, 2), (), "expected list, got tuple"),
        ((), (), "expected list, got tuple"),
        ({1}, (), "got set"),
        pytest.param(object(), (), "got object", id="object"),
        ({"x": 1}.keys(), (), "got dict_keys"),
        (2**64, (), "65 bits"),
        (-(2**63) - 1, (), "64 bits"),
        ("a\ud800", (), "half a surrogate pair"),
        ("a\n\udfff", (), "half a surrogate pair"),
        ({1: 2}, (), "found the key 1 of type int, expected a string"),
        ({None: 2}, (), "found the key None of type NoneType, expected a string"),
        ({"\ud800": 2}, (), "half a surrogate pair in the key"),
        (cycle(), ("b", 0), "contains itself"),
        (deep(), (0,) * 200, "more than 200"),
    ],
    ids=lambda value: None if isinstance(value, (dict, list)) else ascii(value)[:40],
)
def test_what_no_reader_would_read_back_is_refused_with_its_place(
    value: object, path: tuple[object, ...], found: str
) -> None:
    for whole, prefix in ((value, ()), ({"spec": [0, value]}, ("spec", 1))):
        with pytest.raises(YamlWriteError) as caught:
            dump(whole)
        if path != (0,) * 200:
            assert caught.value.path == prefix + path
        assert found in str(caught.value)
    with pytest.raises(YamlWriteError):
        dump_all([1, value])


def test_every_mistake_in_a_value_is_told_at_once() -> None:
    with pytest.raises(YamlWriteError) as caught:
        dump({"a": (1,), "b": [float("inf"), {"c": b""}], "d": 1})
    assert [path for path, _ in caught.value.problems] == [("a",), ("b", 0), ("b", 1, "c")]
    assert str(caught.value).startswith(
        "a: expected list, got tuple; b[0]: found inf, expected a finite number; b[1].c: "
    )


def test_one_value_may_stand_in_two_places() -> None:
    labels = {"a": "b"}
    assert dump({"x": labels, "z": [labels, labels]}) == "x:\n  a: b\nz:\n- a: b\n- a: b\n"


def test_nesting_up_to_the_limit_is_written_and_read() -> None:
    value: object = "x"
    for index in range(200):
        value = {"a": value} if index % 2 else [value]
    assert load_all(dump(value), file="f")[0].value == value
    assert load_all(json.dumps(value), file="f")[0].value == value


def test_importing_yamlio_and_writing_does_not_load_a_yaml_library() -> None:
    code = (
        "import sys; from pilothouse.yamlio import dump; dump({'a': 'b'});"
        "print(sorted({'yaml', '_yaml', 'msgspec', 'ruamel', 'json.decoder'} & set(sys.modules)))"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"
