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

const WORDS = new Set(["a", "A", "I"]); // letters that are words of a sentence, too

/** A sentence with the symbols of some values in it set as such. */
export function withSymbols(sentence: string, values: Value[]): Node[] {
  const known = new Map<string, Symbol>();
  for (const { named, symbol } of values) {
    if (named && [...symbol.letter].length === 1 && !WORDS.has(symbol.text)) known.set(symbol.text, symbol);
  }
  if (!known.size) return [document.createTextNode(sentence)];
  const names = [...known.keys()].sort((one, other) => other.length - one.length);
  const any = names.map((name) => name.replace(/[()\[\].*+?^$|\\/]/g, "\\$&")).join("|");
  const alone = new RegExp(`(?<![\\p{L}\\p{N}])(${any})(?![A-Za-z\\p{Script=Greek}\\p{N}⁽])`, "u");
  return sentence.split(alone).map((part, place) => {
    const symbol = place % 2 ? known.get(part) : undefined;
    return symbol ? symbolHtml(symbol) : document.createTextNode(part);
  });
}
