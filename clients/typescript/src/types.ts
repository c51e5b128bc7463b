/** The nouns of the API as plain values. Times are Dates, durations seconds. The proto files define them. */

import type { Effect, Evidence, FaultCode, SchemaForm, State, VersionState } from "./enums.ts";
import { InvocationFailed, InvocationUnderWay, OutcomeUnknown } from "./errors.ts";
import { exactJson } from "./exact_json.ts";
import { type Outcome, type Succeeded, toldOf } from "./outcomes.ts";

export type Schema = Readonly<Record<string, unknown>>;

/**
 * One immutable revision of a tool. `outputSchema` is undefined where the document declares none. `schemaFormRefusal` says why
 * the input schema is the tool's own, and not in the form that was asked for. `reference` is `name@version`.
 */
export interface Tool {
  readonly name: string;
  readonly version: string;
  readonly reference: string;
  readonly digest: string;
  readonly toolset: string;
  readonly description: string;
  readonly inputSchema: Schema;
  readonly outputSchema: Schema | undefined;
  readonly effect: Effect;
  readonly method: string;
  readonly endpoint: string;
  readonly needsCredential: boolean;
  readonly requiresApproval: boolean;
  readonly state: VersionState;
  readonly schemaFormRefusal: string;
  readonly deprecated: boolean;
  readonly schemaLeftOut: readonly string[];
}

/** A tool that fits a query. `score`: how well, over 0; it compares tools of one answer, and nothing else. */
export interface FoundTool {
  readonly tool: Tool;
  readonly score: number;
}

/** One timed part of an attempt; the offset counts from the attempt's start. */
export interface Phase {
  readonly name: string;
  readonly offset: number;
  readonly duration: number;
}

/** A box's connection to one host. `verdict` is "open", or why the broker refused or cut it. */
export interface Connection {
  readonly host: string;
  readonly port: number;
  readonly address: string;
  readonly verdict: string;
  readonly bytesOut: number;
  readonly bytesIn: number;
}

/** One attempt at a call, in one box. `fault` is undefined where it brought an upstream's answer, or a program's result. */
export interface Attempt {
  readonly number: number;
  readonly box: string;
  readonly tokenAccessor: string;
  readonly evidence: Evidence;
  readonly httpStatus: number;
  readonly fault: FaultCode | undefined;
  readonly bytesOut: number;
  readonly bytesIn: number;
  readonly hosts: readonly string[];
  readonly phases: readonly Phase[];
  readonly started: Date | undefined;
  readonly duration: number;
  readonly connections: readonly Connection[];
}

/** One numbered fact in an invocation's history. Numbers start at 1 and have no gaps. */
export interface Event {
  readonly number: number;
  readonly time: Date | undefined;
  readonly state: State;
  readonly kind: string;
  readonly attributes: Readonly<Record<string, string>>;
}

/** What a list tells of a call: `get` tells the rest. `agent` and `subject` are of the caller that made it. */
export interface InvocationSummary {
  readonly id: string;
  readonly tool: string;
  readonly effect: Effect;
  readonly state: State;
  readonly accepted: Date | undefined;
  readonly ended: Date | undefined;
  readonly attempts: number;
  readonly runId: string;
  readonly underReview: boolean;
  readonly traceId: string;
  readonly agent: string;
  readonly subject: string;
  readonly step: string;
  readonly occurrence: number;
  readonly fault: FaultCode | undefined;
  readonly cost: number | undefined;
}

/** What a call has cost, in the operator's own unit. */
export interface Cost {
  readonly amount: number;
  readonly counts: Readonly<Record<string, number>>;
  readonly missing: readonly string[];
}

export interface InvocationParts {
  readonly id: string;
  readonly tool: string;
  readonly toolDigest: string;
  readonly effect: Effect;
  readonly state: State;
  readonly outcome: Outcome | undefined;
  readonly attempts: readonly Attempt[];
  readonly traceId: string;
  readonly fromRecord: boolean;
  readonly accepted: Date | undefined;
  readonly ended: Date | undefined;
  readonly runId: string;
  readonly underReview: boolean;
  /** Where the outcome comes from, if not from an attempt of this invocation; see invocation.proto. */
  readonly outcomeSource: string;
  /** Seconds after the end for which the gateway knows the key, and when those are over. */
  readonly keyRetention: number;
  readonly keyExpires: Date | undefined;
  readonly cost: Cost | undefined;
  readonly step: string;
  readonly occurrence: number;
}

/** One logical call. `outcome` is undefined while it is under way. */
export interface Invocation extends InvocationParts {}
export class Invocation {
  constructor(parts: InvocationParts) {
    Object.assign(this, parts);
  }

  /** The outcome, if and only if it is a success. Throws InvocationFailed, OutcomeUnknown or InvocationUnderWay. */
  succeeded(): Succeeded {
    if (this.outcome === undefined) {
      throw new InvocationUnderWay(`invocation ${this.id} is under way`, { cure: "Watch it, or get it again later." });
    }
    if (this.outcome.kind === "Succeeded") return this.outcome;
    throw failed(this.id, this.outcome);
  }

  /** The decoded body of a success, undefined if it is empty. Throws as `succeeded`, and SyntaxError if it is not JSON. */
  json(): unknown {
    const text = this.#text();
    return text === "" ? undefined : (JSON.parse(text) as unknown);
  }

  /** As `json`, but integers beyond 2^53 are bigints, and not rounded. */
  exactJson(): unknown {
    const text = this.#text();
    return text === "" ? undefined : exactJson(text);
  }

  #text(): string {
    const { result } = this.succeeded();
    if (result.artifact !== undefined) throw new SyntaxError(`the answer is kept as the artifact ${result.artifact.id}`);
    return result.text;
  }
}

function failed(id: string, outcome: Exclude<Outcome, Succeeded>): InvocationFailed {
  if (outcome.kind === "Unknown") {
    const cure = "Find out upstream whether the effect happened. Never repeat the call blindly.";
    return new OutcomeUnknown(toldOf(outcome), outcome, { cure, invocationId: id });
  }
  const free = "notDone" in outcome && outcome.notDone;
  const anew = "Nothing was done: the same call with the same key is made anew.";
  const next = free ? anew : "A new call needs another key, in a run another step.";
  const cure = `See the outcome, and \`callgate show ${id}\`. ${next}`;
  return new InvocationFailed(toldOf(outcome), outcome, { cure, invocationId: id });
}

/** A list's filter for schemas: in which form they are written, and, for REDUCED, of how many tokens at most. */
export interface SchemaOptions {
  readonly schemaForm?: SchemaForm | undefined;
  readonly tokenBudget?: number | undefined;
}
