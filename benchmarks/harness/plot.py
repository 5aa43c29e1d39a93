"""Plot: ``python plot.py RESULTS.json FOLDER`` draws results.svg and results.png. It runs where matplotlib is."""

from __future__ import annotations

import json
import sys
import textwrap
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
from matplotlib.axes import Axes

OURS, THEIRS, INK, FAINT = "#0b62c4", "#5b6470", "#1c2128", "#d5dae0"
PIPE = "helm-kubeconform"
PILOTHOUSE = ["pilothouse-nothing", "pilothouse-one-chart", "pilothouse-clone", "pilothouse-cold"]
LEFT_OUT = {"pilothouse-help", "pilothouse-list", "pilothouse-nothing-3", "pilothouse-kit-cold"}
"""Rows that no peer has anything like, or that differ from another by their input."""
CAPTION = (
    "Wall time of the whole process, logarithmic. Dot: median of the runs; bar: fastest to slowest. "
    "Dashed line: helm template | kubeconform. Pilothouse's times include validation, checks and one file an object."
)

plt.rcParams.update(
    {
        "font.family": "DejaVu Sans",
        "font.size": 10,
        "svg.hashsalt": "pilothouse",
        "svg.fonttype": "none",
        "text.color": INK,
        "axes.labelcolor": INK,
    }
)


def median(values: list[float]) -> float:
    ordered = sorted(values)
    middle = len(ordered) // 2
    return ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2


def in_order(sizes: dict[str, dict[str, Any]]) -> list[str]:
    """Pilothouse's situations first, then the peers, the quickest first."""
    peers: dict[str, float] = {}
    for size, rows in sizes.items():
        for name, row in rows.items():
            if not name.startswith("pilothouse"):
                per_object = (median(row["wall"]) if row["wall"] else row["limit"]) / int(size)
                if int(size) <= 10_000 or name not in peers:
                    peers[name] = max(per_object, peers.get(name, 0))
    ours = [name for name in PILOTHOUSE if any(name in rows for rows in sizes.values())]
    return ours + sorted(peers, key=lambda name: peers[name])


def written(value: float) -> str:
    return f"{value * 1000:.0f} ms" if value < 0.1 else f"{value:.2g} s" if value < 10 else f"{value:.0f} s"


def draw_size(axes: Axes, size: int, rows: dict[str, Any], names: list[str], span: tuple[float, float]) -> None:
    axes.set_xscale("log")
    axes.set_xlim(*span)
    axes.set_ylim(len(names) - 0.4, -0.6)
    axes.set_title(f"{size:,} objects", loc="left", fontsize=11, fontweight="bold", pad=8)
    ticks = [tick for tick in (0.01, 0.1, 1, 10, 100) if span[0] <= tick <= span[1]]
    axes.set_xticks(ticks, [f"{tick:g} s" for tick in ticks], color=THEIRS)
    axes.minorticks_off()
    axes.tick_params(length=0)
    axes.grid(axis="x", color=FAINT, linewidth=0.8)
    axes.set_axisbelow(True)
    for side in axes.spines.values():
        side.set_visible(False)
    if rows.get(PIPE, {}).get("wall"):
        axes.axvline(median(rows[PIPE]["wall"]), color=INK, linewidth=0.9, linestyle=(0, (2, 2)), zorder=1)
    for place, name in enumerate(names):
        row = rows.get(name)
        color = OURS if name in PILOTHOUSE else THEIRS
        weight = "bold" if name in PILOTHOUSE else "normal"
        if row is None:
            axes.text(span[0] * 1.15, place, "not run at this size", color="#9aa2ad", va="center", fontsize=8.5)
        elif not row["wall"]:
            axes.text(
                span[0] * 1.15, place, f"over {row['limit']:.0f} s, stopped", color=THEIRS, va="center", fontsize=8.5
            )
        else:
            middle, low, high = median(row["wall"]), min(row["wall"]), max(row["wall"])
            axes.plot([low, high], [place, place], color=color, linewidth=5, alpha=0.3, solid_capstyle="round")
            axes.plot(middle, place, "o", color=color, markersize=7, markeredgecolor="white", markeredgewidth=0.8)
            axes.annotate(
                written(middle),
                (high, place),
                xytext=(8, 0),
                textcoords="offset points",
                va="center",
                color=color,
                fontweight=weight,
                fontsize=9.5,
                bbox={"boxstyle": "square,pad=0.1", "facecolor": "white", "edgecolor": "none"},
            )


def main() -> None:
    results = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    sizes = {
        size: {name: row for name, row in rows.items() if name not in LEFT_OUT}
        for size, rows in results["sizes"].items()
    }
    names = in_order(sizes)
    labels = {name: row["label"] for rows in sizes.values() for name, row in rows.items()}
    walls = [wall for rows in sizes.values() for row in rows.values() for wall in row["wall"]]
    span = (min(walls) / 2, max(walls) * 4)
    figure, panels = plt.subplots(
        1, len(sizes), figsize=(3.2 + 3.5 * len(sizes), 1.5 + 0.36 * len(names)), sharey=True, squeeze=False
    )
    for axes, (size, rows) in zip(panels[0], sizes.items(), strict=True):
        draw_size(axes, int(size), rows, names, span)
    panels[0][0].set_yticks(range(len(names)), [labels[name] for name in names])
    for tick, name in zip(panels[0][0].get_yticklabels(), names, strict=True):
        tick.set_color(OURS if name in PILOTHOUSE else INK)
        tick.set_fontweight("bold" if name in PILOTHOUSE else "normal")
    width, height = figure.get_size_inches()
    lines = textwrap.wrap(CAPTION, int(width * 13))
    figure.text(0.08 / width, 0.08 / height, "\n".join(lines), fontsize=8.5, color=THEIRS, linespacing=1.35)
    figure.tight_layout(rect=(0, (0.12 + 0.17 * len(lines)) / height, 1, 1), w_pad=2.2)
    folder = Path(sys.argv[2])
    figure.savefig(folder / "results.svg", metadata={"Date": None})
    figure.savefig(folder / "results.png", dpi=150, metadata={"Software": None})


main()
