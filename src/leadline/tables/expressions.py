"""Row expressions, computed: values of new columns from the columns of a batch (grammar: `grammar.py`)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from leadline.errors import ConfigurationError
from leadline.tables.grammar import COMPARISONS, Node, tree
from leadline.tables.table import Batch, Column, Physical
from leadline.tables.values import narrow

Valid = npt.NDArray[np.bool_] | None


@dataclass(frozen=True)
class Expression:
    """A parsed row expression.

    Attributes:
        text: as written.
        columns: names of the columns it reads, each once.
        where: the option it comes from, for messages.
    """

    text: str
    root: Node
    columns: tuple[str, ...]
    where: str | None = None

    def __call__(self, batch: Batch) -> Column:
        """The column, shape (batch.rows,), with null propagation.

        A null operand gives null, but `false and null` is false and `true or null` is true; `if` with a
        null condition is null. Division by zero, and the logarithm or root of what has none, give NaN.
        Integers are computed as float64.

        Raises:
            ConfigurationError: texts in arithmetic, or numbers compared with texts.
        """
        with np.errstate(all="ignore"):
            return _Evaluation(self, batch).column(self.root)

    def physical(self, fields: Mapping[str, Physical]) -> Physical:
        """Physical type of the result, given those of the columns."""
        return _result_type(self.root, fields)


def parse(text: str, where: str | None = None) -> Expression:
    """The expression of a text.

    Raises:
        ConfigurationError: not an expression; with the position of what is wrong.
    """
    root = tree(text, where)
    names: dict[str, None] = {}
    nodes = [root]
    while nodes:
        node = nodes.pop()
        nodes.extend(reversed(node.arguments))
        if node.kind == "column":
            names[node.value] = None
    return Expression(text, root, tuple(names), where)


def _result_type(node: Node, fields: Mapping[str, Physical]) -> Physical:
    if node.kind == "constant":
        return {bool: "bool", str: "string"}.get(type(node.value), "float")  # type: ignore[return-value]
    if node.kind == "column":
        return fields[node.value]
    if node.kind in (*COMPARISONS, "and", "or", "not", "is_null"):
        return "bool"
    if node.kind == "if":
        chosen = [
            _result_type(part, fields)
            for part in node.arguments[1:]
            if part.value is not None or part.arguments
        ]
        return chosen[0] if chosen and len(set(chosen)) == 1 else "string" if "string" in chosen else "float"
    return "float"


class _Evaluation:
    def __init__(self, expression: Expression, batch: Batch) -> None:
        self.expression = expression
        self.batch = batch

    def column(self, node: Node) -> Column:
        return getattr(self, _METHODS[node.kind])(node)

    def wrong(self, what: str, node: Node) -> ConfigurationError:
        pointer = f"{self.expression.text!r}, character {node.position + 1}"
        return ConfigurationError(f"{what} in the expression {pointer}", where=self.expression.where)

    def constant(self, node: Node) -> Column:
        rows = self.batch.rows
        if node.value is None:
            return Column(np.zeros(rows), np.zeros(rows, bool))
        if isinstance(node.value, str):
            return Column(np.zeros(rows, np.uint8), None, [node.value])
        return Column(np.full(rows, node.value))

    def source(self, node: Node) -> Column:
        column = self.batch.column(node.value)
        if len(column.values) != self.batch.rows:
            raise self.wrong(f"column {node.value!r} holds neither numbers nor texts", node)
        return column

    def numbers(self, node: Node) -> tuple[npt.NDArray[np.float64], Valid]:
        column = self.column(node)
        if column.dictionary is not None:
            raise self.wrong("a text where a number is needed", node)
        return column.values.astype(np.float64, copy=False), column.valid

    def truth(self, node: Node) -> tuple[npt.NDArray[np.bool_], Valid]:
        values, valid = self.numbers(node)
        return values != 0, valid

    def chain(self, node: Node) -> Column:
        values, valid = self.numbers(node.arguments[0])
        for sign, part in zip(node.value, node.arguments[1:], strict=True):
            other, also = self.numbers(part)
            if sign in ("/", "%"):
                other = np.where(other == 0, np.nan, other)
            values, valid = _ARITHMETIC[sign](values, other), _both(valid, also)
        return Column(values, valid)

    def power(self, node: Node) -> Column:
        (a, valid_a), (b, valid_b) = (self.numbers(part) for part in node.arguments)
        return Column(np.power(a, b), _both(valid_a, valid_b))

    def unary(self, node: Node) -> Column:
        values, valid = self.numbers(node.arguments[0])
        result = _UNARY[node.kind](values)
        return Column(np.where(np.isinf(result) & (values == 0), np.nan, result), valid)

    def extreme(self, node: Node) -> Column:
        values, valid = self.numbers(node.arguments[0])
        pick = np.minimum if node.kind == "min" else np.maximum
        for part in node.arguments[1:]:
            other, also = self.numbers(part)
            values, valid = pick(values, other), _both(valid, also)
        return Column(values, valid)

    def comparison(self, node: Node) -> Column:
        a, b = (self.column(part) for part in node.arguments)
        compare = _COMPARE[node.kind]
        if (a.dictionary is None) != (b.dictionary is None):
            null = next(
                (part for part in node.arguments if part.kind == "constant" and part.value is None), None
            )
            if null is None:
                raise self.wrong("a text compared with a number", node)
            return Column(np.zeros(self.batch.rows, bool), np.zeros(self.batch.rows, bool))
        if a.dictionary is not None and b.dictionary is not None:
            ranks = {text: i for i, text in enumerate(sorted({*a.dictionary, *b.dictionary}))}
            left, right = (
                np.array([ranks[text] for text in side.dictionary or ()], np.int64)[side.values]
                for side in (a, b)
            )
        else:
            left, right = a.values, b.values
        return Column(compare(left, right), _both(a.valid, b.valid))

    def logical(self, node: Node) -> Column:
        """One operand that is known to decide (`false and`, `true or`) decides, whatever is null."""
        deciding = node.kind == "or"
        decided = np.zeros(self.batch.rows, bool)
        known = np.ones(self.batch.rows, bool)
        for part in node.arguments:
            values, valid = self.truth(part)
            here = values if deciding else ~values
            decided |= here if valid is None else here & valid
            known &= True if valid is None else valid
        shown = known | decided
        return Column(decided if deciding else ~decided, None if shown.all() else shown)

    def negation(self, node: Node) -> Column:
        values, valid = self.truth(node.arguments[0])
        return Column(~values, valid)

    def is_null(self, node: Node) -> Column:
        argument = node.arguments[0]
        column = self.batch.column(argument.value) if argument.kind == "column" else self.column(argument)
        return Column(np.zeros(self.batch.rows, bool) if column.valid is None else ~column.valid)

    def choice(self, node: Node) -> Column:
        condition, known = self.truth(node.arguments[0])
        a, b = (self.column(part) for part in node.arguments[1:])
        known_a, known_b = (np.ones(len(condition), bool) if c.valid is None else c.valid for c in (a, b))
        valid = np.where(condition, known_a, known_b)
        if known is not None:
            valid &= known
        shown = None if valid.all() else valid
        if a.dictionary is None and b.dictionary is None:
            return Column(np.where(condition, a.values, b.values), shown)
        for part, column in zip(node.arguments[1:], (a, b), strict=True):
            if column.dictionary is None and not (part.kind == "constant" and part.value is None):
                raise self.wrong("if() with a text and a number", node)
        texts = list(dict.fromkeys([*(a.dictionary or ()), *(b.dictionary or ())]))
        place = {text: i for i, text in enumerate(texts)}
        sides = [
            np.array([place[text] for text in c.dictionary], np.int64)[c.values]
            if c.dictionary is not None
            else 0
            for c in (a, b)
        ]
        return Column(narrow(np.where(condition, *sides), len(texts)), shown, texts)


def _both(a: Valid, b: Valid) -> Valid:
    return b if a is None else a if b is None else a & b


_ARITHMETIC: dict[str, Any] = {
    "+": np.add, "-": np.subtract, "*": np.multiply, "/": np.divide, "%": np.mod,
}  # fmt: skip
_UNARY: dict[str, Any] = {
    "negative": np.negative, "abs": np.abs, "log": np.log, "exp": np.exp, "sqrt": np.sqrt,
}  # fmt: skip
_COMPARE: dict[str, Any] = {
    "==": np.equal, "!=": np.not_equal, "<": np.less, "<=": np.less_equal,
    ">": np.greater, ">=": np.greater_equal,
}  # fmt: skip
_METHODS = {
    "constant": "constant", "column": "source", "and": "logical", "or": "logical", "not": "negation",
    "if": "choice", "is_null": "is_null", "min": "extreme", "max": "extreme",
    "chain": "chain", "**": "power", **dict.fromkeys(_UNARY, "unary"),
    **dict.fromkeys(_COMPARE, "comparison"),
}  # fmt: skip
