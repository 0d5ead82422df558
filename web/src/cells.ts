// Numbers in cells: coloured by their sign as in the drawing, one alone or an array in rows.

import { html } from "./dom";
import type { Numbers, Numeral } from "./facts";
import { short } from "./numbers";

const [MOST_ROWS, MOST_COLUMNS] = [4, 6]; // of larger arrays the shape and the range are shown
const STEPS = 2; // of the colour scale, so that ink stays readable
const SHADES = 4; // between two of its steps

/**
 * The colour under a number: the same shade as `under_number` in holograd.pictures.colours. Up to
 * the size of `noise`, which rounding leaves of 0, it is that of 0.
 */
export function shade(given: Numeral, largest: number, noise: Numeral = 0): string {
  const number = Number(given);
  if (!(Math.abs(number) > Number(noise))) return "var(--zero)";
  const finite = Number.isFinite(number) && largest > 0 && largest < Infinity;
  const ratio = finite ? Math.min(1, Math.abs(number) / largest) : 1;
  const level = Math.max(1, Math.round(ratio * STEPS * SHADES)) / SHADES;
  const side = number > 0 ? "p" : "n";
  const below = Math.floor(level);
  const lower = below ? `var(--${side}${below})` : "var(--zero)";
  if (level === below) return lower;
  return `color-mix(in srgb, var(--${side}${below + 1}) ${(level - below) * 100}%, ${lower})`;
}

export function largest(array: Numbers | null): number {
  const ends = array?.summary ? [array.summary.least, array.summary.greatest] : [];
  const sizes = (array?.numbers ?? ends).map((one) => Math.abs(Number(one))).filter(Number.isFinite);
  return sizes.reduce((most, one) => Math.max(most, one), 0);
}

export type Face = "plain" | "mark" | "result";

/** One number; `mark` is yellow instead of coloured, `result` has the mark's line around it. */
export function cell(number: Numeral, most: number, face: Face = "plain", noise: Numeral = 0): HTMLElement {
  const style = face === "mark" ? undefined : `background:${shade(number, most, noise)}`;
  return html("span", { class: `cell ${face}`, style }, short(number));
}

/** Rows and columns that an array is shown in; null where it has more dimensions. */
function matrix(shape: number[]): [number, number] | null {
  while (shape.length > 2 && shape[0] === 1) shape = shape.slice(1);
  const [rows = 1, columns = 1] = [1, 1, ...shape].slice(-2);
  return shape.length > 2 ? null : [rows, columns];
}

function extents(array: Numbers, turn: boolean): [number, number] {
  const [rows, columns] = matrix(array.shape) ?? [Infinity, Infinity];
  return turn ? [columns, rows] : [rows, columns];
}

/** Whether an array's numbers are few enough to be shown in cells. */
export function fits(array: Numbers, turn = false): array is Numbers & { numbers: Numeral[] } {
  const [rows, columns] = extents(array, turn);
  return array.numbers !== undefined && rows <= MOST_ROWS && columns <= MOST_COLUMNS;
}

/** An array as rows of cells, and what rounding leaves of 0 in each; of large ones the shape and the range. */
export function grid(
  array: Numbers | null,
  turn: boolean,
  face: Face = "plain",
  noise: Numbers | null = null,
): HTMLElement {
  if (!array) return html("span", { class: "cell none" }, "?");
  const [rows, columns] = extents(array, turn);
  if (!fits(array, turn)) {
    const shape = array.shape.length === 2 ? [rows, columns] : array.shape;
    const line = html("small", {}, range(array));
    return html("span", { class: `cell summary ${face}` }, shape.join(" × "), line);
  }
  const most = largest(array);
  const element = html("span", { class: "grid" });
  element.style.gridTemplateColumns = `repeat(${columns}, max-content)`;
  for (let row = 0; row < rows; row += 1) {
    for (let column = 0; column < columns; column += 1) {
      const place = turn ? column * rows + row : row * columns + column;
      element.append(cell(array.numbers[place] ?? 0, most, face, noise?.numbers?.[place]));
    }
  }
  return element;
}

function range(array: Numbers): string {
  const numbers = (array.numbers ?? []).map(Number).filter((one) => !Number.isNaN(one));
  const [first = 0] = numbers;
  const least = array.summary?.least ?? numbers.reduce((one, other) => Math.min(one, other), first);
  const most = array.summary?.greatest ?? numbers.reduce((one, other) => Math.max(one, other), first);
  return `${short(least, 3)} … ${short(most, 3)}`;
}
