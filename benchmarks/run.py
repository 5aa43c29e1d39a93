"""Measure Pilothouse and its peers on the same objects: ``python benchmarks/run.py`` (``make bench``)."""

from __future__ import annotations

import argparse
import datetime
import os
import shutil
import subprocess
import sys
from pathlib import Path

from harness import compare, machine, measure, peers, table
from harness.contenders import PIPE, Contender, Workplace
from harness.results import Results, Row

HERE = Path(__file__).parent
ROUNDS = {1_000: 9, 10_000: 7, 100_000: 3}
LIMITS = {1_000: 60.0, 10_000: 120.0, 100_000: 300.0}
"""Seconds after which a run is stopped."""
SLOW = 5.0
"""A contender whose warm-up takes longer than this many seconds runs in fewer rounds."""


def main() -> int:
    arguments = _arguments()
    if arguments.readme:
        _write_readme(Results.load(HERE / "results.json"))
        return 0
    sizes = [1_000] if arguments.quick else arguments.sizes
    rounds = {size: arguments.rounds or (3 if arguments.quick else ROUNDS.get(size, 3)) for size in sizes}
    results = Results(
        date=datetime.datetime.now(datetime.UTC).date().isoformat(),
        command="make bench" if _is_full(arguments) else " ".join(["python", "benchmarks/run.py", *sys.argv[1:]]),
        rounds=rounds,
        machine=machine.describe(),
        versions={},
    )
    if float(results.machine["load before"]) > 0.5:
        _progress(f"others use this machine (load {results.machine['load before']}): read the ratios, not the times")
    try:
        built = peers.build(arguments.cache, _progress)
        results.versions = built.versions
        for size in sizes:
            results.sizes[size] = _measure_size(arguments, built, size, rounds[size])
    except (peers.BuildError, measure.RunError, compare.DifferentError) as error:
        print(f"benchmark: {error}", file=sys.stderr)
        return 1
    page = table.markdown(results)
    # A run of a part would otherwise replace the committed figures of the whole.
    out = arguments.out or (HERE if _is_full(arguments) else arguments.cache / "last")
    out.mkdir(parents=True, exist_ok=True)
    (out / "RESULTS.md").write_text(page, encoding="utf-8")
    results.save(out / "results.json")
    plot = [str(built.plot_python), str(HERE / "harness" / "plot.py"), str(out / "results.json"), str(out)]
    subprocess.run(plot, check=True, timeout=120)
    print(page)
    if out == HERE:
        _write_readme(results)
    _progress(f"written to {os.path.relpath(out)}")
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Measure Pilothouse and its peers on the same objects.")
    parser.add_argument("--quick", action="store_true", help="1,000 objects and three rounds")
    parser.add_argument("--only", action="append", metavar="NAME", help="only rows whose name starts so; repeatable")
    parser.add_argument("--sizes", type=_sizes, default=list(ROUNDS), metavar="N,N", help="numbers of objects")
    parser.add_argument("--rounds", type=int, metavar="K", help="rounds of every size")
    parser.add_argument(
        "--style", default="raw", help="how Pilothouse's charts are written: raw, or another chart_*.py"
    )
    parser.add_argument("--cache", type=Path, default=_default_cache(), metavar="DIR", help="peers and stacks: here")
    parser.add_argument("--out", type=Path, metavar="DIR", help="results: here (default: benchmarks/ for a full run)")
    parser.add_argument("--readme", action="store_true", help="measure nothing: write the kept figures into the README")
    return parser.parse_args()


def _write_readme(results: Results) -> None:
    readme = HERE.parent / "README.md"
    before, begin, rest = readme.read_text(encoding="utf-8").partition("<!-- figures -->\n")
    _, end, after = rest.partition("<!-- end of figures -->\n")
    if not end:
        raise SystemExit("benchmark: README.md has no place for figures")
    readme.write_text(f"{before}{begin}{table.summary(results)}\n{end}{after}", encoding="utf-8")


def _sizes(text: str) -> list[int]:
    sizes = [int(part) for part in text.split(",")]
    if any(size % 100 or size < 100 for size in sizes):
        raise argparse.ArgumentTypeError("whole hundreds: 20 charts of applications with five objects each")
    return sizes


def _default_cache() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "pilothouse" / "benchmarks"


def _is_full(arguments: argparse.Namespace) -> bool:
    return not (arguments.quick or arguments.only or arguments.rounds or arguments.sizes != list(ROUNDS))


def _measure_size(arguments: argparse.Namespace, built: peers.Peers, size: int, rounds: int) -> dict[str, Row]:
    folder = arguments.cache / "work" / str(size)
    shutil.rmtree(folder, ignore_errors=True)
    place = Workplace(folder, size, built)
    wanted = arguments.only
    helm, pipe, *others = place.others()
    contenders = [
        contender
        for contender in [helm, pipe, *place.pilothouse(), *place.diffs(), *others]
        if size <= contender.largest
        # Helm's output is what the others are compared with, and its pipe what they are set in relation to.
        and (not wanted or contender.name in ("helm", PIPE) or any(map(contender.name.startswith, wanted)))
    ]
    rows = {contender.name: Row(contender.label, contender.does) for contender in contenders}
    limit = LIMITS.get(size, max(LIMITS.values()))
    times = _warm_up(place, contenders, rows, limit, rounds)
    for turn in range(rounds):
        _progress(f"{size:,} objects: round {turn + 1} of {rounds}")
        for contender in contenders:
            if turn < times[contender.name]:
                sample = _run(place, contender, limit)
                rows[contender.name].wall.append(round(sample.wall, 5))
                rows[contender.name].cpu.append(round(sample.cpu, 5))
    for contender in contenders:
        if times[contender.name]:
            sample = _run(place, contender, 2 * limit, sample_memory=True)
            rows[contender.name].memory = sample.memory
            if contender.without_node and "node" in sample.programs:
                raise compare.DifferentError(f"{contender.name} started Node")
    shutil.rmtree(folder, ignore_errors=True)
    return rows


def _warm_up(
    place: Workplace, contenders: list[Contender], rows: dict[str, Row], limit: float, rounds: int
) -> dict[str, int]:
    """Run everything once, prove that all make the same objects, and say how many rounds each then gets."""
    expected: compare.Digests = {}
    times = {}
    for contender in contenders:
        _progress(f"{place.size:,} objects: warming up {contender.name}")
        sample = _run(place, contender, limit)
        if sample.timed_out:
            rows[contender.name].limit = limit
            times[contender.name] = 0
            continue
        times[contender.name] = rounds if sample.wall < SLOW else min(rounds, 3 if sample.wall < 4 * SLOW else 1)
        if contender.objects:
            made = compare.digests(contender.objects(_one_in_fifty if place.size > 10_000 else _every))
            expected = expected or made
            compare.require_equal(expected, made, contender.name, contender.same_fields)
    return times


def _every(name: str) -> bool:
    return True


def _one_in_fifty(name: str) -> bool:
    return int(name.removeprefix("app-")) % 50 == 0


def _run(place: Workplace, contender: Contender, limit: float, sample_memory: bool = False) -> measure.Sample:
    contender.prepare()
    # What earlier runs wrote is not to be paid by this one.
    os.sync()
    sample = measure.run(
        contender.command,
        environment=place.environment(),
        output=contender.output,
        errors=place.out / f"{contender.name}.err",
        timeout=limit,
        sample_memory=sample_memory,
    )
    if not sample.timed_out:
        contender.check()
    return sample


def _progress(text: str) -> None:
    print(f"benchmark: {text}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
