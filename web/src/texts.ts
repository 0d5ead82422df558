// The words of the page, in the language of the moment; the catalogue itself is Python's.

import type { Language, Sheet } from "./facts";

export class Texts {
  constructor(
    private readonly catalogue: Sheet["texts"],
    public language: Language,
  ) {}

  /** The text of a key, with `{name}` filled in. */
  say(key: string, values: Record<string, string | number> = {}): string {
    const text = this.catalogue[this.language]["page." + key] ?? key;
    return text.replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
  }
}
