"""A Secret with data, wherever it comes from: it stops the write, and its value is nowhere afterwards."""

from __future__ import annotations

import base64

from tests.engine.engine_repository import Repository

VALUE = "correct-horse-battery"
# What stands in base64 of the value, at whichever of the three places it begins.
FORMS = [VALUE.encode()] + [base64.b64encode(b"\0" * shift + VALUE.encode())[4:-4] for shift in range(3)]


def _sources(repository: Repository) -> None:
    repository.write("files/value.txt", VALUE)
    secret = f"apiVersion: v1\nkind: Secret\nmetadata: {{name: NAME}}\nstringData: {{k: {VALUE}}}\n"
    repository.write("files/secret.yaml", secret.replace("NAME", "included"))
    repository.write("files/chart/Chart.yaml", "apiVersion: v2\nname: x\nversion: 0.1.0\n")
    helm = repository.write("files/helm", f"#!/bin/sh\ncat <<X\n{secret.replace('NAME', 'of-helm')}X\n")
    helm.chmod(0o755)


def test_no_value_of_a_secret_is_written_kept_or_printed(repository: Repository) -> None:
    _sources(repository)
    imports = """
        import base64
        import pathlib
        import cdk8s
        import cdk8s_plus_33 as k
        from pilothouse_kit import Namespace
        FILES = pathlib.Path(__file__).parents[1] / "files"
        VALUE = (FILES / "value.txt").read_text()
        CODED = base64.b64encode(VALUE.encode()).decode()
        def secret(name, **fields):
            return {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}, **fields}
    """
    charts = {
        "raw": "RawObject(self, secret('raw', stringData={'k': VALUE}))",
        "coded": "RawObject(self, secret('coded', data={'k': CODED}))",
        "native": "meta = {'name': 'native'}\n"
        "o = cdk8s.ApiObject(self, 'x', api_version='v1', kind='Secret', metadata=meta)  # here\n"
        "o.add_json_patch(cdk8s.JsonPatch.add('/data', {'k': CODED}))",
        "plus": "k.Secret(self, 'x', metadata={'name': 'plus'}, string_data={'k': VALUE})",
        "included": "cdk8s.Include(self, 'x', url=str(FILES / 'secret.yaml'))",
        "helm": "cdk8s.Helm(self, 'x', chart=str(FILES / 'chart'), helm_executable=str(FILES / 'helm'))",
        "patched": "Namespace(self, 'x', patch={'kind': 'Secret', 'stringData': {'k': VALUE}})",
        "listed": "RawObject(self, {'apiVersion': 'v1', 'kind': 'List', 'items': [secret('x', data={'k': CODED})]})",
        "nested": "RawObject(self, secret('deep', data={'k': {'deeper': VALUE}}))",
    }
    for name, body in charts.items():
        repository.builds(name, body if "# here" in body else f"{body}  # here", imports=imports)
    run = repository.synth()
    assert run.code == 1
    for name in charts:
        found = [finding for finding in run.found(name) if finding[1] == "SEC001"]
        assert [place for place, _, _ in found] == [repository.here(name)], name
    _nowhere(repository, run.stdout + run.stderr)
    human = repository.run("synth", "--stdout")
    _nowhere(repository, human.stdout + human.stderr)


def test_a_mistyped_secret_is_not_kept_either(repository: Repository) -> None:
    """Its value stands where nobody looks for one; and one that has no name is no object, but has a value."""
    repository.write("files/value.txt", VALUE)
    imports = "import pathlib\nVALUE = (pathlib.Path(__file__).parents[1] / 'files/value.txt').read_text()"
    secret = "{'apiVersion': 'v1', 'kind': 'Secret', 'metadata': {'name': 'x'}, %s}"
    repository.builds("mistyped", "RawObject(self, " + secret % "'stringdata': {'k': VALUE}" + ")", imports=imports)
    repository.builds("text", "RawObject(self, " + secret % "'stringData': VALUE" + ")", imports=imports)
    nameless = "{'apiVersion': 'v1', 'kind': 'Secret', 'metadata': {}, 'stringData': {'k': VALUE}}"
    repository.builds("nameless", f"RawObject(self, {nameless})", imports=imports)
    run = repository.synth()
    assert run.code == 1
    assert {finding["instance"] for finding in run.findings} == {"mistyped", "text", "nameless"}
    _nowhere(repository, run.stdout + run.stderr)


def test_of_a_masked_value_nothing_else_is_said(repository: Repository) -> None:
    body = "{'apiVersion': 'v1', 'kind': 'Secret', 'metadata': {'name': 'x'}, 'data': {'k': 'aHVudGVyMg=='}}"
    repository.builds("masked", f"RawObject(self, {body})")
    assert [code for _, code, _ in repository.synth().found()] == ["SEC001"]


def test_secrets_that_are_encrypted_or_hold_nothing_are_written(repository: Repository) -> None:
    sops = (
        "{'apiVersion': 'v1', 'kind': 'Secret', 'metadata': {'name': 'sealed'},"
        " 'data': {'k': 'ENC[AES256_GCM,data:x]'}, 'sops': {'version': '3'}}"
    )
    repository.builds("none", "RawObject(self, {'apiVersion': 'v1', 'kind': 'Secret', 'metadata': {'name': 'none'}})")
    repository.builds("sops", f"RawObject(self, {sops})")
    run = repository.synth()
    assert [code for _, code, _ in run.found() if code == "SEC001"] == []


def test_a_password_in_a_variable_stops_the_write_and_is_kept_nowhere(repository: Repository) -> None:
    repository.write("files/value.txt", VALUE)
    imports = (
        "import pathlib\nfrom pilothouse_kit import Deployment\n"
        "VALUE = (pathlib.Path(__file__).parents[1] / 'files/value.txt').read_text()"
    )
    repository.builds(
        "named", "Deployment(self, 'x', image='x:1', env={'DB_PASSWORD': VALUE})  # here", imports=imports
    )
    url = "Deployment(self, 'y', image='x:1', env={'DSN': f'mysql://root:{VALUE}@db/shop'})  # here"
    repository.builds("url", url, imports=imports)
    run = repository.synth()
    assert run.code == 1
    for name in ("named", "url"):
        assert [found[:2] for found in run.found(name)] == [(repository.here(name), "SEC002")]
    _nowhere(repository, run.stdout + run.stderr)


def test_a_variable_that_only_looks_like_a_secret_can_be_waived_and_is_kept_then(repository: Repository) -> None:
    waived = (
        "d = Deployment(self, 'x', image='x:1', env={'DB_PASSWORD': 'course', 'DB_PASSWORD_FILE': '/run/x',"
        " 'TOKEN': '$(OTHER)', 'URL': 'http://example.com'})\n"
        "d.waive('SEC002', reason='the course says it aloud')"
    )
    repository.builds("waived", waived, imports="from pilothouse_kit import Deployment")
    assert repository.synth().code == 0
    assert "up to date" in repository.run("synth").stderr


def _nowhere(repository: Repository, printed: str) -> None:
    for form in FORMS:
        assert form.decode() not in printed
        for folder in ("dist", ".pilothouse"):
            for file in (repository.root / folder).rglob("*"):
                assert not file.is_file() or form not in file.read_bytes(), (file, form)
