"""Objects that are none, that hold what JSON does not, or that are too large: all of them in one run."""

from __future__ import annotations

from tests.engine.engine_repository import GOOD, Repository

NO_OBJECT, NOT_JSON, NAME, TOO_LARGE = "OBJ001", "OBJ002", "OBJ004", "OBJ005"


def test_every_value_that_no_manifest_can_hold_is_named_with_its_field(repository: Repository) -> None:
    repository.chart("good", GOOD)
    repository.good()
    before = repository.written()
    plain = "expected str, int, float, bool, None, dict or list, got"
    values = {
        "float('nan')": "found nan, expected a finite number",
        "float('-inf')": "found -inf, expected a finite number",
        "b'x'": f"{plain} bytes",
        "datetime.datetime(2020, 1, 1)": f"{plain} datetime.datetime",
        "datetime.date(2020, 1, 1)": f"{plain} datetime.date",
        "{1}": f"{plain} set",
        "(1, 2)": "expected list, got tuple",
        "{1: 2}": "found the key 1 of type int, expected a string",
        "'\\ud800'": "found half a surrogate pair, expected whole characters",
        "{'\\ud800': 1}": "found half a surrogate pair in the key '\\ud800', expected whole characters",
        "2**70": "found an integer of 71 bits, expected one of 64 bits (-2^63 to 2^64 - 1)",
        "decimal.Decimal(1)": f"{plain} decimal.Decimal",
        "uuid.UUID(int=1)": f"{plain} uuid.UUID",
        "len": f"{plain} builtin_function_or_method",
    }
    lines = "\n".join(f"RawObject(self, config('n{n}') | {{'data': {{'k': {v}}}}})" for n, v in enumerate(values))
    repository.builds(
        "bad",
        f"{lines}\nround = config('cycle')\nround['data'] = round\nRawObject(self, round)  # here\n"
        "RawObject(self, config('several', labels={'a': b'x'}) | {'data': {'a': (1,), 'b': {2}}})  # several",
        imports="import datetime, decimal, uuid",
    )
    run = repository.synth()
    assert run.code == 1
    assert repository.written() == before
    assert run.found("good") == []
    found = {(f["object"], ".".join(map(str, f["path"]))): f for f in run.findings}
    assert {f["code"] for f in run.findings} == {NOT_JSON}
    last = int(repository.here("bad").rpartition(":")[2])
    first = last - 2 - len(values)
    for number, message in enumerate(values.values()):
        finding = found[f"ConfigMap default/n{number}", "data.k"]
        assert finding["message"] == f"data.k: {message}"
        assert (finding["file"], finding["line"]) == ("charts/bad.py", first + number)
    cycle = found["ConfigMap default/cycle", "data.data"]
    assert cycle["message"] == "data.data: found a value that contains itself, expected one without a cycle"
    assert cycle["line"] == last
    several = [path for name, path in found if name == "ConfigMap default/several"]
    assert sorted(several) == ["data.a", "data.b", "metadata.labels.a"]


def test_what_is_no_object_says_what_it_lacks(repository: Repository) -> None:
    bodies = {
        "{'apiVersion': 'v1', 'kind': 'ConfigMap', 'metadata': {}}": "ConfigMap has no metadata.name",
        "{'apiVersion': 'v1', 'metadata': {'name': 'a'}}": "the object has no kind",
        "{'kind': 'ConfigMap', 'metadata': {'name': 'a'}}": "ConfigMap has no apiVersion",
        "[1]": "expected a Kubernetes object as a dict, got list",
        "'text'": "expected a Kubernetes object as a dict, got str",
        "None": "the object has no apiVersion, no kind, no metadata.name",
        "{}": "the object has no apiVersion, no kind, no metadata.name",
        "{'apiVersion': 1, 'kind': 'ConfigMap', 'metadata': {'name': 'a'}}": "ConfigMap has no apiVersion",
        "{'apiVersion': 'v1', 'kind': 'ConfigMap', 'metadata': 'x'}": "ConfigMap has no metadata.name",
        "{'apiVersion': 'v1', 'kind': 'ConfigMap', 'metadata': {'name': 3}}": "ConfigMap has no metadata.name",
        "{'apiVersion': 'v1', 'kind': 'Pod', 'metadata': {'generateName': 'a-'}}": "Pod has no metadata.name",
    }
    repository.builds("bad", "\n".join(f"RawObject(self, {body})" for body in bodies) + "\nself.name  # here")
    run = repository.synth()
    assert run.code == 1
    first = int(repository.here("bad").rpartition(":")[2]) - len(bodies)
    assert run.found("bad") == [
        (f"charts/bad.py:{first + number}", NO_OBJECT, message) for number, message in enumerate(bodies.values())
    ]


def test_the_items_of_a_list_are_objects_of_their_own(repository: Repository) -> None:
    body = "{'apiVersion': 'v1', 'kind': 'List', 'items': [config('one'), {'kind': 'X'}, 3, config('two')]}"
    repository.builds("lists", f"RawObject(self, {body})  # here")
    assert [finding[2] for finding in repository.synth().found()] == [
        "X has no apiVersion, no metadata.name",
        "expected a Kubernetes object as a dict, got int",
    ]
    repository.builds("lists", f"RawObject(self, {body.replace('{' + repr('kind') + ': ' + repr('X') + '}, 3, ', '')})")
    repository.good()
    assert {body["metadata"]["name"] for body in repository.objects().values()} == {"one", "two"}


def test_values_that_are_text_or_numbers_by_inheritance_are_written_as_such(repository: Repository) -> None:
    repository.builds(
        "plain",
        "RawObject(self, OrderedDict(config('plain')) | {'data': {'a': Text('x'), 'b': Level.HIGH, Key.ONE: 'c'}})\n"
        "RawObject(self, {'apiVersion': 'v1', 'kind': 'Namespace', 'metadata': {'name': Text('room')}})\n"
        "RawObject(self, {'apiVersion': 'v1', 'kind': 'Service', 'metadata': {'name': 'web'},\n"
        "    'spec': {'clusterIP': 'None',\n"
        "        'ports': [{'name': 'a', 'port': Port.HTTP}, {'port': Number(81), 'name': 'b'}]}})",
        imports="""
            import enum
            from collections import OrderedDict


            class Text(str):
                pass


            class Number(int):
                pass


            class Level(enum.StrEnum):
                HIGH = "high"


            class Key(str, enum.Enum):
                ONE = "one"


            class Port(enum.IntEnum):
                HTTP = 80
        """,
    )
    repository.good()
    objects = repository.objects()
    assert objects["plain/default/configmap-plain.yaml"]["data"] == {"a": "x", "b": "high", "one": "c"}
    ports = objects["plain/default/service-web.yaml"]["spec"]["ports"]
    assert [port["port"] for port in ports] == [80, 81]
    assert repository.good("--check").found() == []  # from what was kept


def test_objects_that_are_larger_than_the_api_server_takes(repository: Repository) -> None:
    repository.builds(
        "large",
        """
        RawObject(self, config('big') | {'data': {'a': 'x' * 5_000_000}})  # here
        RawObject(self, config('wide') | {'data': {'a': 'é' * 600_000}})
        RawObject(self, config('fits') | {'data': {'a': 'x' * 1_000_000}})
        RawObject(self, config('noted', annotations={'a': 'x' * 3_000_000}))
        """,
    )
    run = repository.synth()
    assert run.code == 1
    sizes = [(f["object"], f["message"]) for f in run.findings if f["code"] == TOO_LARGE]
    assert sizes[:2] == [
        ("ConfigMap default/big", "its data has 5,000,000 bytes, expected 1,048,576 (1 MiB) at most"),
        ("ConfigMap default/wide", "its data has 1,200,000 bytes, expected 1,048,576 (1 MiB) at most"),
    ]
    assert sizes[2][0] == "ConfigMap default/noted"
    assert sizes[2][1].endswith("expected 1,572,864 (1.5 MiB) at most")
    assert run.found("large")[0][0] == repository.here("large")
    assert not (repository.root / "dist").exists()


def test_names_that_would_leave_the_output_folder_or_that_kubernetes_refuses(repository: Repository) -> None:
    names = ["../../x", "a/b", ".", "..", "Upper", "n" * 254, "-a", "a b", "nul\0", "é", "a\nb"]
    lines = "\n".join(f"RawObject(self, config({name!r}))" for name in names)
    repository.builds("names", f"{lines}\nRawObject(self, config('fine', namespace='../up'))")
    run = repository.synth()
    assert run.code == 1
    refused = [f["message"] for f in run.findings if f["code"] == NAME]
    assert len(refused) == len(names) + 1
    assert [f"the name {name!r} is refused" in " ".join(refused) for name in names[:5]] == [True] * 5
    assert "the name has 254 characters, expected 253 at most" in refused
    assert {path.relative_to(repository.root).parts[0] for path in repository.root.rglob("*")} == {
        "charts",
        "environments",
        ".pilothouse",
    }


def test_long_names_and_names_that_differ_by_case_alone_are_files_of_their_own(repository: Repository) -> None:
    names = ["n" * 250, "system:node", "System:Node", "SYSTEM:NODE", "con", "aux.x"]
    api = "'apiVersion': 'rbac.authorization.k8s.io/v1', 'kind': 'ClusterRole'"
    roles = [f"RawObject(self, {{{api}, 'metadata': {{'name': {name!r}}}}})" for name in names]
    repository.builds("names", "\n".join(roles))
    repository.good()
    objects = repository.objects()
    assert sorted(body["metadata"]["name"] for body in objects.values()) == sorted(names)
    files = [path.rpartition("/")[2] for path in objects]
    assert len({file.lower() for file in files}) == len(files)
    assert max(len(file.encode()) for file in files) <= 255


def test_an_object_is_in_its_instances_namespace_if_its_kind_has_one(repository: Repository) -> None:
    repository.builds(
        "places",
        """
        RawObject(self, config('here'))
        RawObject(self, config('empty', namespace=''))
        RawObject(self, config('there', namespace='kube-public'))
        hall = {'name': 'hall', 'namespace': 'kube-system'}
        RawObject(self, {'apiVersion': 'v1', 'kind': 'Namespace', 'metadata': {'name': 'room'}}, id='room')
        RawObject(self, {'apiVersion': 'v1', 'kind': 'Namespace', 'metadata': hall})
        RawObject(self, config('nowhere', namespace='nowhere'))  # here
        """,
        namespace="kube-system",
    )
    run = repository.synth()
    assert run.found("places") == [
        (repository.here("places"), "NS001", "the namespace nowhere is neither defined in this stack nor given")
    ]
    text = (repository.root / "charts/places.py").read_text()
    repository.chart("places", text.replace("'nowhere'", "'room'"), namespace="kube-system")
    repository.good()
    bodies = [body for body in repository.objects().values() if body["metadata"] != {"name": "room"}]
    places = {body["metadata"]["name"]: body["metadata"].get("namespace") for body in bodies}
    assert places == {
        "here": "kube-system",
        "empty": "kube-system",
        "there": "kube-public",
        "hall": None,
        "room": "room",
    }
