/** What a model is told by the tools that find others is told in the words of the Python SDK. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { fromJson } from "@bufbuild/protobuf";

import { isError, recordOf } from "../src/adapters/answers.ts";
import { describe, search } from "../src/adapters/finding.ts";
import { meant } from "../src/adapters/inner_calls.ts";
import { metaOffers, Scope } from "../src/adapters/meta_tools.ts";
import { PLAIN } from "../src/adapters/offers.ts";
import type { Client } from "../src/client.ts";
import { toolFrom } from "../src/convert.ts";
import { ToolNotFound } from "../src/errors.ts";
import { exactJson } from "../src/exact_json.ts";
import type { SearchOptions } from "../src/nouns/tools.ts";
import { ToolSchema } from "../src/v1/tool_pb.js";
import { vectors } from "./vectors.ts";

const VECTORS = vectors("finding");
const TOOLS = (VECTORS["tools"] ?? []).map((one) => toolFrom(fromJson(ToolSchema, one)));

/** In the place of a client: it has these tools, whatever is asked for, and each in every form. */
const catalog = {
  tools: {
    search: async (_: string, { toolset, limit }: SearchOptions) =>
      TOOLS.filter((one) => toolset === undefined || one.toolset === toolset)
        .slice(0, limit)
        .map((tool) => ({ tool, score: 1 })),
    get: async (name: string) => {
      const found = TOOLS.find((one) => one.name === name || one.reference === name);
      if (found) return found;
      throw new ToolNotFound("there is no such tool");
    },
  },
} as unknown as Client;

test("the three tools are shown as by the Python SDK", () => {
  const shown = metaOffers(new Scope({})).map(({ name, description, schema, hints }) => ({ name, description, schema, hints }));
  assert.deepEqual(shown, VECTORS["offers"]);
});

test("what is found and described is told as by the Python SDK", async () => {
  for (const { asked, given, scope, shown, answer } of VECTORS["finding"] ?? []) {
    const within = new Scope(scope);
    const said: unknown = JSON.parse(given);
    const work =
      asked === "search_tools" ? search(catalog, said, within, shown) : describe(catalog, said, within, PLAIN, shown);
    const found = await work;
    const told = { text: found.text, is_error: isError(found), ...recordOf(found) };
    assert.deepEqual(JSON.parse(JSON.stringify(told)), answer, `${asked} ${given} ${JSON.stringify(scope)}`);
  }
});

test("a call of call_tool is about the same call as by the Python SDK", () => {
  for (const { asked, given, name, meant: expected } of VECTORS["meant"] ?? []) {
    assert.deepEqual(meant(asked, exactJson(given)), { name, given: exactJson(expected) }, given);
  }
});
