// Numbers as the drawings print them: the same rule as `short` in holograd.pictures.numbers, so that
// the page and the drawing show one number in one way. A test compares the two.

import type { Argument, Numbers, Numeral, Value } from "./facts";

const LARGE = 1_000_000;
const SMALL = 1e-5;
const EXACT = 1e-6;
const ABOVE = "⁰¹²³⁴⁵⁶⁷⁸⁹";

/** Digits and exponent of a number rounded to so many digits, a tie to the even digit. */
function rounded(size: number, digits: number): [string, number] {
  const [exact = "", power = "0"] = size.toExponential(100).split("e");
  const all = exact.replace(".", "");
  const rest = all.slice(digits);
  const kept = all.slice(0, digits);
  const odd = Number(kept.at(-1)) % 2 === 1;
  const tie = rest[0] === "5" && /^0*$/.test(rest.slice(1));
  const up = tie ? odd : Number(rest[0]) >= 5;
  if (!up) return [kept, Number(power)];
  const next = String(BigInt(kept) + 1n).padStart(digits, "0");
  return next.length > digits ? [next.slice(0, digits), Number(power) + 1] : [next, Number(power)];
}

/** Digits with the decimal point after so many of them. */
function pointed(digits: string, before: number): string {
  if (before <= 0) return "0." + "0".repeat(-before) + digits;
  if (before >= digits.length) return digits + "0".repeat(before - digits.length);
  return digits.slice(0, before) + "." + digits.slice(before);
}

export function short(given: Numeral, digits = 4): string {
  const number = Number(given);
  if (Number.isNaN(number)) return "NaN";
  const sign = number < 0 ? "−" : "";
  const size = Math.abs(number);
  if (size === Infinity) return sign + "∞";
  if (size === 0) return "0";
  const [all, power] = rounded(size, digits);
  const value = Number(`${pointed(all, 1)}e${power}`);
  const plain = size < LARGE && value >= SMALL;
  if (plain && Number.isInteger(size)) return sign + String(size);
  const close = Math.abs(value - size) <= EXACT * size;
  const kept = close ? all.replace(/(?!^)0+$/, "") : all;
  if (plain) {
    if (size < 10 ** digits) return sign + pointed(kept, power + 1);
    const whole = rounded(size, Math.floor(Math.log10(size)) + 1);
    return sign + pointed(whole[0], whole[1] + 1);
  }
  const above = [...String(power)].map((one) => (one === "-" ? "⁻" : ABOVE[Number(one)])).join("");
  return sign + (kept === "1" ? "" : pointed(kept, 1) + "·") + "10" + above;
}

/** All numbers of an array in their order; empty where only a summary was kept. */
export function flat(array: Numbers | null): Numeral[] {
  return array?.numbers ?? [];
}

/** How many numbers an array has. */
export function size(array: Numbers | null): number {
  return array ? array.shape.reduce((one, other) => one * other, 1) : 0;
}

/** The local derivative in the lecture's orientation: a Jacobian by a weight as (…, in, out). */
export function local(one: Argument, source: Value): Numbers | null {
  const given = one.derivative;
  if (!given || one.kind !== "jacobian" || !source.transposed) return given;
  const [rows = 1, columns = 1] = given.shape.slice(-2);
  const shape = [...given.shape.slice(0, -2), columns, rows];
  const numbers = given.numbers?.map((_, place) => {
    const [before, within] = [Math.floor(place / (rows * columns)), place % (rows * columns)];
    const from = (within % rows) * columns + Math.floor(within / rows);
    return given.numbers?.[before * rows * columns + from] ?? "NaN";
  });
  return numbers ? { ...given, shape, numbers } : { ...given, shape };
}

/** The index of a number in an array, one count for each dimension, from 0. */
export function index(shape: number[], place: number): number[] {
  const found: number[] = [];
  for (const extent of [...shape].reverse()) {
    found.unshift(place % extent);
    place = Math.floor(place / extent);
  }
  return found;
}

const BRIEF = 6;

/** An array on one line: `(−3, −4)`, `[[5, −7], [5, −7]]`; of a large one its shape. */
export function brief(array: Numbers | null, transposed = false): string {
  if (!array) return "";
  const { numbers } = array;
  const shape = array.shape.filter((extent) => extent !== 1);
  if (!numbers || numbers.length > BRIEF || shape.length > 2) return array.shape.join(" × ");
  const texts = numbers.map((one) => short(one));
  const [rows = 1, columns = 1] = shape;
  if (shape.length < 2) return texts.length === 1 ? (texts[0] ?? "") : `(${texts.join(", ")})`;
  const lines = transposed
    ? Array.from({ length: columns }, (_, at) => texts.filter((_, place) => place % columns === at))
    : Array.from({ length: rows }, (_, at) => texts.slice(at * columns, (at + 1) * columns));
  return `[${lines.map((line) => `[${line.join(", ")}]`).join(", ")}]`;
}
