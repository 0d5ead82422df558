// The drawing that Python made, with the marks of the moment: what is spoken of, and what is not
// known yet. Its parts carry the keys of the facts as data attributes.

import { html, markup } from "./dom";
import type { Session } from "./session";
import type { Texts } from "./texts";

const LEAST_SCALE = 0.78; // labels stay readable down to here
const [WIDE, LARGE_SCALE] = [1500, 1.3]; // pixels of room from which on a drawing may grow so much

export class Drawing {
  readonly element: HTMLElement;
  private readonly zoomButton: HTMLButtonElement;
  private readonly frame: HTMLElement;
  private shown = "";
  private whole = false;
  private picture: SVGSVGElement | null = null;

  constructor(
    private readonly session: Session,
    private readonly texts: Texts,
    private readonly narrow: () => boolean,
  ) {
    this.frame = html("div", {
      class: "frame",
      tabindex: 0,
      role: "group",
      "aria-roledescription": "graph",
      click: (event: Event) => this.click(event.target as Element),
      dblclick: (event: Event) => {
        if ((event.target as Element).closest(".step")) this.session.enter();
      },
    });
    this.zoomButton = html("button", {
      class: "whole action",
      type: "button",
      hidden: true,
      click: () => {
        this.whole = !this.whole;
        this.fit();
        this.reveal();
      },
    });
    this.element = html("section", { class: "drawing" }, this.frame, this.zoomButton);
  }

  update(): void {
    const turned = this.narrow();
    const wanted = `${this.session.level.name} ${turned}`;
    if (wanted !== this.shown) {
      this.shown = wanted;
      const drawings = this.session.sheet.drawings[this.session.level.name];
      this.frame.replaceChildren(markup((turned ? drawings?.turned : drawings?.plain) ?? ""));
      this.picture = this.frame.querySelector("svg");
      this.picture?.append(...this.all(".wire")); // above the halos, which would hide their ends
      this.fit();
    }
    this.frame.setAttribute("aria-label", this.texts.say("drawing"));
    this.mark();
    this.reveal();
  }

  /** Shows the drawing in full size where it fits; a little smaller where that makes it fit. */
  fit(): void {
    const picture = this.picture;
    if (!picture) return;
    const { width, height } = picture.viewBox.baseVal;
    const { paddingLeft, paddingRight } = getComputedStyle(this.frame);
    const room = this.frame.clientWidth - parseFloat(paddingLeft) - parseFloat(paddingRight);
    const most = room >= WIDE ? LARGE_SCALE : 1;
    const wide = Math.min(most, room / width);
    const all = Math.min(wide, this.height() / height);
    const scale = this.whole ? all : ([all, wide].find((one) => one >= LEAST_SCALE) ?? 1);
    picture.style.width = `${Math.floor(width * scale)}px`;
    picture.style.height = `${Math.floor(height * scale)}px`;
    this.zoomButton.hidden = all >= LEAST_SCALE;
    this.zoomButton.textContent = this.texts.say(this.whole ? "full_size" : "whole");
  }

  /** The room for the drawing: in a page that of the frame, in a notebook the most it may grow to. */
  private height(): number {
    const most = parseFloat(getComputedStyle(this.frame).maxHeight);
    return Number.isNaN(most) ? this.frame.clientHeight : most;
  }

  /** The sign on a gate, to be written elsewhere; null where it is more than one line. */
  sign(key: string): SVGTextElement | null {
    const labels = [...this.all(`.step[data-step="${key}"] text.label`)];
    return labels.length === 1 ? (labels[0]?.cloneNode(true) as SVGTextElement) : null;
  }

  private all(selector: string): Iterable<SVGElement> {
    return this.picture?.querySelectorAll<SVGElement>(selector) ?? [];
  }

  private mark(): void {
    const { level, place } = this.session;
    const { pass, step } = this.session.moment;
    const marked = new Set<string>();
    if (step && pass === "forward") for (const key of step.outputs) marked.add(key);
    if (step && pass === "backward") {
      for (const one of step.arguments) if (one.contribution) marked.add(one.value);
    }
    const returned = (key: string): boolean => {
      const from = level.place(level.step(key), "backward");
      return from > level.forward.length && place >= from;
    };
    for (const gate of this.all(".step")) {
      const key = gate.dataset.step ?? "";
      const now = step?.key === key;
      gate.classList.toggle("now", now);
      gate.classList.toggle("forward", now && pass === "forward");
      gate.classList.toggle("backward", now && pass === "backward");
      gate.classList.toggle("later-backward", !returned(key));
    }
    for (const value of this.all(".value")) {
      const key = value.dataset.value ?? "";
      this.markPart(value.querySelector(".numbers"), {
        later: !level.known(key, "value", place),
        marked: pass === "forward" && marked.has(key),
      });
      this.markPart(value.querySelector(".gradient"), {
        later: !level.known(key, "gradient", place),
        marked: pass === "backward" && marked.has(key),
      });
    }
    for (const wire of this.all(".wire")) {
      const { value = "", step: to, maker } = wire.dataset;
      const gate = to ?? maker ?? "";
      const back = wire.classList.contains("backward");
      const reached = back ? returned(gate) : level.known(value, "value", place);
      wire.classList.toggle("later", !reached);
      wire.classList.toggle("now", step?.key === gate && back === (pass === "backward"));
    }
  }

  private markPart(part: Element | null, classes: Record<string, boolean>): void {
    for (const [name, on] of Object.entries(classes)) part?.classList.toggle(name, on);
  }

  /** Scrolls the gate of the moment into the frame, where it is not. */
  private reveal(): void {
    const gate = this.picture?.querySelector(".step.now .gate");
    if (!gate) return;
    const box = gate.getBoundingClientRect();
    const frame = this.frame.getBoundingClientRect();
    const far = (low: number, high: number, from: number, to: number, margin: number): number =>
      low < from + margin || high > to - margin ? (low + high) / 2 - (from + to) / 2 : 0;
    const left = far(box.left, box.right, frame.left, frame.right, 90);
    const top = far(box.top, box.bottom, frame.top, frame.bottom, 12);
    if (!left && !top) return;
    const near = Math.abs(left) < frame.width && Math.abs(top) < frame.height;
    const moves = near && !matchMedia("(prefers-reduced-motion: reduce)").matches;
    this.frame.scrollBy({ left, top, behavior: moves ? "smooth" : "instant" });
  }

  private click(target: Element): void {
    const { level } = this.session;
    const gate = target.closest<SVGElement>(".step");
    if (gate) {
      const lower = target.closest(".lower, .slopes") !== null;
      this.session.goTo(level.step(gate.dataset.step ?? ""), lower ? "backward" : "forward");
      return;
    }
    const value = target.closest<SVGElement>(".value");
    if (!value) return;
    const found = level.value(value.dataset.value ?? "");
    const last = level.contributors(found.key).at(-1);
    if (target.closest(".gradient") && last) this.session.goTo(last, "backward");
    else if (found.maker) this.session.goTo(level.step(found.maker), "forward");
    else if (found.users[0]) this.session.goTo(level.step(found.users[0]), "forward");
  }

  /** Goes to the next gate above or below, in the same column of the drawing. */
  sibling(by: 1 | -1): void {
    const { pass, step } = this.session.moment;
    const turned = this.narrow();
    if (!step) return;
    const places = [...this.all(".step")].map((gate) => {
      const box = gate.querySelector<SVGGraphicsElement>(".gate")?.getBBox() ?? new DOMRect();
      const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
      return { key: gate.dataset.step ?? "", along: turned ? y : x, across: turned ? x : y };
    });
    const here = places.find((one) => one.key === step.key);
    if (!here) return;
    const next = places
      .filter((one) => Math.abs(one.along - here.along) < 2 && (one.across - here.across) * by > 1)
      .sort((one, other) => (one.across - other.across) * by)[0];
    if (!next) return;
    const found = this.session.level.step(next.key);
    this.session.goTo(found, pass === "backward" ? "backward" : "forward");
  }
}
