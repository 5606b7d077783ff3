"""The grammar of row expressions: a text becomes a tree of nodes, and is never given to Python.

Loosest first::

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
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from leadline.errors import ConfigurationError

COMPARISONS = ("==", "!=", "<", "<=", ">", ">=")

_TOKEN = re.compile(
    r"""\s*(?:(?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)
        |(?P<text>'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")
        |`(?P<quoted>[^`]+)`
        |(?P<word>[^\W\d]\w*)
        |(?P<sign>\*\*|==|!=|<=|>=|[-+*/%<>(),]))""",
    re.VERBOSE,
)
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
        if token := self.take(*COMPARISONS):
            node = Node(token.text, token.position, None, (node, self.sum()))
            if self.next.text in COMPARISONS:
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


def tree(text: str, where: str | None = None) -> Node:
    """The tree of an expression; `where` is the option it comes from, for messages.

    Raises:
        ConfigurationError: not an expression; with the position of what is wrong.
    """
    return _Parser(text, where).parse()
