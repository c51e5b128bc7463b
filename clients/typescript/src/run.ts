/**
 * One run: its calls, with keys that come from the run, and its state, which the gateway keeps. An agent that is killed and
 * resumed makes the same calls again, and goes on from the state that it saved last.
 */

import { type Arguments, NO_ARGUMENTS } from "./arguments.ts";
import { call, type WaitedFor } from "./calls.ts";
import * as checks from "./checks.ts";
import { runKey, type StepOptions, wireStep } from "./keys.ts";
import { Invocations } from "./nouns/invocations.ts";
import { type EndOptions, Runs, type StartOptions } from "./nouns/runs.ts";
import type { RunRecord, RunSummary, StateArtifact } from "./run_records.ts";
import type { Session } from "./session.ts";
import type { Invocation } from "./types.ts";

/**
 * `step` is the turn, a number or a name that a resume finds again: the number of the model's message in its thread.
 * `occurrence` is the position among *equal* calls of that message, 0 for the first (see `occurrences`); it does not count
 * executions. `callId` is a framework's id of the call: only where a resume finds the same one. With `once`, the arguments are
 * not part of the key, so that a resume whose arguments differ throws KeyReused and does not act a second time.
 */
export interface RunCallOptions extends WaitedFor, StepOptions {}

/** One run of an agent. See `Client.run`. */
export class Run {
  /** The run's name wherever it goes on: a thread's id, a task's number. */
  readonly id: string;
  readonly #session: Session;
  #record: RunRecord | undefined;

  constructor(session: Session, id: string) {
    this.id = checks.runId(id);
    this.#session = session;
  }

  /** The key of this call; see `call`. Nothing is sent. */
  key(tool: string, given: Arguments, options: StepOptions): string {
    return runKey(this.id, tool, given, options);
  }

  /**
   * Call a tool, once for this place in the run: after a resume, the same call is answered from its record. Equal calls of one
   * step without an `occurrence` are one call, and act once. Other arguments are another call.
   *
   * Throws as the client's `call`, and RequestInvalid for an empty part.
   */
  async call(tool: string, given: Arguments = NO_ARGUMENTS, options: RunCallOptions): Promise<Invocation> {
    const key = this.key(tool, given, options);
    const place = { step: wireStep(checks.step(options.step)), occurrence: options.occurrence ?? 0 };
    return await call(this.#session, tool, given, { ...options, key, runId: this.id }, place);
  }

  /** The invocation of this call as it stands, undefined where there is none. Nothing runs. */
  async find(tool: string, given: Arguments = NO_ARGUMENTS, options: StepOptions): Promise<Invocation | undefined> {
    return await new Invocations(this.#session).find(this.key(tool, given, options));
  }

  /** Begin the run, or find how it stands: go on from its state. See `client.runs.start`. */
  async start(options: StartOptions = {}): Promise<RunRecord> {
    this.#record = await this.#runs.start(this.id, options);
    return this.#record;
  }

  /** The run as `start` found it, with what was saved here since. Throws RequestInvalid before that. */
  get record(): RunRecord {
    if (this.#record) return this.#record;
    throw checks.invalid("the run was not started here", "Call `start` first: it finds what was saved before.");
  }

  /** The state to go on from: what was saved last, undefined where nothing was, or an artifact has it. */
  get state(): Uint8Array | undefined {
    return this.record.state;
  }

  /**
   * Put a state in the place of the one that this process has seen last. See `client.runs.save`.
   *
   * Throws RequestInvalid before `start`, and RunStateMoved where another process goes on with the run: then stop, or start
   * again.
   */
  async save(state: Uint8Array | StateArtifact): Promise<void> {
    const before = this.record;
    const version = await this.#runs.save(this.id, state, before.version);
    const kept = "artifact" in state ? { state: undefined, stateArtifact: state.artifact } : { state, stateArtifact: "" };
    this.#record = { ...before, version, ...kept };
  }

  /** Say how the run has ended. See `client.runs.end`. */
  async end(options: EndOptions = {}): Promise<RunSummary> {
    return await this.#runs.end(this.id, options);
  }

  get #runs(): Runs {
    return new Runs(this.#session);
  }
}
