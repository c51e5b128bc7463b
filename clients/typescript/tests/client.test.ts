/** The client over a real connection: it sends the same call again where that is safe, and never another in its place. */

import assert from "node:assert/strict";
import { createServer as httpServer } from "node:http";
import { createServer, type AddressInfo } from "node:net";
import { after, before, beforeEach, test } from "node:test";
import { setImmediate } from "node:timers/promises";

import { status } from "@grpc/grpc-js";

import * as callgate from "../src/index.ts";
import { Client, interruptedCall } from "../src/index.ts";
import { InvocationState } from "../src/v1/invocation_pb.js";
import { busy, done, Gateway, outcome, Refusal, refused, tool, underWay } from "./gateway.ts";

const SOON = { first: 0.01, cap: 0.02, patience: 5 };
const ORDER = { item: "lamp" };
let gateway: Gateway;
let client: Client;

before(async () => {
  gateway = await new Gateway().listening();
  client = new Client({ address: gateway.address, token: "secret", retry: SOON });
});
beforeEach(() => {
  gateway.invokes.length = gateway.watches.length = gateway.searches.length = 0;
  gateway.script = [done()];
});
after(async () => {
  client.close();
  await gateway[Symbol.asyncDispose]();
});

const read = (raw: Uint8Array | undefined): unknown => JSON.parse(new TextDecoder().decode(raw));

test("a call is answered, and carries the token of its caller", async () => {
  const invocation = await client.call("order", ORDER, { key: "order-of-the-14th-step" });
  assert.deepEqual(invocation.json(), { done: true });
  assert.equal(gateway.invokes[0]?.idempotencyKey, "order-of-the-14th-step");
  assert.deepEqual(read(gateway.invokes[0]?.argsJson), ORDER);
  assert.equal(gateway.tokens.at(-1), "Bearer secret");
});

test("a call that is refused for load is sent again with the same key and the same token of its call", async () => {
  gateway.script = [busy(), new Refusal(status.UNAVAILABLE), done()];
  await client.call("order", ORDER);
  assert.equal(gateway.invokes.length, 3);
  assert.equal(new Set(gateway.invokes.map((one) => `${one.idempotencyKey} ${one.callToken}`)).size, 1);
  await client.call("order", ORDER);
  assert.notEqual(gateway.invokes[3]?.callToken, gateway.invokes[0]?.callToken);
  assert.notEqual(gateway.invokes[3]?.idempotencyKey, gateway.invokes[0]?.idempotencyKey);
});

test("a call that was answered as under way is asked for again until it has ended", async () => {
  gateway.script = [underWay, done()];
  const { outcome } = await client.call("order", ORDER);
  assert.equal(outcome?.kind, "Succeeded");
  assert.equal(new Set(gateway.invokes.map((one) => one.callToken)).size, 1);
});

test("a call that is not waited for is returned as it stands", async () => {
  gateway.script = [underWay];
  const invocation = await client.call("order", ORDER, { wait: 0 });
  assert.equal(invocation.outcome, undefined);
  assert.equal(gateway.invokes[0]?.wait?.seconds, 0n);
  assert.throws(() => invocation.succeeded(), callgate.InvocationUnderWay);
});

test("a refusal has its class, its code, its reason, its cure, and the key of its call", async () => {
  gateway.script = [refused("KEY_REUSED", status.FAILED_PRECONDITION, { invocationId: "inv-0" })];
  const error = await caught(client.call("order", ORDER, { key: "14" }));
  assert.ok(error instanceof callgate.KeyReused);
  const { code, reason, cure, retryable, invocationId, idempotencyKey } = error;
  assert.deepEqual([code, reason, cure, retryable], ["FAILED_PRECONDITION", "KEY_REUSED", "Do otherwise.", false]);
  assert.deepEqual([invocationId, idempotencyKey], ["inv-0", "14"]);
  assert.equal(gateway.invokes.length, 1);
});

test("a reason of a later release is told by its status", async () => {
  gateway.script = [new Refusal(status.PERMISSION_DENIED, { reason: 9999 as never, message: "new" })];
  const error = await caught(client.call("order", ORDER));
  assert.ok(error instanceof callgate.NotPermitted && error.reason === "PERMISSION_DENIED");
});

test("an outcome that is no success is raised by `succeeded`, and an unknown one as such", async () => {
  gateway.script = [outcome({ kind: { case: "unknown", value: { message: "lost" } } })];
  const unknown = await client.call("order", ORDER);
  assert.throws(() => unknown.succeeded(), callgate.OutcomeUnknown);
  gateway.script = [outcome({ kind: { case: "toolFailed", value: { message: "500", notDone: true } } })];
  const failed = await client.call("order", ORDER);
  assert.throws(
    () => failed.json(),
    (error) => error instanceof callgate.InvocationFailed && error.retryable,
  );
});

test("patience ends: the error is raised that was met last, with the key", async () => {
  const hasty = new Client({ address: gateway.address, retry: { ...SOON, patience: 0 } });
  gateway.script = [busy()];
  const error = await caught(hasty.call("order", ORDER, { key: "14" }));
  assert.ok(error instanceof callgate.GatewayOverloaded && error.idempotencyKey === "14");
  assert.equal(gateway.invokes.length, 1);
  hasty.close();
});

test("who ends the wait by a signal gets its reason, and the call's key and id", async () => {
  gateway.script = [underWay, underWay];
  const ends = new AbortController();
  const reason = new Error("enough");
  gateway.answers["invoke"] = wrapped((count) => {
    if (count === 2) ends.abort(reason);
  });
  const error = await caught(client.call("order", ORDER, { key: "14", signal: ends.signal }));
  assert.equal(error, reason);
  assert.deepEqual(interruptedCall(error), { idempotencyKey: "14", invocationId: "inv-1" });
});

test("a client that was closed sends nothing, and what waits is told so", async () => {
  const closing = new Client({ address: gateway.address });
  gateway.script = [underWay];
  const waiting = closing.call("order", ORDER);
  gateway.answers["invoke"] = wrapped(() => closing.close());
  const ended = await caught(waiting);
  assert.ok(ended instanceof callgate.RequestInvalid && /closed/.test(ended.message), String(ended));
  assert.ok((await caught(closing.call("order"))) instanceof callgate.RequestInvalid);
});

test("each call that its client's end has ended has its own key in its error", async () => {
  const closing = new Client({ address: gateway.address });
  gateway.script = [underWay];
  const waiting = ["14", "15"].map((key) => caught(closing.call("order", ORDER, { key })));
  while (gateway.invokes.length < 2) await setImmediate();
  closing.close();
  const keys = (await Promise.all(waiting)).map((error) => interruptedCall(error)?.idempotencyKey);
  assert.deepEqual(keys, ["14", "15"]);
});

test("a watch that is left early leaves nothing behind", async () => {
  const event = { kind: { case: "event", value: { number: 1n, state: InvocationState.PENDING, kind: "accepted" } } };
  gateway.streams = [[event, event, event]];
  for await (const { number } of client.invocations.handle("inv-1").watch()) {
    assert.equal(number, 1);
    break;
  }
  assert.deepEqual((await client.call("order", ORDER)).json(), { done: true });
});

test("where one gateway is gone, the next one is asked at once", async () => {
  const dead = await free();
  const both = new Client({ address: `127.0.0.1:${dead},${gateway.address}`, retry: { patience: 0 } });
  assert.deepEqual((await both.call("order", ORDER)).json(), { done: true });
  both.close();
});

test("a gateway that is not there yet is waited for", async () => {
  const port = await free();
  const early = new Client({ address: `127.0.0.1:${port}`, retry: SOON });
  const call = early.call("order", ORDER);
  await using late = await new Gateway().listening(port);
  assert.deepEqual((await call).json(), { done: true });
  assert.equal(late.invokes.length, 1);
  early.close();
});

test("a gateway that is nowhere is told with its cure", async () => {
  const lost = new Client({ address: `127.0.0.1:${await free()}`, retry: { patience: 0 } });
  const error = await caught(lost.call("order"));
  assert.ok(error instanceof callgate.GatewayUnavailable && /callgate up/.test(error.cure), String(error));
  lost.close();
});

test("a server that speaks no HTTP/2 is told as such", async () => {
  const web = httpServer((_, response) => response.end("hello")).listen(0, "127.0.0.1");
  await new Promise((resolve) => web.once("listening", resolve));
  const wrong = new Client({ address: `127.0.0.1:${(web.address() as AddressInfo).port}`, retry: { patience: 0 } });
  const error = await caught(wrong.call("order"));
  assert.ok(error instanceof callgate.GatewayUnavailable, String(error));
  wrong.close();
  web.close();
});

test("a watch goes on after the last event that was seen, however often it breaks", async () => {
  const event = (number: bigint) => ({
    kind: { case: "event", value: { number, state: InvocationState.PENDING, kind: "accepted" } },
  });
  gateway.streams = [[{ kind: { case: "heartbeat", value: {} } }, event(1n), event(2n)], [event(3n)], [event(4n)]];
  const seen = [];
  for await (const { number } of client.invocations.handle("inv-1").watch()) seen.push(number);
  assert.deepEqual(seen, [1, 2, 3, 4]);
  assert.deepEqual(
    gateway.watches.map(({ after }) => after),
    [0n, 2n, 3n],
  );
});

test("a run's call says its place, and has the key of it", async () => {
  const run = client.run("thread-7");
  await run.call("order", ORDER, { step: 3, occurrence: 1 });
  const { idempotencyKey, runId, step, occurrence } = gateway.invokes[0] ?? assert.fail();
  assert.deepEqual([runId, step, occurrence], ["thread-7", "3", 1]);
  assert.equal(idempotencyKey, run.key("order", ORDER, { step: 3, occurrence: 1 }));
});

test("a run goes on from the state that was saved, and each save follows the one before", async () => {
  const saves: [bigint, string][] = [];
  gateway.answers["startRun"] = () => ({
    run: { run: { runId: "r", version: 4n }, saved: { case: "state", value: Buffer.from("old") } },
  });
  gateway.answers["saveRunState"] = ({ version, saved }) => {
    saves.push([version, Buffer.from(saved.value).toString()]);
    return { version: version + 1n };
  };
  const run = client.run("r");
  await assert.rejects(() => run.save(Buffer.from("x")), callgate.RequestInvalid);
  await run.start();
  assert.equal(Buffer.from(run.state ?? []).toString(), "old");
  await run.save(Buffer.from("new"));
  await run.save(Buffer.from("newer"));
  assert.deepEqual(saves, [
    [4n, "new"],
    [5n, "newer"],
  ]);
  assert.equal(run.record.version, 6);
});

test("tools are listed page by page, and searched for", async () => {
  gateway.answers["listTools"] = ({ pageToken }) =>
    pageToken ? { tools: [tool("b")] } : { tools: [tool("a")], nextPageToken: "next" };
  const names = [];
  for await (const one of client.tools.list({ toolset: "orders", schemaForm: "INLINED" })) names.push(one.reference);
  assert.deepEqual(names, ["a@1.0.0", "b@1.0.0"]);
  const found = await client.tools.search("order a lamp", { effects: ["READ"], limit: 3 });
  assert.deepEqual(
    found.map(({ tool: { name }, score }) => [name, score]),
    [["order", 2.5]],
  );
  assert.equal(gateway.searches[0]?.limit, 3);
  await assert.rejects(() => client.tools.search(""), callgate.RequestInvalid);
  await assert.rejects(() => client.tools.search("x", { effects: ["WRITE" as never] }), callgate.RequestInvalid);
});

test("a call is found by its key; one that was never made is not there", async () => {
  gateway.answers["findInvocation"] = ({ idempotencyKey }) =>
    idempotencyKey === "order-of-the-14th-step" ? done() : refused("INVOCATION_NOT_FOUND", status.NOT_FOUND);
  assert.equal((await client.invocations.find("order-of-the-14th-step"))?.id, "inv-1");
  assert.equal(await client.invocations.find("another"), undefined);
});

test("an address that would show the token to a network is refused, and so is a senseless one", () => {
  for (const address of [
    "gateway.example:7443",
    "http://127.0.0.1:7443",
    "127.0.0.1",
    "127.0.0.1:0",
    "",
    "a:1,a:1",
    "127.0.0.1:99999",
  ]) {
    assert.throws(
      () => new Client({ address }),
      (error) => error instanceof callgate.EndpointInvalid && error.cure !== "",
      address,
    );
  }
  new Client({ address: "[::1]:7443,unix:/run/callgate.sock,localhost:1" }).close();
});

test("an answer's integers are exact where they are asked for so", async () => {
  gateway.script = [done()];
  const invocation = await client.call("order", ORDER);
  assert.deepEqual(invocation.exactJson(), { done: true });
  assert.equal((callgate.exactJson('{"id": 9007199254740993}') as { id: bigint }).id, 9007199254740993n);
});

/** Invoke as before, after which the test does something. */
function wrapped(afterwards: (count: number) => void) {
  const ask = gateway.answers["invoke"] ?? assert.fail();
  return async (request: unknown, call: unknown) => {
    const said = await ask(request, call);
    void setImmediate().then(() => afterwards(gateway.invokes.length));
    return said;
  };
}

async function caught(promise: Promise<unknown>): Promise<unknown> {
  return await promise.then(
    () => assert.fail("nothing was thrown"),
    (error: unknown) => error,
  );
}

async function free(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
