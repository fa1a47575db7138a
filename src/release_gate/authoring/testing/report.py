"""What tests came to, for programs: JSON, and the JUnit XML that build servers show."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any
from xml.etree import ElementTree as ET

from release_gate.authoring.testing.expectations import in_short, shortened
from release_gate.authoring.testing.suites import Suite
from release_gate.authoring.testing.trials import Failure, Outcome
from release_gate.diagnostics import Span, printable
from release_gate.escape import json_text
from release_gate.pages import safe

__all__ = ["Results", "json_report", "junit_report"]

Results = Sequence[tuple[Suite, Sequence[Outcome]]]
"""Every file of tests, with what its trials came to."""


def json_report(results: Results, untested: Iterable[str]) -> str:
    """The results as JSON."""
    outcomes = [outcome for _, each in results for outcome in each]
    failed = sum(not outcome.passed for outcome in outcomes)
    report = {
        "schema": "test-report/v1",
        "cases": len(outcomes),
        "failed": failed,
        "policies_without_tests": sorted(untested),
        "files": [_file(suite, each) for suite, each in results],
    }
    return json_text(report) + "\n"


def _file(suite: Suite, outcomes: Sequence[Outcome]) -> dict[str, Any]:
    policy = suite.policy
    return {
        "file": suite.name,
        "policy": {"id": policy.id, "version": policy.version, "digest": policy.digest},
        "cases": [
            {
                "name": outcome.trial.name,
                **_place(outcome.trial.span),
                "passed": outcome.passed,
                "failures": [_failure(failure) for failure in outcome.failures],
            }
            for outcome in outcomes
        ],
    }


def _failure(failure: Failure) -> dict[str, Any]:
    about, _, rung = failure.expectation.about.partition(".")
    return {
        "artifact": failure.expectation.artifact,
        "about": f"{about}.{rung}" if about in ("levels", "missing") and rung else about,
        "expected": in_short(failure.expectation.expected),
        "came": in_short(shortened(failure.came)),
        "message": failure.diagnostic.message,
        "help": failure.diagnostic.help,
        **_place(failure.diagnostic.span),
    }


def _place(span: Span | None) -> dict[str, Any]:
    return {"line": span.line, "column": span.column} if span is not None else {}


def junit_report(results: Results, untested: Iterable[str]) -> str:
    """The results as JUnit XML. A policy without tests, where tests are required, is a failed case."""
    root = ET.Element("testsuites", name="release-gate policy test")
    for suite, outcomes in results:
        failed = sum(not outcome.passed for outcome in outcomes)
        element = ET.SubElement(
            root, "testsuite", name=printable(suite.name), tests=str(len(outcomes)), failures=str(failed)
        )
        for outcome in outcomes:
            _case(element, suite, outcome)
    for name in sorted(untested):
        element = ET.SubElement(root, "testsuite", name=printable(name), tests="1", failures="1")
        case = ET.SubElement(element, "testcase", classname=printable(name), name="has tests")
        ET.SubElement(case, "failure", message="this policy has no tests")
    for key in ("tests", "failures"):
        root.set(key, str(sum(int(element.attrib[key]) for element in root)))
    ET.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + safe(ET.tostring(root, encoding="unicode")) + "\n"


def _case(element: ET.Element, suite: Suite, outcome: Outcome) -> None:
    span = outcome.trial.span
    line: dict[str, Any] = {"line": str(span.line)} if span is not None else {}
    case = ET.SubElement(
        element, "testcase", classname=suite.policy.id, name=printable(outcome.trial.name),
        file=printable(suite.name), **line,
    )  # fmt: skip
    if outcome.passed:
        return
    failure = ET.SubElement(case, "failure", message=printable(outcome.failures[0].diagnostic.message, 500))
    failure.text = "\n".join(printable(str(each.diagnostic), 1000) for each in outcome.failures)
