"""Chart and Construct: what people write their stack with. The only module that touches jsii.

cdk8s lives in a Node process. Most constructs never need it, so none is started, and nothing is told to it, until
somebody asks for what only it knows: ``node``, a plain cdk8s object below a chart, ``App.synth()``. From then on
the constructs here are what they say they are: real ``constructs.Construct`` objects in cdk8s' own tree.
"""

from __future__ import annotations

import inspect
import os
import re
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

import jsii
from jsii._kernel.providers.process import ProcessProvider
from jsii._kernel.types import LoadRequest, LoadResponse

from pilothouse import node, node_files, origin, workers
from pilothouse.finding import Position
from pilothouse.machines.source import Source
from pilothouse.manifest import Body, Manifest, Waiver
from pilothouse.values import Values

if TYPE_CHECKING:
    from pilothouse.environment import ChartEnvironment
    from pilothouse.machines.content import Content


class _LazyProvider(ProcessProvider):
    """jsii's own provider, whose Node process starts with the first request that needs an answer."""

    def __init__(self) -> None:
        self.started = False
        self.borrowed = False
        """Whether the Node process belongs to the process that this one was forked from."""
        self._loads: list[LoadRequest] = []

    def load(self, request: LoadRequest) -> LoadResponse:
        if self.started:
            return super().load(request)
        self._loads.append(request)
        return LoadResponse(assembly=request.name, types=0)

    @property
    def _process(self) -> Any:
        if not self.started:
            os.environ["JSII_NODE"] = node.executable()
        try:
            process = ProcessProvider._process.fget(self)
        except (OSError, ValueError) as error:
            named = os.environ["JSII_NODE"]
            raise node.NoNodeError(f"{named} does not answer as Node does: {type(error).__name__}: {error}") from None
        if not self.started:
            self.started = True
            workers.at_end(stop)
            for request in self._loads:
                process.send(request, LoadResponse)
        return process


_provider = _LazyProvider()
jsii.kernel.provider = _provider

import cdk8s  # noqa: E402 -- both load their assemblies when imported: the provider above must stand by then

import constructs  # noqa: E402


class _Place:
    """Where a construct stands in its chart: known in Python for every construct, whoever made it."""

    __slots__ = ("chart", "ids", "native_ids", "path", "pending", "position")

    def __init__(self, chart: Chart[Any] | None, path: str, position: Position) -> None:
        self.chart = chart
        self.path = path
        self.position = position
        self.ids: set[str] = set()
        """The ids of what stands in it, as far as Python made it."""
        self.native_ids: set[str] = set()
        """Those of them that cdk8s knows already: whether one may be used again is for cdk8s to say."""
        self.pending: list[Construct | Chart[Any]] = []
        """In a chart's own place: the constructs that cdk8s has not been told of yet, oldest first."""

    def path_of(self, child: str) -> str:
        """The path of a child, as cdk8s writes it."""
        child = child.replace("/", "--")
        return f"{self.path}/{child}" if self.path else child


_NOWHERE = _Place(None, "", Position(file="", line=1))
_native_places: dict[str, _Place] = {}
_positions: dict[str, Position] = {}
_charts: dict[str, Chart[Any]] = {}


def _reference_of(construct: object) -> str:
    return str(getattr(getattr(construct, "__jsii_ref__", None), "ref", ""))


def _place_of(construct: object) -> _Place:
    place = getattr(construct, "_place", None)
    if isinstance(place, _Place):
        return place
    reference = _reference_of(construct)
    if reference not in _native_places and isinstance(construct, constructs.Construct):
        _native_places[reference] = _found_place(construct.node.path)
    return _native_places.get(reference, _NOWHERE)


def _found_place(path: str) -> _Place:
    """The place of a construct that cdk8s made by itself, inside of one that Python made."""
    above = path
    while above and above not in _charts:
        above = above.rpartition("/")[0]
    return _Place(_charts.get(above), path, _position_of(path))


def _note_place(parent: _Place, construct_id: str, reference: str) -> _Place:
    place = _Place(parent.chart, parent.path_of(construct_id), origin.here(2))
    parent.ids.add(construct_id)
    parent.native_ids.add(construct_id)
    _native_places[reference] = place
    _positions[place.path] = place.position
    return place


def _create(klass: type, obj: Any, args: list[Any] | None = None) -> Any:
    """jsii's ``create``, which also notes the author's line and the place of each construct, and what Node reads."""
    if not args or len(args) < 2 or not isinstance(obj, constructs.Construct) or isinstance(obj, (Construct, Chart)):
        return jsii.kernel.create(klass, obj, args)
    properties = getattr(args[2], "_values", {}) if len(args) > 2 else {}
    if isinstance(obj, cdk8s.Helm):
        node_files.helm(properties)
    elif isinstance(obj, cdk8s.Include):
        node_files.include(str(properties.get("url", "")))
    parent = _place_of(args[0])
    if args[1] in parent.ids and parent.chart is not None:
        parent.chart._tell_cdk8s()
    reference = jsii.kernel.create(klass, obj, args)
    place = _note_place(parent, str(args[1]), reference.ref)
    namespace = properties.get("namespace")
    if isinstance(obj, cdk8s.Chart) and namespace and place.chart is not None:
        place.chart._namespaces[place.path] = namespace
    return reference


def _invoke(obj: Any, method: str, args: list[Any] | None = None) -> Any:
    """jsii's ``invoke``, which also notes the author's line of a construct that a method makes."""
    node_files.call(type(obj).__name__, method, args or [])
    result = _jsii_invoke(obj, method, args or [])
    if isinstance(result, constructs.Construct) and not isinstance(obj, constructs.Node):
        reference = _reference_of(result)
        if not isinstance(result, (Construct, Chart)) and reference not in _native_places:
            found = _found_place(result.node.path)
            if found.chart is not None:
                found.position = origin.here()
                _native_places[reference] = found
                _positions.setdefault(found.path, found.position)
    return result


def _sinvoke(klass: type, method: str, args: list[Any] | None = None) -> Any:
    node_files.call(klass.__name__, method, args or [])
    return _jsii_sinvoke(klass, method, args or [])


_jsii_invoke, _jsii_sinvoke = jsii.invoke, jsii.sinvoke
jsii.create, jsii.invoke, jsii.sinvoke = _create, _invoke, _sinvoke


class _DeferredMeta(jsii.JSIIMeta):
    """jsii's metaclass, less the one line that asks for the Node object of every instance at once."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return type.__call__(self, *args, **kwargs)


class _Deferred(metaclass=_DeferredMeta):
    """A construct whose Node object is made when it is first needed."""

    _place: _Place
    _scope: Any
    _id: str

    def _take_place(self, scope: Any, construct_id: str) -> None:
        if not isinstance(construct_id, str) or not construct_id:
            raise TypeError(
                f"expected the id of a construct as a string of one character or more, got {construct_id!r}"
            )
        parent = _place_of(scope)
        known = construct_id in parent.ids
        if known and construct_id not in parent.native_ids:
            raise ValueError(f"there is already a construct named {construct_id!r} in {parent.path or 'this scope'}")
        parent.ids.add(construct_id)
        self._scope = scope
        self._id = construct_id
        self._place = _Place(parent.chart, parent.path_of(construct_id), origin.here())
        _positions[self._place.path] = self._place.position
        if known:
            _ = self.__jsii_ref__  # cdk8s has one of that name, and says so, or has it no more

    def _make(self) -> None:
        raise NotImplementedError

    @property
    def __jsii_ref__(self) -> Any:
        if "_reference" not in self.__dict__:
            self._make()
        return self.__dict__["_reference"]

    @__jsii_ref__.setter
    def __jsii_ref__(self, reference: Any) -> None:
        self.__dict__["_reference"] = reference

    @property
    def node(self) -> constructs.Node:
        """The construct's place in cdk8s' tree. Whoever asks sees the whole chart there, every construct of it."""
        if self._place.chart is not None:
            self._place.chart._tell_cdk8s()
        return cast("constructs.Node", constructs.Construct.node.fget(self))  # type: ignore[attr-defined]

    def waive(self, code: str, *, reason: str) -> None:
        """Silence one check for this construct and all below it.

        :param code: the check's code, such as ``SVC001``.
        :param reason: why it is right here, in a sentence that the next reader will understand.
        """
        waive(cast("constructs.Construct", self), code, reason=reason)


class Construct(_Deferred, constructs.Construct, metaclass=_DeferredMeta):
    """The base of every reusable construct: a real ``constructs.Construct`` that can hold Kubernetes objects.

    :param scope: the chart or construct that this one stands in.
    :param id: its name there, unique among its siblings.
    :raises ValueError: where a sibling has that id already.
    """

    def __init__(self, scope: constructs.Construct, id: str) -> None:
        self._take_place(scope, id)
        chart = self._place.chart
        if chart is None:
            raise ValueError(f"{type(self).__name__} {id!r} stands in no pilothouse.Chart: give it one as its scope")
        chart._place.pending.append(self)

    def _make(self) -> None:
        jsii.kernel.create(constructs.Construct, self, [self._scope, self._id])

    def add(self, body: Body) -> Manifest:
        """Add one Kubernetes object to the chart.

        :param body: the object as plain JSON, with ``apiVersion``, ``kind`` and ``metadata.name``. The chart's
            namespace, and the environment's labels, are added to it later.
        :returns: the manifest, which remembers the author's line.
        """
        place = self._place
        manifest = Manifest({} if body is None else body, place.position, place.path)
        cast("Chart[Any]", place.chart)._manifests.append(manifest)
        return manifest


class RawObject(Construct):
    """Any Kubernetes object, written as it stands in the cluster.

    :param scope: the chart or construct that this one stands in.
    :param body: the object: ``apiVersion``, ``kind``, ``metadata.name`` and whatever its kind has.
    :param id: the construct's id; made from kind and name where it is not given.
    """

    def __init__(self, scope: constructs.Construct, body: Body, *, id: str | None = None) -> None:
        super().__init__(scope, id or free_id(scope, body))
        self.manifest = self.add(body)


class NodeFile(Construct):
    """A file for the machines of the cluster: it is written below ``dist/_nodes/<environment>/``, and never applied.

    :param scope: the chart or construct that this one stands in.
    :param path: where the file stands there: names joined with ``/``, such as ``kubeadm/init-config.yaml``.
    :param content: text, as it is; a list of dicts, the documents of a YAML file; a dict, for a TOML file; an
        :class:`Ini`. The path's ending says the same (``.yaml`` or ``.yml``, ``.toml``, ``.ini``).
    :param id: the construct's id; made from the path where it is not given.
    """

    def __init__(self, scope: constructs.Construct, path: str, content: Content, *, id: str | None = None) -> None:
        super().__init__(scope, id or free_id(scope, {"kind": "NodeFile", "metadata": {"name": path}}))
        place = self._place
        source = Source(path, content, place.position, place.path)
        cast("Chart[Any]", place.chart)._machine_files.append(source)


def free_id(scope: constructs.Construct, body: Any) -> str:
    """An id for the construct of one object: kind and name, numbered where a sibling has it already.

    Two objects may share kind and name in one chart (two namespaces, two API groups); whether they are one and the
    same object by mistake is for the checks to say, with both lines.

    :param scope: the construct that the new one will stand in.
    :param body: the object; whatever is wrong with it is found later.
    """
    kind, name = "Object", ""
    if isinstance(body, dict):
        metadata = body.get("metadata")
        kind = str(body.get("kind", kind))
        name = str(metadata.get("name", "")) if isinstance(metadata, dict) else ""
    base = f"{kind}-{name}"[:200].replace("/", "-")
    taken = _place_of(scope).ids
    if base not in taken:
        return base
    number = 2
    while f"{base}-{number}" in taken:
        number += 1
    return f"{base}-{number}"


V = TypeVar("V", bound=Values)


class _ChartBase(_Deferred, cdk8s.Chart, metaclass=_DeferredMeta):
    """What makes a chart both cdk8s' and ours."""


# jsii looks for a subclass's own methods down to the first class that declares a jsii type, and would call back from
# Node for each: below these two stands what the author wrote, above it what must stay in Python.
for _base, _type in ((Construct, "constructs.Construct"), (_ChartBase, "cdk8s.Chart")):
    cast(Any, _base).__jsii_declared_type__ = _type


class Chart(_ChartBase, Generic[V]):
    """One application or system: subclass it, name its values' type, and write ``build``.

    ``class Kubia(Chart[KubiaValues])`` reads ``self.values`` (typed), ``self.environment`` and ``self.namespace``.
    A chart is pure: it may read its values, its environment and files of the repository, nothing else.
    """

    def __init__(
        self, scope: constructs.Construct, id: str, *, values: V, environment: ChartEnvironment, namespace: str
    ) -> None:
        self._take_place(scope, id)
        outer = self._place.chart
        self._place.chart = self
        _charts[self._place.path] = self
        self._manifests: list[Manifest] = []
        self._machine_files: list[Source] = []
        self._waivers: list[Waiver] = []
        self._inner: list[Chart[Any]] = []
        self._namespaces = {self._place.path: namespace}
        if outer is not None:
            outer._inner.append(self)
            outer._place.pending.append(self)
            self._place.pending = outer._place.pending
        self.values = values
        """What the environment file says under ``values`` for this instance."""
        self.environment = environment
        """The environment, less the other charts in it."""
        self._namespace = namespace
        result = cast(Any, self.build)()
        if result is not None:
            raise TypeError(f"build() returns nothing, and here it returned {type(result).__name__}")

    def build(self) -> None:
        """Create the chart's constructs: the one method that a chart's author writes."""
        raise NotImplementedError(f"{type(self).__name__} has no build() method")

    @property
    def namespace(self) -> str:
        """The instance's namespace: where every namespaced object goes that names no other."""
        return self._namespace

    @property
    def name(self) -> str:
        """The instance's name, which is the chart's own where an environment has one of it."""
        return self._id

    def _make(self) -> None:
        options = cdk8s.ChartProps(namespace=self._namespace)
        jsii.kernel.create(cdk8s.Chart, self, [self._scope, self._id, options])

    def _tell_cdk8s(self) -> None:
        """Let cdk8s know every construct of the chart."""
        pending = self._place.pending
        while pending:
            _ = pending.pop(0).__jsii_ref__

    def to_json(self) -> list[Any]:
        """Every object of the chart as plain JSON: those of cdk8s' own constructs and those of ours."""
        return [*cdk8s.Chart.to_json(self), *(manifest.body for manifest in self._manifests)]

    def manifests(self) -> list[Manifest]:
        """Every object of the chart and of those inside it as a manifest, with the line that made it.

        :raises InvalidConstructsError: where a construct of cdk8s refuses what it was given.
        """
        return [*self._own_manifests(), *self._cdk8s_manifests()]

    def _own_manifests(self) -> list[Manifest]:
        return [*self._manifests, *(manifest for inner in self._inner for manifest in inner._own_manifests())]

    def machine_files(self) -> list[Source]:
        """What this chart, and those inside it, said of files for machines, in the order of writing."""
        return [*self._machine_files, *(source for inner in self._inner for source in inner.machine_files())]

    def waivers(self) -> list[Waiver]:
        """The checks that this chart's author silenced, in the order of writing."""
        return [*self._waivers, *(waiver for inner in self._inner for waiver in inner.waivers())]

    def namespace_at(self, path: str) -> str:
        """The namespace of an object that names none: its chart's, or that of a chart inside it.

        :param path: the path of the object's construct.
        """
        namespaces = dict(self._namespaces)
        for inner in self._inner:
            namespaces |= {below: inner.namespace_at(below) for below in inner._namespaces}
        while path not in namespaces and "/" in path:
            path = path.rpartition("/")[0]
        return namespaces.get(path, self._namespace)

    def let_go(self) -> None:
        """Hold nothing of the chart any more: its constructs hold it, and all would wait for each other to be freed."""
        for inner in self._inner:
            inner.let_go()
        self._inner.clear()
        self._manifests.clear()
        self._machine_files.clear()
        self._place.pending.clear()

    def _cdk8s_manifests(self) -> list[Manifest]:
        if "_reference" not in self.__dict__:
            return []
        # The whole chart first: cdk8s settles dependencies and validates every construct there, and only there.
        failed: RuntimeError | None = None
        try:
            cdk8s.Chart.to_json(self)
        except RuntimeError as error:
            invalid = InvalidConstructsError.of(error)
            if invalid is not None:
                raise invalid from None
            failed = error
        found: list[Manifest] = []
        problems: list[tuple[str, Position, str]] = []
        for construct in constructs.Construct.node.fget(self).find_all():  # type: ignore[attr-defined]
            if isinstance(construct, cdk8s.ApiObject):
                known = _native_places.get(_reference_of(construct))
                path = construct.node.path if known is None else known.path
                try:
                    found.append(Manifest(construct.to_json(), _position_of(path), path))
                except RuntimeError as error:
                    problems.append((_INTRODUCTION.sub("cdk8s: ", str(error)), _position_of(path), path))
        if problems:
            raise InvalidConstructsError(problems)
        if failed is not None:
            raise failed
        return found


class InvalidConstructsError(ValueError):
    """What cdk8s' own validation says of a chart's constructs."""

    def __init__(self, problems: list[tuple[str, Position, str]]) -> None:
        super().__init__("; ".join(message for message, _, _ in problems))
        self.construct_problems = problems
        """Each mistake: what is wrong, the line that made the construct, and the construct's path."""

    @classmethod
    def of(cls, error: RuntimeError) -> InvalidConstructsError | None:
        """What an error of JavaScript says, where it is one of validation."""
        found = _INVALID.findall(str(error))
        if "Validation failed" not in str(error) or not found:
            return None
        return cls([(f"cdk8s: {message}", _position_of(path), path) for path, message in found])


_INTRODUCTION = re.compile(r"^(Error: )+")
_INVALID = re.compile(r"^\s*\[(.*?)\] (.+)$", re.MULTILINE)


def _position_of(path: str) -> Position:
    """The author's line for a path of cdk8s: of the construct itself, or of the nearest one that Python made."""
    while path:
        if path in _positions:
            return _positions[path]
        path = path.rpartition("/")[0]
    return _NOWHERE.position


def waive(construct: constructs.Construct, code: str, *, reason: str) -> None:
    """Silence one check for a construct and all below it: of the kit, of cdk8s, or anyone's.

    :param construct: the construct whose objects the check shall leave alone.
    :param code: the check's code, such as ``SVC001``.
    :param reason: why it is right here, in a sentence that the next reader will understand.
    :raises ValueError: where the construct stands in no chart.
    :raises TypeError: where the code or the reason is no string.
    """
    if not isinstance(code, str) or not isinstance(reason, str):
        raise TypeError(f"expected a check's code and a reason as strings, got {code!r} and {reason!r}")
    place = _place_of(construct)
    if place.chart is None:
        raise ValueError("this construct stands in no pilothouse.Chart, so there is nothing to waive")
    place.chart._waivers.append(Waiver(code, reason, origin.here(), place.path))


def chart_of(construct: constructs.Construct) -> Chart[Any]:
    """The chart that a construct stands in: itself, where it is one. Asks nothing of Node.

    :param construct: a chart, or what stands in one.
    :raises ValueError: where it stands in none.
    """
    chart = _place_of(construct).chart
    if chart is None:
        raise ValueError(f"{type(construct).__name__} stands in no pilothouse.Chart: give it one as its scope")
    return chart


def new_app() -> cdk8s.App:
    """An App to build a chart in: cdk8s asks the root of the tree for its resolvers.

    What is known of the constructs of an earlier one is forgotten.
    """
    for known in (_native_places, _positions, _charts):
        known.clear()
    return cast("cdk8s.App", _App())


class _App(_Deferred, cdk8s.App, metaclass=_DeferredMeta):
    def __init__(self) -> None:
        self._place = _Place(None, "", _NOWHERE.position)

    def _make(self) -> None:
        jsii.kernel.create(cdk8s.App, self, [cdk8s.AppProps()])


cast(Any, _App).__jsii_declared_type__ = "cdk8s.App"


def stop() -> None:
    """End the Node process, if one was started here."""
    if _provider.started and not _provider.borrowed:
        _provider._process.stop()


def borrow() -> None:
    """In a forked process whose parent waits for it: use the parent's Node process, if it has one, and leave it be."""
    _provider.borrowed = bool(inspect.getclosurevars(cast(Any, ProcessProvider._process).fget).nonlocals["stored"])
