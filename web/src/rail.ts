// The zoom rail: five stops from the model to single numbers. One that does not fit is grey and
// says why.

import { html } from "./dom";
import type { Session } from "./session";
import type { Texts } from "./texts";

export class Rail {
  readonly element: HTMLElement;
  private readonly stops: [string, HTMLButtonElement][];

  constructor(
    private readonly session: Session,
    private readonly texts: Texts,
  ) {
    this.stops = session.sheet.facts.levels.map((level) => [
      level.level,
      html("button", { type: "button", click: () => session.show(level.level) }),
    ]);
    this.element = html("nav", { class: "rail" }, ...this.stops.map(([, stop]) => stop));
  }

  update(): void {
    this.element.setAttribute("aria-label", this.texts.say("zoom"));
    for (const level of this.session.sheet.facts.levels) {
      const stop = this.stops.find(([name]) => name === level.level)?.[1];
      if (!stop) continue;
      stop.textContent = this.texts.say("level_" + level.level);
      const now = level.level === this.session.level.name;
      if (now) stop.setAttribute("aria-current", "true");
      else stop.removeAttribute("aria-current");
      const count = level.count.toLocaleString("en");
      stop.title = this.texts.say(level.fits ? "level_steps" : "level_too_large", { count });
      if (!level.fits) stop.setAttribute("aria-disabled", "true");
    }
  }
}
