// The JSON that Python lays down (schema.json of the package describes each field), and what it is
// wrapped in for a page. Nothing here computes: every number shown comes from these records.

export type Language = "en" | "ko";
export type Pass = "forward" | "backward";
export type Numeral = number | "Infinity" | "-Infinity" | "NaN";

export interface Numbers {
  shape: number[];
  dtype: string;
  numbers?: Numeral[];
  summary?: { least: Numeral; greatest: Numeral; mean: Numeral };
}

export interface Formula {
  plain: string;
  text: string;
  latex: string;
  mathml: string;
}

export interface Symbol {
  letter: string;
  subscript: string;
  layer: string;
  plain: string;
  text: string;
  latex: string;
  mathml: string;
  html: string;
}

export interface Value {
  key: string;
  symbol: Symbol;
  role: "parameter" | "input" | "target" | "constant" | "between" | "output";
  array: Numbers;
  gradient: Numbers | null;
  check: Numbers | null;
  agrees: boolean | null;
  code: string;
  transposed: boolean;
  maker: string;
  users: string[];
  named: boolean;
  problem: string;
  noise: Numbers | null;
}

export interface Argument {
  value: string;
  place: number;
  kind: "elementwise" | "operand" | "jacobian" | "";
  derivative: Numbers | null;
  product: { side: "left" | "right"; transposed: boolean; turned: boolean } | null;
  formula: Formula | null;
  numbers: Formula | null;
  contribution: Numbers | null;
  total: Numbers | null;
  joins: [number, number];
}

export interface Curve {
  x: number[];
  y: number[];
  points: { x: number; y: number; slope: number }[];
}

export interface Step {
  key: string;
  number: number;
  kind: string;
  label: string;
  place: string;
  boxes: string[];
  parts: string[];
  opens: boolean;
  note: string;
  arguments: Argument[];
  outputs: string[];
  formula: Formula | null;
  numbers: Formula | null;
  sentences: Record<Pass, Record<Language, string> | null>;
  curve: Curve | null;
}

export interface Box {
  key: string;
  title: string;
  place: string;
  parent: string;
  steps: string[];
}

export interface Level {
  level: string;
  fits: boolean;
  count: number;
  output: string;
  values: Value[];
  steps: Step[];
  backward: string[];
  boxes: Box[];
}

export interface Facts {
  format: "holograd-explanation";
  version: 1;
  title: string;
  zoom: string;
  asked: string;
  checked: boolean;
  headline: Record<Language, string>;
  notes: Record<Language, string>[];
  levels: Level[];
}

/** What a page carries: the facts, the texts of both languages, and the drawing of each level. */
export interface Sheet {
  facts: Facts;
  language: Language;
  whole: boolean;
  titles: Record<Language, string>;
  texts: Record<Language, Record<string, string>>;
  stylesheet: string;
  /** By level; the name of another level where the drawing is the same as that one's. */
  drawings: Record<string, { plain: string; turned: string } | string>;
}
