"""What people bring along from cdk8s: synthesized, checked, placed and written like everything else."""

from __future__ import annotations

import json
import textwrap

from tests.engine.engine_repository import Repository

IMPORTS = """
import functools
import os
import cdk8s
import cdk8s_plus_33 as k
import constructs
import jsii
from pilothouse_kit import Deployment, Service

OBJECT = functools.partial(cdk8s.ApiObject, api_version="v1", kind="ConfigMap")

def native(scope, id, name, kind="ConfigMap", api_version="v1", **metadata):
    return cdk8s.ApiObject(scope, id, api_version=api_version, kind=kind, metadata={"name": name, **metadata})
"""


def _origins(repository: Repository) -> dict[str, str]:
    """The line behind every object, as ``explain`` tells it."""
    found = {}
    for path, body in repository.objects().items():
        run = repository.run("explain", f"dist/dev/{path}", "--format", "json")
        assert run.code == 0, run.stderr
        told = json.loads(run.stdout)
        found[body["metadata"]["name"]] = told[0]["made by"]
    return found


def test_every_object_has_the_line_that_made_it(repository: Repository) -> None:
    repository.write("files/two.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: included}\ndata: {a: b}\n")
    repository.write(
        "constructs/ours.py",
        """
        import cdk8s
        import constructs
        from pilothouse import RawObject


        class Plain(constructs.Construct):
            def __init__(self, scope, id):
                super().__init__(scope, id)
                metadata = {"name": "native-in-plain"}
                cdk8s.ApiObject(self, "x", api_version="v1", kind="ConfigMap", metadata=metadata)  # native
                body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "raw-in-plain"}}
                RawObject(self, body)  # raw
        """,
    )
    lines = {
        "native": "OBJECT(self, 'a', metadata={'name': 'native'})",
        "raw": "RawObject(self, config('raw'))",
        "dep": "d = k.Deployment(self, 'd', metadata={'name': 'dep'}, containers=[CONTAINER])",
        "svc": "d.expose_via_service(name='svc')",
        "cm": "k.ConfigMap(self, 'cm', metadata={'name': 'cm'}, data={'a': 'b'})",
        "included": "cdk8s.Include(self, 'i', url=os.path.join(os.path.dirname(__file__), '../files/two.yaml'))",
        "below-plain": "RawObject(constructs.Construct(self, 'p'), config('below-plain'))",
        "native-deeper": "OBJECT(PLAIN(PLAIN(self, 'q'), 'r'), 'x', metadata={'name': 'native-deeper'})",
        "below-kit": "OBJECT(Construct(self, 's'), 'x', metadata={'name': 'below-kit'})",
        "below-native": "RawObject(d, config('below-native'))",
    }
    names = """
        from ours import Plain
        CONTAINER = k.ContainerProps(image="x", port_number=80)
        PLAIN = constructs.Construct
    """
    body = "\n".join(f"{line}  # {name}" for name, line in lines.items())
    repository.builds("all", f"{body}\nPlain(self, 'plain')", imports=f"{IMPORTS}\n{textwrap.dedent(names)}")
    repository.good()
    origins = _origins(repository)
    assert origins == {name: repository.here("all", f"# {name}") for name in lines} | {
        "native-in-plain": repository.here("ours", "# native", "constructs"),
        "raw-in-plain": repository.here("ours", "# raw", "constructs"),
    }


def test_objects_keep_what_cdk8s_says_of_them(repository: Repository) -> None:
    repository.settings(labels={"team": "blue"})
    repository.builds(
        "native",
        """
        o = native(self, "a", "patched", labels={"own": "yes"})
        o.metadata.add_annotation("note", "kept")
        o.add_json_patch(cdk8s.JsonPatch.add("/data", {"k": "v"}))
        native(self, "r", "role", "ClusterRole", "rbac.authorization.k8s.io/v1")
        native(self, "n", "room", "Namespace")
        """,
        imports=IMPORTS,
    )
    repository.good()
    objects = {body["metadata"]["name"]: body for body in repository.objects().values()}
    assert objects["patched"] == {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {
            "name": "patched",
            "namespace": "default",
            "labels": {"team": "blue", "own": "yes"},
            "annotations": {"note": "kept"},
        },
        "data": {"k": "v"},
    }
    assert "namespace" not in objects["role"]["metadata"]
    assert "namespace" not in objects["room"]["metadata"]


def test_charts_inside_of_charts(repository: Repository) -> None:
    """A cdk8s.Chart, or another chart of the repository, with a namespace of its own; nothing of it is lost."""
    repository.write(
        "charts/_inner.py",
        """
        import cdk8s
        from pilothouse import Chart, RawObject, Values


        class Inner(Chart[Values]):
            def build(self):
                RawObject(self, {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "inner-raw"}})
                metadata = {"name": "inner-native"}
                cdk8s.ApiObject(self, "x", api_version="v1", kind="ConfigMap", metadata=metadata)
                service = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "inner-web"}}
                spec = {"selector": {"app": "nowhere"}, "ports": [{"port": 80}]}
                RawObject(self, service | {"spec": spec}).waive("SVC001", reason="its pods come from elsewhere")
        """,
    )
    repository.builds(
        "outer",
        """
        Inner(self, "inner", values=Values(), environment=self.environment, namespace="kube-system")
        sub = cdk8s.Chart(self, "sub", namespace="kube-public")
        native(sub, "x", "sub-native")
        native(sub, "r", "sub-role", "ClusterRole", "rbac.authorization.k8s.io/v1")
        RawObject(sub, config("sub-raw"))
        RawObject(constructs.Construct(sub, "below"), config("sub-below"))
        RawObject(self, config("outer-raw"))
        """,
        imports=f"{IMPORTS}\nfrom charts._inner import Inner",
    )
    assert repository.good().found() == []
    places = {b["metadata"]["name"]: b["metadata"].get("namespace") for b in repository.objects().values()}
    assert places == {
        "inner-raw": "kube-system",
        "inner-native": "kube-system",
        "inner-web": "kube-system",
        "sub-native": "kube-public",
        "sub-role": None,
        "sub-raw": "kube-public",
        "sub-below": "kube-public",
        "outer-raw": "default",
    }


def test_the_tree_is_one_whoever_made_its_constructs(repository: Repository) -> None:
    repository.builds(
        "tree",
        """
        raw = RawObject(self, config("raw"))
        other = native(self, "b", "other")
        raw.node.add_dependency(other)
        other.add_dependency(RawObject(self, config("third")))
        assert {c.node.path for c in self.node.find_all()} == {
            "tree", "tree/b", "tree/ConfigMap-raw", "tree/ConfigMap-third"
        }
        assert self.node.try_find_child("ConfigMap-raw") is raw
        assert cdk8s.Chart.of(raw) is self and cdk8s.Chart.of(other) is self
        for construct in self.node.find_all():
            if isinstance(construct, cdk8s.ApiObject):
                construct.metadata.add_label("seen", "yes")
        names = [body["metadata"]["name"] for body in cdk8s.Testing.synth(self)]
        assert sorted(names) == ["other", "raw", "third"], names
        text = cdk8s.App.of(self).synth_yaml()
        assert all(f"name: {name}\\n" in text for name in names), text
        RawObject(self, config("slash"), id="a/b")
        assert self.node.try_find_child("a--b") is not None
        """,
        imports=IMPORTS,
    )
    repository.good()
    objects = {body["metadata"]["name"]: body for body in repository.objects().values()}
    assert set(objects) == {"raw", "other", "third", "slash"}
    assert objects["other"]["metadata"]["labels"] == {"seen": "yes"}


def test_two_of_one_id_are_refused_whoever_made_them(repository: Repository) -> None:
    repository.builds("kit_first", "RawObject(self, config(), id='a')\nnative(self, 'a', 'x')  # here", imports=IMPORTS)
    repository.builds("kit_last", "native(self, 'a', 'x')\nRawObject(self, config(), id='a')  # here", imports=IMPORTS)
    repository.builds("both", "native(self, 'a', 'x')\nnative(self, 'a', 'y')  # here", imports=IMPORTS)
    again = "native(self, 'a', 'gone')\nself.node.try_remove_child('a')\nnative(self, 'a', 'again')"
    repository.builds("removed", again, imports=IMPORTS)
    run = repository.synth()
    for name in ("kit_first", "kit_last", "both"):
        place, code, message = run.one(name.replace("_", "-"))
        assert code == "CHART001"
        assert "There is already a Construct with name 'a'" in message
        assert place.startswith(f"charts/{name}.py:")
    assert run.found("removed") == []


def test_what_cdk8s_refuses_is_told_in_its_own_words_at_the_authors_line(repository: Repository) -> None:
    repository.builds("typed", "cdk8s.ApiObject(self, 'x', api_version=1, kind='ConfigMap')  # here", imports=IMPORTS)
    repository.builds("plus", "k.Deployment(self, 'dep')  # here", imports=IMPORTS)
    repository.builds(
        "own",
        """
        one = RawObject(self, config("one"))  # here
        one.node.add_validation(Wrong())
        OBJECT(self, "x").node.add_validation(Wrong())  # there
        """,
        imports=f"{IMPORTS}\n"
        "@jsii.implements(constructs.IValidation)\n"
        "class Wrong:\n"
        "    def validate(self): return ['too blue']\n",
    )
    repository.builds("twice", "k.Deployment(self, 'd')  # here\nk.Deployment(self, 'e')  # there", imports=IMPORTS)
    run = repository.synth()
    assert run.code == 1
    assert run.one("typed") == (
        repository.here("typed"),
        "CHART001",
        "TypeError: type of argument api_version must be str; got int instead",
    )
    place, code, message = run.one("plus")
    assert (place, code) == (repository.here("plus"), "CHART001")
    assert "at least 1 container" in message
    assert sorted(run.found("own")) == sorted(
        [
            (repository.here("own"), "CHART001", "cdk8s: too blue"),
            (repository.here("own", "# there"), "CHART001", "cdk8s: too blue"),
        ]
    )
    assert [place for place, _, _ in run.found("twice")] == [
        repository.here("twice"),
        repository.here("twice", "# there"),
    ]
    assert "    at " not in run.stdout


def test_a_chart_writes_no_files_through_cdk8s(repository: Repository) -> None:
    lines = {
        "app": "cdk8s.App.of(self).synth()",
        "yaml": "cdk8s.Yaml.save('x.yaml', [1])",
        "tmp": "cdk8s.Yaml.tmp([1])",
    }
    for name, line in lines.items():
        repository.builds(name, f"{line}  # here", imports=IMPORTS)
    run = repository.synth()
    for name in lines:
        assert run.one(name) == (repository.here(name), "CHART005", "the chart writes files")
