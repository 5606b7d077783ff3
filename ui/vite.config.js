import { readFileSync } from "node:fs";
import { defineConfig } from "vite";

const preact = readFileSync(new URL("node_modules/preact/LICENSE", import.meta.url), "utf8").trim();

/** Every saved page contains Preact, so it contains Preact's licence. */
const licence = {
  name: "licence",
  generateBundle(_, bundle) {
    for (const file of Object.values(bundle)) {
      if (file.type === "chunk") file.code = `/*!\nContains Preact.\n\n${preact}\n*/\n${file.code}`;
    }
  },
};

// One script and one style sheet under fixed names: reports/page.py writes them into the page.
export default defineConfig({
  plugins: [licence],
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  build: {
    outDir: "../src/leadline/reports/page",
    emptyOutDir: true,
    target: "es2022",
    lib: { entry: "src/main.tsx", formats: ["iife"], name: "leadline", fileName: () => "page.js", cssFileName: "page" },
  },
  define: { "process.env.NODE_ENV": JSON.stringify("production") },
});
