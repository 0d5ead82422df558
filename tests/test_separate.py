"""Separability: each proof is checked here, in fractions, without the library's own check."""

import itertools
import json
import math
import subprocess
import sys
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import holograd as hg
from holograd.data import GATES, gate
from holograd.errors import ArgumentError, DataError, DtypeError, ShapeError
from holograd.separability import Inseparable, Separation, proof, separate


def fraction(number) -> Fraction:
    """What a number prints as."""
    return number if isinstance(number, Fraction) else Fraction(str(number))


def prove(X: Any, y: Any) -> Any:
    """The answer, after a check of its proof from the definition, in fractions."""
    answer = separate(X, y)
    rows = [[fraction(value) for value in row] for row in np.asarray(X)]
    labels = np.asarray(y).ravel().tolist()
    if isinstance(answer, Separation):
        w, b = [Fraction(each) for each in answer.weights], Fraction(answer.bias)
        for row, label in zip(rows, labels, strict=True):
            height = sum((a * x for a, x in zip(w, row, strict=True)), b)
            assert height > 0 if label == answer.positive else height < 0
    else:
        assert {answer.first.label, answer.second.label} == set(labels)
        places = []
        for mean in (answer.first, answer.second):
            assert all(labels[row] == mean.label for row in mean.rows)
            assert all(isinstance(c, Fraction) and c > 0 for c in mean.coefficients)
            assert sum(mean.coefficients) == 1
            pairs = list(zip(mean.coefficients, mean.rows, strict=True))
            places.append([sum(c * rows[i][j] for c, i in pairs) for j in range(len(rows[0]))])
        assert places[0] == places[1] and answer.gap == 0 and answer.exact
        assert len(answer.first.rows) + len(answer.second.rows) <= len(rows[0]) + 2
    assert answer.check(X, y)
    assert json.loads(json.dumps(answer.to_dict()))["separable"] == answer.separable
    assert str(answer)
    return answer


def corners(inputs: int) -> np.ndarray:
    """All rows of a truth table, (2^n, n)."""
    return np.array(list(itertools.product([0, 1], repeat=inputs)))


# What is true of Boolean functions


def test_xor_by_its_certificate():
    answer = prove(*gate("xor"))
    half = Fraction(1, 2)
    assert isinstance(answer, Inseparable)
    assert answer.first.points == ((0, 0), (1, 1)) and answer.first.coefficients == (half, half)
    assert answer.second.points == ((0, 1), (1, 0)) and answer.second.coefficients == (half, half)
    assert answer.first.rows == (0, 3) and answer.first.point == (half, half)
    assert str(answer) == (
        "No line separates class 0 from class 1: ½·(0, 0) + ½·(1, 1) = ½·(0, 1) + ½·(1, 0)."
    )
    assert answer.to_dict()["first"] == {
        "label": 0.0,
        "rows": [0, 3],
        "coefficients": ["1/2", "1/2"],
        "points": [[0.0, 0.0], [1.0, 1.0]],
    }


def test_and_by_its_widest_line():
    answer = prove(*gate("and"))
    assert isinstance(answer, Separation)
    assert answer.weights == (2.0, 2.0) and answer.bias == -3.0
    assert answer.margin == pytest.approx(math.sqrt(1 / 8)) and answer.widest
    assert str(answer) == (
        "A line separates class 0 from class 1: 2·x₁ + 2·x₂ − 3 is above 0 for 1 and below 0 for "
        "0. Its margin is 0.3536, the widest there is."
    )


def test_all_gates_but_two():
    assert {name for name in GATES if not prove(*gate(name)).separable} == {"xor", "xnor"}


# How many there are: OEIS A000609, from M. Winder and others, "threshold functions".
@pytest.mark.parametrize(("inputs", "count"), [(1, 4), (2, 14), (3, 104)])
def test_count_of_separable_functions(inputs, count):
    X = corners(inputs)
    functions = itertools.product([0, 1], repeat=len(X))
    assert sum(prove(X, y).separable for y in functions) == count


def test_count_of_separable_functions_of_four_inputs():
    # Exchanging inputs, and negating inputs or the output, leaves a function as separable as ever.
    X = corners(4)
    place = {tuple(row): number for number, row in enumerate(X.tolist())}
    moves = np.array(
        [
            [place[tuple(int(row[i] ^ flip[i]) for i in order)] for row in X]
            for order in itertools.permutations(range(4))
            for flip in X
        ]
    )
    seen, classes, separable = set(), 0, 0
    for number in range(1 << 16):
        if number in seen:
            continue
        y = number >> np.arange(16) & 1
        alike = y[moves] @ (1 << np.arange(16))
        orbit = set(alike.tolist()) | set((0xFFFF - alike).tolist())
        seen |= orbit
        classes += 1
        separable += len(orbit) * prove(X, y).separable
    assert (classes, len(seen), separable) == (222, 65_536, 1_882)


@pytest.mark.parametrize("inputs", range(2, 11))
def test_parity_has_no_hyperplane(inputs):
    X = corners(inputs)
    assert not prove(X, X.sum(axis=1) % 2).separable


@pytest.mark.parametrize("inputs", [3, 7, 10])
def test_majority_is_one_neuron(inputs):
    X = corners(inputs)
    answer = prove(X, X.sum(axis=1) > inputs / 2)
    # Neighbouring layers of the cube are 1 / √n apart.
    assert answer.margin == pytest.approx(0.5 / math.sqrt(inputs)) and answer.widest


# Classes and points


@pytest.mark.parametrize(("label", "bias"), [(0, -1), (-1, -1), (1, 1), ("only", 1), (False, -1)])
def test_one_class_alone_is_separable(label, bias):
    answer = prove([[1, 2], [3, 4]], [label, label])
    assert answer.weights == (0, 0) and answer.bias == bias
    assert answer.margin == math.inf and answer.to_dict()["margin"] is None
    assert str(answer).startswith(f"All rows are of one class, {label}:")


def test_a_point_with_both_labels_is_the_shortest_certificate():
    X = [[0, 0], [5, 1], [2, 3], [4, 4], [2, 3], [2, 3]]
    answer = prove(X, ["a", "b", "a", "b", "b", "a"])
    assert answer.first.rows == (2,) and answer.second.rows == (4,)
    assert answer.first.coefficients == answer.second.coefficients == (1,)
    assert str(answer) == (
        "No line separates class a from class b: rows 2 and 4 are the same point (2, 3)."
    )


def test_minus_zero_is_zero():
    assert not prove([[0.0], [-0.0]], [0, 1]).separable


@pytest.mark.parametrize(
    ("labels", "negative", "positive"),
    [([0, 1], 0, 1), ([1, -1], -1, 1), (["no", "yes"], "no", "yes"), ([True, False], False, True)],
)
def test_labels_of_any_kind(labels, negative, positive):
    answer = prove([[1.0], [2.0]], labels)
    assert (answer.negative, answer.positive) == (negative, positive)
    assert answer.weights[0] == (2 if labels[1] == positive else -2)


@pytest.mark.parametrize(
    ("columns", "words"),
    [(1, "A point"), (2, "A line"), (3, "A plane"), (4, "A hyperplane"), (9, "A hyperplane")],
)
def test_words_by_dimension(columns, words):
    assert str(separate([[0] * columns, [1] * columns], [0, 1])).startswith(words)


def test_numbers_count_as_the_decimals_they_print_as():
    # As floats, 0.1 + 0.3 is not 0.2 + 0.2: there the middle of the line would lie beside it.
    X = [[0.1, 0.3], [0.3, 0.1], [0.2, 0.2]]
    assert Fraction(0.1) + Fraction(0.3) != 2 * Fraction(0.2)
    for dtype in (np.float16, np.float32, np.float64):
        answer = prove(np.array(X, dtype), [0, 0, 1])
        assert str(answer) == (
            "No line separates class 0 from class 1: ½·(0.1, 0.3) + ½·(0.3, 0.1) = (0.2, 0.2)."
        )


def test_tensors_and_frames():
    polars = pytest.importorskip("polars")
    pandas = pytest.importorskip("pandas")
    columns = {"a": [0, 0, 1, 1], "b": [0.0, 1.0, 0.0, 1.0]}
    labels = ["no", "yes", "yes", "no"]
    expected = separate(hg.tensor([[0, 0], [0, 1], [1, 0], [1, 1]]), [0, 1, 1, 0])
    for library in (polars, pandas):
        answer = separate(library.DataFrame(columns), library.Series(labels))
        assert isinstance(answer, Inseparable) and isinstance(expected, Inseparable)
        assert answer.first.label == "no" and answer.first.points == expected.first.points


# The numbers


def widest_margin(X, y) -> float:
    """Half the distance of two separate hulls in the plane: of a corner from an edge."""
    best = math.inf
    for label in (0, 1):
        own, other = X[y == label], X[y != label]
        for p, q in itertools.product(own, repeat=2):
            along = q - p
            for point in other:
                share = along @ (point - p) / (along @ along or 1)
                best = min(best, np.linalg.norm(point - p - np.clip(share, 0, 1) * along))
    return float(best) / 2


@pytest.mark.parametrize("seed", range(10))
def test_margin_is_the_widest(seed):
    random = np.random.default_rng(seed)
    X = random.normal(size=(24, 2))
    y = (X @ random.normal(size=2) > 0.2).astype(int)
    answer = prove(X, y)
    assert answer.widest and answer.margin == pytest.approx(widest_margin(X, y), rel=1e-9)
    assert np.abs(X @ answer.weights + answer.bias).min() == pytest.approx(1, rel=1e-9)
    assert answer.margin == pytest.approx(1 / np.linalg.norm(answer.weights), rel=1e-9)


def random_problem(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Points of many kinds, in reach of a hyperplane, beyond it, or all but touching it."""
    random = np.random.default_rng(seed)
    rows, columns = random.integers(2, 120), random.integers(1, 8)
    X = random.normal(size=(rows, columns))
    kind = seed % 5
    if kind == 1:
        X = np.round(X, 1)
    elif kind == 2:
        X = random.integers(-3, 4, (rows, columns))
    elif kind == 3:
        X = random.integers(-(2**62), 2**62, (rows, columns))
    elif kind == 4:
        X = X * 10.0 ** random.integers(-9, 9, columns) + 10.0 ** random.integers(-3, 6, columns)
    heights = (X - X.mean(axis=0)) / (X.std(axis=0) + 1e-300) @ random.normal(size=columns)
    y = (heights > np.median(heights)).astype(int)
    if seed % 4 == 1:
        y[random.integers(rows)] ^= 1
    elif seed % 4 == 2:
        y = random.integers(0, 2, rows)
    elif seed % 4 == 3:
        same = np.flatnonzero(y == y[0])[:3]
        X[-1] = (X[same] / len(same)).sum(axis=0).astype(X.dtype)
        y[-1] = 1 - y[0]
    return X, y


def test_200_random_problems_are_proved_either_way():
    answers = [prove(*random_problem(seed)) for seed in range(200)]
    assert 60 < sum(answer.separable for answer in answers) < 140


@given(st.data())
def test_points_of_whole_numbers(data):
    columns = data.draw(st.integers(1, 4))
    size = data.draw(st.sampled_from([1, 3, 10**6, 2**60]))
    point = st.tuples(*[st.integers(-size, size)] * columns)
    rows = data.draw(st.lists(st.tuples(point, st.integers(0, 1)), min_size=1, max_size=16))
    X, y = [list(row) for row, _ in rows], [label for _, label in rows]
    answer = prove(X, y)
    # Neither the order of the rows nor the names of the classes changes what is true.
    assert separate(X[::-1], ["b" if label else "a" for label in y[::-1]]).separable == (
        answer.separable
    )


@pytest.mark.parametrize("name", [name for name in GATES if name not in ("false", "true")])
def test_perceptron_agrees(name):
    X, y = (each.numpy().astype(float) for each in gate(name))
    answer = separate(X, y)
    rows, signs = np.column_stack([X, np.ones(4)]), 2 * y[:, 0] - 1
    weights, mistakes, wrong = np.zeros(3), 0, []
    for _ in range(100):
        wrong = [i for i in range(4) if signs[i] * (rows[i] @ weights) <= 0]
        if not wrong:
            break
        weights, mistakes = weights + signs[wrong[0]] * rows[wrong[0]], mistakes + 1
    assert (not wrong) == answer.separable
    if isinstance(answer, Separation):
        # A. Novikoff, 1962: at most (R / γ)² mistakes, here with the bias as a third weight.
        own = np.array([*answer.weights, answer.bias])
        gamma = (signs * (rows @ own)).min() / np.linalg.norm(own)
        assert mistakes <= (rows**2).sum(axis=1).max() / gamma**2


def test_weights_in_fractions_where_floats_have_too_few_digits():
    # The line from (0, 0) to (2^61, 2^61 − 1) passes ½ below two points of the diagonal.
    middle = 2**60
    X = [[0, 0], [2 * middle, 2 * middle - 1], [middle, middle], [middle - 2, middle - 2]]
    answer = prove(X, [0, 0, 1, 1])
    assert answer.separable and all(isinstance(each, Fraction) for each in answer.weights)
    assert 0 < answer.margin < 0.25


@pytest.mark.parametrize("scale", [1e-300, 1e-30, 1e30, 1e150])
def test_badly_scaled_columns(scale):
    X = np.array([[0, 0], [0, 1], [1, 0], [1, 1], [0.5, 0.4]]) * [1, scale] + [1e6, 0]
    assert prove(X, [0, 0, 0, 1, 0]).separable
    assert not prove(X[:4], [0, 1, 1, 0]).separable


def test_large_tables_in_seconds():
    random = np.random.default_rng(0)
    X = random.normal(size=(10_000, 20)).round(3)
    heights = X @ random.normal(size=20)
    assert separate(X, heights > 0).check(X, heights > 0)
    noisy = (heights > 0) ^ (random.random(10_000) < 0.01)
    answer = prove(X, noisy)
    assert not answer.separable
    assert "a mean of" in str(answer) and len(str(answer)) < 400


def wide_problem() -> tuple[np.ndarray, np.ndarray]:
    """Too many columns for fractions."""
    random = np.random.default_rng(0)
    return random.normal(size=(450, 130)), random.integers(0, 2, 450)


def test_many_columns_are_decided_in_floats(monkeypatch):
    X, y = wide_problem()
    answer = separate(X, y)
    assert isinstance(answer, Inseparable) and not answer.exact and answer.check(X, y)
    means = [
        np.array(each.coefficients) @ X[list(each.rows)] for each in (answer.first, answer.second)
    ]
    assert np.linalg.norm(means[0] - means[1]) < 1e-9 and 0 <= answer.gap < 1e-9
    assert all(
        math.fsum(each.coefficients) == pytest.approx(1) for each in (answer.first, answer.second)
    )
    assert f"so no margin exceeds {answer.gap / 2:.1e}" in str(answer)
    json.dumps(answer.to_dict())
    monkeypatch.setattr(proof, "TOLERANCE", 0)
    assert not answer.check(X, y)
    with pytest.raises(DataError, match=r"cannot decide: two means of the classes are .* apart"):
        separate(X, y)


# Checks that must fail


def test_a_wrong_hyperplane_is_found_out():
    X, y = gate("and")
    answer = separate(X, y)
    assert isinstance(answer, Separation)
    for wrong in (
        replace(answer, bias=0.0),
        replace(answer, bias=-4.0),  # touches (1, 1)
        replace(answer, weights=(2.0, 0.5)),
        replace(answer, margin=0.36),
        replace(answer, negative=1.0, positive=0.0),
        replace(answer, positive=2.0),
    ):
        assert not wrong.check(X, y)
    assert not answer.check(*gate("or"))


def test_a_wrong_certificate_is_found_out():
    X, y = gate("xor")
    answer = separate(X, y)
    assert isinstance(answer, Inseparable)
    first, half = answer.first, Fraction(1, 2)
    for wrong in (
        replace(first, coefficients=(Fraction(1, 3), Fraction(2, 3))),
        replace(first, coefficients=(half, Fraction(1, 4))),
        replace(first, coefficients=(Fraction(3, 2), -half)),
        replace(first, coefficients=(half,)),
        replace(first, rows=(0, 1)),
        replace(first, rows=(0, 7)),
        replace(first, points=((0.0, 0.0), (1.0, 2.0))),
        replace(first, label=1.0),
        answer.second,
    ):
        assert not replace(answer, first=wrong).check(X, y)
    assert not replace(answer, gap=0.1).check(X, y)
    assert not answer.check(*gate("and"))


def test_check_takes_the_same_columns():
    with pytest.raises(
        ShapeError, match="check got X of 3 columns: the proof is about points of 2"
    ):
        separate(*gate("xor")).check(np.zeros((4, 3)), [0, 1, 1, 0])


# What cannot be answered

GOOD = [[0.0, 1.0], [1.0, 0.0], [2.0, 2.0]]


@pytest.mark.parametrize(
    ("X", "y", "error", "words"),
    [
        (GOOD, [0, 1, 2], DataError, r"3 classes in y \(0, 1, 2\).*against the rest.*label == 0"),
        (GOOD, [0, 1], ShapeError, r"3 rows in X and 2 labels in y"),
        (GOOD, [[1, 0], [0, 1], [0, 1]], ShapeError, r"y of shape \(3, 2\).*y.argmax\(axis=1\)"),
        (GOOD, [[1], [0, 1]], ShapeError, r"y of shape"),
        (GOOD, 1, ShapeError, r"y of shape \(\)"),
        (GOOD, [0, math.nan, 1], DataError, r"y\[1\] = nan"),
        (GOOD, ["a", None, "b"], DataError, r"y\[1\] = None"),
        ([1.0, 2.0, 3.0], [0, 1, 1], ShapeError, r"X of shape \(3,\).*X\[:, None\]"),
        (np.zeros((3, 2, 2)), [0, 1, 1], ShapeError, r"\(3, 2, 2\).*X.reshape\(len\(X\), -1\)"),
        ([[1], [1, 2]], [0, 1], ShapeError, "rows of different lengths"),
        (np.zeros((0, 2)), [], DataError, "no row"),
        (np.zeros((2, 0)), [0, 1], DataError, "no column"),
        ([[0, 1], [1, math.nan]], [0, 1], DataError, r"X\[1, 1\] = nan: .*isfinite"),
        ([[math.inf, 1], [1, -math.inf]], [0, 1], DataError, r"X\[0, 0\] = inf, and 1 more"),
        ([["a"], ["b"]], [0, 1], DtypeError, r"X of dtype <U1.*0 and 1 for each category"),
        ([[1j], [2]], [0, 1], DtypeError, "complex128"),
        ([[2**70], [2]], [0, 1], DtypeError, r"fit in 64 bits"),
    ],
)
def test_what_cannot_be_answered_is_explained(X, y, error, words):
    with pytest.raises(error, match=words):
        separate(X, y)


def test_scipy_is_asked_for_when_it_is_needed(monkeypatch):
    monkeypatch.setitem(sys.modules, "scipy.optimize", None)
    X, y = wide_problem()
    with pytest.raises(ArgumentError, match=r"pip install 'holograd\[tables\]'"):
        separate(X, y)
    assert not separate(*gate("xor")).separable


def test_scipy_is_not_imported_before():
    program = "import sys, holograd.separability; print('scipy' in sys.modules)"
    run = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert run.stdout.strip() == "False"
