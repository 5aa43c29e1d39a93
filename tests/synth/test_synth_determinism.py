"""The same sources give the same bytes, however the command is run."""

from __future__ import annotations

from pathlib import Path

from tests.synth.synth_repository import Repository


def test_the_same_bytes_with_every_hash_seed_folder_and_number_of_jobs(repository: Repository, tmp_path: Path) -> None:
    repository.good(PYTHONHASHSEED="1")
    first = repository.files()
    assert len(first) == 12
    for number, (seed, jobs, folder) in enumerate([("2", "1", tmp_path), ("3", "4", repository.root / "charts")]):
        out = tmp_path / f"out{number}"
        repository.forget()
        run = repository.run(
            "-C", str(repository.root), "synth", "--out", str(out), "--jobs", jobs, cwd=folder, PYTHONHASHSEED=seed
        )
        assert run.code == 0, run.err
        assert repository.files(out) == first
        warm = tmp_path / f"warm{number}"
        assert repository.good("--out", str(warm), PYTHONHASHSEED=seed).built == 0
        assert repository.files(warm) == first


def test_another_place_gives_the_same_bytes(repository: Repository, tmp_path: Path) -> None:
    other = Repository(tmp_path / "deeper" / "elsewhere")
    repository.good()
    other.good()
    assert other.files() == repository.files()


def test_what_a_module_remembers_does_not_reach_the_next_instance(repository: Repository) -> None:
    repository.maps(
        "counting", "return {'number': str(next(NUMBERS))}", imports="import itertools\n\nNUMBERS = itertools.count()"
    )
    repository.deploy("counting", instance="counting-two")
    repository.deploy("counting", environment="prod")
    for jobs in ("1", "2"):
        repository.forget()
        repository.good("--jobs", jobs)
        numbers = [repository.objects()[name]["number"] for name in ("counting", "counting-two")]
        assert [*numbers, repository.objects("prod")["counting"]["number"]] == ["0", "0", "0"]
