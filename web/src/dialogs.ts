// The two dialogs: what the keys do, and a box to jump to a value by its name.

import { html } from "./dom";
import type { Value } from "./facts";
import { symbolHtml } from "./formulas";
import { NAMED } from "./keyboard";
import { brief } from "./numbers";
import type { Session } from "./session";
import type { Texts } from "./texts";

const MOST_FOUND = 12;

function dialog(name: string): HTMLDialogElement {
  const element = html("dialog", { class: name });
  element.addEventListener("click", (event) => {
    if (event.target === element) element.close();
  });
  return element;
}

export class Help {
  readonly element = dialog("help");

  constructor(
    private readonly session: Session,
    private readonly texts: Texts,
  ) {}

  open(): void {
    const { session, texts } = this;
    const keys = html("dl");
    for (const [key, action] of NAMED) {
      keys.append(html("dt", {}, html("kbd", {}, key)), html("dd", {}, texts.say("key_" + action)));
    }
    const box = html("input", { type: "checkbox", checked: session.keys });
    box.addEventListener("change", () => session.set({ keys: box.checked }));
    const close = html("button", { type: "button", class: "action", click: () => this.element.close() });
    close.textContent = texts.say("close");
    this.element.replaceChildren(
      html("h2", {}, texts.say("help")),
      html("p", {}, texts.say("help_gate")),
      keys,
      html("label", {}, box, texts.say("single_keys")),
      close,
    );
    this.element.showModal();
  }
}

export class Find {
  readonly element = dialog("find");
  private readonly box = html("input", { type: "text", autocomplete: "off", spellcheck: "false" });
  private readonly list = html("ul");
  private found: [string, Value][] = [];

  constructor(
    private readonly session: Session,
    private readonly texts: Texts,
  ) {
    this.box.addEventListener("input", () => this.search());
    this.box.addEventListener("keydown", (event) => {
      const first = this.found[0];
      if (event.key === "Enter" && first) this.jump(...first);
      if (event.key === "Enter") event.preventDefault();
    });
    this.element.append(this.box, this.list);
  }

  open(): void {
    this.box.value = "";
    const text = this.texts.say("find");
    this.box.placeholder = text;
    this.box.setAttribute("aria-label", text);
    this.search();
    this.element.showModal();
    this.box.focus();
  }

  private search(): void {
    const wanted = this.box.value.trim().toLowerCase();
    this.found = wanted ? this.matches(wanted) : [];
    const rows = this.found.map(([level, value]) => {
      const words = [value.code, brief(value.array, value.transposed)].filter(Boolean).join("  ");
      const button = html("button", { type: "button", click: () => this.jump(level, value) });
      button.append(symbolHtml(value.symbol), html("span", {}, words));
      button.append(html("small", {}, this.texts.say("level_" + level)));
      return html("li", {}, button);
    });
    if (wanted && !rows.length) rows.push(html("li", { class: "none" }, this.texts.say("find_nothing")));
    this.list.replaceChildren(...rows);
  }

  /** Values by their name, best first; each once, in this level where it is there. */
  private matches(wanted: string): [string, Value][] {
    const { session } = this;
    const others = [...session.levels.values()].filter((one) => one !== session.level).reverse();
    const found = new Map<string, [number, string, Value]>();
    for (const level of [session.level, ...others]) {
      for (const value of level.facts.values) {
        const name = `${value.symbol.plain} ${value.code}`;
        if (!value.named || value.role === "constant" || found.has(name)) continue;
        const names = [value.symbol.plain, value.symbol.text, value.code].map((one) => one.toLowerCase());
        const rank = [
          names.includes(wanted),
          names.some((one) => one.startsWith(wanted)),
          names.some((one) => one.includes(wanted)),
        ].indexOf(true);
        if (rank >= 0) found.set(name, [rank, level.name, value]);
      }
    }
    const sorted = [...found.values()].sort(([one], [other]) => one - other);
    return sorted.slice(0, MOST_FOUND).map(([, level, value]) => [level, value]);
  }

  private jump(level: string, value: Value): void {
    this.element.close();
    this.session.show(level);
    const last = this.session.level.contributors(value.key).at(-1);
    const maker = value.maker || value.users[0];
    if (last && !value.maker) this.session.goTo(last, "backward");
    else if (maker) this.session.goTo(this.session.level.step(maker), "forward");
  }
}
