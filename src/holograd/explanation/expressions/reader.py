"""From the text of an expression to instructions: what is allowed in it, and what is not.

Python's parser makes a tree of the text; what is in the whitelist becomes an instruction.
"""

from __future__ import annotations

import ast
import math
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from holograd.errors import ArgumentError
from holograd.explanation.expressions.spots import (
    UNREADABLE,
    Spot,
    closest,
    foreign_word,
    marked,
    plain_names,
)
from holograd.ops import arithmetic, elementwise

MOST_NODES = 10_000
MOST_CHARACTERS = 50_000

CONSTANTS = {"pi": math.pi, "π": math.pi, "e": math.e}
FUNCTIONS: dict[str, Callable[[Any], Any]] = {
    name: getattr(elementwise, name)
    for name in (
        "exp log log1p expm1 sqrt square abs sin cos tan tanh sigmoid relu softplus".split()
    )
}
SYNONYMS = {"ln": elementwise.log, "σ": elementwise.sigmoid}
SEVERAL: dict[str, Callable[[Any, Any], Any]] = {
    "max": elementwise.maximum,
    "min": elementwise.minimum,
}
OPERATORS: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: arithmetic.add,
    ast.Sub: arithmetic.sub,
    ast.Mult: arithmetic.mul,
    ast.Div: arithmetic.div,
    ast.Pow: elementwise.pow,
}
"""Operators of two numbers."""
CONDITION = "there are no conditions", "Write relu(x), max(x, y) or min(x, y) to choose."


@dataclass(frozen=True)
class Instruction:
    """One operation of an expression: numbers taken from a stack, and the result put on it.

    Attributes:
        run: what is done; None where `name` or `number` goes on the stack.
        count: how many numbers it takes.
        name: a variable.
        number: a constant.
        store: the name under which the number on top is kept; it stays on top.
    """

    run: Callable[..., Any] | None = None
    count: int = 0
    name: str = ""
    number: float = 0.0
    store: str = ""


class Reader:
    """Makes instructions of an expression's tree, without recursion.

    Args:
        text: what was typed.
        given: names that have values.

    Attributes:
        variables: the names that need values, in order.
        instructions: what to do, in order.
        output: the name of the result; empty where it has none.
    """

    def __init__(self, text: str, given: frozenset[str]):
        self.text, self.given = text, given
        self.variables: dict[str, None] = {}
        self.assigned: set[str] = set()
        self.instructions: list[Instruction] = []
        self.output = ""

    def read(self) -> None:
        """Reads all statements.

        Raises:
            ArgumentError: something in the text is not in the whitelist.
        """
        statements = self._statements()
        for number, statement in enumerate(statements):
            self.output = self._statement(statement, last=number == len(statements) - 1)

    # --- Python's parser ---

    def _statements(self) -> list[ast.stmt]:
        if len(self.text) > MOST_CHARACTERS:
            raise ArgumentError(
                f"the expression has {len(self.text):,} characters",
                why=f"at most {MOST_CHARACTERS:,} are read",
                instead="Write it in Python with holograd, and call hg.explain(…).",
            )
        line = " ".join(self.text.split("\n")).replace("\t", " ").replace("\r", " ")
        line = plain_names(line)
        self.text = line
        self.shift = len(line) - len(line.lstrip())
        known = marked(line)
        if known:
            raise known
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                tree = ast.parse(line.strip())
        except SyntaxError as error:
            raise self._syntax(error) from None
        except (RecursionError, MemoryError):
            raise self._too_deep() from None
        if not tree.body:
            raise ArgumentError(
                "the expression is empty", instead='Write one, such as "w*x + b" w=3 x=2 b=1'
            )
        return tree.body

    def _syntax(self, error: SyntaxError) -> ArgumentError:
        if "nested" in (error.msg or "") or "recursion" in (error.msg or ""):
            return self._too_deep()
        place = min(self.shift + max((error.offset or 1) - 1, 0), len(self.text))
        known = {"was never closed": "this bracket is not closed",
                 "unmatched": "this bracket was not opened",
                 "does not match": "this bracket closes another kind"}  # fmt: skip
        told = [words for part, words in known.items() if part in (error.msg or "")]
        word = None if told else foreign_word(self.text)
        if word is not None:
            name = self.text[word.start : word.end]
            if name in ("if", "else"):
                return word.error(UNREADABLE, *CONDITION)
            why = f"{name} is a word of Python's own, and no name for a number"
            return word.error(UNREADABLE, why, f"Write another name, such as {name}1.")
        why = told[0] if told else "something is missing here, or too much"
        return Spot(self.text, place, place + 1).error(UNREADABLE, why)

    def _too_deep(self) -> ArgumentError:
        return ArgumentError(
            "the expression is too long or nested too deeply",
            why="Python's parser, which reads it, gives up",
            instead='Split it into several: "a = x + y; b = a * z; b + 1"',
        )

    # --- the whitelist ---

    def _statement(self, statement: ast.stmt, last: bool) -> str:
        """Reads one statement; returns the name that it gives to its result."""
        if isinstance(statement, ast.Expr):
            if not last:
                raise self._error(statement, "what is computed here is not used", "Write a = …")
            self._value(statement.value)
            name = statement.value.id if isinstance(statement.value, ast.Name) else ""
            return name if name in self.assigned else ""
        if isinstance(statement, ast.Assign) and len(statement.targets) == 1:
            target = statement.targets[0]
            if isinstance(target, ast.Name):
                self._value(statement.value)
                return self._store(target)
        if isinstance(statement, ast.AugAssign) and isinstance(statement.target, ast.Name):
            run = self._operator(statement.op, statement)
            self._name(statement.target, statement.target.id)
            self._value(statement.value)
            self._put(Instruction(run, 2), statement)
            return self._store(statement.target, anew=True)
        raise self._error(statement, "only assignments such as F = w*x + b have a place here", "")

    def _store(self, target: ast.Name, anew: bool = False) -> str:
        if target.id in self.variables and not anew:
            raise self._error(
                target,
                f"{target.id} is a variable with a value already",
                "Give the result another name.",
            )
        self.assigned.add(target.id)
        self.instructions.append(Instruction(store=target.id))
        return target.id

    def _put(self, instruction: Instruction, node: ast.AST) -> None:
        if len(self.instructions) >= MOST_NODES:
            raise ArgumentError(
                f"the expression has more than {MOST_NODES:,} numbers, names and operations",
                instead="Write it in Python with holograd, and call hg.explain(…).",
            )
        self.instructions.append(instruction)

    def _value(self, root: ast.expr) -> None:
        """Reads an expression: what an operation takes comes before it."""
        waiting: list[tuple[ast.expr, Instruction | None]] = [(root, None)]
        while waiting:
            node, instruction = waiting.pop()
            if instruction is not None:
                self._put(instruction, node)
                continue
            taken, after = self._opened(node)
            if after is not None:
                waiting.append((node, after))
            waiting.extend((one, None) for one in reversed(taken))

    def _opened(self, node: ast.expr) -> tuple[list[ast.expr], Instruction | None]:
        """What a part of the tree takes, and the instruction that follows."""
        if isinstance(node, ast.Constant):
            self._put(Instruction(number=self._number(node)), node)
            return [], None
        if isinstance(node, ast.Name):
            self._name(node, node.id)
            return [], None
        if isinstance(node, ast.UnaryOp):
            return self._unary(node)
        if isinstance(node, ast.BinOp):
            return self._binary(node)
        if isinstance(node, ast.Call):
            return self._call(node)
        raise self._error(node, *_refusal(node))

    def _number(self, node: ast.Constant, sign: int = 1) -> float:
        value = node.value
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise self._error(node, "this is not a number", "")
        try:
            number = float(value)
        except OverflowError:
            number = math.inf
        if math.isinf(number):
            raise self._error(node, "this number is too large", "")
        return sign * number

    def _name(self, node: ast.expr, name: str) -> None:
        if name in self.assigned or (name in self.variables):
            self._put(Instruction(name=name), node)
        elif name in CONSTANTS and name not in self.given:
            self._put(Instruction(number=CONSTANTS[name]), node)
        elif name in [*FUNCTIONS, *SEVERAL, *SYNONYMS] and name not in self.given:
            raise self._error(node, f"{name} is a function", f"Write {name}(…).")
        elif name in ("nan", "inf", "True", "False", "None") and name not in self.given:
            raise self._error(node, f"{name} is not a number", "")
        else:
            self.variables[name] = None
            self._put(Instruction(name=name), node)

    def _unary(self, node: ast.UnaryOp) -> tuple[list[ast.expr], Instruction | None]:
        if isinstance(node.op, ast.UAdd):
            return [node.operand], None
        if not isinstance(node.op, ast.USub):
            raise self._error(node, "this sign has no meaning here", "")
        if isinstance(node.operand, ast.Constant):
            self._put(Instruction(number=self._number(node.operand, -1)), node)
            return [], None
        return [node.operand], Instruction(arithmetic.neg, 1)

    def _binary(self, node: ast.BinOp) -> tuple[list[ast.expr], Instruction]:
        run = self._operator(node.op, node)
        left, right = node.left, node.right
        if isinstance(node.op, ast.Div) and _is(left, 1):
            return [right], Instruction(elementwise.reciprocal, 1)
        if isinstance(node.op, ast.Pow) and _is(right, 2):
            return [left], Instruction(elementwise.square, 1)
        return [left, right], Instruction(run, 2)

    def _operator(self, operator: ast.operator, node: ast.AST) -> Callable[[Any, Any], Any]:
        if isinstance(operator, ast.BitXor):
            raise self._between(node, "^ is no power here", "Write ** for a power, as in x**2.")
        run = OPERATORS.get(type(operator))
        if run is None:
            raise self._between(node, "this operator has no meaning here", "There are + - * / **.")
        return run

    def _call(self, node: ast.Call) -> tuple[list[ast.expr], Instruction | None]:
        if not isinstance(node.func, ast.Name):
            raise self._error(
                node.func, *_refusal(node.func)
                if isinstance(node.func, ast.Attribute | ast.Subscript)
                else ("this cannot be called", "Write * for a product, as in 2*(x + 1)."),
            )  # fmt: skip
        name = node.func.id
        known = [*FUNCTIONS, *SEVERAL, *SYNONYMS]
        if name not in known:
            if name in self.given or name in self.variables or len(name) == 1:
                raise self._error(
                    node.func, f"{name} is not a function",
                    f"Write {name}*(…) for a product. {_functions()}",
                )  # fmt: skip
            hint = closest(name, known)
            raise self._error(node.func, f"there is no function {name}", hint or _functions())
        if node.keywords or any(isinstance(one, ast.Starred) for one in node.args):
            raise self._error(node, f"{name} takes plain numbers", f"Write {name}(x).")
        count = len(node.args)
        if name in SEVERAL and count >= 2:
            several = SEVERAL[name]

            def run(*numbers: Any) -> Any:
                result = numbers[0]
                for number in numbers[1:]:
                    result = several(result, number)
                return result

            return list(node.args), Instruction(run, count)
        if name in SEVERAL or count != 1:
            wanted = "two or more numbers" if name in SEVERAL else "one number"
            example = f"{name}(x, y)" if name in SEVERAL else f"{name}(x)"
            raise self._error(node, f"{name} takes {wanted}, and got {count}", f"Write {example}.")
        return list(node.args), Instruction((FUNCTIONS | SYNONYMS)[name], 1)

    # --- errors ---

    def _error(self, node: ast.AST, why: str, instead: str) -> ArgumentError:
        return Spot.of(self.text, self.shift, node).error(
            "the expression cannot be used", why, instead
        )

    def _between(self, node: ast.AST, why: str, instead: str) -> ArgumentError:
        """An error at the operator, which stands between two parts of the tree."""
        spot = Spot.of(self.text, self.shift, node)
        if isinstance(node, ast.BinOp):
            after = Spot.of(self.text, self.shift, node.left).end
            before = Spot.of(self.text, self.shift, node.right).start
            between = self.text[after:before]
            start = after + next(
                (place for place, sign in enumerate(between) if sign not in " ()"), 0
            )
            spot = Spot(self.text, start, max(start + 1, after + len(between.rstrip(" ("))))
        return spot.error("the expression cannot be used", why, instead)


def _is(node: ast.expr, number: int) -> bool:
    return (
        isinstance(node, ast.Constant)
        and type(node.value) in (int, float)
        and (node.value == number)
    )


def _functions() -> str:
    return f"The functions are {', '.join([*FUNCTIONS, *SEVERAL])}."


def _refusal(node: ast.AST) -> tuple[str, str]:
    """Why a part of a tree is not allowed, and what to write instead."""
    if isinstance(node, ast.Attribute):
        return "names with dots are not allowed", "Write exp(x), without what stands before a dot."
    if isinstance(node, ast.Subscript):
        return "there are no arrays to take parts of", "Write a name for each number, as in x0."
    if isinstance(node, ast.Compare):
        return "a comparison is not a number", "Write F = … with one = to name the result."
    if isinstance(node, ast.IfExp):
        return CONDITION
    if isinstance(node, ast.Tuple | ast.List | ast.Set | ast.Dict):
        return "several numbers at once are not allowed", "Write one expression with one result."
    if isinstance(node, ast.NamedExpr):
        return "a name is given at the front", "Write F = w*x + b."
    return "this is more than arithmetic", _functions()
