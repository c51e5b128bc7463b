/** The keys of a run's calls are those of the Python SDK, byte for byte. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { runName } from "../src/adapters/place.ts";
import type { Arguments } from "../src/arguments.ts";
import { canonical, type Json } from "../src/canonical.ts";
import { ArgumentsInvalid, RequestInvalid } from "../src/errors.ts";
import { exactJson } from "../src/exact_json.ts";
import { occurrences, runKey, wireKey, wireStep } from "../src/keys.ts";
import { vectors } from "./vectors.ts";

const VECTORS = vectors("keys");
const all = (name: string) => VECTORS[name] ?? assert.fail(`the vectors have no ${name}`);
const order = { body: { item: "lamp", quantity: 1 } };

for (const { json, form } of all("canonical")) {
  test(`the canonical form of ${JSON.stringify(json)} is the one of every SDK`, () => {
    assert.equal(canonical(exactJson(json) as Json), form);
  });
}

test("a run's call has the key of every SDK", () => {
  for (const one of all("keys")) {
    const place = { step: one["step"], occurrence: number(one["occurrence"]), callId: one["call_id"], once: one["once"] };
    assert.equal(
      runKey(one["run"], one["tool"], exactJson(one["arguments"]) as Arguments, place),
      one["key"],
      JSON.stringify(one, text),
    );
  }
});

test("the rule of keys never changes: a resume may come with a later release", () => {
  const key = runKey("r", "t", { b: 1, a: [2] }, { step: "3" });
  assert.equal(key, "run1-5a82e95241f4b0f7cef2ef10c0b5ccb9a0c8a7965344d7265b55c1677fa5cbdc");
});

test("keys, steps and names of runs that a gateway does not take are hashed as by every SDK", () => {
  for (const { key, wire } of all("wire_keys")) assert.equal(wireKey(key), wire);
  for (const { step, wire } of all("wire_steps")) assert.equal(wireStep(step), wire);
  for (const { given, name } of all("run_names")) assert.equal(runName(given), name);
});

test("equal calls of a message are counted as by every SDK", () => {
  for (const { calls, nths } of all("occurrences")) {
    const said = calls.map(([tool, given]: [string, string]) => [tool, exactJson(given) as Arguments] as const);
    assert.deepEqual(occurrences(said), nths);
  }
});

test("a part that is empty or senseless is refused", () => {
  const wrong: (() => unknown)[] = [
    () => runKey("", "t", order, { step: 3 }),
    () => runKey("r", "", order, { step: 3 }),
    () => runKey("r", "t", order, { step: "" }),
    () => runKey("r", "t", order, { step: 1.5 }),
    () => runKey("r", "t", order, { step: true as never }),
    () => runKey("r", "t", order, { step: 2n ** 4096n }),
    () => runKey("r", "t", order, { step: 3, callId: "" }),
    () => runKey("r", "t", order, { step: 3, occurrence: -1 }),
    () => runKey("r", "t", order, { step: 3, occurrence: "0" as never }),
    () => runKey("r", "t", order, { step: 3, once: 1 as never }),
    () => wireKey(""),
    () => wireKey(undefined as never),
    () => occurrences([["t"] as never]),
  ];
  for (const call of wrong) {
    assert.throws(call, (error) => error instanceof RequestInvalid && error.cure !== "", String(call));
  }
});

test("arguments that JSON cannot say are refused, and not left out silently", () => {
  const itself: Record<string, unknown> = {};
  itself["x"] = itself;
  const wrong = [NaN, Infinity, "\ud800", new Map(), new Set(), Symbol("x"), () => 1, 10n ** 400n, itself, new Uint8Array(2)];
  for (const x of wrong) {
    assert.throws(() => runKey("r", "t", { x }, { step: 3 }), ArgumentsInvalid, String(typeof x));
  }
  for (const given of [null, [], "x", 7, undefined]) {
    assert.throws(() => runKey("r", "t", given as never, { step: 3 }), ArgumentsInvalid);
  }
});

test("an integer that a number of JavaScript has rounded is refused by its place, and is exact as a bigint", () => {
  const rounded = { body: { "a/b": [JSON.parse("9007199254740993")] } };
  assert.throws(
    () => runKey("r", "t", rounded, { step: 3 }),
    (error) => error instanceof ArgumentsInvalid && error.violations[0]?.pointer === "/body/a~1b/0",
  );
  const exact = (n: bigint) => runKey("r", "t", { n }, { step: 3 });
  assert.notEqual(exact(9007199254740993n), exact(9007199254740992n));
});

test("a property that is undefined is left out, and a Date is what it says of itself", () => {
  const at = new Date("2026-11-30T21:05:59.000Z");
  const key = runKey("r", "t", { a: 1, b: undefined, at }, { step: 3 });
  assert.equal(key, runKey("r", "t", { at: "2026-11-30T21:05:59.000Z", a: 1 }, { step: 3 }));
});

function number(given: unknown): number | undefined {
  return given === undefined ? undefined : Number(given);
}

function text(_: string, value: unknown): unknown {
  return typeof value === "bigint" ? String(value) : value;
}
