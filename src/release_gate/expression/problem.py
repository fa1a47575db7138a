"""What can be wrong with the text of a condition."""

from __future__ import annotations

from release_gate.expression.nodes import At

__all__ = ["ExpressionProblem"]


class ExpressionProblem(Exception):  # noqa: N818 - a problem of a text, made into a diagnostic by the checker
    """What is wrong with the text of a condition, and where.

    Attributes:
        code: The code of the diagnostic.
        message: What is wrong.
        at: Where.
        help: What to do about it.
    """

    def __init__(self, code: str, message: str, at: At, help: str = "") -> None:  # noqa: A002
        super().__init__(message)
        self.code, self.message, self.at, self.help = code, message, at, help
