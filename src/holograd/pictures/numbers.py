"""Numbers as pictures, tables and sentences print them: short, with a real minus sign."""

from __future__ import annotations

from decimal import Decimal

LARGE, SMALL = 1_000_000, 1e-5  # from here on, and below, a power of ten is easier to read
EXACT = 1e-6  # a number this close to a shorter one (relative) is printed as that one
ABOVE = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")
MINUS = "−"


def short(number: float, digits: int = 4) -> str:
    """A number with a few significant digits, as people write it.

    A number that has fewer digits is printed with those: 5 as 5, and 0.5 as 0.5. One that was
    rounded keeps its zeros: 5.2795 is 5.280.

    Args:
        number: any number; whole numbers, truth values, infinities and NaN too.
        digits: how many significant digits are shown at most before rounding shows.

    Example:
        >>> [short(number) for number in (0.9949, -0.00009114, 5.27951, 5.0, 0)]
        ['0.9949', '−0.00009114', '5.280', '5', '0']
        >>> short(1.2e10), short(-3.14159e-7), short(float("-inf")), short(float("nan"))
        ('1.2·10¹⁰', '−3.142·10⁻⁷', '−∞', 'NaN')
    """
    number = float(number)
    if number != number:
        return "NaN"
    sign, size = (MINUS if number < 0 else ""), abs(number)
    if size == float("inf"):
        return sign + "∞"
    if size == 0:
        return "0"
    rounded = f"{size:.{digits - 1}e}"
    plain = size < LARGE and float(rounded) >= SMALL
    if plain and size.is_integer():
        return sign + str(int(size))
    mantissa, exponent = rounded.split("e")
    if abs(float(rounded) - size) <= EXACT * size and "." in mantissa:
        mantissa = mantissa.rstrip("0").rstrip(".")
    if plain:
        # A decimal keeps the digits that are written: 1.10 times ten is 11.0.
        scaled = Decimal(mantissa).scaleb(int(exponent))
        text = f"{scaled:f}" if size < 10**digits else f"{size:.0f}"
        return sign + text
    power = "10" + str(int(exponent)).translate(ABOVE)
    return sign + (power if mantissa == "1" else f"{mantissa}·{power}")


def in_cell(number: float) -> str:
    """A number for a cell of a drawing: four significant digits, three below a hundredth.

    Example:
        >>> in_cell(0.047426), in_cell(0.0050815), in_cell(-1.00510)
        ('0.04743', '0.00508', '−1.005')
    """
    return short(number, 4 if abs(number) >= 0.01 else 3)


def as_slope(number: float) -> str:
    """A gradient or a local derivative for a drawing: three significant digits, four from 1 on.

    Example:
        >>> as_slope(0.045178), as_slope(-1.00510), as_slope(-0.00023997)
        ('0.0452', '−1.005', '−0.000240')
    """
    return short(number, 4 if abs(number) >= 1 else 3)


def shape_text(shape: tuple[int, ...]) -> str:
    """A shape in words of the field.

    Example:
        >>> shape_text((128, 784)), shape_text((3,)), shape_text(())
        ('128 × 784', '3', '1')
    """
    return " × ".join(map(str, shape)) or "1"
