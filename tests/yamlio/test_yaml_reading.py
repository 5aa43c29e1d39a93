"""What is read is what sigs.k8s.io/yaml, and so kubectl, reads; what it refuses is refused."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from pilothouse.yamlio import YamlReadError, dump, load_all
from tests.yamlio.goyaml_program import GoError, GoYaml
from tests.yamlio.yaml_texts import nearly_ordinary_yaml, yaml_texts
from tests.yamlio.yaml_values import STRINGS, floats, same_json, strings, values

MANY = settings(deadline=None, max_examples=1500, suppress_health_check=[HealthCheck.too_slow])

STRICTER = (
    "a second time",  # go-yaml takes the last of two equal keys; sigs.k8s.io/yaml's strict reader refuses them too
    "found !!binary that is no UTF-8",  # Go puts U+FFFD in place of each such byte
    "a ':' in a word without quotes",  # [a:] and {b: c:}: a string "a:" to go-yaml
    "found '[', expected whitespace",  # characters in a tag that libyaml keeps for flow collections
    "found ']', expected whitespace",
    "found ',', expected whitespace",
    "found '{', expected whitespace",
    "found '}', expected whitespace",
    "expected tag URI",
    "an unknown escape",  # \' in double quotes
)
"""What this reader refuses and go-yaml reads, on purpose: each is more likely a mistake than a wish."""

TAGS = ("!!int", "!!float", "!!str", "!!bool", "!!null", "!!timestamp", "!!binary", "!!merge", "!!set", "!foo", "!")
FORMS = (
    *(
        "a: {}\n",
        "{}: 1\n",
        "- {}\n",
        "[{}]\n",
        "{{a: {}}}\n",
        "{{{}: 1}}\n",
        "{}\n",
        "\"{}\": '{}'\n",
        "a: &x {}\nb: *x\n",
    ),
    *(f"a: {tag} {{}}\n" for tag in TAGS),
    *(f'a: {tag} "{{}}"\n' for tag in TAGS),
    *(f"{tag} {{}}: 1\n" for tag in TAGS),
    *(
        "? &k {}\n: 1\n",
        "&k {}: *k\n",
        "a: &k {}\n*k : 1\n",
        "x: {{ {} : 1 }}\n",
        "%YAML 1.1\n---\n{}\n",
        "a:\n  {}\n  x\n",
    ),
)


def normal(value: Any) -> Any:
    """JSON's numbers as an API server takes them: an integer beyond 64 bits is a float."""
    if isinstance(value, dict):
        return {key: normal(item) for key, item in value.items()}
    if isinstance(value, list):
        return [normal(item) for item in value]
    return float(value) if type(value) is int and not -(2**63) <= value < 2**63 else value


def alike(left: Any, right: Any) -> bool:
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(alike(left[key], right[key]) for key in left)
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(alike, left, right))
    return type(left) is type(right) and left == right


def check(go: GoYaml, text: str) -> None:
    try:
        theirs: Any = normal(go.read(text, "stream"))
    except GoError as error:
        with pytest.raises(YamlReadError):
            print(error, load_all(text, file="f"))
        return
    try:
        documents = load_all(text, file="f")
    except YamlReadError as error:
        assert any(found in str(error) for found in STRICTER), (text, theirs, str(error))
        return
    if theirs is not None:
        assert alike(theirs, normal(documents[0].value)), (text, theirs, documents[0].value)


@pytest.mark.parametrize("form", FORMS)
def test_a_word_means_what_it_means_to_kubectl(go: GoYaml, form: str) -> None:
    for word in STRINGS:
        if "\ufeff" not in word:
            check(go, form.replace("{}", word).replace("{{", "{").replace("}}", "}"))


@MANY
@given(text=yaml_texts)
@example(text="x: [a?b]")
@example(text="x: [?a]")
@example(text='"\\/"')
@example(text='a: "\\\\/"\nb: /\n')
@example(text="%YAML 1.2\n---\na")
@example(text="a: 1\n<<: {a: 2}\n")
@example(text="a: &a {x: 1, y: 2}\nb: {z: 1, <<: *a, x: 3}\nc: {<<: [*a, {x: 4}], y: 5}\n")
@example(text="a: &a [1]\nb: {<<: *a}")
@example(text="? [a]\n: 1")
@example(text="? {}\n: 1")
@example(text="? &a [a]\n: 1\n*a : 2")
@example(text="a: &a [*a]")
@example(text="a: &a {b: *a}")
@example(text="a: *b")
@example(text="a: .nan")
@example(text="18446744073709551615: 1")
@example(text="a: !!set {b, c}\nd: !!omap [e: 1]\n")
@example(text="a\r\nb: |\r\n  c\r\n  d\r\n")
@example(text="a: |\n  b\n\n\n")
@example(text="a: b\x85c\u2028d")
def test_any_text_is_read_as_kubectl_reads_it_or_refused(go: GoYaml, text: str) -> None:
    check(go, text)


@settings(MANY, max_examples=3000)
@given(text=nearly_ordinary_yaml())
@example(text="  ---\n  # a\n  b: 1\n")
@example(text="---\n# a\nb: 1\n")
@example(text="a:\n- b\n  c: 1\n")
@example(text="a:\n  b: 1\n c: 2\n")
@example(text="a: |\n  b\n \nc: 1\n")
@example(text="a: |\n  \tb\n")
@example(text="a: |\n\tb\n")
@example(text="- - a\n  - b\n- - c\n")
@example(text="a:\nb:\n- c\n")
@example(text="y: 1\non: 2\n1: 3\n")
def test_any_manifest_is_read_as_kubectl_reads_it_or_refused(go: GoYaml, text: str) -> None:
    check(go, text)


@MANY
@given(value=values, changed=st.integers(0, 40), blanks=st.integers(-2, 2))
def test_what_was_written_and_then_edited_is_read_as_kubectl_reads_it(
    go: GoYaml, value: Any, changed: int, blanks: int
) -> None:
    lines = dump(value).split("\n")
    line = lines[changed % len(lines)]
    lines[changed % len(lines)] = " " * blanks + line if blanks >= 0 else line[-blanks:]
    check(go, "\n".join(lines))


@MANY
@given(
    number=st.one_of(
        floats.map(repr), st.from_regex(r"[-+]?[0-9_]{0,22}\.?[0-9_]{0,22}([eE][-+]?[0-9]{1,3})?", fullmatch=True)
    )
)
def test_a_number_is_the_number_that_kubectl_reads_as_value_and_as_key(go: GoYaml, number: str) -> None:
    check(go, f"a: {number}\n")
    check(go, f"{number}: 1\n")


@MANY
@given(text=strings)
def test_any_word_without_quotes_means_what_it_means_to_kubectl(go: GoYaml, text: str) -> None:
    if "\ufeff" not in text:
        check(go, f"a: {text}\n")


@settings(deadline=None, max_examples=300, suppress_health_check=[HealthCheck.too_slow])
@given(
    value=st.dictionaries(strings, values, max_size=4),
    indent=st.sampled_from([None, 2, "\t"]),
    ascii_only=st.booleans(),
)
def test_json_files_are_read(value: Any, indent: Any, ascii_only: bool) -> None:
    text = json.dumps(value, indent=indent, ensure_ascii=ascii_only)
    if not any(char in text for char in "\x7f\ufeff\ufffe\uffff") and not any("\x80" <= char < "\xa0" for char in text):
        documents = load_all(text + text + "\n" + text, file="f.json")
        assert len(documents) == 3
        assert all(same_json(value, document.value) for document in documents)


@settings(deadline=None, max_examples=200, suppress_health_check=[HealthCheck.too_slow])
@given(items=st.lists(values, max_size=5), encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "crlf"]))
def test_every_document_of_a_stream_is_read(items: list[Any], encoding: str) -> None:
    text = "".join(f"---\n{dump(item)}" for item in items)
    if encoding == "crlf":
        if "|" in text:
            return
        documents = load_all(text.replace("\n", "\r\n"), file="f")
    else:
        documents = load_all(text.encode(encoding), file="f")
    expected = [item for item in items if item is not None]
    assert len(documents) == len(expected)
    assert all(same_json(item, document.value) for item, document in zip(expected, documents, strict=True))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("\n\n# nothing\n", []),
        ("---\n---\n# a\n---\n", []),
        ("null\n---\n~\n---\n", []),
        ("a: 1\n---\n\n---\nb: 2\n...\n---\nc: 3\n...\n", [{"a": 1}, {"b": 2}, {"c": 3}]),
        ("--- # first\na: 1\n--- {b: 2}\n--- |\n x\n", [{"a": 1}, {"b": 2}, "x\n"]),
        ("%YAML 1.1\n%TAG !e! tag:e,1:\n---\na: !e!x 1\n---\nb: 2\n", [{"a": "1"}, {"b": 2}]),
        ("a: |\n  ---\n  x\nb: ' ---'\n", [{"a": "---\nx\n", "b": " ---"}]),
        ("\ufeffa: 1\n", [{"a": 1}]),
        ('{"a": 1}{"a": "\\ud83d\\udea2\\/"}\n', [{"a": 1}, {"a": "🚢/"}]),
        (
            '{"a": 1.0, "b": 1e3, "c": 0.5, "d": 123456789012345678901234567890}',
            [{"a": 1, "b": 1000, "c": 0.5, "d": 1.2345678901234568e29}],
        ),
        ('{"a": 1}\n---\nb: 2\n', [{"a": 1}, {"b": 2}]),
        ("{a: b}\n", [{"a": "b"}]),
        ("[1, 2]\n", [[1, 2]]),
    ],
)
def test_documents(text: str, expected: list[Any]) -> None:
    documents = load_all(text, file="f")
    assert alike([document.value for document in documents], expected)
    assert alike([document.value for document in load_all(text.encode(), file="f")], expected)


def test_no_two_fields_share_a_value() -> None:
    value = load_all("a: &a {b: [1]}\nc: *a\nd: {<<: *a}\n", file="f")[0].value
    value["a"]["b"].append(2)
    assert value["c"] == value["d"] == {"b": [1]}
    value["c"]["b"].append(3)
    assert value["d"] == {"b": [1]}
