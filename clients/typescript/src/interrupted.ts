/**
 * What a call is found again by, kept in the error that ends the wait for it: whichever error that is.
 *
 * An error of the SDK has fields for it. What an AbortSignal's owner gives as its reason stays what it is.
 */

import { CallgateError } from "./errors.ts";

/** `client.invocations.find` takes the key, `client.invocations.handle` the id. Empty where the client did not know it. */
export interface InterruptedCall {
  readonly idempotencyKey: string | undefined;
  readonly invocationId: string;
}

/** Undefined of what has ended the wait for several calls, such as one signal's reason: it is about none of them alone. */
const OF_OTHERS = new WeakMap<object, InterruptedCall | undefined>();

/** The call that this error is about, or one that it was raised from; undefined where it is about none. */
export function interruptedCall(error: unknown): InterruptedCall | undefined {
  const met = new Set<unknown>();
  let asked = error;
  while (typeof asked === "object" && asked !== null && !met.has(asked)) {
    met.add(asked);
    const found = own(asked);
    if (found) return found;
    asked = (asked as { cause?: unknown }).cause;
  }
  return undefined;
}

/** What `work` throws tells of the call, as far as it is known by then. */
export async function keptInErrors<T>(call: () => InterruptedCall, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    keep(error, call());
    throw error;
  }
}

function keep(error: unknown, call: InterruptedCall): void {
  if (error instanceof CallgateError) {
    error.invocationId ||= call.invocationId;
    error.idempotencyKey ??= call.idempotencyKey;
  } else if (typeof error === "object" && error !== null) {
    OF_OTHERS.set(error, OF_OTHERS.has(error) ? undefined : call);
  }
}

function own(error: object): InterruptedCall | undefined {
  if (!(error instanceof CallgateError)) return OF_OTHERS.get(error);
  const { idempotencyKey, invocationId } = error;
  return idempotencyKey !== undefined || invocationId ? { idempotencyKey, invocationId } : undefined;
}
