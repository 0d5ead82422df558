// What single keys do. They can be switched off, and are not heard while somebody types.

export type Action =
  | "next" | "back" | "first" | "last" | "above" | "below" | "deeper" | "shallower" | "enter" | "leave"
  | "play" | "check" | "table" | "find" | "help";

const KEYS: Record<string, Action> = {
  n: "next",
  p: "back",
  ArrowRight: "next",
  ArrowLeft: "back",
  ArrowUp: "above",
  ArrowDown: "below",
  Home: "first",
  End: "last",
  "+": "deeper",
  "=": "deeper",
  "-": "shallower",
  "−": "shallower",
  Enter: "enter",
  Escape: "leave",
  " ": "play",
  c: "check",
  t: "table",
  "/": "find",
  "?": "help",
};

/** The keys by what they do, as the help names them. */
export const NAMED: [string, Action][] = [
  ["N  →", "next"],
  ["P  ←", "back"],
  ["Home", "first"],
  ["End", "last"],
  ["↑  ↓", "above"],
  ["+", "deeper"],
  ["−", "shallower"],
  ["Enter", "enter"],
  ["Esc", "leave"],
  ["Space", "play"],
  ["C", "check"],
  ["T", "table"],
  ["/", "find"],
  ["?", "help"],
];

/**
 * The action of a key that was pressed at an element of ours, or at none in particular (null); null
 * where the key is not ours.
 */
export function actionOf(event: KeyboardEvent, target: Element | null, on: boolean): Action | null {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return null;
  if (target?.closest("input, textarea, select, dialog[open]")) return null;
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  const presses = target?.closest("button, a, summary") && (key === "Enter" || key === " ");
  if (presses) return null;
  const moves = key.startsWith("Arrow") || key === "Home" || key === "End" || key === "Enter";
  if (moves && target?.closest(".table-frame, .chains")) return null; // there they scroll
  if (moves || key === "Escape") return KEYS[key] ?? null;
  return on ? (KEYS[key] ?? null) : null;
}
