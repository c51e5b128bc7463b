/** Callgate's client. See README.md. */

export { type Arguments } from "./arguments.ts";
export { type CallOptions, type WaitedFor } from "./calls.ts";
export { canonical, type Json } from "./canonical.ts";
export { Client, type ClientOptions } from "./client.ts";
export { DEFAULT_ADDRESS, type EndpointOptions, type Environment } from "./endpoint.ts";
export {
  type Effect,
  type Evidence,
  type FaultCode,
  type RunStatus,
  type SchemaForm,
  type State,
  type VersionState,
} from "./enums.ts";
export * from "./errors.ts";
export { exactJson } from "./exact_json.ts";
export { Headers } from "./headers.ts";
export { type InterruptedCall, interruptedCall } from "./interrupted.ts";
export { newKey, occurrences, runKey, type StepOptions, wireKey } from "./keys.ts";
export { InvocationHandle, type WaitOptions, type WatchOptions } from "./nouns/handle.ts";
export { type InvocationFilter, Invocations } from "./nouns/invocations.ts";
export { type EndOptions, type RunFilter, Runs, type StartOptions } from "./nouns/runs.ts";
export { type SearchOptions, type ToolFilter, Tools } from "./nouns/tools.ts";
export {
  type Cancelled,
  type LimitExceeded,
  type Outcome,
  type SandboxFailed,
  type Succeeded,
  type TimedOut,
  toldOf,
  type ToolFailed,
  type Unknown,
} from "./outcomes.ts";
export { type Artifact, type Pages, Result, type ShownPart } from "./results.ts";
export { PATIENT, type RetryPolicy } from "./retry.ts";
export { Run, type RunCallOptions } from "./run.ts";
export { type RunRecord, type RunSummary, type StateArtifact, type Whose } from "./run_records.ts";
export {
  type Attempt,
  type Connection,
  type Cost,
  type Event,
  type FoundTool,
  Invocation,
  type InvocationSummary,
  type Phase,
  type Schema,
  type SchemaOptions,
  type Tool,
} from "./types.ts";
