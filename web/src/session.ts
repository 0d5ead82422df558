// What the reader looks at: the level, the place in the pass, and how the page is set. Each change
// is told to the parts of the page, which draw themselves anew from it.

import type { Language, Sheet, Step } from "./facts";
import { Level, type Moment } from "./level";

const PACE = 1400; // milliseconds a step while it plays

export type Theme = "light" | "dark";

export class Session {
  readonly levels = new Map<string, Level>();
  level: Level;
  place: number;
  playing = false;
  checks = true;
  table = false;
  keys = true;
  refused = ""; // a level that was asked for and has too many steps
  theme: Theme | null = null;
  language: Language;

  private readonly listeners: (() => void)[] = [];
  private timer = 0;

  constructor(readonly sheet: Sheet) {
    for (const facts of sheet.facts.levels) {
      if (facts.fits) this.levels.set(facts.level, new Level(facts));
    }
    const level = this.levels.get(sheet.facts.zoom) ?? [...this.levels.values()][0];
    if (!level) throw new Error("an explanation has at least one level");
    this.level = level;
    this.place = level.length;
    this.language = sheet.language;
  }

  get moment(): Moment {
    return this.level.moment(this.place);
  }

  onChange(listener: () => void): void {
    this.listeners.push(listener);
  }

  /** Sets what is given, and tells everyone. */
  set(change: Partial<Pick<Session, "checks" | "table" | "keys" | "theme" | "language">>): void {
    Object.assign(this, change);
    this.tell();
  }

  go(place: number): void {
    this.refused = "";
    this.place = Math.max(0, Math.min(this.level.length, Math.round(place)));
    if (this.place === this.level.length) this.stop();
    this.tell();
  }

  move(by: number): void {
    this.stop();
    this.go(this.place + by);
  }

  goTo(step: Step, pass: "forward" | "backward"): void {
    this.stop();
    this.go(this.level.place(step, pass));
  }

  play(): void {
    if (this.playing) {
      this.stop();
      this.tell();
      return;
    }
    this.playing = true;
    this.timer = window.setInterval(() => this.go(this.place + 1), PACE);
    this.go(this.place === this.level.length ? 0 : this.place + 1);
  }

  private stop(): void {
    this.playing = false;
    window.clearInterval(this.timer);
  }

  /** Goes to another level, and stays at the same operation there. */
  show(name: string): void {
    const wanted = this.levels.get(name);
    this.refused = wanted ? "" : name;
    if (!wanted) this.tell();
    if (!wanted || wanted === this.level) return;
    this.stop();
    const order = [...this.levels.keys()];
    const by = order.indexOf(name) > order.indexOf(this.level.name) ? 1 : -1;
    while (this.level !== wanted) this.cross(by, false);
    this.tell();
  }

  /** One level deeper or shallower; whether there is one that fits. */
  zoom(by: 1 | -1, first = false): boolean {
    this.stop();
    const crossed = this.cross(by, first);
    if (crossed) this.tell();
    return crossed;
  }

  /** Looks inside the step of the moment: on to the first of its parts. */
  enter(): boolean {
    return this.zoom(1, true);
  }

  private neighbour(by: number): Level | undefined {
    const order = [...this.levels.values()];
    return order[order.indexOf(this.level) + by];
  }

  private cross(by: number, first: boolean): boolean {
    const next = this.neighbour(by);
    this.refused = "";
    if (!next) return false;
    const { pass, step } = this.moment;
    this.level = next;
    this.place = step && pass !== "given" ? this.across(next, step, pass, by, first) : 0;
    return true;
  }

  private across(
    next: Level,
    step: Step,
    pass: "forward" | "backward",
    by: number,
    first: boolean,
  ): number {
    const found =
      by > 0
        ? step.parts.map((key) => next.step(key))
        : next.forward.filter((outer) => outer.parts.includes(step.key));
    const places = found
      .map((one) => next.place(one, pass))
      .filter((place) => place > next.forward.length === (pass === "backward"));
    if (!places.length) return pass === "backward" ? next.length : next.forward.length;
    return first ? Math.min(...places) : Math.max(...places);
  }

  private tell(): void {
    for (const listener of this.listeners) listener();
  }
}
