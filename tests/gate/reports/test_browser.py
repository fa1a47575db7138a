"""The page for a review board in a real browser: axe finds nothing, and nothing is wider than the screen.

Needs Chromium (`apt-get install chromium`) and axe-core: that of the package `axe-core-python`, or a newer
one by the path of its `axe.min.js` in RELEASE_GATE_AXE.
"""

import html
import importlib.util
import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from release_gate.diagnostics import Diagnostic, Severity
from release_gate.gate.reports import render
from release_gate.gate.reports.run import Outcome

BROWSER = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
AXE = os.environ.get("RELEASE_GATE_AXE") or (
    importlib.util.find_spec("axe_core_python")
    and str(Path(str(importlib.util.find_spec("axe_core_python").origin)).parent / "axe.min.js")  # type: ignore[union-attr]
)
pytestmark = [
    pytest.mark.skipif(BROWSER is None, reason="there is no Chromium: apt-get install chromium"),
    pytest.mark.skipif(not AXE, reason="there is no axe-core: pip install axe-core-python"),
]
ALONE = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--hide-scrollbars",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--virtual-time-budget=20000",
)  # fmt: skip
ASK = """
document.querySelectorAll("details").forEach(each => each.open = true);
axe.run(document).then(found => {
  const told = {
    violations: found.violations.map(each => each.id + " " + each.nodes[0].html.slice(0, 200)),
    passes: found.passes.length,
    wide: document.documentElement.scrollWidth - innerWidth,
  };
  const place = document.createElement("pre");
  place.id = "told";
  place.textContent = JSON.stringify(told);
  document.body.append(place);
});
"""


def look_at(page: str, folder: Path, width: int, *, dark: bool) -> Any:
    """What axe says of a page, with every part of it unfolded."""
    bare = re.sub(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", page)
    assert bare != page, "the page forbids scripts, also those that look at it"
    if dark:
        bare = bare.replace("@media (prefers-color-scheme: dark)", "@media all")
    script = Path(str(AXE)).read_text(encoding="utf-8").replace("</script", r"<\/script")
    place = folder / "page.html"
    text = bare.replace("</body>", f"<script>{script}</script><script>{ASK}</script></body>")
    place.write_text(text, encoding="utf-8")
    command = [str(BROWSER), *ALONE, f"--user-data-dir={folder / 'profile'}", f"--window-size={width},900"]
    ended = subprocess.run(
        [*command, "--dump-dom", place.as_uri()], capture_output=True, check=False, timeout=90, text=True
    )
    found = re.search(r'<pre id="told">(.*?)</pre>', ended.stdout, re.DOTALL)
    assert found, ended.stderr[-2000:]
    return json.loads(html.unescape(found[1]))


@pytest.fixture
def page(runs: Any, decided: Any, problem: Outcome) -> str:
    """Everything that a page may show: what is denied, held back, not valid, and about no request."""
    loosened = Diagnostic("RG903", "the policy `own` was loosened", severity=Severity.WARNING)
    said = {"person": "grace", "role": "lead", "word": "approve", "artifact": "w", "rung": "weights_open"}
    line = [{"parent": "Base", "relation": "finetune", "license": "MIT"}, {"child": "Base", "parent": "Root"}]
    run = runs(
        decided(lineage=line, sign_offs=[{**said, "on": "2026-11-01"}]),
        decided("big.yaml", id="big", title="A large one", model={"name": "Big", "parameters": 7e9}),
        decided("u.yaml", id="u", title="Nobody knows", model={"name": "Who knows"}),
        decided("held.yaml", [loosened], id="held", title="Held", artifacts=[
            {"id": "w", "kind": "weights", "wanted": "internal"},
            {"id": "a", "kind": "api", "wanted": "hosted"},
        ]),
        problem,
    )  # fmt: skip
    run.tell("evidence", [Diagnostic("RG630", "`a.json` is not JSON", severity=Severity.WARNING)])
    return "".join(render("html", run))


@pytest.mark.parametrize(("width", "dark"), [(1100, False), (1100, True), (500, False)])
def test_axe_finds_nothing_and_nothing_is_wider_than_the_screen(
    page: str,
    tmp_path: Path,
    width: int,
    dark: bool,  # noqa: FBT001
) -> None:
    told = look_at(page, tmp_path, width, dark=dark)
    assert told["violations"] == []
    assert told["passes"] > 20
    assert told["wide"] <= 0


def test_axe_sees_what_is_wrong(page: str, tmp_path: Path) -> None:
    """A test of the test: a page without a language and with grey on grey is found out."""
    spoilt = page.replace('<html lang="en">', "<html>")
    assert any(
        each.startswith("html-has-lang") for each in look_at(spoilt, tmp_path, 1100, dark=False)["violations"]
    )
