"""The sentences of an explanation: true for the numbers at hand, in English and Korean."""

import math

import numpy as np
import pytest

import holograd as hg
from explanation_cases import lecture, xor
from holograd import nn
from holograd.explanation import Explanation
from holograd.explanation.records import LEVELS, Step
from holograd.explanation.words import losses
from holograd.explanation.words.narration import backward_sentence, forward_sentence, headline
from holograd.nn import functional


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


@pytest.mark.parametrize(
    ("move", "words", "korean"),
    [
        (
            lambda x: x.t(),
            "Rows and columns of x change places: [[1, 3], [2, 4]].",
            "행과 열을 맞바",
        ),
        (
            lambda x: x.flip(0),
            "order of the rows of x is turned round: [[3, 4], [1, 2]]",
            "행 순서",
        ),
        (lambda x: x.flip(1), "order of the columns of x is turned round: [[2, 1]", "열 순서"),
        (lambda x: x.flip(0, 1), "turned round along 2 dimensions: [[4, 3], [2, 1]]", "차원 2개"),
        (lambda x: x.reshape(4), "stay as they are; their shape becomes 4.", "모양만 4로"),
        (lambda x: hg.roll(x, 1, 0), "move on in a circle: [[3, 4], [1, 2]]", "돌려 가며"),
        (lambda x: hg.pad(x, (1, 0)), "numbers are set around those of x: [[0, 1, 2]", "덧붙"),
        (lambda x: hg.cat([x, x], 0), "x and x are joined one after the other:", "이어 붙입"),
        (lambda x: hg.stack([x, x]), "Arrays of one shape are stacked", "쌓습니다"),
        (lambda x: x[1:], "Some of the numbers are picked: [3, 4].", "일부를 고릅"),
        (lambda x: x[1, 0], "Of x one number is picked, x₂₁: 3.", "x₂₁을 고릅"),
        (lambda x: x.sort(0)[0], "Numbers are picked by their places: [[1, 2], [3, 4]]", "자리를"),
        (lambda x: x.float(), "The numbers are written as float32: [[1, 2], [3, 4]].", "float32로"),
        (lambda x: x.reshape(2, 1, 2).permute(2, 0, 1), "shape becomes 2 × 2 × 1.", "차원 순서를"),
        (lambda x: x.reshape(2, 1, 2).expand(2, 2, 2), "numbers are repeated; their shape", "되풀"),
    ],
)
def test_numbers_that_move_are_told_as_they_move(move, words, korean):
    x = hg.tensor([[1.0, 2.0], [3.0, 4.0]], dtype=hg.float64, requires_grad=True)
    explanation = hg.explain(move(x).sum(), names={"x": x})
    assert any(words in one for one in forward(explanation))
    assert any(korean in one for one in forward(explanation, "ko"))


def test_only_layers_have_neurons():
    x = hg.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
    told = forward(hg.explain((x.t() @ x).sum(), names={"x": x}))
    assert told[1] == "Rows of v₁ are multiplied by columns of x: [[10, 14], [14, 20]]."
    assert not any("serves" in one for one in backward(hg.explain((x.t() @ x).sum())))
    layer = nn.Sequential(nn.Linear(2, 1))
    assert "same neuron" in forward(hg.explain(layer(hg.ones(1, 2))))[0]


def test_a_choice_says_where_what_is_taken():
    known, y = hg.tensor([True, False]), hg.tensor([2.0, 3.0], requires_grad=True)
    names = {"known": known, "y": y}
    explanation = hg.explain(hg.where(known, y, 7.0).sum(), names=names)
    assert explanation.forward[0].label == "where"
    assert forward(explanation)[0] == (
        "Where the condition known holds, y is taken, elsewhere 7: [2, 7]."
    )
    assert (
        backward(explanation)[-1] == "The gradient goes to y only where the condition known holds."
    )
    both = hg.explain(hg.where(known, y * 2, y).sum(), names=names)
    assert "the gradient goes to v₁, elsewhere to y." in backward(both)[1]
    filled = hg.explain(hg.masked_fill(y, known, 3.0).sum(), names=names)
    assert backward(filled)[-1].endswith("only where the condition known does not hold.")


@pytest.mark.parametrize("zoom", ["layer", "function", "primitive"])
def test_dropout_says_what_it_keeps(zoom):
    hg.manual_seed(3)
    network = nn.Sequential(nn.Linear(2, 3), nn.Dropout(0.5), nn.Linear(3, 1))
    explanation = hg.explain(network(hg.ones(1, 2)), index=(0, 0), zoom=zoom)
    kinds = ("Dropout(p=0.5)", "dropout", "where")
    place = next(at for at, step in enumerate(explanation.forward) if step.kind in kinds)
    step = explanation.forward[place]
    kept = int(np.count_nonzero(step.output.array))
    told = forward(explanation)[place]
    if zoom == "primitive":
        mask = step.arguments[0].value.symbol.text
        assert step.formula is not None and step.formula.text == f"v₂ if {mask} else 0"
        assert told == (
            f"Where the mask {mask} is 1, v₂ is kept, {kept} of 3 numbers; the others become 0."
        )
    else:
        assert told == (
            f"{kept} of 3 numbers, where the mask is 1, are kept and multiplied by 2; the others "
            "become 0."
        )
    back = backward(explanation)[-1 - place]
    assert back.startswith("Where the mask")


def test_names_of_functions_fit_into_their_sentences():
    told = [
        (
            hg.log1p,
            "The natural logarithm of 1 + x is 1.099.",
            "(1 + x)의 자연로그 값은",
        ),
        (hg.expm1, "The exponential of x, less 1, is 6.389.", "값에서 1을 빼면 6.389"),
        (lambda x: x**2, "x squared is 4.", "x의 제곱은 4입니다."),
        (lambda x: x**3, "x cubed is 8.", "x의 세제곱은 8입니다."),
        (lambda x: x**0.5, "x to the power 0.5 is 1.414.", "x의 0.5제곱은 1.414입니다."),
    ]
    for compute, english, korean in told:
        explanation = explained(compute, x=2.0)
        assert forward(explanation)[0] == english
        assert korean in forward(explanation, "ko")[0]


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


def known_layer(outputs: int = 1) -> nn.Linear:
    """A layer whose every neuron k gives (k + 1)(x₁ + x₂)."""
    layer = nn.Linear(2, outputs, bias=False).double()
    layer.weight.data = np.outer(np.arange(1, outputs + 1), [1.0, 1.0])
    return layer


def told(output, **options) -> tuple[str, str]:
    explanation = hg.explain(output, **options)
    return headline(explanation), headline(explanation, "ko")


def doubles(*numbers) -> hg.Tensor:
    return hg.tensor(numbers, dtype=hg.float64)


def test_the_headline_says_loss_where_it_is_one():
    layer, row = known_layer(), doubles([1.0, 2.0])
    loss = functional.mse_loss(layer(row), doubles([1.0]))  # (3 − 1)²
    assert told(loss + 0.5 * (layer.weight**2).sum()) == (
        "For (1, 2) the loss is 5.", "(1, 2)를 넣으면 손실은 5입니다."
    )  # fmt: skip
    assert told(0.5 * loss)[0] == "For (1, 2) the loss is 2."
    assert told(functional.mse_loss(known_layer(2)(row), row))[0] == "For (1, 2) the loss is 10."
    names = {"R": loss.sqrt()}
    assert told(names["R"], names=names) == (
        "For (1, 2), R is 2.", "(1, 2)를 넣으면 R은 2입니다."
    )  # fmt: skip
    own = ((layer(row) - 1) ** 2).sum()
    assert told(own, names={"L": own})[0] == "For (1, 2), L is 4."
    assert told(-loss, names={"G": loss})[0].endswith("is −4.")


def test_the_headline_names_the_sample_that_an_index_picks():
    rows, layer = doubles([1.0, 2.0], [3.0, 4.0], [5.0, 6.0]), known_layer(2)
    assert told(layer(rows), index=(1, 1))[0] == "For (3, 4) the network gives 14."
    losses = functional.mse_loss(layer(rows), doubles(*[[0.0, 0.0]] * 3), reduction="none")
    assert told(losses, index=(2, 0))[0] == "For (5, 6) the loss is 121."
    together = layer(rows - layer(rows).mean(0))  # each row depends on all
    assert told(together, index=(1, 1)) == (
        "The network gives −28.", "신경망은 −28을 내보냅니다."
    )  # fmt: skip
    words = nn.Embedding(3, 1)
    words.weight.data = np.array([[1.0], [2.0], [3.0]], np.float32)
    chosen = hg.explain(words(hg.tensor([2, 0])), index=(0, 0))
    assert headline(chosen) == "The network gives 3."


class Sum(nn.Module):
    """The sum of a layer's outputs for all its inputs."""

    def __init__(self, begin=False):
        super().__init__()
        self.layer, self.begin = known_layer(), begin

    def forward(self, *inputs):
        given = [hg.zeros(1, 2, dtype=hg.float64), *inputs] if self.begin else inputs
        return sum(self.layer(one) for one in given)


def test_the_headline_names_all_inputs_or_none():
    one, other = doubles([1.0, 2.0]), doubles([3.0, 5.0])
    assert told(Sum()(one, other), names={"one": one, "other": other}) == (
        "For one = (1, 2) and other = (3, 5) the network gives 11.",
        "one = (1, 2), other = (3, 5)를 넣으면 신경망은 11을 내보냅니다.",
    )
    unnamed = Sum()(doubles([1.0, 2.0]), doubles([3.0, 5.0]))
    assert told(unnamed)[0] == "For x₁ = (1, 2) and x₂ = (3, 5) the network gives 11."
    with_state = Sum(begin=True)(doubles([3.0, 5.0]))
    assert told(with_state) == ("The network gives 8.", "신경망은 8을 내보냅니다.")
    assert told(functional.mse_loss(with_state, doubles([9.0]))) == (
        "The answer should be 9. The network says 8, and the loss is 1.",
        "정답은 9입니다. 신경망의 답은 8, 손실은 1입니다.",
    )
    batches = [doubles(*[[1.0, 2.0]] * 3) for _ in range(2)]
    loss = functional.mse_loss(Sum()(*batches), doubles(*[[6.0]] * 3))
    assert told(loss, names=dict(zip("ab", batches, strict=True)))[0] == (
        "For 3 samples the loss is 0."
    )
    state = functional.mse_loss(Sum(begin=True)(batches[0][:, :] + 0), doubles(*[[3.0]] * 3))
    assert told(state)[0] == "The loss is 0."


def test_scores_are_told_as_probabilities():
    row, layer = doubles([0.0, math.log(2)]), known_layer(2)  # scores ln 2 and 2 ln 2
    loss = functional.binary_cross_entropy_with_logits(layer(row), doubles([1.0, 0.0]))
    assert "should be [1, 0]. The network says [0.667, 0.8]," in told(loss)[0]
    loss = functional.cross_entropy(layer(row), doubles([0.25, 0.75]))
    assert "should be [0.25, 0.75]. The network says [0.333, 0.667]," in told(loss)[0]
    assert "정답은 [0.25, 0.75]입니다. 신경망의 답은 [0.333, 0.667]," in told(loss)[1]
    logs = functional.log_softmax(layer(row), 1)
    loss = functional.kl_div(logs, doubles([0.25, 0.75]), reduction="sum")
    assert "should be [0.25, 0.75]. The network says [0.333, 0.667]," in told(loss)[0]
    targets = hg.log(doubles([0.25, 0.75]))
    loss = functional.kl_div(logs, targets, reduction="sum", log_target=True)
    assert "should be [0.25, 0.75]. The network says [0.333, 0.667]," in told(loss)[0]
    loss = functional.cross_entropy(layer(row), hg.tensor([1]), label_smoothing=0.2)
    assert "should be 1. The network says [0.333, 0.667]," in told(loss)[0]


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
