"""sin, cos, tan and their inverses."""

from __future__ import annotations

import math

from holograd.compiler.mathematics.bits import Lanes, polynomial

PI_HALF_1 = 1.57079632673412561417e00
PI_HALF_2 = 6.07710050630396597660e-11
PI_HALF_3 = 2.02226624871116645580e-21
PI_HALF_4 = 8.47842766036889956997e-32
PI_HALF_LOW = 6.123233995736766e-17
SINE_TAIL = (
    -0.16666666666666646,
    0.008333333333324967,
    -0.00019841269831492785,
    2.7557314192627694e-06,
    -2.5050826978604287e-08,
    1.5900364514178483e-10,
)
COSINE_TAIL = (
    0.04166666666666666,
    -0.0013888888888884462,
    2.480158729571347e-05,
    -2.7557316080908264e-07,
    2.0875948589512946e-09,
    -1.1370838341369494e-11,
)
ARC_SINE_TAIL = (
    0.16666666666666455,
    0.07500000000122861,
    0.044642856984392416,
    0.03038195336333528,
    0.022371883800651884,
    0.017357965172450588,
    0.013901124737381204,
    0.01207209185928709,
    0.0069212211664090445,
    0.018515809457469553,
    -0.01472326931347999,
    0.03093668437461458,
)
ARC_TANGENT_TAIL = (
    -0.33333333333332793,
    0.1999999999965396,
    -0.14285714237634034,
    0.11111108232461779,
    -0.09090816020022542,
    0.0769050351596645,
    -0.06644612601389996,
    0.05709488761211998,
    -0.04404719802640673,
    0.021782529349457583,
)


def _reduced(x: Lanes) -> tuple[Lanes, Lanes, Lanes]:
    """n's bits, r and its rounding error, with x = n·π/2 + r."""
    magic = 1.5 * 2.0**52
    shifted = x.multiply_add(2 / math.pi, magic)
    n = shifted - magic
    first = n.multiply_add(-PI_HALF_1, x)
    second = n * PI_HALF_2
    r = first - second
    error = (first - r) - second
    third = n * PI_HALF_3
    sum_ = r - third
    error = error + ((r - sum_) - third) - n * PI_HALF_4
    high = sum_ + error
    return shifted.bits(), high, error - (high - sum_)


def _sine_and_cosine(x: Lanes) -> tuple[Lanes, Lanes, Lanes]:
    n, r, low = _reduced(x)
    z = r * r
    sine = r + (r * z).multiply_add(polynomial(z, SINE_TAIL), low - low * (0.5 * z))
    half = 0.5 * z
    w = 1.0 - half
    cosine = w + (
        ((1.0 - w) - half) + ((z * z).multiply_add(polynomial(z, COSINE_TAIL), -(r * low)))
    )
    return n, sine, cosine


def _odd(n: Lanes) -> Lanes:
    return (n & 1).equals(1)


def _sign(n: Lanes, number: Lanes) -> Lanes:
    """`number`, negated where bit 1 of n is set."""
    return (number.bits() ^ ((n & 2) << 62)).number()


def sine(x: Lanes) -> Lanes:
    """sin x in double."""
    n, sine, cosine = _sine_and_cosine(x)
    result = _sign(n, _odd(n).choose(cosine, sine))
    return (abs(x) < 2.0**-28).choose(x, result)


def cosine(x: Lanes) -> Lanes:
    """cos x in double."""
    n, sine, cosine = _sine_and_cosine(x)
    return _sign(n + 1, _odd(n).choose(sine, cosine))


def tangent(x: Lanes) -> Lanes:
    """tan x in double."""
    n, sine, cosine = _sine_and_cosine(x)
    odd = _odd(n)
    result = odd.choose(-cosine, sine) / odd.choose(sine, cosine)
    return (abs(x) < 2.0**-28).choose(x, result)


def _arc_sine_parts(x: Lanes) -> tuple[Lanes, Lanes, Lanes]:
    magnitude = abs(x)
    large = magnitude > 0.5
    z = large.choose((1.0 - magnitude) * 0.5, x * x)
    s = large.choose(z.square_root(), magnitude)
    return large, s, (s * z).multiply_add(polynomial(z, ARC_SINE_TAIL), s)


def arc_sine(x: Lanes) -> Lanes:
    """asin x in double."""
    large, _, angle = _arc_sine_parts(x)
    return large.choose(math.pi / 2 - (2.0 * angle - PI_HALF_LOW), angle).with_sign_of(x)


def arc_cosine(x: Lanes) -> Lanes:
    """acos x in double."""
    large, _, angle = _arc_sine_parts(x)
    signed = angle.with_sign_of(x)
    near = math.pi / 2 - (signed - PI_HALF_LOW)
    far = (x > 0.0).choose(2.0 * angle, math.pi - 2.0 * (angle - PI_HALF_LOW))
    return large.choose(far, near)


def arc_tangent(x: Lanes) -> Lanes:
    """atan x in double."""
    a = abs(x)
    middle, large = a > math.sqrt(2) - 1, a > math.sqrt(2) + 1
    numerator = large.choose(-1.0, middle.choose(a - 1.0, a))
    denominator = large.choose(a, middle.choose(a + 1.0, 1.0))
    t = numerator / denominator
    z = t * t
    none = x.constant(0.0)
    base = large.choose(math.pi / 2, middle.choose(math.pi / 4, none))
    low = large.choose(PI_HALF_LOW, middle.choose(PI_HALF_LOW / 2, none))
    angle = base + ((t * z).multiply_add(polynomial(z, ARC_TANGENT_TAIL), low) + t)
    return angle.with_sign_of(x)
