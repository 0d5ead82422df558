// Builds the one bundle that the pages of explanations carry, into the package or into the folder given.
import { build } from "esbuild";

const folder = process.argv[2] ?? "../src/holograd/explanation/page/static";

await build({
  entryPoints: { explanation: "src/main.ts" },
  outdir: folder,
  bundle: true,
  minify: true,
  format: "iife",
  target: ["chrome111", "firefox113", "safari16.2"],
  charset: "utf8",
  loader: { ".css": "text" },
  legalComments: "none",
  logLevel: "warning",
});
