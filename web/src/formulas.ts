// Small formulas of the page: a symbol, a derivative, the name of one number of an array.

import { html, markup, math } from "./dom";
import type { Symbol, Value } from "./facts";
import { index } from "./numbers";

export function symbolMath(symbol: Symbol): Node {
  const given = markup(symbol.mathml).firstElementChild;
  return math("mrow", {}, ...(given?.childNodes ?? []));
}

/** ∂above/∂below. */
export function derivative(above: Symbol, below: Symbol): Element {
  const part = (symbol: Symbol): Element =>
    math("mrow", {}, math("mo", {}, "∂"), symbolMath(symbol));
  return math("math", {}, math("mfrac", {}, part(above), part(below)));
}

export function symbolHtml(symbol: Symbol): HTMLElement {
  const element = html("span", { class: "symbol" });
  element.append(markup(symbol.html));
  return element;
}

/** The name of one number of a value, with places counted from 1 and the lecture's orientation. */
export function elementName(value: Value, place: number): HTMLElement {
  const count = value.array.numbers?.length ?? 0;
  if (count <= 1) return symbolHtml(value.symbol);
  const places = index(value.array.shape, place)
    .filter((_, dimension) => value.array.shape[dimension] !== 1)
    .map((one) => one + 1);
  if (value.transposed) places.reverse();
  const { letter, subscript, layer } = value.symbol;
  const apart = !value.named || places.some((one) => one > 9) ? "," : "";
  const below = (value.named ? places : [subscript, ...places]).join(apart);
  const above = value.named ? layer || subscript : "";
  return html(
    "span",
    { class: "symbol" },
    html("i", {}, letter.length === 1 ? letter.toLowerCase() : letter),
    above ? html("sup", {}, `(${above})`) : null,
    html("sub", {}, below),
  );
}

const BELOW = "₀₁₂₃₄₅₆₇₈₉";
const ABOVE = "⁰¹²³⁴⁵⁶⁷⁸⁹";
// A letter with raised brackets or lowered digits, as the catalogue's sentences and the gates have it.
const INDEXED = "(?:⁽[⁰¹²³⁴⁵⁶⁷⁸⁹]+⁾)?[₀₁₂₃₄₅₆₇₈₉,]*[₀₁₂₃₄₅₆₇₈₉]|⁽[⁰¹²³⁴⁵⁶⁷⁸⁹]+⁾";
const NO_LETTER_BEFORE = "(?<![\\p{L}\\p{N}])";
const NO_LETTER_AFTER = "(?![A-Za-z\\p{Script=Greek}\\p{N}⁽])";
// After these words, and at the end, "a" is a symbol; elsewhere in English it is the article.
const VERBS =
  "is|are|was|has|in|by|to|of|or|and|at|as|on|from|with|times|plus|alone|goes|gets|takes|gives|" +
  "receives|sends|passes|flows|becomes|stays|adds|does|enters|serves|only|itself|again";
const ARTICLE = new RegExp(`^ (?!(?:${VERBS})\\b)[A-Za-z]`);

/** A symbol out of its Unicode text, `w⁽¹⁾₁₂`. */
function textHtml(text: string): HTMLElement {
  const [letter = ""] = text;
  const digits = (signs: string, kept = ""): string =>
    [...text.slice(letter.length)]
      .filter((one) => signs.includes(one) || one === kept)
      .map((one) => (one === kept ? one : String(signs.indexOf(one))))
      .join("");
  const [above, below] = [digits(ABOVE), digits(BELOW, ",")];
  return html(
    "span",
    { class: "symbol" },
    html("i", {}, letter),
    above ? html("sup", {}, `(${above})`) : null,
    below ? html("sub", {}, below) : null,
  );
}

// In a gate's sign a letter alone is a symbol, and XW₁ is two; Σ and Π are no variables.
const SIGN_SYMBOL = new RegExp(
  `(?<![\\p{L}0-9_])(?![ΣΠ])([A-Z](?=\\p{L}(?:${INDEXED}))|X(?=W)|)(\\p{L}(?:${INDEXED})?)(?![\\p{L}0-9_⁽])`,
  "u",
);

/** A gate's sign with the symbols in it set as such, as the drawing sets them. */
export function labelHtml(label: string): HTMLElement {
  const parts = label.split(SIGN_SYMBOL);
  return html("span", {}, ...parts.map((part, place) => (part && place % 3 ? textHtml(part) : part)));
}

/** A sentence with the symbols of some values in it, and their single numbers, set as such. */
export function withSymbols(sentence: string, values: Value[]): Node[] {
  const known = new Map<string, Symbol>();
  for (const { named, symbol } of values) {
    if (named && [...symbol.letter].length === 1) known.set(symbol.text, symbol);
  }
  const names = [...known.keys()].sort((one, other) => other.length - one.length);
  const given = names.map((name) => name.replace(/[()\[\].*+?^$|\\/]/g, "\\$&"));
  const any = [...given, `\\p{L}(?:${INDEXED})`].join("|");
  const alone = new RegExp(`${NO_LETTER_BEFORE}(${any})${NO_LETTER_AFTER}`, "u");
  const parts = sentence.split(alone);
  return parts.map((part, place) => {
    if (place % 2 === 0) return document.createTextNode(part);
    if (/^[aAI]$/.test(part) && ARTICLE.test(parts[place + 1] ?? "")) return document.createTextNode(part);
    const symbol = known.get(part);
    return symbol ? symbolHtml(symbol) : textHtml(part);
  });
}
