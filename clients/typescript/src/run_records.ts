/** Runs as the gateway keeps them, and their messages. The meaning of each field is in run_service.proto. */

import * as checks from "./checks.ts";
import { moment, present } from "./convert.ts";
import { named, type RunStatus } from "./enums.ts";
import { type Run, RunStatus as RunStatuses, type WholeRun } from "./v1/run_service_pb.js";

/** The gateway refuses more bytes. */
const PLAN_BYTES = 64 << 10;
const STATE_BYTES = 1 << 20;

/** A state that is kept as an artifact, by its id. */
export interface StateArtifact {
  readonly artifact: string;
}

/** What is known of a run, but for its plan and its state. `agent` and `subject` are of the caller whose run it is. */
export interface RunSummary {
  readonly runId: string;
  readonly agent: string;
  readonly subject: string;
  readonly status: RunStatus;
  readonly labels: Readonly<Record<string, string>>;
  /** Of its state: 0 before the first save, and one more with each. */
  readonly version: number;
  /** How many were begun in it, those included that came to nothing. */
  readonly calls: number;
  readonly started: Date | undefined;
  readonly saved: Date | undefined;
  readonly ended: Date | undefined;
  /** When it is forgotten, unless a state is saved or a call begun before. */
  readonly expires: Date | undefined;
  /** Who has killed it: agent/subject. */
  readonly author: string;
  /** Why it has ended, as it was said then. */
  readonly reason: string;
}

/**
 * A run with what its agent goes on from. `state` is undefined before the first save, and where an artifact has it:
 * `stateArtifact` is then that one's id.
 */
export interface RunRecord extends RunSummary {
  readonly plan: Uint8Array;
  readonly state: Uint8Array | undefined;
  readonly stateArtifact: string;
}

export function planOf(given: unknown): Uint8Array {
  return within(PLAN_BYTES, "plan", given, "Save it in the run's state, or name in the plan where it is kept.");
}

export function savedOf(given: Uint8Array | StateArtifact) {
  if (typeof given === "object" && given !== null && "artifact" in given) {
    return { case: "stateArtifact", value: checks.required("artifact's id", given.artifact) } as const;
  }
  const cure = "Put it into an artifact, and give `{ artifact: id }`.";
  return { case: "state", value: within(STATE_BYTES, "state", given, cure) } as const;
}

function within(most: number, part: string, given: unknown, cure: string): Uint8Array {
  const content = checks.content(part, given);
  if (content.length > most) throw checks.invalid(`the ${part} has more than ${most.toLocaleString("en-US")} bytes`, cure);
  return content;
}

export function statusOf(given: unknown): RunStatuses {
  return RunStatuses[checks.member(RunStatuses, "status", given)];
}

export function labelsOf(given: unknown): Record<string, string> {
  if (typeof given !== "object" || given === null || Array.isArray(given)) {
    throw checks.invalid("labels must be an object of texts", "Give names and values.");
  }
  const labels = Object.entries(given).map(([name, value]) => [
    checks.required("label's name", name),
    checks.text("label's value", value),
  ]);
  return Object.fromEntries(labels) as Record<string, string>;
}

/** Another caller, for who may review or operate. */
export interface Whose {
  readonly agent?: string | undefined;
  readonly subject?: string | undefined;
}

export function whoseOf({ agent, subject }: Whose) {
  const whose = { agent: checks.optional("agent", agent), subject: checks.optional("subject", subject) };
  if (Boolean(whose.agent) === Boolean(whose.subject)) return whose;
  throw checks.invalid("agent and subject name another caller together", "Give both, or none of them.");
}

export function summaryFrom(message: Run | undefined): RunSummary {
  const told = present(message, "run");
  return {
    runId: told.runId,
    agent: told.agent,
    subject: told.subject,
    status: named(RunStatuses, told.status),
    labels: { ...told.labels },
    version: Number(told.version),
    calls: Number(told.callCount),
    started: moment(told.startTime),
    saved: moment(told.saveTime),
    ended: moment(told.endTime),
    expires: moment(told.expireTime),
    author: told.author,
    reason: told.reason,
  };
}

export function recordFrom(message: WholeRun | undefined): RunRecord {
  const { run, plan, saved } = present(message, "run");
  return {
    ...summaryFrom(run),
    plan,
    state: saved.case === "state" ? saved.value : undefined,
    stateArtifact: saved.case === "stateArtifact" ? saved.value : "",
  };
}
