"""Arguments: the verbs and their options, with examples."""

from __future__ import annotations

import argparse
import os
from typing import Any

from pilothouse import __version__
from pilothouse.cli import diff_arguments

FORMATS = ("human", "json", "github", "sarif", "junit")


class _Parser(argparse.ArgumentParser):
    """Shows examples as they are written."""

    def __init__(self, *args: Any, **options: Any) -> None:
        options.setdefault("formatter_class", argparse.RawDescriptionHelpFormatter)
        super().__init__(*args, **options)


def parser() -> argparse.ArgumentParser:
    """The whole command line."""
    top = _Parser(
        prog="pilothouse",
        description="Describe a whole Kubernetes stack in Python, and synthesize it into checked YAML.",
        epilog="examples:\n"
        "  pilothouse synth                 build every environment into dist/\n"
        "  pilothouse synth prod --stdout | kubectl apply --server-side -f -\n"
        "  pilothouse validate              judge dist/ as it stands\n"
        "  pilothouse explain --environment prod\n\n"
        "exit codes:\n"
        "  0    done\n"
        "  1    findings that stop, or differences\n"
        "  2    bad usage, a bad environment file, or the machine could not do it\n"
        "  3    diff --fail-on: it does what must not be\n"
        "  130  interrupted",
    )
    top.add_argument("-C", dest="folder", metavar="DIR", default=".", help="work in the repository of this folder")
    top.add_argument("--version", action="version", version=f"pilothouse {__version__}")
    verbs = top.add_subparsers(dest="verb", metavar="VERB", required=True, parser_class=_Parser)
    for add in (
        _synth,
        _validate,
        diff_arguments.diff,
        diff_arguments.changelog,
        _list,
        _explain,
        _checks,
        _schemas,
        _set,
        _init,
        _doctor,
    ):
        add(verbs)
    return top


def _environments(verb: argparse.ArgumentParser) -> None:
    argument = verb.add_argument("environments", metavar="ENV", nargs="*", help="only these; all where none is named")
    argument.completer = _complete_environments  # type: ignore[attr-defined]


def _complete_environments(parsed_args: argparse.Namespace, **_: Any) -> list[str]:
    from pilothouse.environment import names
    from pilothouse.repository import NoRepositoryError, find_root

    try:
        return names(find_root(parsed_args.folder))
    except NoRepositoryError:
        return []


def _complete_charts(parsed_args: argparse.Namespace, **_: Any) -> list[str]:
    from pilothouse.environment import chart_names
    from pilothouse.repository import NoRepositoryError, find_root

    try:
        return chart_names(find_root(parsed_args.folder))
    except NoRepositoryError:
        return []


def _format(verb: argparse.ArgumentParser) -> None:
    verb.add_argument("--format", choices=FORMATS, default="human", help="how findings are written (default: human)")
    verb.add_argument("--advice", action="store_true", help="show advice in full too, not only how much there is")


def _synth(verbs: Any) -> None:
    verb = verbs.add_parser(
        "synth",
        help="build, derive, check and write dist/",
        description="Build every instance of every environment, check the stacks as a whole, and bring dist/ up to "
        "date.\nNothing is written if a finding stops any of the environments.",
        epilog="examples:\n"
        "  pilothouse synth                 every environment\n"
        "  pilothouse synth --chart kubia   only this chart\n"
        "  pilothouse synth prod --check    is dist/prod what the sources give?\n"
        "  pilothouse synth dev --stdout | kubectl apply --server-side -f -",
    )
    _environments(verb)
    verb.add_argument(
        "--chart", metavar="NAME", help="build only this chart; the rest stays as it stands in dist/"
    ).completer = _complete_charts
    instead = verb.add_mutually_exclusive_group()
    instead.add_argument(
        "--check", action="store_true", help="write nothing; print the files that differ, and exit 1 if there are any"
    )
    instead.add_argument("--stdout", action="store_true", help="write nothing; print the YAML in apply order")
    verb.add_argument("--out", metavar="DIR", help="the output folder (default: dist/ of the repository)")
    verb.add_argument(
        "--time-limit", metavar="SECONDS", type=_seconds, default=60.0, help="for one chart (default: 60)"
    )
    verb.add_argument("--jobs", metavar="N", type=_count, default=0, help="charts at a time (default: one a processor)")
    _format(verb)


def _validate(verbs: Any) -> None:
    verb = verbs.add_parser(
        "validate",
        help="judge YAML as it stands, ours or anyone's",
        description="Read YAML from disk and judge it: schemas, checks, then kubeconform over the same bytes.\n"
        "Whatever lies below dist/ENV is judged as ENV, by its own Kubernetes version.",
        epilog="examples:\n"
        "  pilothouse validate                       dist/, each environment by its own version\n"
        "  pilothouse validate --kubernetes-version 1.34 manifests/\n"
        "  helm template web ./web | pilothouse validate --kubernetes-version 1.34 -\n"
        "  pilothouse validate --assume 'Secret shop/mysql' manifests/\n"
        "  pilothouse validate --diff manifests/      what --fix would change\n"
        "  pilothouse validate --assume cluster.yaml manifests/     from kubectl get -A -o yaml",
    )
    verb.add_argument("paths", metavar="PATH", nargs="*", help="files, folders, or - for standard input; dist/ if none")
    verb.add_argument("--kubernetes-version", metavar="X.Y", help="for files that no environment names")
    verb.add_argument(
        "--assume",
        metavar="OBJECT|FILE",
        action="append",
        default=[],
        help="what else the cluster has: an object ('Secret shop/mysql'), or a file of objects, which are not judged; "
        "may be given several times",
    )
    verb.add_argument(
        "--missing-schemas",
        choices=("error", "warn"),
        help="what a kind without a schema is (default: error for ours, warn for others')",
    )
    fix = verb.add_mutually_exclusive_group()
    fix.add_argument(
        "--fix", action="store_true", help="change what leaves no choice, in YAML that people write; never in dist/"
    )
    fix.add_argument("--diff", action="store_true", help="write nothing; print what --fix would change")
    verb.add_argument("--no-kubeconform", action="store_true", help="leave the second judge out")
    _format(verb)


def _list(verbs: Any) -> None:
    verb = verbs.add_parser(
        "list",
        help="environments, or the objects of one",
        description="List the environments of this repository; or, with ENV, the objects that dist/ holds for it.",
        epilog="examples:\n  pilothouse list\n  pilothouse list prod --format json",
    )
    _environments(verb)
    verb.add_argument("--out", metavar="DIR", help="the output folder (default: dist/ of the repository)")
    verb.add_argument("--format", choices=("human", "json"), default="human", help="how it is written (default: human)")


def _explain(verbs: Any) -> None:
    verb = verbs.add_parser(
        "explain",
        help="why one object or value is as it is",
        description="Show where things come from: an environment's values with the file and line behind each;\n"
        "or an object's chart, line and values, what it refers to and what refers to it, its DNS names,\n"
        "its pods' QoS class, and when it is applied. Objects are those of the last synth.",
        epilog="examples:\n"
        "  pilothouse explain --environment prod\n"
        "  pilothouse explain deploy/kubia-dp -n custom-namespace --environment prod\n"
        "  pilothouse explain 'Service custom-namespace/kubia' --format json\n"
        "  pilothouse explain dist/prod/kubia/custom-namespace/service-kubia.yaml",
    )
    verb.add_argument(
        "what", metavar="FILE|OBJECT", nargs="*", help="a file of dist/, kind/name, or Kind namespace/name"
    ).completer = _complete_objects
    verb.add_argument(
        "--environment", metavar="ENV", help="the merged environment; or where to look for the object"
    ).completer = _complete_environments
    verb.add_argument("-n", "--namespace", metavar="NS", help="the object's namespace")
    verb.add_argument("--format", choices=("human", "json"), default="human", help="how it is written (default: human)")


def _complete_objects(parsed_args: argparse.Namespace, **_: Any) -> list[str]:
    from pilothouse.environment import names
    from pilothouse.repository import NoRepositoryError, find_root
    from pilothouse.results import origins

    try:
        root = find_root(parsed_args.folder)
    except NoRepositoryError:
        return []
    asked = [parsed_args.environment] if parsed_args.environment else names(root)
    found = [origins(root, os.path.join(root, "dist"), name).manifests.values() for name in asked]
    return sorted({f"{manifest.kind.lower()}/{manifest.name}" for manifests in found for manifest in manifests})


def _checks(verbs: Any) -> None:
    verb = verbs.add_parser(
        "checks",
        help="the catalogue of checks, or one check's page",
        description="List the catalogue of checks, or show one check's page.",
        epilog="examples:\n  pilothouse checks\n  pilothouse checks SVC001",
    )
    verb.add_argument("code", metavar="CODE", nargs="?", help="a check's code: show its page")
    verb.add_argument("--format", choices=("human", "json"), default="human", help="how it is written (default: human)")


def _schemas(verbs: Any) -> None:
    verb = verbs.add_parser(
        "schemas",
        help="the kinds that are known, and how to teach more",
        description="List the kinds of the catalogue, or teach this repository its own custom resources.",
        epilog="examples:\n  pilothouse schemas --kubernetes-version 1.34\n  pilothouse schemas add crds/widgets.yaml",
    )
    verb.add_argument("action", metavar="add", nargs="?", choices=("add",), help="teach CustomResourceDefinitions")
    verb.add_argument("files", metavar="FILE", nargs="*", help="YAML with CustomResourceDefinitions")
    verb.add_argument("--kubernetes-version", metavar="X.Y", help="the built-in kinds of this minor (default: newest)")
    verb.add_argument("--format", choices=("human", "json"), default="human", help="how it is written (default: human)")


def _set(verbs: Any) -> None:
    verb = verbs.add_parser(
        "set",
        help="change a value of an environment file, comments kept",
        description="Change one or more values of environments/ENV.yaml, and nothing else in it. ENV may be a layer\n"
        "(_base). Nothing is written unless every environment that reads the file loads without a problem.\n\n"
        "KEY begins at an instance (kubia.values.version) or at a key of the file (labels.team). What has\n"
        "dots of its own stands in brackets, and so does an index: labels[app.kubernetes.io/name].\n"
        "VALUE is YAML as it would stand there: null removes what a layer gave. A field that takes text\n"
        "and no number keeps 1.10 as text. A key that the file does not have yet is added to it, whatever\n"
        "a layer says; to change the layer, name it as ENV.",
        epilog="examples:\n"
        "  pilothouse set prod kubia.values.version=v2\n"
        "  pilothouse set prod kubia.values.replicas=6 kubia.values.history=5 --dry-run\n"
        "  pilothouse set _base labels.team=platform 'given.namespaces=[kube-system]'",
    )
    verb.add_argument("environment", metavar="ENV", help="the environment, or the layer").completer = _complete_files
    verb.add_argument(
        "assignments", metavar="KEY=VALUE", nargs="+", help="a field, and its new value"
    ).completer = _complete_keys
    verb.add_argument("--dry-run", action="store_true", help="write nothing; print the change as a diff")


def _init(verbs: Any) -> None:
    verb = verbs.add_parser(
        "init",
        help="a new repository",
        description="Make a new repository in the folder NAME, or in this one (.): a chart, two environments, a test\n"
        "and a Makefile, so that 'make synth test' passes at once. The folder must be empty.",
        epilog="examples:\n  pilothouse init shop && cd shop && make synth test\n  pilothouse init .",
    )
    verb.add_argument("name", metavar="NAME", type=_folder_name, help="the folder, and the first chart's name; or .")


def _folder_name(text: str) -> str:
    if text != "." and (not text or os.path.basename(text) != text or text == ".."):
        raise argparse.ArgumentTypeError(f"expected the name of a folder to make here, or ., got {text!r}")
    return text


def _complete_files(parsed_args: argparse.Namespace, **_: Any) -> list[str]:
    from pilothouse.environment import layer_names
    from pilothouse.repository import NoRepositoryError, find_root

    try:
        return [*_complete_environments(parsed_args), *layer_names(find_root(parsed_args.folder))]
    except NoRepositoryError:
        return []


def _complete_keys(parsed_args: argparse.Namespace, **_: Any) -> list[str]:
    from pilothouse.environment import EnvironmentErrors, explain, load
    from pilothouse.fieldpath import format_path
    from pilothouse.repository import NoRepositoryError, find_root

    try:
        rows = explain(load(find_root(parsed_args.folder), parsed_args.environment))
    except (NoRepositoryError, EnvironmentErrors):
        return []
    paths = [row.path[1:] if row.path[0] == "charts" else row.path for row in rows]
    return [f"{format_path(path)}=" for path in paths if not any(isinstance(step, int) for step in path)]


def _doctor(verbs: Any) -> None:
    verbs.add_parser(
        "doctor",
        help="is this machine ready",
        description="Look at everything that Pilothouse needs, and say how to get what is missing.",
        epilog="example:\n  pilothouse doctor",
    )


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < 86400:
        raise argparse.ArgumentTypeError(f"expected seconds, above 0, got {text!r}")
    return seconds


def _count(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 1024:
        raise argparse.ArgumentTypeError(f"expected a number from 1 to 1024, got {text!r}")
    return int(text)


def output_folder(option: str | None, root: str) -> str:
    """The output folder: as the user named it, or ``dist/`` of the repository."""
    return option if option is not None else os.path.join(root, "dist")
