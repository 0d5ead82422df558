// Starts the explanations of a document. A page holds one; a notebook holds one for each output,
// and each brings this script along, so that every one of them works alone.

import { App } from "./app";
import type { Sheet } from "./facts";
import style from "./style.css";

const ELEMENT = "holograd-explanation";

/** The theme that a notebook's own page has; none where the reader's system decides. */
function surroundings(): string | undefined {
  const { jpThemeLight, vscodeThemeKind } = document.body.dataset;
  if (jpThemeLight) return jpThemeLight === "true" ? "light" : "dark";
  return vscodeThemeKind?.replace("vscode-", "").replace("high-contrast", "dark");
}

/** The sheet of an element: JSON that was packed, as it is many times shorter then. */
async function unpacked(packed: string): Promise<Sheet> {
  const bytes = Uint8Array.from(atob(packed.trim()), (one) => one.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return (await new Response(stream).json()) as Sheet;
}

async function start(host: HTMLElement): Promise<void> {
  const data = host.querySelector('script[type="application/gzip"]');
  if (host.dataset.started || !data) return;
  host.dataset.started = "true";
  const sheet = await unpacked(data.textContent ?? "");
  const theme = sheet.whole ? undefined : surroundings();
  if (theme) host.dataset.theme = theme;
  const app = new App(sheet, host);
  const rules = document.createElement("style");
  rules.textContent = style + sheet.stylesheet;
  host.attachShadow({ mode: "open" }).append(rules, app.element);
  app.update();
}

document.querySelectorAll<HTMLElement>(ELEMENT).forEach((host) => void start(host));
