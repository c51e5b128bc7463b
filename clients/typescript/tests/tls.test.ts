/** Over TLS, the client trusts the authority that it is given, for the name that it asks for, and nothing else. */

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";

import { ServerCredentials } from "@grpc/grpc-js";

import { Client, GatewayUnavailable } from "../src/index.ts";
import { Gateway } from "./gateway.ts";

const CURVE = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"];
const CA = ["-addext", "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=critical,keyCertSign"];
let home: string;

before(() => {
  home = mkdtempSync(join(tmpdir(), "callgate-tls-"));
  openssl("-subj", "/CN=Tests", ...CA, "-keyout", "ca.key", "-out", "ca.pem");
  openssl("-subj", "/CN=Others", ...CA, "-keyout", "others.key", "-out", "others.pem");
  leaf("good", "IP:127.0.0.1");
  leaf("elsewhere", "DNS:api.example");
});
after(() => rmSync(home, { recursive: true }));

test("a gateway whose certificate is of the authority is called, with the token", async () => {
  await using gateway = await served("good");
  const client = new Client({ address: gateway.address, token: "secret", rootCertificates: join(home, "ca.pem") });
  assert.deepEqual((await client.call("order")).json(), { done: true });
  assert.equal(gateway.tokens.at(-1), "Bearer secret");
  client.close();
});

for (const [what, certificate, authority] of [
  ["of a stranger", "good", "others.pem"],
  ["for another name", "elsewhere", "ca.pem"],
] as const) {
  test(`a server whose certificate is ${what} gets no token, and is told with its cure`, async () => {
    await using gateway = await served(certificate);
    const rootCertificates = join(home, authority);
    const client = new Client({ address: gateway.address, token: "secret", rootCertificates, retry: { patience: 0 } });
    const told = await client.call("order").catch((error: unknown) => error);
    assert.ok(told instanceof GatewayUnavailable && /CALLGATE_ROOT_CERTIFICATES/.test(told.cure), String(told));
    assert.deepEqual(gateway.tokens, []);
    client.close();
  });
}

async function served(certificate: string): Promise<Gateway> {
  const pair = { cert_chain: file(`${certificate}.pem`), private_key: file(`${certificate}.key`) };
  return await new Gateway().listening(0, ServerCredentials.createSsl(null, [pair]));
}

function file(name: string): Buffer {
  return readFileSync(join(home, name));
}

function leaf(name: string, host: string): void {
  const ends = ["-addext", `subjectAltName=${host}`, "-addext", "basicConstraints=critical,CA:FALSE"];
  openssl(
    "-subj",
    `/CN=${name}`,
    ...ends,
    "-CA",
    "ca.pem",
    "-CAkey",
    "ca.key",
    "-keyout",
    `${name}.key`,
    "-out",
    `${name}.pem`,
  );
}

function openssl(...words: string[]): void {
  execFileSync("openssl", ["req", "-x509", ...CURVE, ...words], { cwd: home, stdio: "pipe" });
}
