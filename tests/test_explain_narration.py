"""The sentences of an explanation: true for the numbers at hand, in English and Korean."""

import numpy as np
import pytest

import holograd as hg
from holograd import nn
from holograd.explanation import Explanation
from holograd.explanation.records import LEVELS, Step
from holograd.explanation.words import losses
from holograd.explanation.words.narration import backward_sentence, forward_sentence, headline
from holograd.nn import functional


def lecture() -> nn.Sequential:
    """The lecture's network for XOR."""
    network = nn.Sequential(nn.Linear(2, 2), nn.Sigmoid(), nn.Linear(2, 1), nn.Sigmoid()).double()
    weights = ([[5, 5], [-7, -7]], [-8, 3], [[-11, -11]], [6])
    for parameter, values in zip(network.parameters(), weights, strict=True):
        parameter.data = np.array(values, np.float64)
    return network


def xor(row=(0, 1), zoom="function", loss=functional.binary_cross_entropy) -> Explanation:
    x = hg.tensor([row], dtype=hg.float64)
    y = hg.tensor([[row[0] ^ row[1]]], dtype=hg.float64)
    return hg.explain(loss(lecture()(x), y), zoom=zoom)


def explained(compute, zoom="function", **numbers) -> Explanation:
    """An expression of float64 variables, which go by their names; a list is a vector."""
    names = {
        name: hg.tensor(number, dtype=hg.float64, requires_grad=True)
        for name, number in numbers.items()
    }
    return hg.explain(compute(*names.values()), names=names, zoom=zoom)


def forward(explanation: Explanation, lang="en") -> list[str]:
    return [forward_sentence(step, explanation.view, lang) for step in explanation.forward]


def backward(explanation: Explanation, lang="en") -> list[str]:
    return [backward_sentence(step, explanation.view, lang) for step in explanation.backward]


def step_of(explanation: Explanation, kind: str) -> Step:
    return next(step for step in explanation.forward if step.kind == kind)


# --- the lecture's network, as in the mock-up ---


def test_the_headline_of_a_network_with_a_target():
    assert headline(xor()) == (
        "For (0, 1) the answer should be 1. The network says 0.995, so the loss is small: 0.00508."
    )
    assert headline(xor(), "ko") == (
        "(0, 1)의 정답은 1입니다. 신경망의 답은 0.995이므로 손실이 작습니다: 0.00508."
    )


def test_the_forward_sentences():
    assert forward(xor()) == [
        "Each number of x is multiplied by its weights in W₁, and the products that reach the "
        "same neuron are added up: [5, −7].",
        "The bias b₁ is added: [−3, −4].",
        "σ brings z between 0 and 1: [0.04743, 0.01799].",
        "Each number of h is multiplied by its weights in W₂, and the products that reach the "
        "same neuron are added up: −0.7195.",
        "The bias b₂ is added: 5.280.",
        "σ brings u between 0 and 1: 0.9949.",
        "The network gives the right answer a probability of 99 %; the loss is −ln of that: "
        "0.005077.",
    ]
    assert forward(xor(), "ko")[1] == "편향 b₁을 더합니다: [−3, −4]."


def test_the_backward_sentences():
    told = backward(xor())
    assert told[0] == (
        "The backward pass begins at L, with 1. "
        "At o the slope of the loss is −1.005: a larger o makes the loss smaller."
    )
    assert told[1].endswith("There σ is nearly flat: 0.50 % of the gradient gets through.")
    assert told[2] == "A sum passes the gradient on unchanged: −0.005064, to v₂ and b₂."
    assert told[3] == (
        "A product exchanges its factors: h receives the gradient times W₂, and W₂ receives it "
        "times h."
    )
    assert told[4] == (
        "What arrives at h is multiplied by the slope of σ at z. Both neurons sit where σ is "
        "nearly flat: 4.5 % and 1.8 % of the gradient gets through."
    )
    assert told[6].endswith("Where x₁ is 0, its weights receive nothing.")
    assert backward(xor(), "ko")[4] == (
        "h에 도착한 기울기에 z에서의 σ 경사를 곱합니다. 두 뉴런 모두 σ가 거의 평평한 곳에 "
        "있습니다. 기울기의 4.5 %와 1.8 %만 통과합니다."
    )


@pytest.mark.parametrize("row", [(0, 0), (0, 1), (1, 0), (1, 1)])
@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("lang", ["en", "ko"])
def test_each_step_has_sentences(row, level, lang):
    explanation = xor(row, level)
    for told in (*forward(explanation, lang), *backward(explanation, lang)):
        assert told.endswith((".", "요.")) and "{" not in told
        assert told.count(". ") <= 4
        assert any("가" <= sign <= "힣" for sign in told) == (lang == "ko")


# --- true for the numbers at hand ---


@pytest.mark.parametrize(
    ("numbers", "words"),
    [
        ([[0.1, -0.2]], "Between 25 % and 25 % of the gradient gets through."),
        ([[0.1, -9.0]], "1 of 2 numbers sit where σ is nearly flat"),
        ([[8.0, -9.0, 7.0]], "All 3 numbers sit where σ is nearly flat: at most 0.091 %"),
        (0.1, "25 % of the gradient gets through."),
    ],
)
def test_a_neuron_is_called_flat_only_where_it_is(numbers, words):
    explanation = explained(lambda z: hg.sum(hg.sigmoid(z) * 2), z=numbers)
    assert words in backward_sentence(step_of(explanation, "sigmoid"), explanation.view)


def test_relu_blocks_or_lets_through():
    opened, shut = (explained(lambda z: 3 * hg.relu(z), z=number) for number in (2.0, -2.0))
    assert forward(opened)[0] == "z is above 0, so ReLU keeps it: 2."
    assert forward(shut)[0] == "z is not above 0, so ReLU gives 0."
    assert backward(opened)[1] == "z is above 0, so ReLU lets the gradient through unchanged."
    assert backward(shut)[1] == "z is not above 0, so ReLU blocks the gradient."
    several = explained(lambda z: hg.sum(hg.relu(z)), z=[1.0, -1.0, 2.0])
    assert "2 of 3" in forward(several)[0]
    assert "lets the gradient through at 2 of 3 numbers" in backward(several)[1]


def test_contributions_that_join_are_told():
    told = backward(explained(lambda x: x * x * x, x=2.0))
    assert told[0].endswith(
        "x is used 3 times: this is contribution 1 of 3, through F, and the sum so far is 4."
    )
    assert "x is both factors" in told[1]
    assert told[1].endswith(
        "x is used 3 times: this is the last contribution, through v₁, and the sum of all, 12, is "
        "its gradient."
    )


def test_contributions_of_one_step_have_one_sentence():
    told = backward(explained(lambda x: x * x, x=3.0))[0]
    assert told.count("used") == 1
    assert told.endswith(
        "x is used 2 times in this step: the sum of the contributions, 6, is its gradient."
    )
    korean = backward(explained(lambda x: x * x, x=3.0), "ko")[0]
    assert korean.endswith("x는 이 단계에서 2번 쓰입니다. 기여분을 모두 더한 6이 x의 기울기입니다.")
    told = backward(explained(lambda x: hg.sin(x) + x * x, x=0.0))
    assert "these are contributions 1 to 2 of 3, through v₂" in "".join(told)


def test_products_sums_and_differences():
    told = backward(explained(lambda a, b, c: a * b - c, a=2.0, b=3.0, c=4.0))
    assert "to v₁ unchanged, to c with its sign changed" in told[0]
    assert told[1] == (
        "A product exchanges its factors: a receives the gradient times b, and b receives it "
        "times a."
    )
    assert (
        "a receives the gradient times the other factor, 3."
        in backward(explained(lambda a: a * 3.0, a=2.0))[0]
    )


def test_means_sums_and_choices():
    mean = explained(hg.mean, x=[1.0, 2.0, 6.0])
    assert forward(mean) == ["The mean of the 3 numbers of x is 3."]
    assert "receives the gradient divided by 3" in backward(mean)[0]
    greatest = explained(hg.amax, x=[1.0, 5.0])
    assert forward(greatest) == ["The greatest of them is taken: 5."]
    assert "Only what was taken" in backward(greatest)[0]
    tie = explained(hg.maximum, a=2.0, b=2.0)
    assert "Only" not in backward(tie)[0]


def test_powers_and_quotients():
    assert (
        "multiplied by the slope of x³ at x, 12: 12 flows back."
        in backward(explained(lambda x: x**3.0, x=2.0))[0]
    )
    assert backward(explained(lambda a, b: a / b * 1.0, a=6.0, b=3.0))[1] == (
        "a receives the gradient divided by b, and b receives it times −v₁/b."
    )
    assert "the slope of x/4 at x, 0.25" in backward(explained(lambda x: x / 4.0, x=2.0))[0]


def test_numbers_that_move_repeat_and_meet_again():
    told = explained(lambda x: hg.sum(hg.reshape(x, (2, 2)) * 2.0), x=[1.0, 2.0, 3.0, 4.0])
    assert forward(told)[0] == "The numbers stay as they are; their shape becomes 2 × 2."
    assert "back to the places that the numbers came from" in backward(told)[-1]
    told = explained(lambda x: hg.sum(hg.expand(x, 3) * 2.0), x=[1.0])
    assert forward(told)[0] == "The numbers are repeated; their shape becomes 3."
    assert backward(told)[-1] == "What returns to the copies of a number is added up."


def test_convolution_and_pooling():
    network = nn.Sequential(nn.Conv2d(1, 2, 3, bias=False), nn.MaxPool2d(2)).double()
    numbers = np.random.default_rng(0).normal(size=(1, 1, 6, 6))
    explanation = hg.explain(hg.sum(network(hg.tensor(numbers))))
    assert "Each kernel in W is laid over every place of x" in forward(explanation)[0]
    assert "Of each group the greatest is taken: 2×2×2 numbers" in forward(explanation)[1]
    assert "Only what was taken receives the gradient." in backward(explanation)
    assert explanation.forward[0].label == "∗ W"
    back = backward(explanation)[-1]
    assert "Each weight of W receives, from every place where its kernel lay, the" in back
    assert "the number of x that it met" in back and "exchanges" not in back
    assert "커널이 놓였던 모든 자리에서" in backward(explanation, "ko")[-1]
    inside = explanation.zoom("primitive")
    assert any("is cut into patches" in told for told in forward(inside))
    assert any("Some of the numbers are picked" in told for told in forward(inside))


def test_a_convolution_gives_each_number_of_its_input_what_the_kernels_saw():
    x = hg.tensor(np.arange(6.0).reshape(1, 1, 6), dtype=hg.float32, requires_grad=True)
    weight = nn.Parameter(hg.tensor([[[1.0, 2.0]]]))
    explanation = hg.explain(
        hg.sum(hg.conv1d(x, weight)), names={"x": x, "w": weight}, zoom="primitive"
    )
    step = explanation.forward[0]
    assert step.label == "∗"
    assert all(one.formula is None for one in step.arguments)
    assert backward(explanation)[-1].startswith(
        "Each number of x receives, from every place where a kernel covered it, the gradient there "
        "times the kernel's weight. Each weight of w receives"
    )
    assert "커널이 덮었던 모든 자리에서" in backward(explanation, "ko")[-1]
    assert explanation.path("w").lines[-2].text == "∂o/∂w"


def test_a_gradient_of_nothing_is_told():
    told = backward(explained(lambda x: hg.exp(hg.relu(x) * 2), x=-1.0))
    assert told[-1] == "z is not above 0, so ReLU blocks the gradient.".replace("z", "x")
    told = backward(explained(lambda x: hg.relu(hg.sin(x)), x=-1.0))
    assert told[-1] == "The gradient that arrives is 0, so nothing flows back from here."


def test_parameters_that_serve_several_samples():
    network = nn.Linear(2, 1).double()
    loss = functional.mse_loss(network(hg.ones(3, 2).double()), hg.ones(3, 1).double())
    explanation = hg.explain(loss)
    assert headline(explanation).startswith("For 3 samples the loss is ")
    assert any("serves all 3 samples" in told for told in backward(explanation))


# --- losses ---


@pytest.mark.parametrize(
    ("logit", "target", "size"), [(4.0, 1.0, "small"), (0.5, 1.0, "moderate"), (2.0, 0.0, "large")]
)
@pytest.mark.parametrize("with_logits", [True, False])
def test_the_size_of_a_loss_goes_by_the_share_of_the_right_answer(logit, target, size, with_logits):
    o = hg.tensor([[logit]], dtype=hg.float64, requires_grad=True)
    y = hg.tensor([[target]], dtype=hg.float64)
    if with_logits:
        loss = functional.binary_cross_entropy_with_logits(o * 1, y)
    else:
        loss = functional.binary_cross_entropy(hg.sigmoid(o), y)
    judged = losses.verdict(hg.explain(loss).forward[-1])
    assert judged is not None and judged.size == size
    probability = 1 / (1 + np.exp(-logit))
    assert judged.answer == pytest.approx(probability)
    assert judged.share == pytest.approx(probability if target else 1 - probability)


@pytest.mark.parametrize(("answer", "size"), [(0.95, "small"), (0.7, "moderate"), (0.2, "large")])
def test_the_size_of_a_squared_error(answer, size):
    o = hg.tensor([[answer]], dtype=hg.float64, requires_grad=True)
    explanation = hg.explain(functional.mse_loss(o * 1, hg.ones(1, 1).double()))
    judged = losses.verdict(explanation.forward[-1])
    assert judged is not None and judged.size == size
    assert "misses the target y by" in forward(explanation)[-1]


def test_classes_get_probabilities():
    scores = hg.tensor([[2.0, 1.0, -1.0]], dtype=hg.float64, requires_grad=True)
    loss = functional.cross_entropy(scores * 1, hg.tensor([0]))
    explanation = hg.explain(loss)
    share = np.exp(2) / np.exp([2, 1, -1]).sum()
    assert f"a probability of {100 * share:.0f} %" in forward(explanation)[-1]
    assert "the right one its probability less 1" in backward(explanation)[0]
    smoothed = functional.cross_entropy(scores * 1, hg.tensor([0]), label_smoothing=0.3)
    told = forward(hg.explain(smoothed))[-1] + backward(hg.explain(smoothed))[0]
    assert "probability" not in told


# --- headlines ---


def test_the_headline_of_an_expression():
    line = explained(lambda w, x, b: w * x + b, w=3.0, x=2.0, b=1.0)
    assert headline(line) == "With w = 3, x = 2 and b = 1, F is 7."
    assert headline(line, "ko") == "w = 3, x = 2, b = 1일 때 F는 7입니다."


def test_the_headline_of_an_output():
    output = lecture()(hg.tensor([[0.0, 1.0]], dtype=hg.float64))
    assert headline(hg.explain(output)) == "For (0, 1) the network gives 0.9949."
    assert headline(hg.explain(output), "ko") == ("(0, 1)을 넣으면 신경망은 0.9949를 내보냅니다.")


# --- numbers that are not finite ---


@pytest.mark.parametrize(
    ("compute", "x", "words", "korean"),
    [
        (lambda x: 3 / x, 0.0, "Division by zero: x is 0 here.", "0으로 나눕니다"),
        (hg.reciprocal, 0.0, "Division by zero: x is 0 here.", "0으로 나눕니다"),
        (lambda x: x ** -1.5, 0.0, "Division by zero: x is 0 here.", "0으로 나눕니다"),
        (hg.log, -2.0, "A negative number has no logarithm: x is −2", "로그가 없"),
        (hg.log, 0.0, "The logarithm of 0 is −∞: x is 0 here.", "0의 로그는"),
        (hg.log1p, -3.0, "no logarithm: 1 + x is −2 here.", "로그가 없습니다"),
        (hg.sqrt, -2.0, "has no real root: x is −2 here.", "제곱근이 없습니다"),
        (hg.exp, 1000.0, "too large for a floating-point number", "너무 커"),
        (lambda x: x ** 0.5, -1.0, "The result is not a number for these inputs.", "수가 아닙니다"),
    ],
)  # fmt: skip
def test_the_cause_is_told_where_it_begins(compute, x, words, korean):
    explanation = explained(lambda x: compute(x) + 1, x=x)
    assert words in forward(explanation)[0]
    assert korean in forward(explanation, "ko")[0]
    assert "v₁ is not a finite number, and so neither is this." in forward(explanation)[1]
    assert words in headline(explanation)


def test_a_slope_that_is_not_finite_is_told():
    told = backward(explained(lambda x: hg.sqrt(x) * 2, x=0.0))
    assert told[-1] == "The slope at x is not a finite number here."


def test_a_definition_that_overflows_is_told():
    explanation = explained(hg.sigmoid, zoom="primitive", x=-1000.0)
    noted = [step for step in explanation.forward if step.note]
    assert noted and "the stable form of the engine is shown" in forward(explanation)[0]
