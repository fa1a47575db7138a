"""Every code that the source can raise: its page, and its messages, read from the source itself."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final, TypeAlias

import release_gate
from release_gate.codes import explanation
from tools.reference.markdown import page, table, words

__all__ = ["diagnostics", "found"]

Message: TypeAlias = tuple[str, str]
"""A message, and the remedy."""
CODE: Final = re.compile(r"RG\d{3}")
RANGES: Final = {
    "RG0": ("text", "Text", "The file cannot be read as YAML that we accept."),
    "RG2": (
        "conditions",
        "Conditions",
        "A condition cannot be read, or says something that cannot be meant.",
    ),
    "RG3": ("policies", "Policies", "A policy is not valid."),
    "RG4": ("requests", "Requests", "A request is not valid, by itself or for the policies that judge it."),
    "RG5": ("gates", "Gates and packs", "A gate file is not valid, or names what is not there."),
    "RG6": (
        "evidence",
        "Evidence",
        "A file cannot be read as evidence, is refused, or does not bear out a claim.",
    ),
    "RG7": (
        "records",
        "Records and signatures",
        "A key cannot be used, or a signature or a record does not match.",
    ),
    "RG8": (
        "authoring",
        "Authoring",
        "Tests are not valid or do not come as expected, or something in a policy is probably not meant.",
    ),
    "RG9": ("runs", "Runs", "What is to be judged cannot be found."),
}
"""What the first digit of a code means, with the name of its page. A new range gets a line here."""


PASSED_ON: Final = "The message says what is wrong with something else that is named."


def diagnostics() -> dict[str, str]:
    """The pages of diagnostics: the list of all, and one for each range."""
    codes, shapes, problems = found()
    pages: dict[str, str] = {}
    lists: list[str] = []
    for prefix in sorted({code[:3] for code in codes}):
        name, title, about = RANGES[prefix]
        here = sorted(code for code in codes if code.startswith(prefix))
        parts = [part for code in here for part in _code(code, codes[code], shaped=code in shapes)]
        pages[f"diagnostics/{name}"] = page(f"# {prefix}xx {title}", about, *parts)
        rows = [(f"[{code}](diagnostics/{name}.md#{code.lower()})", _title(code)) for code in here]
        lists += [f"## {prefix}xx {title}", about, table(("code", "says"), rows)]
    pages["diagnostics"] = page(
        "# Diagnostics",
        "An input that cannot be used ends with exit code 3 and every problem that was found: a code, a "
        "message, the place, and mostly a remedy. A code never changes its meaning. "
        "`release-gate explain-code CODE` shows the page of a code.",
        *lists,
        '<a id="shape"></a>',
        "## The shape of a document",
        f"{words(sorted(shapes))} come with one of these, depending on the kind of document. `…` stands for "
        "what was written.",
        _messages(problems),
    )
    return pages


def _title(code: str) -> str:
    about = explanation(code)
    return about.title if about else ""


def _code(code: str, messages: set[Message], *, shaped: bool) -> list[str]:
    """What is said of one code: its messages, and its page."""
    about = explanation(code)
    shape = "The document has not the right shape: see [there](../diagnostics.md#shape)." if shaped else ""
    said = _messages(messages) or ("" if shaped else PASSED_ON)
    title = f"## {code}: {about.title}" if about else f"## {code}"
    text = about.text.strip() if about else ""
    return [f'<a id="{code.lower()}"></a>', title, *filter(None, [text, said, shape])]


def _messages(messages: set[Message]) -> str:
    return table(("message", "what helps"), sorted(messages)) if messages else ""


def found() -> tuple[dict[str, set[Message]], set[str], set[Message]]:
    """The messages of every code; the codes for the shape of a document; and what is said with these."""
    codes: dict[str, set[Message]] = {}
    shapes: set[str] = set()
    problems: set[Message] = set()
    for path in sorted(Path(release_gate.__file__).parent.rglob("*.py")):
        module = _Module(ast.parse(path.read_text(encoding="utf-8")))
        problems.update(module.table_of_messages())
        for function in module.functions:
            for call in _calls(function):
                told = [*call.args, *(word.value for word in call.keywords)]
                at = next((index for index, each in enumerate(told) if _is_code(each)), None)
                if at is not None:
                    code = ast.literal_eval(told[at])
                    codes.setdefault(code, set()).update(module.told(told[at + 1 :], function))
                    shapes.update({code} if _name(call) == "validate" else ())
                elif _name(call) == "problem":
                    problems.update(module.told(told, function))
    return codes, shapes, problems


def _calls(node: ast.AST) -> Iterator[ast.Call]:
    return (each for each in ast.walk(node) if isinstance(each, ast.Call))


def _name(call: ast.Call) -> str:
    return call.func.id if isinstance(call.func, ast.Name) else ""


def _last_name(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else _name(call)


def _parameters(function: ast.stmt) -> list[str]:
    if not isinstance(function, ast.FunctionDef):
        return []
    return [each.arg for each in function.args.args if each.arg != "self"]


def _values(name: str, assign: ast.Assign) -> Iterator[ast.expr]:
    """What an assignment gives to a name, by itself or among others."""
    for target in assign.targets:
        if isinstance(target, ast.Name) and target.id == name:
            yield assign.value
        elif isinstance(target, ast.Tuple) and isinstance(assign.value, ast.Tuple):
            names = [each.id if isinstance(each, ast.Name) else "" for each in target.elts]
            yield from (value for each, value in zip(names, assign.value.elts, strict=True) if each == name)


def _held(name: str, statements: list[ast.stmt], line: int) -> tuple[list[ast.expr], bool]:
    """What a name can be at a line, by the statements before it; and whether it can be nothing else."""
    found: list[ast.expr] = []
    for each in statements:
        if each.lineno > line:
            break
        blocks = [getattr(each, part, []) for part in ("body", "orelse", "finalbody")]
        blocks += [handler.body for handler in getattr(each, "handlers", ())]
        if isinstance(each, ast.Assign):
            found = list(_values(name, each)) or found
        elif each.lineno <= line <= (each.end_lineno or 0):
            inside = next((block for block in blocks if block and block[0].lineno <= line <= _end(block)), [])
            held, surely = _held(name, inside, line)
            return (held, True) if surely else (found + held, bool(found))
        else:
            found = found + [value for block in blocks for value in _held(name, block, line)[0]]
    return found, bool(found)


def _end(block: list[ast.stmt]) -> int:
    return block[-1].end_lineno or 0


def _is_code(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str) and bool(CODE.fullmatch(node.value))


def _piece(value: ast.expr) -> str:
    return str(value.value) if isinstance(value, ast.Constant) else "…"


class _Module:
    """The texts of one module."""

    def __init__(self, tree: ast.Module) -> None:
        self.tree = tree
        # The functions at the top and in classes; what stands in a function belongs to it.
        self.functions: list[ast.stmt] = [
            inner for node in tree.body for inner in (node.body if isinstance(node, ast.ClassDef) else [node])
        ]
        self.classes: dict[ast.stmt, str] = {
            inner: node.name
            for node in tree.body
            if isinstance(node, ast.ClassDef)
            for inner in node.body
            if isinstance(inner, ast.FunctionDef) and inner.name == "__init__"
        }

    def told(self, arguments: list[ast.expr], function: ast.stmt, depth: int = 0) -> Iterator[Message]:
        """The message, which is the first text behind the code, and the remedy, which is the next.

        Where a function passes on a message, its callers have it, with its remedy.
        """
        for index, argument in enumerate(arguments):
            if isinstance(argument, ast.Name) and argument.id in _parameters(function) and depth < 3:
                for caller, passed in self.passed(argument.id, function):
                    yield from self.told(passed, caller, depth + 1)
                return
            if texts := self.texts(argument, function):
                helps = (self.texts(each, function) for each in arguments[index + 1 :])
                help_ = next(filter(None, helps), [""])[0]
                yield from ((message, help_ if help_ != "…" else "") for message in texts)
                return

    def texts(self, node: ast.expr, function: ast.stmt, depth: int = 0) -> list[str]:
        """The texts that an expression can be, as far as they are written out."""
        match node:
            case ast.Constant(value=str(text)):
                return [text]
            case ast.JoinedStr(values=values):
                return ["".join(_piece(value) for value in values)]
            case ast.BinOp(left=left, op=ast.Add()):
                return [text + "…" for text in self.texts(left, function, depth)]
            case ast.IfExp(body=body, orelse=orelse):
                return [*self.texts(body, function, depth), *self.texts(orelse, function, depth)]
            case ast.BoolOp(op=ast.Or(), values=values):
                return [text for each in values for text in self.texts(each, function, depth)]
            case ast.Name(id=name) if depth < 3:
                origins = self.assigned(name, function, node.lineno)
                return [text for each in origins for text in self.texts(each, function, depth + 1)]
            case _:
                return []

    @staticmethod
    def assigned(name: str, function: ast.stmt, before: int | None = None) -> Iterator[ast.expr]:
        """What a function assigns to a name: what holds at a line, or everything."""
        if before is not None:
            yield from _held(name, [function], before)[0]
            return
        for each in ast.walk(function):
            if isinstance(each, ast.Assign):
                yield from _values(name, each)

    def passed(self, name: str, function: ast.stmt) -> Iterator[tuple[ast.stmt, list[ast.expr]]]:
        """The callers of a function, with what they pass for a parameter and behind it."""
        index = _parameters(function).index(name)
        called = self.classes.get(function) or getattr(function, "name", "")
        for caller in self.functions:
            for call in _calls(caller):
                if _last_name(call) == called:
                    yield caller, [*call.args[index:], *(word.value for word in call.keywords)]

    def table_of_messages(self) -> Iterator[Message]:
        """The pairs of message and remedy of the table `_WHAT`, if there is one."""
        for value in (each for node in self.tree.body for each in self.assigned("_WHAT", node)):
            for message, help_ in ast.literal_eval(value).values():
                yield re.sub(r"\{\w+\}", "…", message), re.sub(r"\{\w+\}", "…", help_)
