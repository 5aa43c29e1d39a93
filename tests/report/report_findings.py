"""Findings to report: a few real ones, and any at all."""

from __future__ import annotations

from hypothesis import strategies as st

from pilothouse.finding import Finding, Position, Severity


def finding(
    code: str = "SVC001",
    severity: Severity = Severity.ERROR,
    message: str = "selects no pod of this stack",
    *,
    file: str = "charts/kubia.py",
    line: int = 3,
    column: int | None = 9,
    environment: str = "",
    object: str = "Service custom-namespace/kubia",
    path: tuple[str | int, ...] = ("spec", "selector"),
    fix: str = "",
    related: tuple[Position, ...] = (),
) -> Finding:
    return Finding(
        code=code,
        severity=severity,
        message=message,
        fix=fix,
        position=Position(file, line, column),
        environment=environment,
        object=object,
        path=path,
        related=related,
    )


texts = st.text(st.characters(), max_size=40) | st.sampled_from(
    [
        "",
        "a\nb",
        "\x1b[31mred\x1b[0m",
        "\r\n::error::x",
        "x" * 10_000,
        "%0A%25::,",
        "\ud800",
        "\u202eevil",
        "\t",
        "日本 " * 50,
    ]
)
positions = st.builds(
    Position, file=texts, line=st.integers(-1, 10**9), column=st.none() | st.integers(-1, 10**5)
) | st.builds(Position, file=st.sampled_from(["a.py", "b.yaml"]), line=st.integers(1, 4), column=st.integers(1, 60))
any_finding = st.builds(
    Finding,
    code=texts,
    severity=st.sampled_from(Severity),
    message=texts,
    fix=texts,
    position=positions,
    environment=st.sampled_from(["", "dev", "staging", "prod"]) | texts,
    instance=texts,
    object=texts,
    path=st.lists(texts | st.integers(0, 10**6), max_size=4).map(tuple),
    construct=texts,
    related=st.lists(positions, max_size=2).map(tuple),
)
any_findings = st.lists(any_finding, max_size=6)
