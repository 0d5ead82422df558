"""Metrics: against counts done by hand, against plain loops, and against scikit-learn."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import holograd as hg
from conftest import optional_peer
from holograd.errors import ArgumentError, DataError, DtypeError, ShapeError
from holograd.training import metrics

# Ten rows of three classes, whose counts below were done by hand.
TRUE = np.array([0, 0, 0, 0, 1, 1, 1, 2, 2, 2])
TAKEN = np.array([0, 0, 1, 2, 1, 1, 0, 2, 1, 1])
MATRIX = [[2, 1, 1], [1, 2, 0], [0, 2, 1]]


def scores_for(classes: np.ndarray, count: int) -> np.ndarray:
    """Scores (N, C) whose highest is the class's."""
    return np.eye(count, dtype=np.float32)[classes] - 0.5


def rows() -> st.SearchStrategy:
    """Scores (N, C), drawn with ties, and true classes (N,)."""

    def pairs(size: tuple[int, int]) -> st.SearchStrategy:
        count, classes = size
        score = st.lists(st.integers(-2, 2), min_size=classes, max_size=classes)
        return st.tuples(
            st.lists(score, min_size=count, max_size=count).map(lambda x: np.array(x, np.float32)),
            st.lists(st.integers(0, classes - 1), min_size=count, max_size=count).map(np.array),
        )

    return st.tuples(st.integers(1, 12), st.integers(2, 5)).flatmap(pairs)


@pytest.mark.parametrize("form", [np.asarray, hg.tensor])
def test_counts_done_by_hand(form):
    for taken in (TAKEN, scores_for(TAKEN, 3)):
        output, target = form(taken), form(TRUE)
        assert metrics.accuracy(output, target) == 0.5
        assert metrics.confusion_matrix(output, target).tolist() == MATRIX
        scores = metrics.precision_recall_f1(output, target)
        assert scores.precision == pytest.approx([2 / 3, 2 / 5, 1 / 2])
        assert scores.recall == pytest.approx([2 / 4, 2 / 3, 1 / 3])
        assert scores.f1 == pytest.approx([4 / 7, 1 / 2, 2 / 5])
        assert scores.support.tolist() == [4, 3, 3]
        assert scores.macro["f1"] == pytest.approx((4 / 7 + 1 / 2 + 2 / 5) / 3)
        assert scores.weighted["f1"] == pytest.approx((4 * 4 / 7 + 3 / 2 + 3 * 2 / 5) / 10)


def test_a_class_that_never_occurs():
    scores = metrics.precision_recall_f1(np.array([0, 1, 1]), np.array([0, 1, 0]), classes=4)
    assert scores.f1.tolist() == pytest.approx([2 / 3, 2 / 3, 0, 0])
    assert scores.macro["f1"] == pytest.approx(2 / 3), "means leave out what never occurs"
    assert "support" in str(scores) and len(str(scores).splitlines()) == 7


@pytest.mark.parametrize("targets", [[0, 1, 1, 0], [-1, 1, 1, -1], [False, True, True, False]])
@pytest.mark.parametrize("column", [False, True])
def test_one_score_a_row_against_a_threshold(targets, column):
    probabilities = np.array([0.2, 0.6, 0.4, 0.5], np.float32)
    logits = np.array([-1.0, 2.0, -0.5, 0.0], np.float32)
    target = np.array(targets)
    if column:
        probabilities, logits, target = probabilities[:, None], logits[:, None], target[:, None]
    for output, threshold in (probabilities, 0.5), (logits, 0):
        assert metrics.accuracy(output, target, threshold=threshold) == 0.75
        matrix = metrics.confusion_matrix(output, target, threshold)
        assert matrix.tolist() == [[2, 0], [1, 1]]


@given(rows())
def test_against_plain_loops(drawn):
    scores, true = drawn
    count, classes = scores.shape
    matrix = np.zeros((classes, classes), int)
    ranks = []
    for row, label in zip(scores.tolist(), true.tolist(), strict=True):
        ranking = sorted(range(classes), key=lambda one: -row[one])  # a stable sort, as documented
        matrix[label, ranking[0]] += 1
        ranks.append(ranking.index(label))
    assert metrics.confusion_matrix(scores, true).tolist() == matrix.tolist()
    assert metrics.accuracy(scores, true) == pytest.approx(matrix.trace() / count)
    for k in range(1, classes + 1):
        share = sum(rank < k for rank in ranks) / count
        assert metrics.top_k_accuracy(scores, true, k=k) == pytest.approx(share)


def test_regression_by_hand():
    output, target = np.array([[1.0, 0.0], [2.0, 0.0]]), np.array([[1.0, 0.0], [4.0, 0.0]])
    assert metrics.mean_absolute_error(output, target) == 0.5
    assert metrics.mean_squared_error(output, target) == 1.0
    # First column 1 − 4 / 4.5, the second is constant and exact.
    assert metrics.r2_score(output, target) == pytest.approx((1 - 4 / 4.5 + 1) / 2)
    assert metrics.r2_score(np.zeros(3), np.full(3, 0.1)) == 0
    mean = np.full(4, 2.5)
    assert metrics.r2_score(mean, np.array([1.0, 2.0, 3.0, 4.0])) == 0


def test_integers_do_not_wrap_around():
    assert metrics.mean_absolute_error(np.array([0], np.uint8), np.array([1], np.uint8)) == 1


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: metrics.accuracy(np.zeros(3), np.zeros(3)), ArgumentError, "threshold=0.5"),
        (lambda: metrics.accuracy(np.zeros((3, 2)), np.zeros(3, int), 0.5), ArgumentError, "out"),
        (lambda: metrics.accuracy(np.zeros((3, 2)), np.zeros((3, 2))), ShapeError, "argmax"),
        (lambda: metrics.accuracy(np.zeros((3, 2)), np.zeros(4, int)), ShapeError, "one target"),
        (lambda: metrics.accuracy(np.zeros((3, 2)), np.zeros(3)), DtypeError, "target.long()"),
        (lambda: metrics.accuracy(np.zeros((0, 2)), np.zeros(0, int)), DataError, "no row"),
        (lambda: metrics.accuracy(np.zeros((3, 2)), np.array([0, 1, 2])), DataError, "class 2"),
        (lambda: metrics.accuracy(np.zeros((3, 2)), np.array([0, 1, -1])), DataError, "class -1"),
        (lambda: metrics.accuracy(np.zeros(3), np.array([0, 0.5, 1]), 0), DataError, "0 and 1"),
        (lambda: metrics.accuracy(np.zeros((2, 2, 2)), np.zeros(2, int)), ShapeError, "(2, 2, 2)"),
        (lambda: metrics.accuracy(np.zeros((3, 0)), np.zeros(3, int)), ShapeError, "(3, 0)"),
        (lambda: metrics.accuracy(np.zeros((3, 2), int), np.zeros(3, int)), DtypeError, "floats"),
        (
            lambda: metrics.accuracy(np.array([[0, 1], [np.nan, 1]]), np.array([0, 1])),
            DataError,
            "row 1",
        ),
        (
            lambda: metrics.top_k_accuracy(np.zeros((3, 4)), np.zeros(3, int)),
            ArgumentError,
            "k=4",
        ),
        (
            lambda: metrics.top_k_accuracy(np.zeros(3), np.zeros(3, int), 1),
            ShapeError,
            "(N, C)",
        ),
        (
            lambda: metrics.confusion_matrix(np.array([0, 3]), np.array([0, 1]), classes=3),
            DataError,
            "class 3",
        ),
        (
            lambda: metrics.r2_score(np.zeros(3), np.zeros((3, 1))),
            ShapeError,
            "target.reshape((3,))",
        ),
        (lambda: metrics.mean_squared_error(np.zeros(0), np.zeros(0)), DataError, "no number"),
    ],
)
def test_misuse_is_explained(call, error, words):
    with pytest.raises(error) as caught:
        call()
    assert words in str(caught.value)


@pytest.mark.peer
def test_against_scikit_learn():
    peer = optional_peer("sklearn.metrics")
    generator = np.random.default_rng(0)
    scores = generator.normal(size=(200, 6))
    true = generator.choice(5, 200)  # class 5 is answered, and never true
    taken = scores.argmax(1)
    assert (metrics.confusion_matrix(scores, true) == peer.confusion_matrix(true, taken)).all()
    ours = metrics.precision_recall_f1(scores, true)
    each = peer.precision_recall_fscore_support(true, taken, zero_division=0)
    for name, column in zip(["precision", "recall", "f1", "support"], each, strict=True):
        np.testing.assert_allclose(getattr(ours, name), column, rtol=1e-12)
    for average, means in ("macro", ours.macro), ("weighted", ours.weighted):
        theirs = peer.precision_recall_fscore_support(true, taken, average=average, zero_division=0)
        np.testing.assert_allclose(list(means.values()), theirs[:3], rtol=1e-12)
    for k in 1, 3:
        theirs = peer.top_k_accuracy_score(true, scores, k=k, labels=range(6))
        assert metrics.top_k_accuracy(scores, true, k) == pytest.approx(theirs)
    values, predictions = generator.normal(size=(50, 3)), generator.normal(size=(50, 3))
    values[:, 2] = 1.5
    for ours, theirs in [
        (metrics.r2_score, peer.r2_score),
        (metrics.mean_absolute_error, peer.mean_absolute_error),
        (metrics.mean_squared_error, peer.mean_squared_error),
    ]:
        assert ours(predictions, values) == pytest.approx(theirs(values, predictions))
