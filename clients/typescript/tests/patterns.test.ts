/** Patterns of names are fnmatch's, and no pattern takes long. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { fits } from "../src/adapters/patterns.ts";

const ROWS: readonly (readonly [pattern: string, name: string, fits: boolean])[] = [
  ["", "", true],
  ["", "a", false],
  ["*", "", true],
  ["*", "anything_at-all", true],
  ["order", "order", true],
  ["order", "orders", false],
  ["Order", "order", false],
  ["*_order", "create_order", true],
  ["*_order", "create_orders", false],
  ["a*b*c", "a-b-b-c", true],
  ["a*b*c", "a-c-b", false],
  ["?rder", "order", true],
  ["?rder", "rder", false],
  ["[co]rder", "order", true],
  ["[!co]rder", "order", false],
  ["v[0-9]*", "v2_get", true],
  ["v[!0-9]*", "v2_get", false],
  ["[]]", "]", true],
  ["[!]]", "]", false],
  ["[a-]", "-", true],
  ["[", "[", true],
  ["a[b", "a[b", true],
  ["a.c", "abc", false],
];

for (const [pattern, name, expected] of ROWS) {
  test(`${JSON.stringify(name)} ${expected ? "fits" : "does not fit"} ${JSON.stringify(pattern)}`, () => {
    assert.equal(fits(name, pattern), expected);
  });
}

test("a hostile pattern takes no longer than the product of both lengths", () => {
  const began = performance.now();
  assert.equal(fits("a".repeat(64), "*a".repeat(400) + "b"), false);
  assert.ok(performance.now() - began < 1000);
});
