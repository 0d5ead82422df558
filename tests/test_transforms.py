"""Functional derivatives against closed forms, nested, and inside of functions with parameters."""

import numpy as np
import pytest

import holograd as hg
from holograd.check import check_gradient
from holograd.errors import GradientError, ShapeError


def double(*numbers):
    return hg.tensor(list(numbers), dtype=hg.float64)


MATRIX = np.array([[1.0, 2.0, 0.5], [-1.0, 3.0, 2.0]])


def quadratic(x):
    """½ xᵀ A x + Σ sin x, whose gradient is ½ (A + Aᵀ) x + cos x."""
    square = MATRIX.T @ MATRIX
    return 0.5 * x @ (hg.tensor(square) @ x) + x.sin().sum()


def test_gradient_value_and_hessian_are_the_closed_forms():
    x = double(0.3, -1.2, 2.0)
    square = MATRIX.T @ MATRIX
    value, slope = hg.value_and_grad(quadratic)(x)
    numbers = x.numpy()
    assert value.item() == pytest.approx(0.5 * numbers @ square @ numbers + np.sin(numbers).sum())
    np.testing.assert_allclose(slope, square @ numbers + np.cos(numbers), rtol=1e-14)
    np.testing.assert_allclose(hg.grad(quadratic)(x), slope)
    np.testing.assert_allclose(
        hg.hessian(quadratic)(x), square - np.diag(np.sin(numbers)), rtol=1e-14, atol=1e-14
    )


def test_jacobian_vjp_and_jvp_agree_with_the_closed_form():
    def f(x):
        return (hg.tensor(MATRIX) @ x) ** 2

    x, v, t = double(0.3, -1.2, 2.0), double(1.0, -2.0), double(0.5, 0.25, -1.0)
    wanted = 2 * (MATRIX @ x.numpy())[:, None] * MATRIX
    np.testing.assert_allclose(hg.jacobian(f)(x), wanted, rtol=1e-14)
    value, pullback = hg.vjp(f, x)
    np.testing.assert_allclose(value, f(x))
    np.testing.assert_allclose(pullback(v)[0], v.numpy() @ wanted, rtol=1e-14)
    np.testing.assert_allclose(pullback(2 * v)[0], 2 * v.numpy() @ wanted, rtol=1e-14)
    value, slope = hg.jvp(f, [x], [t])
    np.testing.assert_allclose(value, f(x))
    np.testing.assert_allclose(slope, wanted @ t.numpy(), rtol=1e-14)


def test_jacobians_of_matrices_have_the_shapes_of_both():
    x = hg.tensor(MATRIX)
    full = hg.jacobian(lambda x: x.T * 2)(x)
    assert full.shape == (3, 2, 2, 3)
    assert full.sum().item() == 2 * 6
    assert full[2, 1].tolist() == [[0, 0, 0], [0, 0, 2]]
    assert hg.jacobian(lambda x: x[:, :0])(x).shape == (2, 0, 2, 3)


def test_several_arguments():
    def f(a, b, c):
        return (a * a * b).sum() + c

    a, b, c = double(1.0, 2.0), double(3.0, 4.0), double(5.0)
    slopes = hg.grad(f, argnums=(1, 0))(a, b, c[0])
    assert [one.tolist() for one in slopes] == [[1.0, 4.0], [6.0, 16.0]]
    assert hg.grad(f, argnums=2)(a, b, c[0]).item() == 1.0
    assert hg.hessian(f, argnums=1)(a, b, c[0]).tolist() == [[0.0, 0.0], [0.0, 0.0]]


def test_nested_gradients_are_the_higher_derivatives():
    f = lambda x: x**4 + hg.sin(2 * x)  # noqa: E731
    x = double(0.7)[0]
    wanted = [
        0.7**4 + np.sin(1.4), 4 * 0.7**3 + 2 * np.cos(1.4), 12 * 0.7**2 - 4 * np.sin(1.4),
        24 * 0.7 - 8 * np.cos(1.4), 24 + 16 * np.sin(1.4),
    ]  # fmt: skip
    for order in range(5):
        assert f(x).item() == pytest.approx(wanted[order], rel=1e-12)
        f = hg.grad(f)


def test_inner_and_outer_variables_are_told_apart():
    """d/dx [x · d/dy (x + y)] at y = 1 is 1: the inner derivative must not see x as y."""
    inner = lambda x: hg.grad(lambda y: x + y)(double(1.0)[0])  # noqa: E731
    assert hg.grad(lambda x: x * inner(x))(double(2.0)[0]).item() == 1.0
    squares = hg.grad(lambda x: x * hg.grad(lambda y: x * y * y)(double(3.0)[0]))
    assert squares(double(2.0)[0]).item() == 2 * 2.0 * 2 * 3.0  # of 2 · 3 · x²


def test_functions_that_ignore_their_argument_have_gradient_zero():
    x = double(1.0, 2.0)
    assert hg.grad(lambda x: double(3.0).sum())(x).tolist() == [0.0, 0.0]
    assert hg.jacobian(lambda x: double(3.0))(x).tolist() == [[0.0, 0.0]]
    assert hg.hessian(lambda x: x.sum())(x).tolist() == [[0.0, 0.0], [0.0, 0.0]]
    assert hg.jvp(lambda x: double(3.0), [x], [x])[1].tolist() == [0.0]


def test_a_gradient_penalty_reaches_the_parameters():
    """L = Σ (∂f/∂x)² for f = Σ w·x³: ∂f/∂x = 3w·x², so L = Σ 9w²x⁴ and ∂L/∂w = 18w·x⁴."""
    w, x = double(1.0, -2.0).requires_grad_(), double(0.5, 2.0)
    slope = hg.grad(lambda x: (w * x**3).sum())(x)
    (slope * slope).sum().backward()
    assert w.grad is not None
    np.testing.assert_allclose(
        w.grad, 18 * w.numpy() * x.numpy() ** 4 if False else [1.125, -576.0]
    )


def test_results_carry_no_graph_of_their_own():
    x = double(1.0, 2.0)
    value, slope = hg.value_and_grad(lambda x: (x * x).sum())(x)
    assert not value.requires_grad and not slope.requires_grad and x.grad is None
    assert not hg.hessian(lambda x: (x * x).sum())(x).requires_grad


def test_arguments_that_require_grad_keep_theirs_apart():
    x = double(2.0).requires_grad_()
    slope = hg.grad(lambda x: (x * x * x).sum())(x)
    assert x.grad is None and slope.tolist() == [12.0]
    slope.sum().backward()
    assert x.grad is not None and x.grad.tolist() == [12.0]


def test_derivatives_of_derivatives_pass_the_check():
    f = lambda x: (x.tanh() * x.exp()).sum()  # noqa: E731
    assert check_gradient(hg.grad(f), double(0.1, -0.5)).ok
    assert check_gradient(lambda x: hg.hessian(f)(x).sum(), double(0.1, -0.5)).ok
    assert check_gradient(lambda x, t: hg.jvp(f, [x], [t])[1], [double(0.1), double(2.0)]).ok


def test_misuse_is_told():
    x = double(1.0, 2.0)
    with pytest.raises(GradientError, match=r"one number.*shape \(2,\).*jacobian\(f\)"):
        hg.grad(lambda x: x * 2)(x)
    with pytest.raises(ShapeError, match=r"vjp got a vector of shape \(3,\) for \(2,\)"):
        hg.vjp(lambda x: x * 2, x)[1](hg.ones(3))
    with pytest.raises(ShapeError, match=r"tangent of shape \(3,\) for \(2,\)"):
        hg.jvp(lambda x: x * 2, [x], [hg.ones(3)])


def test_transforms_see_through_an_outer_no_grad_and_keep_it():
    x = double(3.0).requires_grad_()
    with hg.no_grad():
        value, slope = hg.value_and_grad(lambda x: (x * x).sum())(x)
        assert (value.item(), slope.tolist()) == (9.0, [6.0])
        assert not value.requires_grad and not slope.requires_grad
        assert hg.hessian(lambda x: (x * x).sum())(x).tolist() == [[2.0]]
        assert hg.jvp(lambda x: x * x, [x], [x])[1].tolist() == [18.0]
        assert hg.vjp(lambda x: x * x, x)[1](x)[0].tolist() == [18.0]
