"""Expressions that people type: what they compute, and what is said where they cannot be read."""

import contextlib
import math
import re

import numpy as np
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

import holograd as hg
from holograd.errors import ArgumentError, HologradError
from holograd.explanation.expressions.expression import parse
from holograd.explanation.expressions.spots import plain_names

PYTHON = {
    **{name: getattr(math, name) for name in "exp log log1p expm1 sqrt sin cos tan tanh".split()},
    "abs": abs, "max": max, "min": min, "pi": math.pi, "e": math.e,
    "sigmoid": lambda x: 1 / (1 + math.exp(-x)), "relu": lambda x: max(x, 0.0),
    "softplus": lambda x: math.log1p(math.exp(x)), "square": lambda x: x * x,
}  # fmt: skip


def value(text: str, **numbers: float) -> float:
    return parse(text, numbers).run(numbers)[0].item()


# --- what they compute ---


@pytest.mark.parametrize(
    ("text", "numbers", "wanted"),
    [
        ("w*x + b", {"w": 3, "x": 2, "b": 1}, 7),
        ("F = w*x + b", {"w": 3, "x": 2, "b": 1}, 7),
        ("-x**2", {"x": 3}, -9),
        ("(-x)**2", {"x": 3}, 9),
        ("2**3**x", {"x": 2}, 512),
        ("x ** -1", {"x": 4}, 0.25),
        ("a - b - c", {"a": 1, "b": 2, "c": 3}, -4),
        ("a / b / c", {"a": 12, "b": 2, "c": 3}, 2),
        ("+x", {"x": 4}, 4),
        ("--x", {"x": 4}, 4),
        ("max(x, y, 3)", {"x": 1, "y": 2}, 3),
        ("min(x, y, 3)", {"x": 1, "y": 2}, 1),
        ("e * pi", {"pi": 2}, 2 * math.e),
        ("e**x", {"x": 1}, math.e),
        ("ln(x)", {"x": math.e}, 1),
        ("σ(z)", {"z": 0}, 0.5),
        ("무게 * x", {"무게": 2, "x": 3}, 6),
        ("a = x + y; b = a*a; b - 1", {"x": 1, "y": 2}, 8),
        ("x += 1; x *= 2", {"x": 3}, 8),
        ("1e3*x + .5 + 1_000 + 0x10", {"x": 1}, 2016.5),
        (" x\n + 1", {"x": 1}, 2),
        ("w₀*x + w₁₂", {"w0": 2, "x": 3, "w12": 1}, 7),
    ],
)
def test_an_expression_is_python_arithmetic(text, numbers, wanted):
    assert value(text, **numbers) == pytest.approx(wanted, rel=1e-14)


@pytest.mark.parametrize("name", [name for name in PYTHON if callable(PYTHON[name])])
def test_each_function_is_the_mathematical_one(name):
    several = name in ("max", "min")
    text = f"{name}(x, 0.25)" if several else f"{name}(x)"
    wanted = PYTHON[name](0.7, 0.25) if several else PYTHON[name](0.7)
    assert value(text, x=0.7) == pytest.approx(wanted, rel=1e-14)


def test_the_result_has_a_graph_of_named_tensors():
    expression = parse("c = a + b; F = c*c")
    assert (expression.variables, expression.output) == (("a", "b"), "F")
    output, names = expression.run({"a": 1, "b": 2})
    assert list(names) == ["a", "b", "c", "F"]
    assert names["F"] is output and output.dtype == hg.float64
    output.backward()
    assert [str(names[name].grad) for name in "ab"] == ["tensor(6., dtype=float64)"] * 2
    with hg.no_grad():
        assert expression.run({"a": 1, "b": 2})[0].requires_grad


def test_operations_are_those_of_the_graph():
    assert parse("-x + exp(y)*max(x, y, 2)").operations == 6
    assert parse("x").operations == 0


def test_a_variable_that_goes_by_two_names_keeps_the_first():
    assert list(parse("a = x; a*2").run({"x": 1})[1]) == ["x"]


VALUES = {"x": 0.7, "y": -1.3, "w0": 2.0}
SIGNS = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": lambda a, b: a / b,
}
# Each expression as it is typed, and its value by Python; NaN where Python has none.
LEAVES = st.one_of(
    st.sampled_from(list(VALUES.items())),
    st.integers(0, 20).map(lambda one: (str(one), float(one))),
    st.floats(0.01, 10).map(lambda one: (f"{one:.3g}", float(f"{one:.3g}"))),
)


def tried(compute, *numbers):
    try:
        return compute(*numbers)
    except (ZeroDivisionError, OverflowError):
        return math.nan


def binary(parts):
    (one, first), sign, (other, second) = parts
    return f"({one} {sign} {other})", tried(SIGNS[sign], first, second)


def applied(parts):
    name, (one, number) = parts
    return f"{name}({one})", tried(PYTHON[name], number)


def chosen(parts):
    name, (one, first), (other, second) = parts
    if math.isnan(first) or math.isnan(second):
        return f"{name}({one}, {other})", math.nan
    return f"{name}({one}, {other})", PYTHON[name](first, second)


EXPRESSIONS = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from(list(SIGNS)), inner).map(binary),
        inner.map(lambda one: (f"-{one[0]}", -one[1])),
        inner.map(lambda one: (f"({one[0]})**2", tried(lambda a: a**2, one[1]))),
        st.tuples(st.sampled_from("exp sin cos tanh sigmoid abs square".split()), inner).map(
            applied
        ),
        st.tuples(st.sampled_from(["max", "min"]), inner, inner).map(chosen),
    ),
    max_leaves=20,
)


@given(EXPRESSIONS)
def test_random_expressions_equal_python(pair):
    text, wanted = pair
    expression = parse(text)
    result = expression.run({name: VALUES[name] for name in expression.variables})[0].item()
    assume(abs(wanted) < 1e100)
    assert result == pytest.approx(wanted, rel=1e-9, abs=1e-9)


# --- what cannot be read ---

BAD = {
    "2x + 1": ("a sign is missing after 2. Write 2*x", "2"),
    "3(x + 1)": ("a sign is missing after 3", "3"),
    "2e*x": ("a sign is missing after 2. Write 2*e", "2"),
    "(x)(y)": ("a sign is missing after the bracket", ")"),
    "exp x": ("exp has no brackets. Write exp(x).", "exp"),
    "x^2": ("^ is no power here. Write ** for a power", "^"),
    "한글*x^2": ("^ is no power here", "^"),
    "x² + 1": ("Write **2 for a square", "²"),
    "x × y": ("Write * for a product", "×"),
    "x − y": ("Write - for a minus", "−"),
    "x ÷ y": ("Write / for a quotient", "÷"),
    "sigmod(x)": ("there is no function sigmod. Did you mean sigmoid?", "sigmod"),
    "f(x)": ("f is not a function. Write f*(…) for a product", "f"),
    "__import__('os')": ("there is no function __import__", "__import__"),
    "math.exp(x)": ("names with dots are not allowed", "math.exp"),
    "x.real": ("names with dots are not allowed", "x.real"),
    "x[0]": ("there are no arrays", "x[0]"),
    "[x](y)": ("this cannot be called", "[x]"),
    "lambda x: x": ("this is more than arithmetic", "lambda x: x"),
    "'text'": ("this is not a number", "'text'"),
    "x == 1": ("a comparison is not a number", "x == 1"),
    "x if y else z": ("there are no conditions. Write relu(x)", "x if y else z"),
    "x if y>0 else 0": ("there are no conditions", "x if y>0 else 0"),
    "0 if y>0 else z": ("there are no conditions", "0 if y>0 else z"),
    "x if y": ("there are no conditions", "if"),
    "lambda*y": ("lambda is a word of Python's own, and no name for a number", "lambda"),
    "y + class/2": ("Write another name, such as class1", "class"),
    "w₁ + x y": ("something is missing here, or too much", "y"),
    "x and y": ("this is more than arithmetic", "x and y"),
    "not x": ("this sign has no meaning here", "not x"),
    "x // 2": ("this operator has no meaning here", "//"),
    "(x) % 2": ("this operator has no meaning here", "%"),
    "x @ y": ("this operator has no meaning here", "@"),
    "1, 2": ("several numbers at once", "1, 2"),
    "[x]": ("several numbers at once", "[x]"),
    "(x := 1)": ("a name is given at the front", "x := 1"),
    "1e400*x": ("this number is too large", "1e400"),
    "nan*x": ("nan is not a number", "nan"),
    "True*x": ("this is not a number", "True"),
    "exp": ("exp is a function. Write exp(…).", "exp"),
    "exp()": ("exp takes one number, and got 0", "exp()"),
    "exp(x, y)": ("exp takes one number, and got 2", "exp(x, y)"),
    "max(x)": ("max takes two or more numbers, and got 1", "max(x)"),
    "exp(x=1)": ("exp takes plain numbers", "exp(x=1)"),
    "exp(*x)": ("exp takes plain numbers", "exp(*x)"),
    "exp(x": ("this bracket is not closed", "("),
    "x)": ("this bracket was not opened", ")"),
    "(x]": ("this bracket closes another kind", "]"),
    "x +": ("something is missing here, or too much", ""),
    "x y": ("something is missing here, or too much", "y"),
    "a.b = 2": ("only assignments", "a.b = 2"),
    "a = b = x": ("only assignments", "a = b = x"),
    "import os": ("only assignments", "import os"),
    "x; y": ("what is computed here is not used", "x"),
}


@pytest.mark.parametrize("text", BAD)
def test_a_wrong_expression_is_shown_with_a_mark_under_the_spot(text):
    why, spot = BAD[text]
    with pytest.raises(ArgumentError) as caught:
        parse(text)
    message, line, mark = str(caught.value).split("\n")
    assert why in message
    assert line == f"  {plain_names(text)}"
    first, last = mark.index("^"), len(mark)
    under = [sign for sign, at in zip(line, cells(line), strict=True) if first <= at < last]
    assert "".join(under) == spot


def cells(line: str) -> list[int]:
    """The column of a terminal at which each character stands."""
    widths = [2 if "가" <= sign <= "힣" else 1 for sign in line]
    return np.cumsum([0, *widths[:-1]]).tolist()


def test_a_mark_in_a_long_line_stays_in_sight():
    with pytest.raises(ArgumentError) as caught:
        parse("x + " * 50 + "y^2 " + "+ x" * 50)
    _, line, mark = str(caught.value).split("\n")
    assert len(line) < 82 and line.startswith("  …") and line.endswith("…")
    assert line[mark.index("^")] == "^"


@pytest.mark.parametrize("text", ["", "  ", "\n"])
def test_an_empty_expression(text):
    with pytest.raises(ArgumentError, match="the expression is empty"):
        parse(text)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("(" * 300 + "x" + ")" * 300, "too long or nested too deeply"),
        ("-" * 20_000 + "x", "too long or nested too deeply"),
        ("+".join(["x"] * 20_000), "too long or nested too deeply"),
        ("x" * 60_000, "60,000 characters"),
        ("max(" + ",".join(["x"] * 20_000) + ")", "more than 10,000 numbers"),
        ("x\0", "U+0000"),
        ("x\ud800", "U+D800"),
    ],
)
def test_limits(text, words):
    with pytest.raises(ArgumentError, match=re.escape(words)):
        parse(text)


def test_a_thousand_terms_are_no_problem():
    assert value("+".join(["x"] * 1000), x=2) == 2000
    assert value("exp(" * 50 + "x*0" + ")" * 50, x=2) == math.inf


@pytest.mark.parametrize(
    ("numbers", "words"),
    [
        ({"x": 2}, "w and b have no value. Give one to each variable, as in w=2 b=2"),
        ({"x": 2, "w": 1}, "b has no value"),
        ({"x": 2, "w": 1, "b": 1, "c": 3}, "c has a value, and the expression has no c"),
        ({"x": 2, "w": 1, "b": math.nan}, "b is nan: that is not a finite number"),
        ({"x": 2, "w": 1, "b": math.inf}, "b is inf"),
    ],
)
def test_values_that_do_not_fit(numbers, words):
    with pytest.raises(ArgumentError, match=re.escape(words)):
        parse("w*x + b").run(numbers)


@given(st.text(max_size=40))
@example("f'{x}'")
@example("x\\")
@example("'''")
@example("#x")
@example("#")
@example("print(1)")
@example("x\x0c+1")
@example("0777*x")
@example("1__0")
@example("\\N{DIGIT ONE}")
@example("ﬁ + ﬀ")
def test_any_text_is_read_or_refused_with_a_clear_error(text):
    with contextlib.suppress(HologradError):
        expression = parse(text)
        expression.run(dict.fromkeys(expression.variables, 0.5))


@given(st.text(alphabet="xy12.+-*/^() =;,[]'\"\\#e", max_size=30))
def test_almost_expressions_are_read_or_refused(text):
    with contextlib.suppress(HologradError):
        expression = parse(text)
        expression.run(dict.fromkeys(expression.variables, 0.5))
