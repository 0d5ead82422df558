// The text alternative of the drawing: all steps of a level as a table.

import { html } from "./dom";
import type { Session } from "./session";
import type { Texts } from "./texts";
import { brief, local } from "./numbers";

export function overview(session: Session, texts: Texts): HTMLElement {
  const { level } = session;
  const now = session.moment.step;
  const names = ["step", "takes", "gives", "gradient_arrives", "slope", "contribution"];
  const head = html("tr", {}, html("th", { scope: "col" }, "#"));
  for (const name of names) head.append(html("th", { scope: "col" }, texts.say("column_" + name)));
  const body = html("tbody");
  for (const step of level.forward) {
    const list = (texts: string[]): HTMLElement => {
      const cell = html("td");
      for (const text of texts) cell.append(html("div", {}, text));
      return cell;
    };
    const named = (key: string): string => {
      const value = level.value(key);
      const numbers = brief(value.array, value.transposed);
      return value.symbol.text === numbers ? numbers : `${value.symbol.text} = ${numbers}`;
    };
    const output = level.value(step.outputs.at(-1) ?? "");
    const row = html(
      "tr",
      { click: () => session.goTo(step, session.moment.pass === "backward" ? "backward" : "forward") },
      html("td", {}, String(step.number)),
      html("th", { scope: "row" }, step.label),
      list(step.arguments.map((one) => named(one.value))),
      list(step.outputs.map(named)),
      list([brief(output.gradient, output.transposed)]),
      list(step.arguments.map((one) => (one.contribution ? brief(local(one, level.value(one.value))) : ""))),
      list(step.arguments.map((one) => brief(one.contribution, level.value(one.value).transposed))),
    );
    if (step === now) row.setAttribute("aria-current", "step");
    body.append(row);
  }
  const caption = html("caption", {}, texts.say("drawing"));
  return html("table", { class: "overview" }, caption, html("thead", {}, head), body);
}
