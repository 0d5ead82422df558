// Short ways to make elements.

type Child = Node | string | null | undefined | false;
type Settings = Record<string, string | number | boolean | EventListener | undefined>;

const SVG = "http://www.w3.org/2000/svg";
const MATHML = "http://www.w3.org/1998/Math/MathML";

function fill<E extends Element>(element: E, settings: Settings, children: Child[]): E {
  for (const [name, value] of Object.entries(settings)) {
    if (typeof value === "function") element.addEventListener(name, value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== undefined) element.setAttribute(name, String(value));
  }
  element.append(...children.filter((one): one is Node | string => Boolean(one)));
  return element;
}

/** An HTML element; settings that are functions listen to the event of that name. */
export function html<K extends keyof HTMLElementTagNameMap>(
  name: K,
  settings: Settings = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  return fill(document.createElement(name), settings, children);
}

/** An SVG element. */
export function svg<K extends keyof SVGElementTagNameMap>(
  name: K,
  settings: Settings = {},
  ...children: Child[]
): SVGElementTagNameMap[K] {
  return fill(document.createElementNS(SVG, name), settings, children) as SVGElementTagNameMap[K];
}

/** A MathML element. */
export function math(name: string, settings: Settings = {}, ...children: Child[]): Element {
  return fill(document.createElementNS(MATHML, name), settings, children);
}

/** Elements out of markup that Python made. */
export function markup(text: string): DocumentFragment {
  const template = document.createElement("template");
  template.innerHTML = text;
  return template.content;
}
