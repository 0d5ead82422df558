// The sheet: bar, sentence and zoom rail, the drawing, the words and the table of the moment, and
// the clock. Parts know the session alone; this puts them in their places.

import { chainTables } from "./chain";
import { Clock } from "./clock";
import { curvePicture } from "./curve";
import { Find, Help } from "./dialogs";
import { html, svg } from "./dom";
import { Drawing } from "./drawing";
import type { Sheet, Step } from "./facts";
import { type Action, actionOf } from "./keyboard";
import { overview } from "./overview";
import { elementName, labelHtml, withSymbols } from "./formulas";
import { Rail } from "./rail";
import { Session } from "./session";
import { Texts } from "./texts";
import { short } from "./numbers";

const NARROW = 640; // pixels: below, the drawing is turned and the clock has no words
const CIRCLE = "M12 3.5a8.5 8.5 0 1 0 0 17a8.5 8.5 0 1 0 0-17";
const MOST_SLOPES = 3; // that are written beside the curve
const PAUSE = 500; // milliseconds between two sentences of the live region

export class App {
  readonly element: HTMLElement;
  private readonly session: Session;
  private readonly texts: Texts;
  private readonly drawing: Drawing;
  private readonly clock: Clock;
  private readonly rail: Rail;
  private readonly help: Help;
  private readonly find: Find;
  private readonly language: HTMLButtonElement;
  private readonly theme: HTMLButtonElement;
  private readonly helpButton: HTMLButtonElement;
  private readonly headline = html("p", { class: "headline" });
  private readonly words = html("div", { class: "words" });
  private readonly chains = html("div", { class: "chains" });
  private readonly curve = html("figure", { class: "curve-frame" });
  private readonly table = html("div", { class: "table-frame", tabindex: 0, hidden: true });
  private readonly live = html("div", { class: "live", "aria-live": "polite" });
  private speaking = 0;
  private states: string[] = []; // what was told last, of the level, the check and the table

  constructor(
    private readonly sheet: Sheet,
    private readonly host: HTMLElement,
  ) {
    this.session = new Session(sheet);
    this.texts = new Texts(sheet.texts, sheet.language);
    const narrow = (): boolean => this.host.clientWidth < NARROW;
    this.drawing = new Drawing(this.session, this.texts, narrow);
    this.clock = new Clock(this.session, this.texts, narrow, (key) => this.drawing.sign(key));
    this.rail = new Rail(this.session, this.texts);
    this.help = new Help(this.session, this.texts);
    this.find = new Find(this.session, this.texts);
    const { session } = this;
    this.language = html("button", {
      type: "button",
      class: "language",
      click: () => session.set({ language: session.language === "en" ? "ko" : "en" }),
    });
    this.theme = this.iconButton("theme", `${CIRCLE}M12 3.5v17a8.5 8.5 0 0 0 0-17`, () =>
      session.set({ theme: this.dark() ? "light" : "dark" }),
    );
    const mark = "M9.5 10a2.5 2.5 0 1 1 3.5 2.3c-.7.3-1 .8-1 1.5M12 16.2v.6";
    this.helpButton = this.iconButton("help", CIRCLE + mark, () => this.help.open());
    const title = html("span", { class: "title" }, sheet.facts.title);
    const bar = html("header", { class: "bar" }, html("b", {}, "holograd"), title);
    bar.append(html("span", { class: "tools" }, this.language, this.theme, this.helpButton));
    this.element = html(
      "div",
      { class: sheet.whole ? "sheet whole-page" : "sheet" },
      bar,
      html("div", { class: "top" }, this.headline, this.rail.element),
      this.drawing.element,
      this.table,
      html("section", { class: "panel" }, this.words, this.chains, this.curve),
      this.clock.element,
      this.live,
      this.help.element,
      this.find.element,
    );
    session.onChange(() => this.update());
    this.listen();
  }

  private iconButton(name: string, d: string, click: () => void): HTMLButtonElement {
    const picture = svg("svg", { viewBox: "0 0 24 24", class: "icon " + name, "aria-hidden": "true" });
    picture.append(svg("path", { d }));
    return html("button", { type: "button", click }, picture);
  }

  private listen(): void {
    const target = this.sheet.whole ? document : this.element;
    target.addEventListener("keydown", (event) => this.press(event as KeyboardEvent));
    new ResizeObserver(() => {
      this.drawing.update();
      this.drawing.fit();
      this.clock.update();
      this.hint();
    }).observe(this.element);
    for (const part of [this.words, this.chains, this.words.parentElement]) {
      part?.addEventListener("scroll", () => this.hint(), { passive: true });
    }
  }

  private press(event: KeyboardEvent): void {
    const inside = event.composedPath()[0];
    const target = inside instanceof Element && this.element.contains(inside) ? inside : null;
    const action = actionOf(event, target, this.session.keys);
    if (!action) return;
    this.perform(action);
    event.preventDefault();
    event.stopPropagation();
  }

  private perform(action: Action): void {
    const { session } = this;
    const actions: Record<Action, () => unknown> = {
      next: () => session.move(1),
      back: () => session.move(-1),
      first: () => session.move(-Infinity),
      last: () => session.move(Infinity),
      above: () => this.drawing.sibling(-1),
      below: () => this.drawing.sibling(1),
      deeper: () => session.zoom(1),
      shallower: () => session.zoom(-1),
      enter: () => session.enter(),
      leave: () => (session.table ? session.set({ table: false }) : session.zoom(-1)),
      play: () => session.play(),
      check: () => session.set({ checks: !session.checks }),
      table: () => session.set({ table: !session.table }),
      find: () => this.find.open(),
      help: () => this.help.open(),
    };
    actions[action]();
  }

  private dark(): boolean {
    if (this.session.theme) return this.session.theme === "dark";
    if (this.host.dataset.theme) return this.host.dataset.theme === "dark";
    return matchMedia("(prefers-color-scheme: dark)").matches;
  }

  update(): void {
    const { session, texts, sheet } = this;
    texts.language = session.language;
    this.element.lang = session.language;
    if (sheet.whole) {
      document.documentElement.lang = session.language;
      document.title = sheet.titles[session.language];
    }
    if (session.theme) {
      this.host.dataset.theme = session.theme;
      if (sheet.whole) document.documentElement.dataset.theme = session.theme;
    }
    const notes = sheet.facts.notes.map((one) => html("small", {}, one[session.language]));
    this.headline.replaceChildren(sheet.facts.headline[session.language], ...notes);
    this.language.textContent = session.language === "en" ? "한국어" : "English";
    this.language.lang = session.language === "en" ? "ko" : "en";
    for (const [button, key] of [[this.theme, "theme"], [this.helpButton, "help"]] as const) {
      button.setAttribute("aria-label", texts.say(key));
      button.title = texts.say(key);
    }
    this.rail.update();
    this.drawing.element.hidden = session.table;
    this.table.hidden = !session.table;
    if (session.table) {
      this.table.replaceChildren(overview(session, texts));
      this.table.querySelector("[aria-current]")?.scrollIntoView({ block: "nearest" });
    } else {
      this.drawing.update();
    }
    this.describe();
    this.clock.update();
    this.hint();
  }

  /** Fades what goes on outside of its frame, and lets keys scroll it. */
  private hint(): void {
    const panel = this.words.parentElement;
    for (const part of [panel, this.words, this.chains]) {
      if (!part) continue;
      const below = part.scrollHeight - part.clientHeight - part.scrollTop > 2;
      const aside = part.scrollWidth - part.clientWidth - part.scrollLeft > 2;
      part.classList.toggle("more-below", below && getComputedStyle(part).overflowY !== "visible");
      part.classList.toggle("more-aside", aside && getComputedStyle(part).overflowX !== "visible");
      if (part.scrollHeight > part.clientHeight + 1) part.tabIndex = 0;
      else part.removeAttribute("tabindex");
    }
  }

  /** Words, tables and the curve of the moment. */
  private describe(): void {
    const { session, texts } = this;
    const { pass, step } = session.moment;
    const sentence = this.sentence();
    const heading = html("h2", {}, this.heading());
    if (step && pass !== "given") {
      const [before, after] = texts.around("through_" + pass, "step");
      heading.replaceChildren(before, labelHtml(step.label), after);
    }
    if (step?.place) heading.append(html("small", {}, texts.say("module", { name: step.place })));
    const values = step ? [...step.arguments.map((one) => one.value), ...step.outputs] : [];
    const found = values.map((key) => session.level.value(key));
    this.words.replaceChildren(heading, html("p", {}, ...withSymbols(sentence, found)));
    const limit = this.limit();
    if (limit) this.words.append(html("p", { class: "note" }, limit));
    this.chains.replaceChildren(...chainTables(session, texts));
    this.curve.replaceChildren(...(step && pass !== "given" ? this.curves(step) : []));
    this.speak(`${this.state()}${this.heading()}. ${sentence}`);
  }

  /** What changed besides the step, for those who hear the page, and the place in the passes. */
  private state(): string {
    const { session, texts } = this;
    const { level, checks, table, place } = session;
    const states = [
      texts.say("announce_level", { level: texts.say("level_" + level.name), count: level.forward.length }),
      texts.say(checks ? "checks_on" : "checks_off"),
      texts.say(table ? "table_on" : "table_off"),
    ];
    const changed = this.states.length ? states.filter((one, at) => one !== this.states[at]) : [];
    this.states = states;
    const told = [...changed, texts.say("announce_place", { place, count: level.length })];
    return told.map((one) => `${one}. `).join("");
  }

  private heading(): string {
    const { pass, step } = this.session.moment;
    if (!step || pass === "given") return this.texts.say("given");
    return this.texts.say("through_" + pass, { step: step.label });
  }

  private sentence(): string {
    const { session, texts } = this;
    const { pass, step } = session.moment;
    if (!step || pass === "given") return texts.say("given_text");
    return step.sentences[pass]?.[session.language] ?? "";
  }

  /** Why a level cannot be shown, where the reader or the caller asked for one with too many steps. */
  private limit(): string {
    const { levels, zoom, asked } = this.sheet.facts;
    const wanted = this.session.refused || (this.session.level.name === zoom ? asked : "");
    const missed = levels.find((one) => one.level === wanted && !one.fits);
    if (!missed) return "";
    const name = this.texts.say("level_" + wanted);
    return this.texts.say("limit", { level: name, count: missed.count.toLocaleString("en") });
  }

  private curves(step: Step): Element[] {
    if (!step.curve) return [];
    const slopes = step.curve.points.map((point) => `${short(point.x)}: ${short(point.slope)}`);
    const description = this.texts.say("curve", { step: step.label, slopes: slopes.join(", ") });
    const caption = html("figcaption");
    const source = this.session.level.value(step.arguments[0]?.value ?? "");
    step.curve.points.slice(0, MOST_SLOPES).forEach((point, place) => {
      const [before, after] = this.texts.around("slope_at", "name");
      const line = html("div", {}, before, elementName(source, place), `${after} ${short(point.slope, 3)}`);
      caption.append(line);
    });
    return [curvePicture(step.curve, step.label, description), caption];
  }

  private speak(text: string): void {
    window.clearTimeout(this.speaking);
    if (this.live.textContent === "") {
      this.live.textContent = " ";
      return; // nothing is read aloud before the reader did something
    }
    this.speaking = window.setTimeout(() => {
      this.live.textContent = text;
    }, PAUSE);
  }
}
