/** A call that has been made, by its invocation's id: waiting for its end, watching it, ending it. */

import * as checks from "../checks.ts";
import { eventFrom, invocationFrom } from "../convert.ts";
import { keptInErrors } from "../interrupted.ts";
import type { Session } from "../session.ts";
import type { Event, Invocation } from "../types.ts";
import { InvocationService, type WatchInvocationResponse } from "../v1/invocation_service_pb.js";

export interface WaitOptions {
  /** Seconds; none, and Infinity: as long as it takes. */
  readonly timeout?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface WatchOptions extends WaitOptions {
  /** The number of the last event that was seen. */
  readonly after?: number | undefined;
  /** Until the call's clean-up is done, too. */
  readonly untilSettled?: boolean | undefined;
}

/** An invocation as it stands. */
export async function standing(session: Session, id: string): Promise<Invocation> {
  const asked = { id: checks.required("invocation's id", id) };
  return invocationFrom((await session.send(InvocationService.method.getInvocation, () => asked)).invocation);
}

/** One invocation, from any client and any gateway of its store. */
export class InvocationHandle {
  readonly id: string;
  readonly #session: Session;

  constructor(session: Session, id: string) {
    this.id = checks.required("invocation's id", id);
    this.#session = session;
  }

  /** Wait for the end. Throws NoAnswer where that takes more than `timeout` seconds. */
  async wait(options: WaitOptions = {}): Promise<Invocation> {
    const known = { idempotencyKey: undefined, invocationId: this.id };
    return await keptInErrors(
      () => known,
      async () => {
        for await (const _ of this.watch(options));
        return await standing(this.#session, this.id);
      },
    );
  }

  /**
   * The events after number `after`, until the call has ended or, with `untilSettled`, its clean-up is done, too. A watch goes
   * on after the last event that was seen, however often its connection breaks.
   *
   * Throws NoAnswer where it takes more than `timeout` seconds.
   */
  async *watch(options: WatchOptions = {}): AsyncGenerator<Event, void> {
    let after = BigInt(checks.count("number of the last event", options.after ?? 0));
    const untilSettled = checks.flag("untilSettled", options.untilSettled ?? false);
    for await (const answer of this.#watched(() => ({ id: this.id, after, untilSettled }), options)) {
      if (answer.kind.case !== "event") continue;
      after = answer.kind.value.number;
      yield eventFrom(answer.kind.value);
    }
  }

  /** Ask the gateway to end the call. Returns the invocation as it stands now. */
  async cancel(): Promise<Invocation> {
    const asked = { id: this.id };
    return invocationFrom((await this.#session.send(InvocationService.method.cancelInvocation, () => asked)).invocation);
  }

  /** The answers to a watch, which is made anew where it breaks. `request` makes it of what was seen by then. */
  async *#watched(
    request: () => { readonly id: string; readonly after: bigint; readonly untilSettled: boolean },
    options: WaitOptions,
  ): AsyncGenerator<WatchInvocationResponse, void> {
    const seconds = checks.endlessSeconds("timeout", options.timeout);
    const tries = this.#session.begin({ total: seconds, each: seconds });
    const signal = this.#session.signal(options.signal);
    for (;;) {
      try {
        const watch = InvocationService.method.watchInvocation;
        for await (const answer of this.#session.stream(watch, request(), tries.begin(), signal)) {
          tries.alive();
          if (answer.kind.case === "heartbeat") continue;
          tries.progressed();
          yield answer;
        }
        return;
      } catch (error) {
        await this.#session.pauseAfter(error, tries, signal);
      }
    }
  }
}
