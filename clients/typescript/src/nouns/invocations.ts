/** `client.invocations`: the calls that have been made. */

import { timestampFromDate } from "@bufbuild/protobuf/wkt";

import * as checks from "../checks.ts";
import { invocationFrom, summaryFrom } from "../convert.ts";
import type { State } from "../enums.ts";
import { InvocationNotFound } from "../errors.ts";
import { wireKey } from "../keys.ts";
import type { Session } from "../session.ts";
import type { Invocation, InvocationSummary } from "../types.ts";
import { InvocationState } from "../v1/invocation_pb.js";
import { InvocationService } from "../v1/invocation_service_pb.js";
import { InvocationHandle, standing } from "./handle.ts";

/** All that is given has to hold. */
export interface InvocationFilter {
  /** A name, or `name@version`. */
  readonly tool?: string | undefined;
  readonly states?: readonly State[] | undefined;
  readonly runId?: string | undefined;
  readonly agent?: string | undefined;
  readonly subject?: string | undefined;
  /** Of a call of this caller. */
  readonly key?: string | undefined;
  readonly since?: Date | undefined;
  /** Excluded. */
  readonly until?: Date | undefined;
}

/** The calls that have been made. */
export class Invocations {
  readonly #session: Session;

  constructor(session: Session) {
    this.#session = session;
  }

  /**
   * The calls that this caller may see, the one that was accepted last first: its own, and its tenant's where it may review or
   * operate. Pages come as they are asked for: stop where you have seen enough.
   */
  async *list(filter: InvocationFilter = {}): AsyncGenerator<InvocationSummary, void> {
    const asked = wanted(filter);
    const method = InvocationService.method.listInvocations;
    for await (const page of this.#session.pages(method, (pageToken) => ({ ...asked, pageToken }))) {
      for (const one of page.invocations) yield summaryFrom(one);
    }
  }

  /** An invocation as it stands. Throws InvocationNotFound. */
  async get(invocationId: string): Promise<Invocation> {
    return await standing(this.#session, invocationId);
  }

  /** The invocation with this caller's idempotency key, as it stands; undefined where there is none. Nothing runs. */
  async find(key: string): Promise<Invocation | undefined> {
    const asked = { idempotencyKey: wireKey(key) };
    try {
      return invocationFrom((await this.#session.send(InvocationService.method.findInvocation, () => asked)).invocation);
    } catch (error) {
      if (error instanceof InvocationNotFound) return undefined;
      throw error;
    }
  }

  /** Ask the gateway to end a call. Returns the invocation as it stands now. */
  async cancel(invocationId: string): Promise<Invocation> {
    return await this.handle(invocationId).cancel();
  }

  /** What waits for the end of an invocation, watches it and cancels it. Nothing is sent. */
  handle(invocationId: string): InvocationHandle {
    return new InvocationHandle(this.#session, invocationId);
  }
}

function wanted(filter: InvocationFilter) {
  const since = checks.optionalMoment("since", filter.since);
  const until = checks.optionalMoment("until", filter.until);
  return {
    tool: checks.optional("tool", filter.tool),
    states: checks
      .list("states", filter.states ?? [])
      .map((one) => InvocationState[checks.member(InvocationState, "state", one)]),
    runId: checks.optionalRunId(filter.runId),
    agent: checks.optional("agent", filter.agent),
    subject: checks.optional("subject", filter.subject),
    idempotencyKey: filter.key === undefined ? "" : wireKey(filter.key),
    ...(since && { startTime: timestampFromDate(since) }),
    ...(until && { endTime: timestampFromDate(until) }),
  };
}
