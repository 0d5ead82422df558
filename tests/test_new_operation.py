"""Adding an operation touches one place: a record gives function, method, checks and a page."""

from pathlib import Path

import numpy as np
import pytest

import holograd as hg
from holograd.check import check_gradient
from holograd.errors import DtypeError, ShapeError
from holograd.ops.reference import operations_markdown
from holograd.ops.table import FUNCTIONS, TABLE, Methods, elementwise, unary_samples

PAGE = Path(__file__).resolve().parent.parent / "docs" / "operations.md"


def test_the_documentation_is_the_tables():
    assert PAGE.read_text(encoding="utf-8") == operations_markdown(), (
        "write it anew: .venv/bin/python -m holograd.ops.reference > docs/operations.md"
    )


def test_the_documentation_names_every_operation():
    page = operations_markdown()
    for name in FUNCTIONS:
        assert f"| `{name}(" in page
    for name in TABLE:
        assert f"| `{name}` |" in page


@pytest.fixture
def softsign():
    """The operation x / (1 + |x|), added for one test."""
    yield elementwise(
        "softsign", symbol="s", formula=r"\frac{a}{1 + |a|}",
        summary="A sigmoid shape between −1 and 1 with slow tails.",
        example="hg.tensor(1.0).softsign() → tensor(0.5)",
        numpy=lambda a: a / (1 + np.abs(a)), kinds=("float",), samples=unary_samples(0.1, 2.0),
        gradient=(lambda g, y, a: g / hg.square(1 + hg.abs(a)),),
        definition=lambda a: a * hg.reciprocal(1 + hg.abs(a)),
    )  # fmt: skip
    del TABLE["softsign"], FUNCTIONS["softsign"], Methods.softsign  # pyright: ignore


def test_one_record_is_a_new_operation(softsign):
    x = hg.tensor([-1.0, 0.0, 3.0], requires_grad=True)
    assert softsign(x).tolist() == x.softsign().tolist() == [-0.5, 0.0, 0.75]
    assert softsign([1, 3]).tolist() == [0.5, 0.75], "integers become floats by its kind"

    x.softsign().sum().backward()
    assert x.grad is not None and x.grad.tolist() == [0.25, 1.0, 0.0625]
    record = TABLE["softsign"]
    assert record.definition is not None
    for inputs, _ in record.samples(np.random.default_rng(0)):
        assert check_gradient(softsign, inputs).ok
        assert check_gradient(record.definition, inputs).ok
        assert record.shape(*(hg.tensor(one).node.value for one in inputs)) == inputs[0].shape

    assert hg.capture(softsign, x).run(x)[0].tolist() == [-0.5, 0.0, 0.75]
    assert hg.hessian(lambda x: x.softsign().sum())(hg.tensor([1.0])).tolist() == [[-0.25]]
    page = operations_markdown()
    assert "| `softsign(input)` | method | A sigmoid shape" in page
    assert r"| `softsign` | s | $\frac{a}{1 + \vert a\vert }$ |" in page
    assert "A sigmoid shape" in (softsign.__doc__ or "")


def test_it_is_gone_again():
    assert "softsign" not in TABLE and not hasattr(hg.ones(1), "softsign")


def test_a_name_is_given_once():
    with pytest.raises(ValueError, match="there is an operation exp already"):
        elementwise(
            "exp", summary="", formula="", numpy=np.exp, gradient=None, samples=list, example=""
        )


def test_errors_name_the_operation(softsign):
    with pytest.raises(DtypeError, match="float16"):
        softsign(np.zeros(2, np.float16))
    with pytest.raises(ShapeError, match=r"add cannot combine shapes \(2,\) and \(3,\)"):
        _ = softsign(hg.ones(2)) + softsign(hg.ones(3))
