// The drawing that Python made, with the marks of the moment: what is spoken of, and what is not
// known yet. Its parts carry the keys of the facts as data attributes.

import { html, markup } from "./dom";
import type { Session } from "./session";
import type { Texts } from "./texts";

const LEAST_SCALE = 0.7; // labels stay readable down to here
const EDGE = 8; // pixels kept between what is spoken of and the frame
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
      const { drawings: all } = this.session.sheet;
      const found = all[this.session.level.name];
      const drawings = typeof found === "string" ? all[found] : found;
      if (typeof drawings === "object") {
        this.frame.replaceChildren(markup(turned ? drawings.turned : drawings.plain));
      }
      this.picture = this.frame.querySelector("svg");
      if (typeof found === "string") this.picture?.querySelector("desc")?.remove(); // it names that level
      this.picture?.append(...this.all(".wire")); // above the halos, which would hide their ends
      this.fit();
    }
    this.name();
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
    // What does not fit is scrolled along the passes alone, as far as its labels stay readable.
    const across = this.narrow() ? wide : Math.min(most, this.height() / height);
    const readable = Math.max(LEAST_SCALE, all >= LEAST_SCALE ? all : across);
    const scale = this.whole ? all : readable;
    picture.style.width = `${Math.floor(width * scale)}px`;
    picture.style.height = `${Math.floor(height * scale)}px`;
    this.zoomButton.hidden = all >= LEAST_SCALE;
    this.name();
  }

  /** What the button under the drawing does, and what the drawing is, in the language of the moment. */
  private name(): void {
    this.zoomButton.textContent = this.texts.say(this.whole ? "full_size" : "whole");
    this.frame.setAttribute("aria-label", this.texts.say("drawing"));
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

  /**
   * Scrolls the gate of the moment into the frame, with what hangs on it and the brackets around it
   * as far as there is room.
   */
  private reveal(): void {
    const gate = this.picture?.querySelector(".step.now .gate");
    if (!gate) return;
    const frame = this.frame.getBoundingClientRect();
    const { step } = this.session.moment;
    const more = (step?.arguments ?? []).map((one) => `.value[data-value="${one.value}"]`);
    const titles = (step?.boxes ?? []).map((key) => `.bracket[data-box="${key}"] .bracket-title`);
    let [left, right] = this.ends([gate], "left", "right");
    let [top, bottom] = this.ends([gate], "top", "bottom");
    for (const selectors of [more, titles.reverse()]) {
      for (const selector of selectors) {
        const parts = [...this.all(selector)];
        if (!parts.length) continue;
        const [x0, x1] = this.ends(parts, "left", "right");
        const [y0, y1] = this.ends(parts, "top", "bottom");
        const [low, high] = [Math.min(left, x0), Math.max(right, x1)];
        const [above, below] = [Math.min(top, y0), Math.max(bottom, y1)];
        if (high - low <= frame.width - 2 * EDGE) [left, right] = [low, high];
        if (below - above <= frame.height - 2 * EDGE) [top, bottom] = [above, below];
      }
    }
    const far = (low: number, high: number, from: number, to: number): number =>
      low < from + EDGE || high > to - EDGE ? (low + high) / 2 - (from + to) / 2 : 0;
    const aside = far(left, right, frame.left, frame.right);
    const down = far(top, bottom, frame.top, frame.bottom);
    if (!aside && !down) return;
    const near = Math.abs(aside) < frame.width && Math.abs(down) < frame.height;
    const moves = near && !matchMedia("(prefers-reduced-motion: reduce)").matches;
    this.frame.scrollBy({ left: aside, top: down, behavior: moves ? "smooth" : "instant" });
  }

  /** Where some parts of the drawing begin and end in the window. */
  private ends(
    parts: Element[],
    low: "left" | "top",
    high: "right" | "bottom",
  ): [number, number] {
    const boxes = parts.map((part) => part.getBoundingClientRect());
    return [Math.min(...boxes.map((box) => box[low])), Math.max(...boxes.map((box) => box[high]))];
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
