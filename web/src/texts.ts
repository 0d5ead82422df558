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

  /** What stands before and after the place of a name, where that is more than letters. */
  around(key: string, name: string): [string, string] {
    const [before = "", after = ""] = this.say(key).split(`{${name}}`);
    return [before, after];
  }
}
