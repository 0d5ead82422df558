"""Formulas: how they are simplified and written, and that they say what operations compute."""

import math
import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest

import holograd as hg
from holograd import nn
from holograd.errors import ArgumentError
from holograd.explanation.expressions.expression import parse
from holograd.explanation.formulas.building import (
    chained,
    choice,
    compare,
    derivative,
    entrywise,
    equation,
    function,
    indexed,
    logic,
    matmul,
    opposite,
    over,
    transpose,
)
from holograd.explanation.formulas.composites import LOSSES
from holograd.explanation.formulas.derivations import slope_formula, value_formula
from holograd.explanation.formulas.formula import (
    Formula,
    given,
    name,
    negative,
    number,
    root,
    total,
)
from holograd.explanation.formulas.parameters import disagrees, read_parameters
from holograd.explanation.records import Step
from holograd.explanation.symbols import Symbol
from holograd.graph import Operation, arrays, interpreting
from holograd.nn import functional
from holograd.ops.pattern import Pattern
from holograd.ops.table import TABLE

a, b, h, o, u, x, y, z = map(name, "abhouxyz")
W1, B1 = name(Symbol("W", "1")), name(Symbol("b", "1"))
LETTERS = [Symbol(letter) for letter in "abcdef"]


def there(formula: Formula | None) -> Formula:
    assert formula is not None
    return formula


# --- simplifying ---


@pytest.mark.parametrize(
    ("formula", "text"),
    [
        (1 * x, "x"),
        (0 * x + a, "a"),
        (a + a, "2a"),
        (a + b + a, "2a + b"),
        (a - 0, "a"),
        (negative(-a), "a"),
        (x * x, "x²"),
        (x * x * x * -0.5, "−0.5x³"),
        (a * (1 / b), "a/b"),
        ((a / b) / x, "a/(b·x)"),
        ((-a) / (-b), "a/b"),
        (a * -1, "−a"),
        (a**1, "a"),
        (a**0, "1"),
        (2 - number(3) + a, "−1 + a"),
        (number(2 / math.sqrt(math.pi)), "2/√π"),
        (transpose(transpose(a)), "a"),
        (choice(compare("≤", z, 0), 0, 1), "[z > 0]"),
        (choice(compare(">", z, 0), x, x), "x"),
        (opposite(opposite(x)), "x"),
        (entrywise(1, a, 1), "a"),
    ],
)
def test_what_a_person_would_leave_out_is_left_out(formula, text):
    assert formula.text == text


# --- writing ---


@pytest.mark.parametrize(
    ("formula", "text", "plain", "latex"),
    [
        (h * (1 - h), "h(1 − h)", "h*(1 - h)", "h (1 - h)"),
        (2 * z, "2z", "2*z", "2 z"),
        (a * b + x, "a·b + x", "a*b + x", "a b + x"),
        (
            -(y * function("ln", o) + (1 - y) * function("ln", 1 - o)),
            "−(y ln o + (1 − y) ln(1 − o))",
            "-(y*log(o) + (1 - y)*log(1 - o))",
            r"-(y \ln o + (1 - y) \ln(1 - o))",
        ),
        (
            (o - y) / (o * (1 - o)),
            "(o − y)/(o(1 − o))",
            "(o - y)/(o*(1 - o))",
            r"\frac{o - y}{o (1 - o)}",
        ),
        (1 / root(1 - x * x), "1/√(1 − x²)", "1/sqrt(1 - x**2)", r"\frac{1}{\sqrt{1 - x^{2}}}"),
        (1 - (1 - z), "1 − (1 − z)", "1 - (1 - z)", "1 - (1 - z)"),
        ((-z) ** 2, "(−z)²", "(-z)**2", "(-z)^{2}"),
        (a ** (b - 1), "a^(b − 1)", "a**(b - 1)", "a^{b - 1}"),
        (function("exp", -z), "exp(−z)", "exp(-z)", "e^{-z}"),
        (function("ln", z) * z, "ln(z)·z", "log(z)*z", r"\ln(z) z"),
        (function("ln", function("σ", z)), "ln σ(z)", "log(sigmoid(z))", r"\ln \sigma(z)"),
        (matmul("x", W1) + B1, "x W₁ + b₁", "x @ W1 + b1", r"x \, W_{1} + b_{1}"),
        (transpose(W1), "W₁ᵀ", "W1.T", r"W_{1}^{\top}"),
        (
            choice(compare(">", z, 0), z, 0.01 * z),
            "z if z > 0 else 0.01z",
            "z if z > 0 else 0.01*z",
            r"\begin{cases} z & z > 0 \\ 0.01 z & z \le 0 \end{cases}",
        ),
        (
            function("ln", over("Σ", function("exp", indexed("u", "j")), "j")),
            "ln Σⱼ exp(uⱼ)",
            "log(sum_j(exp(uj)))",
            r"\ln \sum_{j} e^{u_{j}}",
        ),
        (
            chained(-(1 / o), o * (1 - o), "x"),
            "−1/o · o(1 − o) · x",
            "-1/o * o*(1 - o) * x",
            r"-\frac{1}{o} \cdot o (1 - o) \cdot x",
        ),
        (
            equation(derivative("L", Symbol("w", "12", "1")), chained(a, -x)),
            "∂L/∂w⁽¹⁾₁₂ = a · (−x)",
            "dL/dw1_12 = a * (-x)",
            r"\frac{\partial L}{\partial w^{(1)}_{12}} = a \cdot (-x)",
        ),
        (
            logic("∧", compare("≥", a, 0), compare("≠", b, 1)),
            "a ≥ 0 ∧ b ≠ 1",
            "a >= 0 and b != 1",
            r"a \ge 0 \land b \ne 1",
        ),
        (
            name("learning_rate") * name("slope") * (1 - z),
            "learning_rate·slope·(1 − z)",
            "learning_rate*slope*(1 - z)",
            r"\mathit{learning\_rate} \cdot \mathit{slope} \cdot (1 - z)",
        ),
    ],
)
def test_brackets_stand_where_they_are_needed(formula, text, plain, latex):
    assert (formula.text, formula.plain, formula.latex) == (text, plain, latex)
    well_formed(formula)


def well_formed(formula: Formula) -> None:
    """Markup that a reader can take: MathML is XML, and LaTeX has as many { as }."""
    ElementTree.fromstring(formula.mathml)
    latex = formula.latex.replace(r"\{", "").replace(r"\}", "")
    assert latex.count("{") == latex.count("}")
    assert latex.count(r"\left") == latex.count(r"\right")


def test_mathml_draws_fractions_indices_and_powers():
    formula = (o - y) / name(Symbol("w", "12", "1")) ** 2
    assert formula.mathml == (
        "<math><mfrac><mrow><mi>o</mi><mo>−</mo><mi>y</mi></mrow><msup><msubsup><mi>w</mi>"
        "<mn>12</mn><mrow><mo>(</mo><mn>1</mn><mo>)</mo></mrow></msubsup><mn>2</mn></msup>"
        "</mfrac></math>"
    )


def test_names_of_users_are_escaped():
    formula = name("<50% & $x_1$>") + name("손실")
    assert formula.latex.count(r"\%") == 1 and formula.latex.count(r"\$") == 2
    assert "&lt;50% &amp; $x_1$&gt;" in formula.mathml
    well_formed(formula)


def test_numbers_fill_names_and_keep_their_signs():
    def filled(formula: Formula, **values: object) -> str:
        return formula.filled({Symbol(key): value for key, value in values.items()}).text

    assert filled(function("σ", z), z=-3.0) == "σ(−3)"
    assert filled(h * (1 - h), h=0.0474258) == "0.04743(1 − 0.04743)"
    assert filled(a * x + b, a=-2, x=3, b=-8) == "−2 · 3 + (−8)"
    assert filled(b + a * x, a=-2, x=3, b=-8) == "−8 + (−2 · 3)"
    assert filled(1 / x, x=-4) == "1/(−4)"
    assert filled(z**2, z=-4) == "(−4)²"
    assert filled(function("ln", o), o=0.5) == "ln 0.5"
    assert filled(matmul(x, a), x=np.array([[0.0, 1.0]]), a="(2, 3)") == "[0, 1] (2, 3)"
    assert filled(matmul(x, transpose(a)), a=np.array([[1.0], [2.0]])) == "x [1, 2]"
    assert filled(x + a, x=np.zeros((9, 9))) == "x + a"
    well_formed(there(given(np.array([[0.5, -math.inf], [math.nan, 1.2e10]]))))


def test_a_formula_without_a_value_says_so():
    with pytest.raises(ArgumentError, match="b has no value"):
        (a + b).evaluate({Symbol("a"): 1})
    with pytest.raises(ArgumentError, match="no function of single numbers"):
        over("Σ", a, "j").evaluate({Symbol("a"): 1})


# --- what operations compute ---


def every_sample(record: Operation):
    for inputs, parameters in record.samples(np.random.default_rng(5)):
        yield [np.asarray(one) for one in inputs], parameters


@pytest.mark.parametrize("record", TABLE.values(), ids=list(TABLE))
def test_every_operation_has_a_formula_in_all_notations(record):
    inputs, parameters = next(every_sample(record))
    names = LETTERS[: len(inputs)]
    shapes = [one.shape for one in inputs]
    formula = there(value_formula(record.name, record, parameters, names, shapes))
    found = [formula]
    for place in range(len(inputs)):
        slope = slope_formula(record.name, record, parameters, place, names, Symbol("y"), shapes)
        found += [slope] if slope is not None else []
        differentiable = record.gradient is not None and inputs[place].dtype.kind == "f"
        assert (slope is not None) == differentiable
    for one in found:
        assert one.text and one.plain and one.latex
        well_formed(one)


@pytest.mark.parametrize(
    "record", [one for one in TABLE.values() if one.native is not None], ids=lambda one: one.name
)
def test_formulas_give_the_values_and_the_slopes_of_the_rules(record):
    for inputs, parameters in every_sample(record):
        names = LETTERS[: len(inputs)]
        known = dict(zip(names, inputs, strict=True))
        output = np.asarray(record.numpy(*inputs, **parameters))
        value = there(value_formula(record.name, record, parameters, names)).evaluate(known)
        if record.name != "cast":
            np.testing.assert_allclose(
                np.broadcast_to(value, output.shape).astype(output.dtype), output, rtol=1e-12
            )
        known[Symbol("y")] = output
        for place in range(len(inputs)):
            slope = slope_formula(record.name, record, parameters, place, names, Symbol("y"))
            if slope is None:
                continue
            spread = [np.broadcast_to(one, output.shape) for one in inputs]
            with interpreting(arrays):
                expected = record.pullback(
                    place, np.ones(output.shape, output.dtype), output, *spread, **parameters
                )
            expected = 0.0 if expected is None else expected
            found = np.broadcast_to(slope.evaluate(known), output.shape)
            np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-12)


@pytest.mark.parametrize(
    ("name_of", "arguments", "value", "slopes"),
    [
        ("sigmoid", "z", "σ(z)", ["y(1 − y)"]),
        ("tanh", "z", "tanh z", ["1 − y²"]),
        ("exp", "z", "exp(z)", ["y"]),
        ("log", "z", "ln z", ["1/z"]),
        ("square", "z", "z²", ["2z"]),
        ("relu", "z", "max(0, z)", ["[z > 0]"]),
        ("mul", "wx", "w·x", ["x", "w"]),
        ("mul", "xx", "x·x", ["x", "x"]),
        ("div", "ab", "a/b", ["1/b", "−y/b"]),
        ("sub", "ab", "a − b", ["1", "−1"]),
        ("pow", "ab", "a^b", ["b·a^(b − 1)", "y ln a"]),
        ("pow", "a2", "a²", ["2a"]),
        ("pow", "a3", "a³", ["3a²"]),
        ("where", "cab", "a if c else b", ["", "[c]", "[¬c]"]),
    ],
)
def test_local_derivatives_read_as_the_lecture_writes_them(name_of, arguments, value, slopes):
    record, names = TABLE[name_of], [Symbol(one) for one in arguments]
    assert there(value_formula(name_of, record, {}, names)).text == value
    found = [
        slope_formula(name_of, record, {}, place, names, Symbol("y"))
        for place in range(len(slopes))
    ]
    assert ["" if one is None else one.text for one in found] == slopes


def test_constants_are_numbers_and_steps_stay_as_they_are():
    minus, two = Symbol("−1"), Symbol("2")
    assert there(value_formula("mul", TABLE["mul"], {}, [minus, LETTERS[0]])).text == "−1·a"
    assert there(value_formula("mul", TABLE["mul"], {}, [two, LETTERS[0]])).text == "2a"
    assert there(value_formula("add", TABLE["add"], {}, [LETTERS[0]] * 2)).text == "a + a"
    assert there(value_formula("sub", TABLE["sub"], {}, [LETTERS[0], minus])).text == "a − (−1)"
    assert name(Symbol("1.2·10¹⁰")) == number(1.2e10)
    assert name(Symbol("−∞")).text == "−∞"
    assert name(Symbol("2nd layer")).head == "name"


def test_single_numbers_of_sums_and_reductions():
    names = [Symbol("v", str(place)) for place in range(1, 4)]

    def value(kind: str) -> str:
        return there(value_formula(kind, TABLE[kind], {}, names)).text

    def slope(kind: str) -> str:
        return there(slope_formula(kind, TABLE[kind], {}, 2, names, Symbol("y"))).text

    assert (value("add"), slope("add")) == ("v₁ + v₂ + v₃", "1")
    assert (value("sum"), slope("sum")) == ("v₁ + v₂ + v₃", "1")
    assert (value("mean"), slope("mean")) == ("(v₁ + v₂ + v₃)/3", "1/3")
    assert (value("amax"), slope("amax")) == ("max(v₁, v₂, v₃)", "[v₃ = y]")
    assert (value("prod"), slope("prod")) == ("v₁·v₂·v₃", "y/v₃")
    assert slope("logsumexp") == "exp(v₃ − y)"
    many = [Symbol("v", str(place)) for place in range(100)]
    assert there(value_formula("add", TABLE["add"], {}, many)).text == "v₀ + v₁ + v₂ + … + v₉₉"


def test_products_of_arrays_are_written_as_products_of_matrices():
    names = [Symbol("A"), Symbol("B")]

    def formulas(first: str, second: str, output: str) -> list[str]:
        pattern = {"pattern": Pattern(tuple(first), tuple(second), tuple(output))}
        record = TABLE["contract"]
        found = [value_formula("contract", record, pattern, names)]
        for place in (0, 1):
            found.append(slope_formula("contract", record, pattern, place, names, Symbol("y")))
        return [there(one).text for one in found]

    assert formulas("ik", "kj", "ij") == ["A B", "Bᵀ", "Aᵀ"]
    assert formulas("nik", "nkj", "nij") == ["A B", "Bᵀ", "Aᵀ"]
    assert formulas("k", "k", "") == ["A · B", "B", "A"]
    assert formulas("ik", "jk", "ij") == ["A Bᵀ", "B", "Aᵀ"]
    assert formulas("ki", "kj", "ij") == ["Aᵀ B", "Bᵀ", "A"]
    assert formulas("ik", "kj", "ji") == ["Bᵀ Aᵀ", "B", "A"]
    assert formulas("i", "j", "ij") == ["A Bᵀ", "B", "Aᵀ"]
    assert formulas("ni", "oi", "no") == ["A B", "Bᵀ", "Aᵀ"], "a layer's weight, as (in, out)"
    assert formulas("ij", "ij", "i") == ["einsum(A, B)", "B", "A"]
    convolution = TABLE["contract"].samples(np.random.default_rng(1))[5][1]
    value = value_formula("contract", TABLE["contract"], convolution, names)
    assert there(value).text == "conv(A, B)"


# --- functions of several operations ---


@pytest.mark.parametrize("kind", sorted(set(LOSSES) - {"cross_entropy", "nll_loss"}))
def test_losses_are_their_formulas(kind):
    generator = np.random.default_rng(3)
    output = generator.uniform(0.1, 0.9, 4)
    target = generator.choice([-1.0, 1.0] if kind == "hinge_loss" else [0.0, 1.0], 4)
    if kind == "kl_div":
        target = generator.uniform(0.1, 0.9, 4)
    known = {Symbol("o"): output, Symbol("y"): target, Symbol("δ"): 1.0, Symbol("β"): 1.0}
    names = [Symbol("o"), Symbol("y")]
    tensor = hg.tensor(output, requires_grad=True)
    loss = getattr(functional, kind)(tensor, hg.tensor(target), reduction="sum")
    loss.backward()
    value = there(value_formula(kind, None, {"reduction": "none"}, names))
    slope = there(slope_formula(kind, None, {"reduction": "sum"}, 0, names, Symbol("L")))
    assert np.sum(value.evaluate(known)) == pytest.approx(loss.item(), rel=1e-9)
    assert tensor.grad is not None
    np.testing.assert_allclose(slope.evaluate(known), tensor.grad.numpy(), rtol=1e-9)


def test_losses_say_what_becomes_of_the_single_losses():
    def formulas(loss: hg.Tensor) -> tuple[str, str]:
        step = hg.explain(loss, names={"o": output}).view.steps[-1]
        slope = step.arguments[0].formula
        return there(step.formula).text, there(slope).text

    output = hg.tensor([[0.2, 0.4], [0.6, 0.8]], requires_grad=True)
    target, labels = hg.tensor([[0.0, 1.0], [1.0, 0.0]]), hg.tensor([0, 1])
    mean = functional.mse_loss(output, target)
    assert formulas(mean) == ("mean((o − y)²)", "2(o − y)/4")
    total_loss = functional.mse_loss(output, target, reduction="sum")
    assert formulas(total_loss) == ("Σ (o − y)²", "2(o − y)")
    classes = functional.cross_entropy(output, labels)
    assert formulas(classes) == ("mean(−ln softmax(o)[y])", "(softmax(o) − onehot(y))/2")
    shares = functional.cross_entropy(output, target)
    assert formulas(shares) == ("mean(−(Σ y ln softmax(o)))", "(softmax(o) − y)/2")
    assert read_parameters("mse_loss", [mean.node]) == {"reduction": "mean"}


@pytest.mark.parametrize("kind", ["softplus", "silu", "gelu", "leaky_relu", "elu"])
def test_activations_are_their_formulas(kind):
    numbers = np.array([-2.5, -0.5, 0.5, 1.5])
    tensor = hg.tensor(numbers, requires_grad=True)
    result = getattr(functional, kind)(tensor)
    result.sum().backward()
    known = {Symbol("z"): numbers, Symbol("α"): 0.01 if kind == "leaky_relu" else 1.0}
    value = there(value_formula(kind, None, {}, [Symbol("z")]))
    np.testing.assert_allclose(value.evaluate(known), result.detach().numpy(), rtol=1e-9)
    known[Symbol("y")] = result.detach().numpy()
    slope = there(slope_formula(kind, None, {}, 0, [Symbol("z")], Symbol("y")))
    assert tensor.grad is not None
    np.testing.assert_allclose(slope.evaluate(known), tensor.grad.numpy(), rtol=1e-9)


SETTINGS = [
    ("gelu", {"approximate": "none"}),
    ("gelu", {"approximate": "tanh"}),
    ("silu", {}),
    *[("leaky_relu", {"negative_slope": one}) for one in (0.01, 0.3, -1.0, 1.0)],
    *[("elu", {"alpha": one}) for one in (1.0, 0.5, 2.0)],
    ("softplus", {}),
    ("softplus", {"beta": 3.0}),
    ("softplus", {"beta": 0.5, "threshold": 100.0}),
    ("norm", {}),
]
LOSS_SETTINGS = [
    *[("huber_loss", {"delta": one}) for one in (1.0, 0.4, 2.5)],
    *[("smooth_l1_loss", {"beta": one}) for one in (1.0, 0.4, 2.5, 0.0)],
    ("mse_loss", {}),
    ("l1_loss", {}),
    ("kl_div", {}),
    ("binary_cross_entropy", {}),
    ("binary_cross_entropy_with_logits", {}),
    ("hinge_loss", {}),
]


def number_of(formula: Formula | None, step: Step) -> np.ndarray:
    """The value of a step's formula for the step's numbers."""
    values = {one.value.symbol: one.value.shown for one in step.arguments}
    return np.asarray(there(formula).evaluate({**values, step.output.symbol: step.output.array}))


def near(found: np.ndarray, wanted: np.ndarray | None, share: float = 1e-6) -> None:
    assert wanted is not None
    np.testing.assert_allclose(found, wanted, rtol=share, atol=share / 10)


def step_of(output: hg.Tensor, kind: str, **names: hg.Tensor) -> Step:
    steps = hg.explain(output.sum(), names=names).view.steps
    return next(one for one in steps if one.kind == kind)


@pytest.mark.parametrize(("kind", "parameters"), SETTINGS)
@pytest.mark.parametrize("dtype", [hg.float32, hg.float64])
def test_formulas_of_functions_know_their_parameters(kind, parameters, dtype):
    z = hg.tensor([-2.5, -0.5, 0.25, 1.0, 1.5], dtype=dtype, requires_grad=True)
    function_ = z.norm if kind == "norm" else lambda **given: getattr(functional, kind)(z, **given)
    step = step_of(function_(**parameters), kind)
    share = 1e-5 if dtype is hg.float32 else 1e-12
    near(number_of(step.formula, step), step.output.array, share)
    if kind != "norm":
        one = step.arguments[0]
        near(number_of(one.formula, step), one.derivative, share)


@pytest.mark.parametrize(("kind", "parameters"), LOSS_SETTINGS)
@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
def test_formulas_of_losses_know_their_parameters(kind, parameters, reduction):
    output = hg.tensor([[0.1, 0.7], [0.3, 0.9]], dtype=hg.float64, requires_grad=True)
    target = [[1.0, -1.0]] * 2 if kind == "hinge_loss" else [[1.0, 0.0], [0.4, 0.8]]
    if kind == "kl_div":
        target = [[0.2, 0.8], [0.4, 0.6]]
    labels = hg.tensor(target, dtype=hg.float64)
    if not kind.startswith(("binary", "hinge", "kl")):
        labels = labels * 3
    loss = getattr(functional, kind)(output, labels, reduction=reduction, **parameters)
    step = step_of(loss, kind)
    near(number_of(step.formula, step), step.output.array)
    near(number_of(step.arguments[0].formula, step), step.arguments[0].contribution)


def test_the_approximation_of_gelu_is_not_taken_for_gelu():
    z = hg.tensor(1.0, requires_grad=True)
    step = step_of(functional.gelu(z, approximate="tanh"), "gelu", z=z)
    assert there(step.formula).text == "z(1 + tanh(√(2/π)·(z + 0.044715z³)))/2"
    bent = math.tanh(math.sqrt(2 / math.pi) * 1.044715)
    slope = (1 + bent) / 2 + (1 - bent**2) * math.sqrt(2 / math.pi) * 1.134145 / 2
    assert number_of(step.formula, step) == pytest.approx((1 + bent) / 2, rel=1e-6)
    assert number_of(step.arguments[0].formula, step) == pytest.approx(slope, rel=1e-6)
    layer = nn.Sequential(nn.Linear(2, 1), nn.GELU(approximate="tanh"))
    view = hg.explain(layer(hg.ones(1, 2)), zoom="layer").view
    assert "tanh" in there(view.steps[-1].formula).text


def test_where_a_line_takes_the_place_of_softplus_the_formula_says_so():
    z = hg.tensor([-1.0, 1.0], requires_grad=True)
    step = step_of(functional.softplus(z, beta=3.0, threshold=2.0), "softplus", z=z)
    text = there(step.formula).text
    assert text == "z if 3z > τ else ln(1 + exp(3z))/3"
    known = {Symbol("τ"): 2.0}
    values = {step.arguments[0].value.symbol: step.arguments[0].value.array}
    found = there(step.formula).evaluate({**values, **known})
    np.testing.assert_allclose(found, step.output.array, rtol=1e-6)


@pytest.mark.parametrize(
    ("kind", "parameters"),
    [
        ("mse_loss", {"sample_weight": [1.0, 3.0]}),
        ("l1_loss", {"sample_weight": [1.0, 3.0], "reduction": "sum"}),
        ("binary_cross_entropy", {"weight": [1.0, 2.0]}),
        ("binary_cross_entropy_with_logits", {"pos_weight": [2.0, 2.0]}),
        ("kl_div", {"log_target": True}),
        ("cross_entropy", {"label_smoothing": 0.1}),
        ("cross_entropy", {"weight": [1.0, 2.0]}),
        ("cross_entropy", {"ignore_index": 1}),
        ("nll_loss", {"sample_weight": [1.0, 3.0]}),
    ],
)
def test_a_loss_with_weights_goes_by_its_name_not_by_a_formula_without_them(kind, parameters):
    output = hg.tensor([[0.1, 0.7], [0.3, 0.9]], requires_grad=True)
    labels = hg.tensor([0, 1] if kind in ("cross_entropy", "nll_loss") else [[1.0, 0.0]] * 2)
    given_ = {
        key: hg.tensor(value) if isinstance(value, list) else value
        for key, value in parameters.items()
    }
    loss = getattr(functional, kind)(output, labels, **given_)
    step = step_of(loss, kind, o=output)
    assert there(step.formula).text == f"{kind}(o, y)"
    assert step.arguments[0].formula is None


def test_a_divergence_of_a_batch_is_divided_by_its_samples():
    output = hg.tensor([[-1.0, -2.0], [-0.5, -0.1]], requires_grad=True)
    target = hg.tensor([[0.5, 0.5], [0.25, 0.75]])
    step = step_of(functional.kl_div(output, target, reduction="batchmean"), "kl_div", u=output)
    assert there(step.formula).text == "(Σ y(ln y − u))/2"
    assert number_of(step.formula, step) == pytest.approx(step.output.array.item(), rel=1e-6)
    assert there(step.arguments[0].formula).text == "−y/2"


def test_other_norms_go_by_their_name():
    z = hg.tensor([3.0, 4.0], requires_grad=True)
    assert there(step_of(z.norm(), "norm", z=z).formula).text == "‖z‖"
    assert there(step_of(z.norm(1), "norm", z=z).formula).text == "norm(z)"
    assert there(step_of(z.norm(3), "norm", z=z).formula).text == "norm(z)"


def test_the_factors_of_a_layer_stand_in_their_order():
    layer = nn.Linear(2, 3).double()
    x = hg.tensor([[1.0, -2.0], [0.5, 3.0]], dtype=hg.float64, requires_grad=True)
    loss = functional.mse_loss(layer(x), hg.zeros(2, 3, dtype=hg.float64))
    for zoom in ("model", "layer"):
        step = hg.explain(loss, names={"x": x}, zoom=zoom).view.steps[0]
        flowing, (first, weight, bias) = step.output.gradient, step.arguments
        assert [one.kind for one in step.arguments] == ["operand", "operand", "elementwise"]
        assert flowing is not None and first.derivative is not None
        assert weight.derivative is not None and bias.derivative is not None
        near(flowing @ first.derivative.T, first.contribution)
        near(weight.derivative.T @ flowing, weight.shown_contribution)
        near((flowing * bias.derivative).sum(0), bias.contribution)


def test_a_formula_that_lacks_an_input_is_no_formula():
    x, bias = np.array([[1.0, 2.0]]), np.array([0.5, 0.5])
    for weight in (np.array([[1.0, 2.0], [3.0, 4.0]]), np.ones((2, 2))):
        output = x @ weight + bias
        kind = "Linear(2 → 2)"
        assert not disagrees(kind, {}, [x, weight, bias], output, {})
        assert disagrees(kind, {}, [weight, bias], output, {})
    narrow = np.ones((2, 1))
    assert disagrees("Linear(2 → 1)", {}, [narrow, bias[:1]], x @ narrow + bias[:1], {})
    assert there(value_formula(kind, None, {"by_name": True}, LETTERS[:2])).text == "linear(a, b)"


def test_a_target_stands_last_whatever_is_computed_first():
    margin = hg.tensor([0.5, -2.0], requires_grad=True)
    target = hg.tensor([1.0, -1.0])
    step = step_of(functional.hinge_loss(margin, target, reduction="sum"), "hinge_loss", o=margin)
    assert [one.value.symbol.text for one in step.arguments] == ["o", "y"]
    near(number_of(step.arguments[0].formula, step), np.array([-1.0, 0.0]))


# --- numbers that are picked ---


@pytest.mark.parametrize(
    ("pick", "formula", "latex"),
    [
        (lambda y: y[1], "y₂", "y_{2}"),
        (lambda y: (y * 2)[1], "(v₁)₂", "{(v_{1})}_{2}"),
        (lambda y: y.reshape(2, 1)[0], "(v₁)₁", "{(v_{1})}_{1}"),
        (lambda y: hg.stack([y, y * 3])[1, 0], "(v₂)₂₁", "{(v_{2})}_{21}"),
    ],
)
def test_one_number_that_is_picked_says_which(pick, formula, latex):
    y = hg.tensor([0.2, 0.7], requires_grad=True)
    view = hg.explain(pick(y).sum(), names={"y": y}).view
    step = next(one for one in view.steps if one.kind == "slice")
    assert there(step.formula).text == formula == step.label
    assert there(step.formula).latex == latex
    well_formed(there(step.formula))


def test_an_element_is_told_by_its_place_from_1():
    network = nn.Sequential(nn.Linear(2, 3))
    for index, name_ in (((0, 0), "o₁"), ((0, 2), "o₃")):
        view = hg.explain(network(hg.ones(1, 2)), index=index).view
        assert (view.steps[-1].label, there(view.steps[-1].formula).text) == (name_, name_)
    weight = nn.Linear(3, 12).weight
    assert hg.explain(weight, index=(10, 1)).view.steps[-1].label.endswith("₁₁.₂")


def test_the_greatest_along_a_dimension_is_called_max():
    x = hg.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
    view = hg.explain(hg.max(x * 2, 0)[0].sum()).view
    assert [step.label for step in view.steps] == ["× 2", "max", "Σ"]
    assert [box.title for box in hg.explain(x.min()).view.boxes] == ["min"]


def test_layers_and_models_have_formulas():
    names = [Symbol("x"), Symbol("W", "1"), Symbol("b", "1")]
    assert there(value_formula("Linear(2 → 2)", None, {}, names)).text == "x W₁ + b₁"
    slopes = [
        slope_formula("Linear(2 → 2)", None, {}, place, names, Symbol("z")) for place in range(3)
    ]
    assert [there(one).text for one in slopes] == ["W₁ᵀ", "xᵀ", "1"]
    assert there(value_formula("Linear(2 → 2, bias=False)", None, {}, names[:2])).text == "x W₁"
    assert there(value_formula("Sequential", None, {}, names[:1])).text == "f(x)"
    assert there(value_formula("Sequential", None, {}, names * 2)).text == "f(x, W₁, b₁, …)"
    assert slope_formula("Sequential", None, {}, 0, names, Symbol("o")) is None
    assert there(value_formula("max_pool2d", None, {}, names[:1])).text == "max x"
    assert there(value_formula("Conv2d(1 → 6)", None, {}, names)).text == "conv(x, W₁) + b₁"
    assert there(value_formula("my_function", None, {}, names[:2])).text == "my_function(x, W₁)"


def test_formulas_of_a_trained_network_are_read_at_every_level():
    network = nn.Sequential(nn.Linear(3, 4), nn.GELU(), nn.LayerNorm(4), nn.Linear(4, 2))
    loss = functional.cross_entropy(network(hg.ones(2, 3)), hg.tensor([0, 1]))
    for view in hg.explain(loss).views():
        for step in view.steps:
            for formula in (step.formula, *(one.formula for one in step.arguments)):
                if formula is not None:
                    well_formed(formula)


# --- plain text is Python ---


@pytest.mark.parametrize(
    "formula",
    [
        1 / (1 + function("exp", -(a * x + b))),
        -(y * function("ln", o) + (1 - y) * function("ln", 1 - o)),
        (o - y) / (o * (1 - o)) - a / b / x,
        total(-(a**2), -1, function("tanh", 2 * a) ** 2, root(x) ** -1),
        function("max", a, b) * (1 - function("σ", x)) / -(x**b),
        2 - (a - (b - x)) * (a - b) ** (x - 1),
    ],
    ids=lambda formula: formula.plain,
)
def test_plain_text_can_be_typed_in_again(formula):
    expression = parse(formula.plain)
    values = dict(zip("abxoy", (1.7, 0.9, 0.4, 0.3, 1.0), strict=True))
    result, _ = expression.run({one: values[one] for one in expression.variables})
    expected = formula.evaluate({Symbol(key): value for key, value in values.items()})
    assert result.item() == pytest.approx(expected, rel=1e-5)
