"""``junit``: the XML of JUnit. A suite for each request, a case for each artifact and each finding.

What lets nothing through, whatever the verdict, is a case of its own that fails.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final
from xml.etree import ElementTree as ET

from release_gate.decision import ArtifactDecision, Verdict
from release_gate.escape import cut
from release_gate.gate.reports.issues import facts_in_words, hangs_on, how_sure, issues
from release_gate.gate.reports.run import Outcome, Run, at_stake
from release_gate.pages import safe

_NOT_XML: Final = re.compile("[\ufffe\uffff\ud800-\udfff]")  # `cut` has taken out control characters


def report(run: Run) -> Iterator[str]:
    """A failure is everything that is not allowed; an error is a request that could not be judged."""
    yield '<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="release-gate">\n'
    for outcome in run.everything():
        suite = _suite(outcome)
        ET.indent(suite)
        yield safe(ET.tostring(suite, encoding="unicode")) + "\n"
    yield "</testsuites>\n"


def _suite(outcome: Outcome) -> ET.Element:
    suite = ET.Element("testsuite", name=_text(outcome.name, 200))
    wrong = [issue for issue in issues(outcome) if issue.finding is None]
    if wrong:
        case = ET.SubElement(suite, "testcase", classname=_text(outcome.name, 200), name="valid")
        for issue in wrong:
            kind = "error" if outcome.invalid else "system-out"
            told = ET.SubElement(case, kind)
            if kind == "error":
                told.attrib |= {"type": issue.rule, "message": _text(issue.message, 500)}
            place = f"{issue.where.file}:{issue.where.line}:{issue.where.column}"
            told.text = _text(f"{place}: {issue.rule} {issue.message} {issue.fix}", 4000)
    if outcome.decision is not None:
        for artifact in outcome.decision.artifacts:
            _artifact(suite, outcome, artifact)
    for reason in outcome.held_back:
        case = ET.SubElement(suite, "testcase", classname=_text(outcome.name, 200), name="let through")
        ET.SubElement(case, "failure", type="held_back", message=_text(reason, 1000))
    cases = list(suite)
    suite.set("tests", str(len(cases)))
    suite.set("failures", str(sum(case.find("failure") is not None for case in cases)))
    suite.set("errors", str(sum(case.find("error") is not None for case in cases)))
    return suite


def _artifact(suite: ET.Element, outcome: Outcome, artifact: ArtifactDecision) -> None:
    name = f"{outcome.name}.{artifact.id}"
    case = ET.SubElement(suite, "testcase", classname=name, name=f"verdict at {artifact.requested}")
    allowed = f"allowed now: {artifact.best_in_words}; decision {outcome.digest}"
    missing = "".join(f"; missing: {path}" for path in artifact.missing)
    sure = f"; UNVERIFIED: {said}" if (said := hangs_on(artifact)) else ""
    _told(case, artifact.verdict, str(artifact.verdict), _text(allowed + sure + missing, 8000))
    for finding in at_stake(artifact):
        title = f"{finding.policy}/{finding.rule} from {finding.from_}"
        case = ET.SubElement(suite, "testcase", classname=name, name=title)
        facts = "; ".join(said for said, _ in facts_in_words(finding))
        sure = f" ({said})" if (said := how_sure(finding)) else ""
        _told(case, finding.outcome, finding.message, _text(f"{facts} {finding.fix}{sure}", 8000))


def _told(case: ET.Element, verdict: Verdict, message: str, text: str) -> None:
    if verdict.allows:
        ET.SubElement(case, "system-out").text = text
        return
    failure = ET.SubElement(case, "failure", type=str(verdict), message=_text(message, 1000))
    failure.text = text


def _text(text: str, limit: int) -> str:
    return _NOT_XML.sub("�", cut(text, limit))
