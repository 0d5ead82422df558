"""asin, acos and atan.

float lanes are computed in double: the result is rounded once, and almost always correctly.
"""

from __future__ import annotations

import math

from holograd.compiler.mathematics.angle_reduction import HALF_PI_LOW
from holograd.compiler.mathematics.bits import Lanes, polynomial

# (asin(s) - s)/s³ in z = s², for |s| ≤ 1/2: relative errors of asin 2^-31 and 2^-55.
SINGLE_ARC_SINE_TAIL = (
    0.16666660233749148,
    0.07500494364998382,
    0.04451836566711392,
    0.03179840581560632,
    0.014467487191264552,
    0.03748230742641539,
)
DOUBLE_ARC_SINE_TAIL = (
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
# (atan(t) - t)/t³ in z = t², for |t| ≤ √2 - 1: relative errors of atan 2^-30 and 2^-54.
SINGLE_ARC_TANGENT_TAIL = (
    -0.33333316446039696,
    0.19998534042086688,
    -0.14244549874946164,
    0.10600496060865035,
    -0.06093591191486171,
)
DOUBLE_ARC_TANGENT_TAIL = (
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


def arc_sine(x: Lanes) -> Lanes:
    """asin x, with errors up to 0.6 ulp (float) and 2.4 ulp (double)."""
    large, angle = _arc_sine_of_part(x)
    angle = large.choose(math.pi / 2 - (2.0 * angle - HALF_PI_LOW), angle)
    return _in_type_of(x, angle).with_sign_of(x)


def arc_cosine(x: Lanes) -> Lanes:
    """acos x, with errors up to 0.6 ulp (float) and 1.5 ulp (double)."""
    large, angle = _arc_sine_of_part(x)
    wide = x.widened() if x.is_single else x
    near = math.pi / 2 - (angle.with_sign_of(wide) - HALF_PI_LOW)
    far = (wide > 0.0).choose(2.0 * angle, math.pi - 2.0 * (angle - HALF_PI_LOW))
    return _in_type_of(x, large.choose(far, near))


def _arc_sine_of_part(x: Lanes) -> tuple[Lanes, Lanes]:
    """Whether |x| > 1/2, and there asin √((1 - |x|)/2), else asin |x|, in double.

    asin |x| = π/2 - 2·asin √((1 - |x|)/2).
    """
    a = abs(x.widened() if x.is_single else x)
    large = a > 0.5
    z = large.choose((1.0 - a) * 0.5, a * a)
    s = large.choose(z.square_root(), a)
    tail = SINGLE_ARC_SINE_TAIL if x.is_single else DOUBLE_ARC_SINE_TAIL
    return large, (s * z).multiply_add(polynomial(z, tail), s)


def arc_tangent(x: Lanes) -> Lanes:
    """atan x, with errors up to 0.6 ulp (float) and 2.3 ulp (double).

    From tan(π/8) = √2 - 1 on, atan a = π/4 + atan((a - 1)/(a + 1)); from cot(π/8) = √2 + 1 on,
    atan a = π/2 - atan(1/a).
    """
    a = abs(x.widened() if x.is_single else x)
    middle, large = a > math.sqrt(2) - 1, a > math.sqrt(2) + 1
    numerator = large.choose(-1.0, middle.choose(a - 1.0, a))
    denominator = large.choose(a, middle.choose(a + 1.0, 1.0))
    t = numerator / denominator
    z = t * t
    tail = SINGLE_ARC_TANGENT_TAIL if x.is_single else DOUBLE_ARC_TANGENT_TAIL
    zero = a.constant(0.0)
    base = large.choose(math.pi / 2, middle.choose(math.pi / 4, zero))
    low = large.choose(HALF_PI_LOW, middle.choose(HALF_PI_LOW / 2, zero))
    angle = base + ((t * z).multiply_add(polynomial(z, tail), low) + t)
    return _in_type_of(x, angle).with_sign_of(x)


def _in_type_of(x: Lanes, result: Lanes) -> Lanes:
    return result.narrowed() if x.is_single else result
