"""``sarif``: SARIF 2.1.0, which code-scanning pages read.

Within the limits of GitHub (*SARIF support for code scanning*): a page shows 5,000 results, the most severe
first; a rule has at most 20 tags, a location a relative address.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final
from urllib.parse import quote

from release_gate import __version__
from release_gate.codes import explanation
from release_gate.decision import Where
from release_gate.diagnostics import Severity
from release_gate.escape import cut, json_text, markdown
from release_gate.gate.reports.issues import Issue, most_important, relative
from release_gate.gate.reports.run import Outcome, Run

SCHEMA: Final = "https://json.schemastore.org/sarif-2.1.0.json"
SHOWN: Final = 5000
# Sorts a page; what a rule can do to a release at most. From 7 on a result counts as high.
_SECURITY: Final = {"deny": "9.0", "ceiling": "9.0", "require": "8.0", "coverage": "8.0", "sign_off": "5.0"}


def report(run: Run) -> Iterator[str]:
    """One run of the tool, with a result for each issue."""
    shown, hidden = most_important(run, SHOWN)
    rules: dict[str, Issue] = {}
    for issue in shown:
        rules.setdefault(issue.rule, issue)
    index = {name: number for number, name in enumerate(sorted(rules))}
    yield f'{{\n  "$schema": "{SCHEMA}",\n  "version": "2.1.0",\n  "runs": [\n    {{\n'
    yield _member("tool", {"driver": _driver([rules[name] for name in sorted(rules)])})
    yield _member("automationDetails", {"id": _category(run)})
    yield _member("columnKind", "unicodeCodePoints")
    yield _member("invocations", [_invocation(run, hidden)])
    yield _member("properties", {"decisions": [_decision(outcome) for outcome in run]})
    yield '      "results": ['
    for number, issue in enumerate(shown):
        result = json_text(_result(issue, index), margin=" " * 8)
        yield f"{',' if number else ''}\n        {result}"
    yield "\n      ]\n    }\n  ]\n}\n"


def _member(name: str, value: Any) -> str:
    return f'      "{name}": {json_text(value, margin=" " * 6)},\n'


def _category(run: Run) -> str:
    names = [outcome.name for outcome in run] if len(run) == 1 else []
    return f"release-gate/{relative(names[0]) if names else ''}"


def _decision(outcome: Outcome) -> dict[str, Any]:
    if outcome.decision is None:
        return {"file": relative(outcome.file), "verdict": None}
    return {
        "file": relative(outcome.file), "request": outcome.decision.request.id,
        "verdict": str(outcome.decision.verdict), "digest": outcome.digest,
        "as_of": outcome.decision.as_of, "hypothetical": outcome.decision.hypothetical,
        "unverified": {each.id: each.unverified for each in outcome.decision.artifacts if each.unverified},
    }  # fmt: skip


def _driver(rules: Iterable[Issue]) -> dict[str, Any]:
    return {
        "name": "release-gate", "version": __version__, "rules": [_rule(issue) for issue in rules],
    }  # fmt: skip


def _rule(issue: Issue) -> dict[str, Any]:
    """What is known of a rule from the first issue that names it."""
    finding = issue.finding
    effect, policy = (finding.effect, finding.policy) if finding else ("input", "release-gate")
    rule: dict[str, Any] = {
        "id": issue.rule,
        "shortDescription": {"text": cut(f"{effect}: {issue.rule}", 200)},
        "fullDescription": {"text": cut(_brackets(issue.message), 1000)},
        "help": {"text": cut(issue.fix or "See the documentation of the gate.", 1000)},
        "properties": {"tags": ["release-gate", effect, *({policy} - {"release-gate"})]},
    }
    if effect in _SECURITY:
        rule["properties"]["security-severity"] = _SECURITY[effect]
    if page := None if finding else explanation(issue.rule):
        rule["shortDescription"] = {"text": cut(page.title, 200)}
        rule["fullDescription"] = {"text": cut(_brackets(page.about), 1000)}
        rule["help"] = {"text": cut(page.about, 1000), "markdown": page.text}
    cite = finding.cite if finding else {}
    if cite:
        said = ", ".join(str(cite[key]) for key in ("title", "publisher", "date", "section") if key in cite)
        rule["help"] |= {"markdown": f"{markdown(rule['help']['text'])}\n\nSource: {markdown(said)}"}
        if str(cite.get("url", "")).startswith("https://"):
            rule["helpUri"] = quote(str(cite["url"]), safe=":/?#[]@!$&'()*+,;=%~")
    return rule


def _result(issue: Issue, index: dict[str, int]) -> dict[str, Any]:
    text = f"{issue.title}. {issue.message}" + (f" → {issue.fix}" if issue.fix else "")
    result: dict[str, Any] = {
        "ruleId": issue.rule,
        "ruleIndex": index[issue.rule],
        "level": issue.level,
        "message": {"text": _brackets(cut(text, 4000))},
        "locations": [{"physicalLocation": _place(issue.where, issue.end_column)}],
        "partialFingerprints": {"primaryLocationLineHash": issue.fingerprint},
    }
    finding = issue.finding
    if finding is not None:
        result["properties"] = {
            "verdict": str(finding.outcome), "subject": issue.subject,
            "from": finding.from_, "to": finding.to, "unverified": finding.unverified,
        }  # fmt: skip
        places = [finding.where, *(fact.where for fact in finding.facts[1:])]
        related = [{"physicalLocation": _place(where, None)} for where in places[:10] if where]
        if related:
            result["relatedLocations"] = related
    return result


def _brackets(text: str) -> str:
    """In a SARIF message ``[text](1)`` is a link (§3.11.6)."""
    return text.replace("[", r"\[").replace("]", r"\]")


def _place(where: Where, end_column: int | None) -> dict[str, Any]:
    region = {"startLine": where.line, "startColumn": where.column}
    if end_column is not None and end_column > where.column:
        region["endColumn"] = end_column
    return {
        "artifactLocation": {"uri": quote(relative(where.file), safe="/")},
        "region": region,
    }


def _invocation(run: Run, hidden: int) -> dict[str, Any]:
    notes = [
        {"level": "error", "message": {"text": cut(found.message, 1000)}, "descriptor": {"id": found.code}}
        for outcome in run
        for found in outcome.diagnostics
        if found.severity is Severity.ERROR
    ][:SHOWN]
    if hidden:
        said = f"{hidden} less important results were left out, because a page shows {SHOWN}"
        notes.append({"level": "warning", "message": {"text": said}})
    return {"executionSuccessful": not run.invalid, "toolExecutionNotifications": notes}
