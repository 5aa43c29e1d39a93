"""Table: the results as Markdown."""

from __future__ import annotations

from harness.contenders import PIPE
from harness.results import GOALS, Results, Row

_METHOD = """\
How it is measured: every figure is that of whole processes, from their start to their end. All rows of a table run
one after the other, round after round, so that whatever slows the machine meets all of them; a warm-up round comes
first and is not counted. Time is wall time: the median of the rounds, and behind it the fastest and the slowest. CPU
is user and system time of all processes together. Memory is the largest sum of the proportional set sizes of all
processes at one moment (a page that they share counts once), looked at every 10 ms in a run of its own. "×" is the
median of the rounds' own ratios to `helm template | kubeconform`.

What is built: an application is a Deployment with probes and resources, a Service, a ConfigMap, a ServiceAccount and
an Ingress. Helm (one chart that loops over the applications of a values file, with label helpers), jsonnet, cdk8s in
JavaScript and Python, Kustomize (files that are only listed; or files without namespace and one label, which
transformers add) and Pilothouse (20 charts) all make the same objects: before anything is timed, each one's output is
read back and compared with Helm's, object by object{sampled}. kubeconform reads Pilothouse's own schemas from the
disk, with `-strict`, and must call every object valid. Helm, Kustomize and jsonnet print one stream; cdk8s writes one
file a chart; Pilothouse writes one file an object, after validation and checks. Its charts give plain dicts, as cdk8s'
do; the row "charts by the kit" builds objects of the same kinds and names with the kit's constructs, which add some
fields of their own.

"Everything cold": no `.pilothouse/`, no `dist/`, no compiled charts. "Checked by the schemas alone": the same program,
whose other checks were taken out of its catalogue before it began; what they cost is the median of the rounds' own
differences. "Fresh clone": as cold, with the committed `dist/` in place. What a row must not find is moved aside, not
deleted: ext4 creates files several times slower where as many were deleted a moment ago. "One chart changed": another
image tag in one chart's source each time. "diff": two folders of the same objects, of which ten Deployments differ in
their image, read from the files of `dist/`; "not compared" is the same program that reads both and stops, and what
comparing and foretelling cost is the median of the rounds' own differences; dyff compares two streams of the same
objects. Each must find the ten. The operating system's own file cache is warm for everyone.
"""


def markdown(results: Results) -> str:
    """The whole page."""
    machine = results.machine
    lines = [
        "# Benchmark results",
        "",
        f"Measured on {results.date} with `{results.command}`. Written by that command: do not edit.",
        "",
        f"Machine: {machine['processor']}, {machine['cores']} cores, {machine['memory']}, {machine['system']};"
        f" load average when it began: {machine['load before']}.",
        "",
        "Versions: "
        + ", ".join(f"{name} {version}" for name, version in {"Python": machine["Python"], **results.versions}.items())
        + ".",
        "",
        "![Time of each tool by number of objects](results.svg)",
        "",
    ]
    goals = _goals(results)
    if goals:
        lines += ["## What Pilothouse is built to reach", "", *goals, ""]
    for size in results.sizes:
        lines += [f"## {size:,} objects", "", *_rows(results, size), ""]
    sampled = " (at 100,000 objects: every kind and name, and the whole of one application in 50)"
    lines += ["## Method", "", _METHOD.format(sampled=sampled if 100_000 in results.sizes else "")]
    return "\n".join(lines)


_IN_README = (
    "pilothouse-nothing",
    "pilothouse-one-chart",
    "pilothouse-cold",
    PIPE,
    "helm",
    "kustomize-list",
    "jsonnet",
    "cdk8s-js",
    "cdk8s-python",
)


def summary(results: Results) -> str:
    """The README's table: each row's median at each size."""
    sizes = list(results.sizes)
    lines = [
        "| | " + " | ".join(f"{size:,} objects" for size in sizes) + " |",
        "|---|" + "---:|" * len(sizes),
    ]
    for name in _IN_README:
        rows = [results.sizes[size].get(name) for size in sizes]
        label = next(_escape(row.label) for row in rows if row is not None)
        lines.append(f"| {label} | " + " | ".join(map(_short, rows)) + " |")
    return "\n".join(lines)


def _short(row: Row | None) -> str:
    if row is None:
        return ""
    return f"> {row.limit:.0f} s" if row.limit is not None else seconds(row.median)


def _goals(results: Results) -> list[str]:
    lines = []
    for goal in GOALS:
        measured = goal.measure(results)
        if measured is not None:
            figure, written = measured
            lines.append(f"| {goal.sentence} | {written} | {'yes' if figure <= goal.limit else '**no**'} |")
    return ["| goal | measured | reached |", "|---|---:|---|", *lines] if lines else []


def _rows(results: Results, size: int) -> list[str]:
    lines = [
        f"Rounds: {results.rounds[size]}, and fewer for what takes longer than 5 s.",
        "",
        "| | does | time | min – max | CPU | memory | × |",
        "|---|---|---:|---:|---:|---:|---:|",
    ]
    for name, row in results.sizes[size].items():
        lines.append(f"| {_escape(row.label)} | {row.does} | {_figures(row)} | {_ratio(results, size, name)} |")
    return lines


def _figures(row: Row) -> str:
    if row.limit is not None:
        return f"> {row.limit:.0f} s | | | "
    low, high = min(row.wall), max(row.wall)
    cpu = sorted(row.cpu)[len(row.cpu) // 2]
    memory = f"{row.memory / 1e6:.0f} MB" if row.memory else ""
    return f"**{seconds(row.median)}** | {seconds(low)} – {seconds(high)} | {seconds(cpu)} | {memory}"


def _ratio(results: Results, size: int, name: str) -> str:
    ratio = results.ratio(size, name)
    return "" if ratio is None else "1" if name == PIPE else f"{ratio:.2f}"


def seconds(value: float) -> str:
    """Three digits that mean something: ``0.072 s``, ``1.43 s``, ``27.1 s``."""
    return f"{value:.3f} s" if value < 1 else f"{value:.2f} s" if value < 10 else f"{value:.1f} s"


def _escape(text: str) -> str:
    return text.replace("|", "\\|")
