"""Files that the real tools write now, where these are installed.

They have too many dependencies to be among ours: install each into an environment of its own, and name the
folders with its programs in RELEASE_GATE_TOOLS, as in PATH. What they wrote once is in `logs`, and is always
tested.

    pip install model-signing pyopenssl     # 1.1.1 forgets to ask for the second
    pip install crfm-helm
"""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from release_gate.evidence.collect import collect
from release_gate.signing import generate_key, read_certified_key
from tests.evidence.files import write

TOOLS = os.environ.get("RELEASE_GATE_TOOLS", "")


def tool(name: str, package: str) -> str:
    found = shutil.which(name, path=TOOLS) if TOOLS else None
    if found is None:
        pytest.skip(f"no {name} in RELEASE_GATE_TOOLS: pip install {package}")
    return found


def run(*command: str, **environment: str) -> None:
    offline = {"HF_HUB_OFFLINE": "1", **environment}
    subprocess.run(command, check=True, capture_output=True, env={**os.environ, **offline}, timeout=300)


def test_a_signature_that_model_signing_makes_now_holds_for_its_key(tmp_path: Path) -> None:
    program, key = tool("model_signing", "model-signing pyopenssl"), generate_key()
    (tmp_path / "key.pem").write_text(key.pem(), encoding="utf-8")
    model = write(tmp_path / "m", {"config.json": "{}", "sub/notes.txt": "hello"})
    sign = ("sign", "key", str(model), "--signature", str(model / "model.sig"))
    run(program, *sign, "--private_key", str(tmp_path / "key.pem"))
    found = collect([model], keys=[key.public])
    assert found.problems == ()
    (tmp_path / "m" / "config.json").write_text("[]", encoding="utf-8")
    assert [each.code for each in collect([model], keys=[key.public]).problems] == ["RG640"]


def test_a_signature_that_model_signing_makes_now_holds_for_its_certificate(tmp_path: Path) -> None:
    program = tool("model_signing", "model-signing pyopenssl")
    authority, signer = str(tmp_path / "ca"), str(tmp_path / "signer")
    new = (
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:P-256",
        "-nodes",
        "-days",
        "9",
    )

    def certify(name: str, *more: str, **extensions: str) -> None:
        added = [word for key, value in extensions.items() for word in ("-addext", f"{key}={value}")]
        run(*new, "-keyout", f"{name}.key", "-out", f"{name}.pem", "-subj", "/CN=Example", *more, *added)

    certify(authority, keyUsage="critical,keyCertSign")
    certify(
        signer, "-CA", f"{authority}.pem", "-CAkey", f"{authority}.key",
        basicConstraints="critical,CA:FALSE", keyUsage="critical,digitalSignature",
        extendedKeyUsage="codeSigning",
    )  # fmt: skip
    model = write(tmp_path / "m", {"config.json": "{}"})
    sign = ("sign", "certificate", str(model), "--signature", str(model / "model.sig"))
    run(program, *sign, "--private_key", f"{signer}.key", "--signing_certificate", f"{signer}.pem",
        "--certificate_chain", f"{authority}.pem")  # fmt: skip
    assert collect([model], keys=[read_certified_key(f"{signer}.pem")]).problems == ()
    assert collect([model], keys=[read_certified_key(f"{authority}.pem")]).problems != ()


def test_a_run_that_helm_writes_now_is_read(tmp_path: Path) -> None:
    program = tool("helm-run", "crfm-helm")
    run(program, "--run-entries", "simple_mcqa:model=simple/model1", "--suite", "now", "-m", "1000",
        "--output-path", str(tmp_path / "out"), "--local-path", str(tmp_path / "local"))  # fmt: skip
    (runs,) = (tmp_path / "out" / "runs" / "now").glob("simple_mcqa*")
    found = collect([runs], named=["simple/model1"])
    assert found.problems == ()
    assert any(
        each.path == "metric.simple_mcqa_exact_match" and not each.is_unknown
        for each in found.subjects[0].found
    )
