// The pass clock: a U, forward out and backward home, with the place of the moment on it; beside it
// the buttons that move the place.

import { html, svg } from "./dom";
import type { Step } from "./facts";
import type { Session } from "./session";
import type { Texts } from "./texts";

const DOTS = 9; // pixels between places from which on there are dots, numbers …
const NUMBERS = 26;
const APART = 10; // pixels between two signs

const SHAPES: Record<string, string> = {
  reset: "M5.5 8.2A7 7 0 1 1 5 12M5.2 4v4.6h4.6",
  back: "M7 5v14M19 5v14L9.5 12z",
  play: "M8 5v14l11-7z",
  pause: "M8 5h3v14H8zM14 5h3v14h-3z",
  next: "M17 5v14M5 5v14l9.5-7z",
  end: "M20 5v14M4 6v12l7.5-6zM12 6v12l7.5-6z",
};

function icon(name: string): SVGSVGElement {
  const path = svg("path", { d: SHAPES[name], class: name });
  return svg("svg", { viewBox: "0 0 24 24", "aria-hidden": "true", class: "icon" }, path);
}

export class Clock {
  readonly element: HTMLElement;
  private readonly track = html("div", { class: "track", tabindex: 0, role: "slider" });
  private readonly count = html("b");
  private readonly of = html("span");
  private readonly play: HTMLButtonElement;
  private readonly buttons: [string, HTMLButtonElement][];
  private places: { x: number; y: number }[] = [];
  private drawn = "";

  constructor(
    private readonly session: Session,
    private readonly texts: Texts,
    private readonly narrow: () => boolean,
    private readonly sign: (key: string) => SVGTextElement | null,
  ) {
    const button = (name: string, action: () => void): [string, HTMLButtonElement] => [
      name,
      html("button", { type: "button", class: name, click: action }, icon(name)),
    ];
    const play = button("play", () => session.play());
    this.play = play[1];
    this.buttons = [
      button("reset", () => session.move(-Infinity)),
      button("back", () => session.move(-1)),
      play,
      button("next", () => session.move(1)),
      button("end", () => session.move(Infinity)),
    ];
    const transport = html("div", { class: "transport", role: "group" });
    transport.append(...this.buttons.map(([, one]) => one));
    const counter = html("div", { class: "counter" }, this.count, this.of);
    this.element = html("footer", { class: "clock" }, transport, counter, this.track);
    this.track.addEventListener("pointerdown", (event) => {
      this.track.setPointerCapture(event.pointerId);
      this.seek(event);
    });
    this.track.addEventListener("pointermove", (event) => {
      if (this.track.hasPointerCapture(event.pointerId)) this.seek(event);
    });
  }

  update(): void {
    const { session, texts } = this;
    for (const [name, button] of this.buttons) {
      const text = texts.say(name === "play" && session.playing ? "pause" : name);
      button.setAttribute("aria-label", text);
      button.title = text;
    }
    this.play.replaceChildren(icon(session.playing ? "pause" : "play"));
    const { place, level } = session;
    this.count.textContent = String(place);
    this.of.textContent = texts.say("of", { count: level.length });
    this.track.setAttribute("aria-label", texts.say("clock"));
    this.track.setAttribute("aria-valuemin", "0");
    this.track.setAttribute("aria-valuemax", String(level.length));
    this.track.setAttribute("aria-valuenow", String(place));
    const { pass, step } = session.moment;
    const now = step && pass !== "given" ? texts.say("through_" + pass, { step: step.label }) : texts.say("given");
    this.track.setAttribute("aria-valuetext", texts.say("at", { place, count: level.length, step: now }));
    this.draw();
  }

  private seek(event: PointerEvent): void {
    const box = this.track.getBoundingClientRect();
    const [x, y] = [event.clientX - box.left, event.clientY - box.top];
    const from = (one: { x: number; y: number }): number => Math.hypot(one.x - x, 3 * (one.y - y));
    let best = 0;
    this.places.forEach((one, place) => {
      const now = this.places[best];
      if (now && from(one) < from(now)) best = place;
    });
    if (best !== this.session.place) this.session.move(best - this.session.place);
  }

  private draw(): void {
    const { level, place } = this.session;
    const { clientWidth: width, clientHeight: height } = this.track;
    const wanted = [level.name, place, width, height, this.texts.language].join(" ");
    if (!width || wanted === this.drawn) return;
    this.drawn = wanted;
    const narrow = this.narrow();
    const [left, right] = narrow ? [14, width - 34] : [92, width - 76];
    const [top, bottom] = narrow ? [0.28 * height, 0.72 * height] : [0.31 * height, 0.69 * height];
    const count = level.forward.length;
    const gap = count > 1 ? (right - left) / (count - 1) : right - left;
    const x = (step: Step): number => (count > 1 ? left + gap * (step.number - 1) : right);
    const picture = svg("svg", { width, height, "aria-hidden": "true", class: "holograd-picture" });
    const line = (d: string, name: string): void => void picture.append(svg("path", { d, class: name }));
    const write = (at: number, y: number, name: string, words: string): void =>
      void picture.append(svg("text", { x: at, y, class: name }, words));

    this.track.replaceChildren(picture);
    this.places = [{ x: left - gap, y: top }];
    for (const step of level.forward) this.places.push({ x: x(step), y: top });
    for (const step of level.backward) this.places.push({ x: x(step), y: bottom });
    const here = this.places[place] ?? { x: left, y: top };
    const last = this.places.at(-1) ?? here;
    const gone = (until: number, y: number, from: number, name: string): void => {
      if (until !== from) line(`M${from} ${y}H${until}`, name);
    };
    const forwardEnd = Math.min(here.y === top ? Math.max(here.x, left) : right, right);
    gone(right, top, forwardEnd, "later");
    gone(forwardEnd, top, left, "forward");
    const radius = (bottom - top) / 2;
    const turns = place >= count && level.backward.length > 0;
    if (level.backward.length) {
      const bend = `M${right} ${top}A${radius} ${radius} 0 0 1 ${right} ${bottom}`;
      line(bend, turns ? "forward" : "later");
      const backwardEnd = place > count ? here.x : right;
      gone(last.x, bottom, backwardEnd, "later");
      gone(backwardEnd, bottom, right, "backward");
    }
    if (!narrow) {
      write(left - 20, top, "side end", this.texts.say("forward"));
      if (level.backward.length) write(left - 20, bottom, "side end", this.texts.say("backward"));
      write(right + radius + 12, (top + bottom) / 2, "side math", this.outputName());
      this.label(picture, x, (top + bottom) / 2, radius);
    }
    this.places.forEach((one, index) => {
      if (index === 0) return;
      const now = index === place;
      if (now) picture.append(svg("circle", { cx: one.x, cy: one.y, r: narrow ? 11 : 14, class: "here" }));
      if (gap >= DOTS || now) {
        const name = index <= place ? "gone dot" : "dot";
        picture.append(svg("circle", { cx: one.x, cy: one.y, r: now ? 6.5 : 5, class: name }));
      }
      if (gap >= NUMBERS && !narrow) {
        const above = index <= count ? one.y - 24 : one.y + 26;
        write(one.x, above, now ? "count now" : "count", String(index));
      }
    });
  }

  /** The gates' signs between the two lines: all of them where there is room, or else that of the moment. */
  private label(
    picture: Element,
    x: (step: Step) => number,
    y: number,
    bend: number,
  ): void {
    const { level } = this.session;
    const now = this.session.moment.step;
    const signs = level.forward.map((step) => {
      const sign = this.sign(step.key) ?? svg("text", {}, step.label);
      sign.setAttribute("class", step === now ? "sign now" : "sign");
      // The last one ends where the bend does, not to run into what stands behind it.
      const last = step === level.forward.at(-1) && 4 * step.label.length > bend - 12;
      sign.setAttribute("x", String(x(step) + (last ? bend - 12 : 0)));
      if (last) sign.classList.add("end");
      sign.setAttribute("y", String(y));
      sign.setAttribute("font-size", "15");
      return { step, sign };
    });
    picture.append(...signs.map(({ sign }) => sign));
    // They are measured where they stand; the one of the moment stays, others give way.
    const room = (sign: SVGTextElement): [number, number] => {
      const { x: start, width } = sign.getBBox();
      return [start - APART / 2, start + width + APART / 2];
    };
    const taken = signs.filter(({ step }) => step === now).map(({ sign }) => room(sign));
    const apart = (one: [number, number]): boolean =>
      taken.every(([start, end]) => one[1] <= start || one[0] >= end);
    const others = signs.filter(({ step }) => step !== now);
    const places = others.map(({ sign }) => room(sign));
    const all = places.every((one, place) => apart(one) && one[0] >= (places[place - 1]?.[1] ?? -Infinity));
    if (!all) for (const { sign } of others) sign.remove();
  }

  private outputName(): string {
    const { level } = this.session;
    return level.value(level.facts.output).symbol.text;
  }
}
