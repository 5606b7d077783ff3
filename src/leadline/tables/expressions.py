"""Row expressions: columns computed from other columns, parsed here and never given to Python.

Grammar, loosest first::

    expression  := and ("or" and)*
    and         := not ("and" not)*
    not         := "not" not | comparison
    comparison  := sum (("==" | "!=" | "<" | "<=" | ">" | ">=") sum)?
    sum         := product (("+" | "-") product)*
    product     := signed (("*" | "/" | "%") signed)*
    signed      := ("-" | "+") signed | power
    power       := atom ("**" signed)?
    atom        := number | 'text' | true | false | null | column | `any column`
                 | function "(" expression ("," expression)* ")" | "(" expression ")"

Functions: abs, min, max, log (natural), exp, sqrt, if(condition, then, else), is_null(value).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from leadline.errors import ConfigurationError, DataError
from leadline.tables.table import Batch, Column, Field, Physical, Sample, Table
from leadline.tables.values import narrow

Values = npt.NDArray[Any]
Valid = npt.NDArray[np.bool_] | None

_TOKEN = re.compile(
    r"""\s*(?:(?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)
        |(?P<text>'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")
        |`(?P<quoted>[^`]+)`
        |(?P<word>[^\W\d]\w*)
        |(?P<sign>\*\*|==|!=|<=|>=|[-+*/%<>(),]))""",
    re.VERBOSE,
)
_COMPARISONS = ("==", "!=", "<", "<=", ">", ">=")
_FUNCTIONS = {
    "abs": (1, 1), "min": (1, None), "max": (1, None), "log": (1, 1), "exp": (1, 1), "sqrt": (1, 1),
    "if": (3, 3), "is_null": (1, 1),
}  # fmt: skip
_WORDS = ("and", "or", "not", "true", "false", "null")
_DEEPEST = 40


@dataclass(frozen=True, slots=True)
class Node:
    """A part of an expression: an operator or function with its arguments, a constant, or a column."""

    kind: str
    position: int
    value: Any = None
    arguments: tuple[Node, ...] = ()


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    position: int


class _Parser:
    def __init__(self, text: str, where: str | None) -> None:
        self.text = text
        self.where = where
        self.tokens = list(self._tokens())
        self.at = 0
        self.depth = 0

    def _tokens(self) -> Iterator[_Token]:
        position = 0
        end = len(self.text.rstrip())
        while position < end:
            found = _TOKEN.match(self.text, position)
            if found is None:
                start = position + len(self.text[position:]) - len(self.text[position:].lstrip())
                raise self.wrong("unexpected character", start, self.text[start])
            kind = found.lastgroup or ""
            yield _Token(kind, found[kind], found.start(kind))
            position = found.end()
        yield _Token("end", "", end)

    def wrong(self, what: str, position: int, found: str | None = None) -> ConfigurationError:
        pointer = f"{self.text!r}, character {position + 1}"
        return ConfigurationError(
            f"{what} in the expression {pointer}",
            where=self.where,
            found=found or None,
            accepted="numbers, 'texts', columns, + - * / % **, comparisons, and / or / not, "
            + ", ".join(f"{name}()" for name in _FUNCTIONS),
        )

    def parse(self) -> Node:
        node = self.expression()
        if self.next.kind != "end":
            raise self.wrong("unexpected part", self.next.position, self.next.text)
        return node

    @property
    def next(self) -> _Token:
        return self.tokens[self.at]

    def take(self, *texts: str) -> _Token | None:
        token = self.next
        if token.kind in ("sign", "word") and token.text in texts:
            self.at += 1
            return token
        return None

    def expression(self) -> Node:
        self.depth += 1
        if self.depth > _DEEPEST:
            raise self.wrong("too deeply nested a part", self.next.position)
        node = self._chain(("or",), lambda: self._chain(("and",), self.negation))
        self.depth -= 1
        return node

    def _chain(self, signs: tuple[str, ...], part: Callable[[], Node]) -> Node:
        """Operands of one rank, in one node: a long sum is wide and not deep."""
        parts, found = [part()], []
        while token := self.take(*signs):
            found.append(token)
            parts.append(part())
        if not found:
            return parts[0]
        kind = found[0].text if found[0].text in ("and", "or") else "chain"
        return Node(kind, found[0].position, tuple(token.text for token in found), tuple(parts))

    def negation(self) -> Node:
        if token := self.take("not"):
            return Node("not", token.position, None, (self._deeper(self.negation),))
        node = self.sum()
        if token := self.take(*_COMPARISONS):
            node = Node(token.text, token.position, None, (node, self.sum()))
            if self.next.text in _COMPARISONS:
                raise self.wrong(
                    "a chained comparison (join two with `and`)", self.next.position, self.next.text
                )
        return node

    def sum(self) -> Node:
        return self._chain(("+", "-"), lambda: self._chain(("*", "/", "%"), self.signed))

    def signed(self) -> Node:
        if token := self.take("-", "+"):
            inner = self._deeper(self.signed)
            return Node("negative", token.position, None, (inner,)) if token.text == "-" else inner
        node = self.atom()
        if token := self.take("**"):
            node = Node("**", token.position, None, (node, self._deeper(self.signed)))
        return node

    def _deeper(self, part: Callable[[], Node]) -> Node:
        self.depth += 1
        if self.depth > _DEEPEST:
            raise self.wrong("too deeply nested a part", self.next.position)
        node = part()
        self.depth -= 1
        return node

    def atom(self) -> Node:
        token = self.next
        self.at += 1
        if token.kind == "number":
            return Node("constant", token.position, float(token.text))
        if token.kind == "text":
            return Node("constant", token.position, re.sub(r"\\(.)", r"\1", token.text[1:-1]))
        if token.kind == "quoted":
            return Node("column", token.position, token.text)
        if token.kind == "word" and token.text in ("true", "false", "null"):
            return Node("constant", token.position, {"true": True, "false": False}.get(token.text))
        if token.kind == "word" and token.text not in _WORDS:
            return self.call(token) if self.next.text == "(" else Node("column", token.position, token.text)
        if token.text == "(":
            node = self.expression()
            self.close(token)
            return node
        self.at -= 1
        raise self.wrong("a value is missing", token.position, token.text)

    def call(self, name: _Token) -> Node:
        if name.text not in _FUNCTIONS:
            raise self.wrong("unknown function", name.position, name.text)
        opening = self.take("(")
        arguments = [self.expression()]
        while self.take(","):
            arguments.append(self.expression())
        self.close(opening or name)
        least, most = _FUNCTIONS[name.text]
        if len(arguments) < least or (most is not None and len(arguments) > most):
            raise self.wrong(
                f"{name.text}() with {len(arguments)} arguments instead of {least}", name.position
            )
        return Node(name.text, name.position, None, tuple(arguments))

    def close(self, opening: _Token) -> None:
        if not self.take(")"):
            raise self.wrong("a parenthesis that is not closed", opening.position)


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
    root = _Parser(text, where).parse()
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
    if node.kind in (*_COMPARISONS, "and", "or", "not", "is_null"):
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


@dataclass(slots=True)
class _ComputedBatch:
    """A batch with computed columns beside its own."""

    rows: int
    inner: Batch
    expressions: Mapping[str, Expression]
    kept: dict[str, Column] = field(default_factory=dict)

    def column(self, name: str) -> Column:
        expression = self.expressions.get(name)
        return self.inner.column(name) if expression is None else expression(self)


class ComputedTable:
    """A table with computed columns after its own."""

    def __init__(self, inner: Table, expressions: Mapping[str, Expression]) -> None:
        self._inner = inner
        self._expressions = expressions
        types: dict[str, Physical] = {item.name: item.physical for item in inner.fields}
        for name, expression in expressions.items():
            types[name] = expression.physical(types)
        self.fields = tuple(Field(name, physical) for name, physical in types.items())

    @property
    def name(self) -> str:
        return self._inner.name

    @property
    def rows(self) -> int | None:
        return self._inner.rows

    @property
    def replayable(self) -> bool:
        return self._inner.replayable

    @property
    def in_memory(self) -> bool:
        return self._inner.in_memory

    def batches(self, columns: Sequence[str] | None = None) -> Iterator[Batch]:
        for batch in self._inner.batches(None if columns is None else self._sources(columns)):
            yield self._computed(batch)

    def sample(self, columns: Sequence[str], rows: int, seed: int) -> Sample:
        found = self._inner.sample(self._sources(columns), rows, seed)
        return Sample(self._computed(found.batch), found.starts, found.stops)

    def first(self, rows: int) -> Batch:
        from leadline.tables import first_look

        return self._computed(first_look(self._inner, rows))

    def _computed(self, batch: Batch) -> Batch:
        return _ComputedBatch(batch.rows, batch, self._expressions)

    def _sources(self, columns: Sequence[str]) -> list[str]:
        """The table's own columns that these columns are made of."""
        found: dict[str, None] = {}
        open_names = list(reversed(columns))
        while open_names:
            name = open_names.pop()
            expression = self._expressions.get(name)
            if expression is None:
                found[name] = None
            else:
                open_names.extend(reversed(expression.columns))
        return list(found)


def fitting(table: Table, expressions: Mapping[str, str]) -> dict[str, str]:
    """The expressions whose columns the table has, with values that they can work on."""
    usable = {item.name for item in table.fields}
    kinds: dict[str, Physical] = {item.name: item.physical for item in table.fields}
    found = {}
    for name, text in expressions.items():
        expression = parse(text, f"columns.{name}")
        if not set(expression.columns) <= usable:
            continue
        try:
            expression(_OneRow(kinds))
        except ConfigurationError:
            continue
        kinds[name] = expression.physical(kinds)
        usable.add(name)
        found[name] = text
    return found


@dataclass(frozen=True, slots=True)
class _OneRow:
    """A row of nulls, on which an expression shows whether it fits the types of its columns."""

    kinds: Mapping[str, Physical]
    rows: int = 1

    def column(self, name: str) -> Column:
        kind = self.kinds[name]
        if kind == "string":
            return Column(np.zeros(1, np.uint8), np.zeros(1, bool), [""])
        return Column(np.zeros(0 if kind in ("binary", "list", "struct", "other") else 1), np.zeros(1, bool))


def with_columns(table: Table, expressions: Mapping[str, str]) -> Table:
    """The table with a computed column for each expression; later ones may use earlier ones.

    Raises:
        ConfigurationError: an expression cannot be parsed, or its name is a column already.
        DataError: it reads a column that the table lacks.
    """
    if not expressions:
        return table
    known = [item.name for item in table.fields]
    parsed: dict[str, Expression] = {}
    for name, text in expressions.items():
        where = f"columns.{name}"
        if name in known:
            raise ConfigurationError(
                "the table has a column of this name", where=where, next_step="Choose another name."
            )
        expression = parse(text, where)
        for column in expression.columns:
            if column not in known:
                raise DataError.no_column(column, known, table.name, where)
        parsed[name] = expression
        known.append(name)
    return ComputedTable(table, parsed)
