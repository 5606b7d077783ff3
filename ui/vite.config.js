import { defineConfig } from "vite";

// One script and one style sheet under fixed names: reports/page.py writes them into the page.
export default defineConfig({
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  build: {
    outDir: "../src/leadline/reports/page",
    emptyOutDir: true,
    target: "es2022",
    assetsInlineLimit: 0,
    lib: { entry: "src/main.tsx", formats: ["iife"], name: "leadline", fileName: () => "page.js", cssFileName: "page" },
  },
  define: { "process.env.NODE_ENV": JSON.stringify("production") },
});
