// The curve of a function of one number, with the present points and their slopes. Python sampled
// it; here it is only placed.

import { svg } from "./dom";
import type { Curve } from "./facts";
import { short } from "./numbers";

const [WIDTH, HEIGHT] = [280, 150];
const SIDE = { left: 6, right: 6, top: 14, bottom: 24 };
const TANGENT = 34; // half of its length, in pixels

export function curvePicture(curve: Curve, sign: string, description: string): SVGSVGElement {
  const [low, high] = [Math.min(...curve.x), Math.max(...curve.x)];
  const [least, most] = [Math.min(...curve.y, 0), Math.max(...curve.y, 0)];
  const across = (WIDTH - SIDE.left - SIDE.right) / (high - low || 1);
  const up = (HEIGHT - SIDE.top - SIDE.bottom) / (most - least || 1);
  const x = (value: number): number => SIDE.left + (value - low) * across;
  const y = (value: number): number => HEIGHT - SIDE.bottom - (value - least) * up;
  const size = { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, width: WIDTH, height: HEIGHT };
  const picture = svg("svg", { ...size, class: "curve", role: "img", "aria-label": description });
  const axis = (d: string): void => picture.append(svg("path", { d, class: "axis" }));
  axis(`M${SIDE.left} ${y(0)}H${WIDTH - SIDE.right}`);
  if (low < 0 && high > 0) axis(`M${x(0)} ${SIDE.top}V${HEIGHT - SIDE.bottom}`);
  const line = curve.x.map((at, index) => `${x(at).toFixed(1)} ${y(curve.y[index] ?? 0).toFixed(1)}`);
  picture.append(svg("path", { d: "M" + line.join("L"), class: "line" }));
  for (const point of curve.points) {
    const [dx, dy] = [across, -point.slope * up];
    const half = TANGENT / Math.hypot(dx, dy);
    const [px, py] = [x(point.x), y(point.y)];
    const ends = `M${px - dx * half} ${py - dy * half}L${px + dx * half} ${py + dy * half}`;
    picture.append(svg("path", { d: ends, class: "tangent" }));
  }
  for (const point of curve.points) {
    picture.append(svg("circle", { cx: x(point.x), cy: y(point.y), r: 4, class: "point" }));
  }
  picture.append(...ticks(curve, x, low, high));
  for (const value of [most, least]) {
    if (value === 0) continue;
    const at = low < 0 && high > 0 ? x(0) + 6 : SIDE.left;
    const beside = value === most ? y(value) + 11 : y(value) - 2;
    const text = short(value, 2).replace(/\.0$/, "");
    picture.append(svg("text", { x: at, y: beside, class: "tick start" }, text));
  }
  picture.append(nameBeside(curve.x.map(x), curve.y.map(y), sign));
  return picture;
}

/** The places of the points and of zero, as far as their numbers do not touch. */
function ticks(curve: Curve, x: (value: number) => number, low: number, high: number): SVGTextElement[] {
  const taken: number[] = [];
  const found: SVGTextElement[] = [];
  for (const value of [...curve.points.map((point) => point.x), 0]) {
    const at = x(value);
    if (value < low || value > high || taken.some((other) => Math.abs(other - at) < 20)) continue;
    taken.push(at);
    found.push(svg("text", { x: at, y: HEIGHT - 8, class: "tick" }, short(value, 3)));
  }
  return found;
}

/** The function's sign near the right end, on the side where the curve leaves more room. */
function nameBeside(x: number[], y: number[], sign: string): SVGTextElement {
  const middle = WIDTH - 40;
  const reach = 5 * sign.length + 6;
  const near = y.filter((_, place) => Math.abs((x[place] ?? 0) - middle) <= reach);
  const [top, bottom] = [Math.min(...near, HEIGHT), Math.max(...near, 0)];
  const under = HEIGHT - SIDE.bottom - bottom > top - SIDE.top;
  const at = under ? Math.min(bottom + 20, HEIGHT - SIDE.bottom - 4) : Math.max(top - 8, 12);
  return svg("text", { x: middle, y: at, class: "name" }, sign);
}
