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

/** Where each page is built to: one script and one style sheet under fixed names, which Python puts into the page. */
const PAGES = {
  report: { entry: "src/main.tsx", folder: "../src/leadline/reports/page", name: "page" },
  app: { entry: "src/app/main.tsx", folder: "../src/leadline/server/page", name: "app" },
};

export default defineConfig(({ mode }) => {
  const { entry, folder, name } = PAGES[mode];
  return {
    plugins: [licence],
    oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
    build: {
      outDir: folder,
      emptyOutDir: true,
      target: "es2022",
      lib: { entry, formats: ["iife"], name: "leadline", fileName: () => `${name}.js`, cssFileName: name },
    },
    define: { "process.env.NODE_ENV": JSON.stringify("production") },
  };
});
