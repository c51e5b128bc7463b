/** `client.runs`: runs of agents as the gateway keeps them, from which another process goes on. */

import * as checks from "../checks.ts";
import type { RunStatus } from "../enums.ts";
import { newCallToken } from "../keys.ts";
import * as records from "../run_records.ts";
import type { RunRecord, RunSummary, StateArtifact, Whose } from "../run_records.ts";
import type { Session } from "../session.ts";
import { RunService } from "../v1/run_service_pb.js";

export interface StartOptions {
  readonly plan?: Uint8Array | undefined;
  readonly labels?: Readonly<Record<string, string>> | undefined;
}

export interface RunFilter {
  readonly statuses?: readonly RunStatus[] | undefined;
  readonly labels?: Readonly<Record<string, string>> | undefined;
}

export interface EndOptions {
  readonly status?: "SUCCEEDED" | "FAILED" | undefined;
  readonly reason?: string | undefined;
}

const NO_PLAN = new Uint8Array();

/** Runs of agents: a plan, a state that is saved step by step, and an end. `client.run` goes on with one. */
export class Runs {
  readonly #session: Session;

  constructor(session: Session) {
    this.#session = session;
  }

  /**
   * Begin a run, or find how the one of this name stands, whichever process has begun it. The plan never changes.
   *
   * Throws RunPlanDiffers where it was begun with another plan, QuotaExceeded.
   */
  async start(runId: string, { plan = NO_PLAN, labels = {} }: StartOptions = {}): Promise<RunRecord> {
    const asked = { runId: checks.runId(runId), plan: records.planOf(plan), labels: records.labelsOf(labels) };
    return records.recordFrom((await this.#session.send(RunService.method.startRun, () => asked)).run);
  }

  /** A run with its plan and its state. Throws RunNotFound. */
  async get(runId: string, whose: Whose = {}): Promise<RunRecord> {
    const asked = { runId: checks.runId(runId), ...records.whoseOf(whose) };
    return records.recordFrom((await this.#session.send(RunService.method.getRun, () => asked)).run);
  }

  /** The runs that this caller may see, the one that was started last first. */
  async *list({ statuses = [], labels = {} }: RunFilter = {}): AsyncGenerator<RunSummary, void> {
    const asked = { statuses: checks.list("statuses", statuses).map(records.statusOf), labels: records.labelsOf(labels) };
    for await (const page of this.#session.pages(RunService.method.listRuns, (pageToken) => ({ ...asked, pageToken }))) {
      for (const one of page.runs) yield records.summaryFrom(one);
    }
  }

  /**
   * Put a state in the place of `version`, the one that this process has seen last. Returns the version that it is.
   *
   * At most 1 MiB, or the artifact that has more. Throws RunStateMoved where another process has saved since, RunStateLost
   * where the store has an older one than `version`, RunEnded, RunKilled, QuotaExceeded.
   */
  async save(runId: string, state: Uint8Array | StateArtifact, version: number): Promise<number> {
    const asked = {
      runId: checks.runId(runId),
      version: BigInt(checks.count("version that was seen", version)),
      saved: records.savedOf(state),
      saveToken: newCallToken(),
    };
    return Number((await this.#session.send(RunService.method.saveRunState, () => asked)).version);
  }

  /**
   * Say how a run has ended. No call of it begins any more, and those that wait are cancelled.
   *
   * Throws RunEnded or RunKilled where it has ended otherwise.
   */
  async end(runId: string, { status = "SUCCEEDED", reason = "" }: EndOptions = {}): Promise<RunSummary> {
    const asked = { runId: checks.runId(runId), status: records.statusOf(status), reason: checks.text("reason", reason) };
    return records.summaryFrom((await this.#session.send(RunService.method.endRun, () => asked)).run);
  }

  /** Stop a run from outside, an own one or, for operators, any of the tenant's. One that is over stays as it is. */
  async kill(runId: string, reason: string, whose: Whose = {}): Promise<RunSummary> {
    const asked = { runId: checks.runId(runId), reason: checks.required("reason", reason), ...records.whoseOf(whose) };
    return records.summaryFrom((await this.#session.send(RunService.method.killRun, () => asked)).run);
  }
}
