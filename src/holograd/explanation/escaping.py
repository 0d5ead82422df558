"""Text between formulas, as LaTeX, Markdown and Graphviz take it."""

from __future__ import annotations

import re

_LATEX = {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "…": r"\ldots{}",
    **{sign: "\\" + sign for sign in "_%$#&{}"},
}
_SIGNS = {
    "−": "-", "·": r"\cdot", "×": r"\times", "÷": r"\div", "→": r"\to", "←": r"\gets", "≠": r"\ne",
    "≤": r"\le", "≥": r"\ge", "∞": r"\infty", "√": r"\surd", "∂": r"\partial", "∧": r"\land",
    "∨": r"\lor", "⊕": r"\oplus", "⊙": r"\odot", "¬": r"\lnot", "∃": r"\exists", "∀": r"\forall",
    "⌊": r"\lfloor", "⌋": r"\rfloor", "⌈": r"\lceil", "⌉": r"\rceil", "‖": r"\Vert",
    "ᵀ": r"^{\top}", "✓": r"\surd", "|": r"\vert", "<": "<", ">": ">", "ˣ": "^{x}", "ʸ": "^{y}",
    "∗": r"\ast", "⁽": "^{(}", "⁾": "^{)}", "⁻": "^{-}", "↓": r"\downarrow",
}  # fmt: skip
GREEK = dict(
    zip(
        "αβγδεζηθκλμνξπρστφχψωΓΔΘΛΣΠΦΨΩ",
        (
            "alpha beta gamma delta varepsilon zeta eta theta kappa lambda mu nu xi pi rho sigma "
            "tau varphi chi psi omega Gamma Delta Theta Lambda Sigma Pi Phi Psi Omega"
        ).split(),
        strict=True,
    )
)
_SIGNS |= {letter: "\\" + name for letter, name in GREEK.items()}
_SIGNS |= {sign: f"^{{{digit}}}" for digit, sign in enumerate("⁰¹²³⁴⁵⁶⁷⁸⁹")}
_SIGNS |= {
    sign: f"_{{{plain}}}"
    for plain, sign in zip(
        "0123456789aehijklmnoprstuvx", "₀₁₂₃₄₅₆₇₈₉ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓ", strict=True
    )
}
_LATEX |= {sign: rf"\ensuremath{{{latex}}}" for sign, latex in _SIGNS.items()}
_NAMES = {  # signs in a name, in formulas
    "\\": r"\backslash ", "~": r"\sim ", "^": r"\wedge ", "…": r"\ldots ", "<": "{<}",
    ">": "{>}", **{sign: f"{{{latex}}}" for sign, latex in _SIGNS.items() if sign not in "<>"},
}  # fmt: skip
_PARTS = re.compile(rf"[A-Za-z0-9]+|[{re.escape(''.join({*_NAMES, *_LATEX}))}]|[^A-Za-z0-9]")
_LIGATURE = re.compile(r"([-`',])(?=\1)")  # LaTeX would make one sign of two
_ABOVE = re.compile("[⁰¹²³⁴⁵⁶⁷⁸⁹⁻]+")
_DOWN = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")
_MARKDOWN = "\\`*_{}[]<>#|$~"


def latex_text(text: str) -> str:
    """Text as LaTeX takes it outside of formulas.

    Example:
        >>> print(latex_text("50 % of w_1, −3"))
        50 \\% of w\\_1, \\ensuremath{-}3
    """
    return _LIGATURE.sub(r"\1{}", "".join(_LATEX.get(one, one) for one in text))


def latex_name(name: str) -> str:
    """A name in letters of its own, as LaTeX and the renderers of Markdown take it in formulas.

    Example:
        >>> print(latex_name("learning_rate"), latex_name("a<b^2"))
        \\mathit{learning\\_rate} \\mathit{a{<}b\\wedge 2}
    """
    return rf"\mathit{{{''.join(_in_formula(part) for part in _PARTS.findall(name))}}}"


def _in_formula(part: str) -> str:
    if part in _NAMES:
        return _NAMES[part]
    plain = part in _LATEX or (part.isascii() and part.isalnum())
    return _LATEX.get(part, part) if plain else rf"\text{{{part}}}"


def latex_number(text: str) -> str:
    """A number as `pictures.numbers.short` writes it, as LaTeX takes it in formulas.

    Example:
        >>> print(latex_number("−1.2·10¹⁰"))
        -1.2 \\cdot 10^{10}
    """
    text = _ABOVE.sub(lambda found: f"^{{{found.group().translate(_DOWN)}}}", text)
    text = text.replace("−", "-").replace("·", r" \cdot ").replace("∞", r"\infty")
    return text.replace("NaN", r"\text{NaN}")


def beyond_latin(text: str) -> bool:
    """Whether LaTeX needs a font of its own for text: it has letters beyond Latin.

    Example:
        >>> beyond_latin("σ(z) → café"), beyond_latin("손실")
        (False, True)
    """
    return any(ord(one) > 0x17F and one not in _LATEX for one in text)


def markdown_text(text: str) -> str:
    """Text as Markdown takes it, in tables too.

    Example:
        >>> print(markdown_text("a_b | c*"))
        a\\_b \\| c\\*
    """
    text = " ".join(text.split())
    return "".join("\\" + one if one in _MARKDOWN else one for one in text)


def dot_text(text: str) -> str:
    """Text between quotation marks, as Graphviz takes it; lines stand in the middle.

    Example:
        >>> print(dot_text('a "b"'))
        "a \\"b\\""
    """
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'
