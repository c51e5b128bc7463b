/**
 * The client against a gateway with real boxes, whose toolset `orders` is that of examples/orders. `make test` starts one and
 * names it; without one, these are skipped.
 */

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, test } from "node:test";

import * as callgate from "../src/index.ts";
import { Client } from "../src/index.ts";

const TOOLSET = process.env["CALLGATE_LIVE_TOOLSET"];
const options = { skip: TOOLSET === undefined && "no gateway is named" };
const client = TOOLSET === undefined ? undefined : Client.fromEnvironment();
const live = (): Client => client ?? assert.fail();
const ORDER = { body: { item: "tea", quantity: 2 } };
const run = `run of ${randomUUID()}`;

after(() => client?.close());

async function all<T>(given: AsyncIterable<T>): Promise<T[]> {
  return await Array.fromAsync(given);
}

test("the toolset's tools are listed, and got in a form for a model", options, async () => {
  const names = (await all(live().tools.list({ toolset: TOOLSET }))).map(({ name }) => name);
  assert.ok(names.includes("create_order") && names.includes("list_orders"), String(names));
  const tool = await live().tools.get("create_order", { schemaForm: "INLINED" });
  assert.equal(tool.schemaFormRefusal, "");
  assert.ok(!JSON.stringify(tool.inputSchema).includes("$ref"));
  await assert.rejects(() => live().tools.get("no_such_tool"), callgate.ToolNotFound);
});

test("tools are found by what is to be done", options, async () => {
  const found = await live().tools.search("order a product", { toolset: TOOLSET, limit: 2 });
  assert.ok(found.length > 0 && found.length <= 2);
  assert.ok(found.every(({ score }) => score > 0));
});

test("a call acts once for its key, and is watched until its box is gone", options, async () => {
  const key = randomUUID();
  const first = await live().call("create_order", ORDER, { key });
  const again = await live().call("create_order", ORDER, { key });
  assert.deepEqual([again.id, again.json(), again.fromRecord], [first.id, first.json(), true]);
  const kinds = (await all(live().invocations.handle(first.id).watch({ untilSettled: true }))).map(({ kind }) => kind);
  assert.ok(kinds.includes("BOX_REMOVED"), String(kinds));
  assert.equal((await live().invocations.find(key))?.id, first.id);
  await assert.rejects(() => live().call("create_order", { body: { item: "salt", quantity: 1 } }, { key }), callgate.KeyReused);
});

test("arguments that do not fit are told by their places", options, async () => {
  const refused = await live()
    .call("create_order", { body: { quantity: "many" } })
    .catch((error: unknown) => error);
  assert.ok(refused instanceof callgate.ArgumentsInvalid && refused.violations.length > 0, String(refused));
  assert.deepEqual([refused.code, refused.reason, refused.retryable], ["INVALID_ARGUMENT", "ARGUMENTS_INVALID", false]);
});

test("a run is started, gone on with from its saved state, and ended; then no call of it begins", options, async () => {
  const first = live().run(run);
  await first.start({ plan: Buffer.from("two teas"), labels: { of: "test" } });
  await first.call("create_order", ORDER, { step: 1 });
  await first.save(Buffer.from("one tea ordered"));
  const second = live().run(run);
  await second.start({ plan: Buffer.from("two teas"), labels: { of: "test" } });
  assert.equal(Buffer.from(second.state ?? []).toString(), "one tea ordered");
  assert.equal((await second.call("create_order", ORDER, { step: 1 })).fromRecord, true);
  await second.save(Buffer.from("all done"));
  await assert.rejects(() => first.save(Buffer.from("stale")), callgate.RunStateMoved);
  assert.equal((await second.end()).status, "SUCCEEDED");
  await assert.rejects(() => second.call("create_order", ORDER, { step: 2 }), callgate.RunEnded);
});

test("a run's calls are listed, and the run itself", options, async () => {
  const calls = await all(live().invocations.list({ runId: run }));
  assert.deepEqual(
    calls.map(({ tool, step }) => [tool.split("@")[0], step]),
    [["create_order", "1"]],
  );
  const [found] = await all(live().runs.list({ labels: { of: "test" }, statuses: ["SUCCEEDED"] }));
  assert.equal(found?.runId, run);
  assert.equal((await live().runs.get(run)).calls, 1);
});

test("a run that is killed makes no call any more, and its kill is told", options, async () => {
  const killed = live().run(`${run} to be killed`);
  await killed.start();
  const { status, reason } = await live().runs.kill(killed.id, "enough");
  assert.deepEqual([status, reason], ["KILLED", "enough"]);
  await assert.rejects(() => killed.call("create_order", ORDER, { step: 1 }), callgate.RunKilled);
});

test("an ended call is left as it is by a cancel", options, async () => {
  const { id } = await live().call("list_orders");
  assert.equal((await live().invocations.cancel(id)).state, "SUCCEEDED");
  assert.equal((await live().invocations.handle(id).wait({ timeout: 10 })).outcome?.kind, "Succeeded");
});

test("a token that is not good is told as such", options, async () => {
  const stranger = new Client({ address: process.env["CALLGATE_ADDRESS"], token: "stranger" });
  await assert.rejects(() => stranger.call("list_orders"), callgate.Unauthenticated);
  stranger.close();
});
