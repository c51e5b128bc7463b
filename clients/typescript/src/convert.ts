/** Answers → values. */

import { type Duration, type Timestamp, timestampDate } from "@bufbuild/protobuf/wkt";

import { faultCode, named, word } from "./enums.ts";
import { GatewayDefect } from "./errors.ts";
import type { Outcome } from "./outcomes.ts";
import { resultFrom } from "./convert_result.ts";
import { type Attempt, type Cost, type Event, Invocation, type InvocationSummary, type Schema, type Tool } from "./types.ts";
import * as pb from "./v1/invocation_pb.js";
import * as tools from "./v1/tool_pb.js";
import { visible } from "./visible.ts";

export function toolFrom(message: tools.Tool): Tool {
  return {
    name: message.name,
    version: message.version,
    reference: `${message.name}@${message.version}`,
    digest: message.digest,
    toolset: message.toolset,
    description: message.description,
    inputSchema: message.inputSchemaJson.length ? schema(message.inputSchemaJson) : {},
    outputSchema: message.outputSchemaJson.length ? schema(message.outputSchemaJson) : undefined,
    effect: named(tools.Effect, message.effect),
    method: message.method,
    endpoint: message.endpoint,
    needsCredential: message.needsCredential,
    requiresApproval: message.requiresApproval,
    state: named(tools.VersionState, message.state),
    schemaFormRefusal: message.schemaFormRefusal,
    deprecated: message.deprecated,
    schemaLeftOut: message.schemaLeftOut,
  };
}

export function invocationFrom(message: pb.Invocation | undefined): Invocation {
  const told = present(message, "invocation");
  return new Invocation({
    id: told.id,
    tool: told.tool,
    toolDigest: told.toolDigest,
    effect: named(tools.Effect, told.effect),
    state: named(pb.InvocationState, told.state),
    outcome: told.outcome && outcomeFrom(told.outcome),
    attempts: told.attempts.map(attemptFrom),
    traceId: told.traceId,
    fromRecord: told.fromRecord,
    accepted: moment(told.acceptTime),
    ended: moment(told.endTime),
    runId: told.runId,
    underReview: told.underReview,
    outcomeSource: told.outcomeSource,
    keyRetention: seconds(told.keyRetention),
    keyExpires: moment(told.keyExpireTime),
    cost: told.cost && costFrom(told.cost),
    step: told.step,
    occurrence: told.occurrence,
  });
}

/** A kind that this SDK does not know becomes Unknown, because it must not pass for a success. */
export function outcomeFrom({ kind: told }: pb.Outcome): Outcome {
  switch (told.case) {
    case "succeeded":
      return { kind: "Succeeded", result: resultFrom(present(told.value.result, "result")) };
    case "toolFailed":
      return toolFailed(told.value);
    case "limitExceeded":
      return { kind: "LimitExceeded", limit: word(pb.LimitKind, told.value.limit), ...ended(told.value) };
    case "timedOut":
      return { kind: "TimedOut", ...ended(told.value) };
    case "cancelled":
      return { kind: "Cancelled", effectPossible: told.value.effectPossible };
    case "sandboxFailed":
      return sandboxFailed(told.value);
    case "unknown":
      return { kind: "Unknown", message: visible(told.value.message) };
    default:
      return { kind: "Unknown", message: "the gateway reports a kind of outcome that this SDK does not know; update the SDK" };
  }
}

function toolFailed(message: pb.ToolFailed): Outcome {
  const retryAfter = message.retryAfter && seconds(message.retryAfter);
  return { kind: "ToolFailed", fault: faultCode(message.fault), retryAfter, ...ended(message) };
}

function sandboxFailed(message: pb.SandboxFailed): Outcome {
  const { effectPossible, notDone } = message;
  return { kind: "SandboxFailed", fault: faultCode(message.fault), message: visible(message.message), effectPossible, notDone };
}

function ended(message: pb.ToolFailed | pb.LimitExceeded | pb.TimedOut) {
  return {
    result: message.result && resultFrom(message.result),
    message: visible(message.message),
    effectPossible: message.effectPossible,
    httpStatus: message.httpStatus,
    notDone: message.notDone,
  };
}

function attemptFrom(message: pb.InvocationAttempt): Attempt {
  return {
    number: message.number,
    box: message.box,
    tokenAccessor: message.tokenAccessor,
    evidence: named(pb.Evidence, message.evidence),
    httpStatus: message.httpStatus,
    fault: message.fault ? faultCode(message.fault) : undefined,
    bytesOut: Number(message.bytesOut),
    bytesIn: Number(message.bytesIn),
    hosts: message.hosts,
    phases: message.phases.map((one) => ({
      name: word(pb.AttemptPhaseKind, one.kind),
      offset: seconds(one.offset),
      duration: seconds(one.duration),
    })),
    started: moment(message.startTime),
    duration: seconds(message.duration),
    connections: message.connections.map(({ host, port, address, verdict, bytesOut, bytesIn }) => ({
      host,
      port,
      address,
      verdict,
      bytesOut: Number(bytesOut),
      bytesIn: Number(bytesIn),
    })),
  };
}

function costFrom(message: pb.InvocationCost): Cost {
  const counts = Object.fromEntries(message.counts.map((one) => [visible(one.name), one.count]));
  return { amount: message.amount, counts, missing: message.missing.map(visible) };
}

export function eventFrom(message: pb.InvocationEvent): Event {
  return {
    number: Number(message.number),
    time: moment(message.time),
    state: named(pb.InvocationState, message.state),
    kind: message.kind,
    attributes: { ...message.attributes },
  };
}

export function summaryFrom(message: pb.InvocationSummary): InvocationSummary {
  return {
    id: message.id,
    tool: message.tool,
    effect: named(tools.Effect, message.effect),
    state: named(pb.InvocationState, message.state),
    accepted: moment(message.acceptTime),
    ended: moment(message.endTime),
    attempts: message.attemptCount,
    runId: message.runId,
    underReview: message.underReview,
    traceId: message.traceId,
    agent: message.agent,
    subject: message.subject,
    step: message.step,
    occurrence: message.occurrence,
    fault: message.fault ? faultCode(message.fault) : undefined,
    cost: message.cost,
  };
}

function schema(raw: Uint8Array): Schema {
  let found: unknown;
  try {
    found = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(raw));
  } catch {
    found = undefined;
  }
  if (typeof found === "object" && found !== null && !Array.isArray(found)) return found as Schema;
  throw new GatewayDefect("the gateway's answer holds a malformed schema", { cure: "Report it to the operator." });
}

/** A part that the gateway always sends. Throws GatewayDefect. */
export function present<Part>(part: Part | undefined, name: string): Part {
  if (part !== undefined) return part;
  throw new GatewayDefect(`the gateway's answer has no ${name}`, { cure: "Report it to the operator." });
}

export function moment(message: Timestamp | undefined): Date | undefined {
  return message && timestampDate(message);
}

export function seconds(message: Duration | undefined): number {
  return message === undefined ? 0 : Number(message.seconds) + message.nanos / 1e9;
}
