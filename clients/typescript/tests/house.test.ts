/** How this package is written: short lines and files, and one framework for each adapter. */

import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { test } from "node:test";

const ROOT = new URL("..", import.meta.url).pathname;
const WRITTEN = globSync("{src,tests,bench,scripts}/**/*.ts", { cwd: ROOT }).filter((path) => !path.includes("/v1/"));
const lines = (path: string) => readFileSync(`${ROOT}${path}`, "utf8").split("\n");
const imports = (path: string) => lines(path).flatMap((line) => / from "([^."][^"]*)";$/.exec(line)?.[1] ?? []);

test("no line is longer than 128 characters, and no file than 400 lines", () => {
  assert.ok(WRITTEN.length > 40);
  const long = WRITTEN.flatMap((path) =>
    lines(path).flatMap((line, at) => ([...line].length > 128 ? [`${path}:${at + 1}`] : [])),
  );
  assert.deepEqual(long, []);
  assert.deepEqual(
    WRITTEN.filter((path) => lines(path).length > 400),
    [],
  );
});

test("a framework is imported by its own adapter alone, so that the others need none", () => {
  const frameworks = { ai: "src/ai.ts", "@langchain/core": "src/langchain.ts" };
  const foreign = WRITTEN.filter((path) => path.startsWith("src/")).flatMap((path) =>
    imports(path).flatMap((name) => {
      const [framework, home] = Object.entries(frameworks).find(([one]) => name === one || name.startsWith(`${one}/`)) ?? [];
      return framework !== undefined && home !== path ? [`${path}: ${framework}`] : [];
    }),
  );
  assert.deepEqual(foreign, []);
});

test("what the package itself needs is what it says that it needs", () => {
  const { dependencies } = JSON.parse(readFileSync(`${ROOT}package.json`, "utf8")) as { dependencies: object };
  const used = new Set(
    WRITTEN.filter((path) => path.startsWith("src/") && !["src/ai.ts", "src/langchain.ts"].includes(path))
      .flatMap(imports)
      .filter((name) => !name.startsWith("node:"))
      .map((name) => name.split("/").slice(0, 2).join("/")),
  );
  assert.deepEqual([...used].sort(), Object.keys(dependencies).sort());
});
