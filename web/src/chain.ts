// The chain table: what a step computes, or what it sends back. A formula is the header, numbers
// are the rows: incoming gradient × local derivative = contribution.

import { cell, fits, grid, largest, type Face } from "./cells";
import { html, markup, math } from "./dom";
import type { Argument, Formula, Numbers, Step, Value } from "./facts";
import { derivative, elementName, labelHtml, symbolHtml, symbolMath } from "./formulas";
import { brief, flat, local, short, size } from "./numbers";
import type { Level } from "./level";
import type { Session } from "./session";
import type { Texts } from "./texts";

const MOST_ROWS = 8;
const MOST_JOINS = 4; // contributions with a row of their own; those before are summed up
const LONG = 24; // characters of a formula from which on a row has the gate's sign in its place

/** The tables for the moment; nothing where nothing was computed yet. */
export function chainTables(session: Session, texts: Texts): Element[] {
  const { pass, step } = session.moment;
  if (!step) return [];
  if (pass === "forward") return [forwardTable(session, step)];
  return step.arguments
    .filter((one) => one.contribution)
    .map((one) => backwardTable(session, texts, step, one));
}

function formula(given: Formula | null): DocumentFragment | string {
  if (!given) return "";
  const found = markup(given.mathml);
  for (const fence of found.querySelectorAll("mo[fence]")) {
    // Brackets that may stretch get room on both sides, which those around one line do not need.
    const tall = fence.parentElement?.querySelector("mfrac, mtable, munderover, msqrt");
    if (!tall) fence.setAttribute("stretchy", "false");
  }
  return found;
}

function forwardTable(session: Session, step: Step): Element {
  const table = html("div", { class: "forward-table" });
  const output = session.level.value(step.outputs.at(-1) ?? "");
  const line = (given: Formula | null, face: Face): void => {
    if (!given) return;
    const equation = math("math", {}, symbolMath(output.symbol), math("mo", {}, "="));
    table.append(html("p", { class: `formula ${face}` }, equation, formula(given)));
  };
  line(step.formula, "plain");
  line(step.numbers, "plain");
  for (const key of step.outputs) {
    const value = session.level.value(key);
    const row = html("p", { class: "given" }, symbolHtml(value.symbol), " = ");
    row.append(grid(value.array, value.transposed, "result"));
    table.append(row);
  }
  return table;
}

type Column = Node | string;

function row(...columns: Column[]): HTMLTableRowElement {
  const element = html("tr");
  for (const column of columns) element.append(html("td", {}, column));
  return element;
}

function backwardTable(session: Session, texts: Texts, step: Step, one: Argument): Element {
  const { level } = session;
  const source = level.value(one.value);
  const output = step.outputs.map((key) => level.value(key)).find((value) => value.gradient);
  const goal = level.value(level.facts.output);
  const head = html("tr");
  const heading = (content: Column, name = ""): void =>
    void head.append(html("th", { class: name, scope: "col" }, content));
  const { side = "right", turned = false } = one.product ?? {};
  const incoming = output ? derivative(goal.symbol, output.symbol) : "";
  const slope = html("span", { class: "local" }, formula(one.formula));
  if (!one.formula) slope.append(output ? derivative(output.symbol, source.symbol) : "");
  const name = one.joins[1] > 1 ? texts.say("contribution") : derivative(goal.symbol, source.symbol);
  // The check is of the whole gradient: beside the only contribution, or else beside their sum.
  const compared = session.checks && source.check !== null && one.joins[0] === one.joins[1];
  const checked = compared && one.joins[1] === 1;
  const [first, second] = pair(incoming, slope, side, turned);
  for (const column of ["", first, "×", second, "=", name]) heading(column);
  if (compared) heading(texts.say("by_differences"), "check");
  const body = html("tbody");
  if (byNumbers(output, one)) numberRows(body, texts, source, output, one, checked);
  else {
    const slopes = slopeCell(texts, step, source, output, one);
    body.append(arrayRow(source, output, one, slopes, checked));
  }
  const several = step.arguments.filter((other) => other.contribution).length > 1;
  const kind = several ? "chain compact" : "chain";
  const table = html("table", { class: kind }, html("thead", {}, head), body);
  if (one.joins[1] > 1) joinRows(table, session, texts, step, source, one, compared);
  return table;
}

/** Whether each number has a slope of its own. */
function byNumbers(output: Value | undefined, one: Argument): boolean {
  const arrays = [output?.gradient ?? null, one.derivative, one.contribution];
  const [first = 0, ...others] = arrays.map((array) => flat(array).length);
  const alike = first > 0 && others.every((count) => count === first);
  return alike && (one.kind === "elementwise" || first === 1);
}

/** What arrives and the slope in the order of their product; in brackets where that is transposed. */
function pair(incoming: Column, slope: Column, side: string, turned: boolean): [Column, Column] {
  const [first, second] = side === "left" ? [slope, incoming] : [incoming, slope];
  if (!turned) return [first, second];
  const close = html("span", {}, ")", html("sup", {}, "⊤"));
  return [html("span", {}, "( ", first), html("span", {}, second, " ", close)];
}

function numberRows(
  body: HTMLElement,
  texts: Texts,
  source: Value,
  output: Value | undefined,
  one: Argument,
  checked: boolean,
): void {
  const incoming = output?.gradient ?? null;
  const [gradients, slopes, products] = [flat(incoming), flat(one.derivative), flat(one.contribution)];
  const [most, mostProduct] = [largest(incoming), largest(one.contribution)];
  const count = products.length;
  for (let place = 0; place < Math.min(count, MOST_ROWS); place += 1) {
    const columns: Column[] = [
      elementName(source, place),
      cell(gradients[place] ?? 0, most, "plain", flat(output?.noise ?? null)[place]),
      "×",
      cell(slopes[place] ?? 0, 1, "mark"),
      "=",
      cell(products[place] ?? 0, mostProduct, "result", flat(source.noise)[place]),
    ];
    const line = row(...columns);
    if (checked) line.append(checkCell(source, short(flat(source.check)[place] ?? "NaN")));
    body.append(line);
  }
  if (count > MOST_ROWS) {
    const rest = html("td", { colspan: 6, class: "rest" }, texts.say("more", { count: count - MOST_ROWS }));
    body.append(html("tr", {}, rest));
  }
}

function arrayRow(
  source: Value,
  output: Value | undefined,
  one: Argument,
  slopes: HTMLElement,
  checked: boolean,
): HTMLTableRowElement {
  const { side = "right", turned = false } = one.product ?? {};
  const incoming = grid(output?.gradient ?? null, output?.transposed ?? false, "plain", output?.noise);
  const result = grid(one.contribution, source.transposed, "result", source.noise);
  const [first, second] = pair(incoming, slopes, side, turned);
  // A number that was used for several numbers of the output gets the sum of what they send back.
  const spread = one.kind === "elementwise" ? "Σ =" : "=";
  const line = row(symbolHtml(source.symbol), first, one.product ? "·" : "×", second, spread, result);
  if (checked) line.append(checkCell(source, brief(source.check, source.transposed)));
  return line;
}

/** The local derivative in cells, or what is to be said in its place. */
function slopeCell(
  texts: Texts,
  step: Step,
  source: Value,
  output: Value | undefined,
  one: Argument,
): HTMLElement {
  const slopes = asMatrix(one, source, output);
  if (slopes && (one.kind !== "jacobian" || fits(slopes))) {
    return grid(slopes, one.product?.transposed ?? false, "mark");
  }
  if (step.outputs.length > 1) {
    return html("span", { class: "cell summary mark" }, html("small", {}, texts.say("several_given")));
  }
  const [rows, columns] = [size(output?.array ?? null), size(source.array)];
  const count = texts.say("slopes", { rows, columns });
  return html("span", { class: "cell summary mark" }, count, html("small", {}, texts.say("too_many")));
}

/**
 * A Jacobian as a matrix: a row for each number of the output, a column for each of the input. Of
 * a single number the slopes stand as the input's own numbers do.
 */
function asMatrix(one: Argument, source: Value, output: Value | undefined): Numbers | null {
  const slopes = local(one, source);
  if (one.kind !== "jacobian" || !slopes) return slopes;
  const [rows, columns] = [size(output?.array ?? null), size(source.array)];
  if (rows * columns !== size(slopes)) return slopes;
  const given = source.array.shape;
  const alone = source.transposed ? [...given].reverse() : given;
  return { ...slopes, shape: rows === 1 ? alone : [rows, columns] };
}

/** The gradient by finite differences; the sign after it says whether the engine's agrees. */
function checkCell(value: Value, words: string): HTMLElement {
  const sign = value.agrees === null ? "" : value.agrees ? " ✓" : " ✗";
  return html("td", { class: "check" }, words.replaceAll("NaN", "—") + sign);
}

/** One row for each contribution so far, and their sum. */
function joinRows(
  table: HTMLElement,
  session: Session,
  texts: Texts,
  step: Step,
  source: Value,
  now: Argument,
  compared: boolean,
): void {
  const { level } = session;
  const body = html("tbody", { class: "joins" });
  const uses = level.contributors(source.key).flatMap((from) =>
    from.arguments
      .filter((one) => one.value === source.key && one.contribution && one.joins[0] <= now.joins[0])
      .map((one) => ({ from, one })),
  );
  uses.sort((first, second) => first.one.joins[0] - second.one.joins[0]);
  const hidden = uses.length > MOST_JOINS ? uses.length - MOST_JOINS + 1 : 0;
  const before = uses[hidden - 1];
  if (before) {
    const words = texts.say("sum_so_far", { place: hidden, count: now.joins[1] });
    body.append(joinRow(words, before.one.total, source, "plain"));
  }
  for (const { from, one } of uses.slice(hidden)) {
    const face: Face = from === step && one === now ? "result" : "plain";
    body.append(joinRow(through(level, texts, from), one.contribution, source, face));
  }
  const done = now.joins[0] === now.joins[1];
  const [place, count] = now.joins;
  const words = done ? texts.say("sum") : texts.say("sum_so_far", { place, count });
  const last = joinRow(words, now.total, source, "plain");
  last.classList.add("sum");
  if (compared) last.append(checkCell(source, brief(source.check, source.transposed)));
  body.append(last);
  table.append(body);
}

/** The step that sends a contribution back, told from others by what it computes. */
function through(level: Level, texts: Texts, step: Step): HTMLElement {
  const [before, after] = texts.around("through", "step");
  const output = level.value(step.outputs.at(-1) ?? "");
  const equation = math("math", {}, symbolMath(output.symbol), math("mo", {}, "="));
  const known = step.formula && step.formula.text.length <= LONG;
  const name = known ? formula(step.formula) : labelHtml(step.label);
  return html("span", {}, before, equation, " ", name, after);
}

function joinRow(
  words: Column,
  array: Numbers | null,
  source: Value,
  face: Face,
): HTMLTableRowElement {
  const name = html("td", { colspan: 5, class: "words" }, words);
  return html("tr", {}, name, html("td", {}, grid(array, source.transposed, face, source.noise)));
}
