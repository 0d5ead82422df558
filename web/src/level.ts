// One zoom level, ready to be asked: which step stands at which place of the pass, and from which
// place on a number is known.

import type { Level as LevelFacts, Pass, Step, Value } from "./facts";

/** A place of the pass: 0 is before the first step, then forward steps, then backward ones. */
export interface Moment {
  pass: Pass | "given";
  step: Step | null;
}

export class Level {
  readonly forward: Step[];
  readonly backward: Step[];
  private readonly steps = new Map<string, Step>();
  private readonly values = new Map<string, Value>();
  private readonly knownFrom = new Map<string, number>();
  private readonly gradientFrom = new Map<string, number>();

  constructor(readonly facts: LevelFacts) {
    for (const step of facts.steps) this.steps.set(step.key, step);
    for (const value of facts.values) this.values.set(value.key, value);
    this.forward = facts.steps;
    this.backward = facts.backward.map((key) => this.step(key));
    for (const value of facts.values) {
      this.knownFrom.set(value.key, value.maker ? this.step(value.maker).number : 0);
    }
    this.gradientFrom.set(facts.output, this.forward.length);
    this.backward.forEach((step, index) => {
      for (const one of step.arguments) {
        if (one.contribution) this.gradientFrom.set(one.value, this.forward.length + index + 1);
      }
    });
  }

  get name(): string {
    return this.facts.level;
  }

  /** The number of steps of both passes. */
  get length(): number {
    return this.forward.length + this.backward.length;
  }

  step(key: string): Step {
    const step = this.steps.get(key);
    if (!step) throw new Error(`no step ${key}`);
    return step;
  }

  value(key: string): Value {
    const value = this.values.get(key);
    if (!value) throw new Error(`no value ${key}`);
    return value;
  }

  moment(place: number): Moment {
    const count = this.forward.length;
    if (place <= 0) return { pass: "given", step: null };
    if (place <= count) return { pass: "forward", step: this.forward[place - 1] ?? null };
    return { pass: "backward", step: this.backward[place - count - 1] ?? null };
  }

  /** Where a step stands in a pass; the forward pass where nothing flows back through it. */
  place(step: Step, pass: Pass): number {
    const index = pass === "backward" ? this.backward.indexOf(step) : -1;
    return index < 0 ? step.number : this.forward.length + index + 1;
  }

  /** Whether a value, or the gradient with respect to it, is known at a place of the pass. */
  known(key: string, part: "value" | "gradient", place: number): boolean {
    const from = (part === "value" ? this.knownFrom : this.gradientFrom).get(key);
    return place >= (from ?? this.length);
  }

  /** The steps that send contributions to a value, in the order of the backward pass. */
  contributors(key: string): Step[] {
    return this.backward.filter((step) =>
      step.arguments.some((one) => one.value === key && one.contribution),
    );
  }
}
