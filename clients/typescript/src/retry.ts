/**
 * When the very same request is sent again, and how long to wait before it. Pure but for the clock and the dice of a Pacing.
 *
 * Every request of this API may be repeated: reads by nature, a call by its idempotency key. So a request is sent again
 * whenever its error is `retryable`: the gateway said so, or the connection broke. Pauses grow exponentially with full jitter,
 * so that clients that failed together do not come back together, and are never shorter than the gateway's `retryAfter`.
 */

import * as checks from "./checks.ts";
import {
  BudgetExhausted,
  type CallgateError,
  ConnectionBroken,
  GatewayUnavailable,
  NoAnswer,
  Overloaded,
  ProxyAnswered,
  UpstreamOpen,
} from "./errors.ts";
import type { Turn } from "./turn.ts";

/**
 * Seconds. `first` is the first interval, which doubles up to `cap`; a pause is drawn from the whole interval.
 *
 * `patience` is how long nothing may work before the error of a request is raised; 0: it is not sent again; Infinity: as long
 * as it takes.
 */
export interface RetryPolicy {
  readonly first: number;
  readonly cap: number;
  readonly patience: number;
}

/** The clients' default. It outlasts a restart of the gateway. */
export const PATIENT: RetryPolicy = { first: 0.2, cap: 5, patience: 30 };

/** The policy with what is not said as in PATIENT. Throws RequestInvalid for what is no number of seconds from 0 to a year. */
export function retryPolicy(given: Partial<RetryPolicy> = {}): RetryPolicy {
  const policy = { ...PATIENT, ...given };
  checks.seconds("first interval", policy.first);
  checks.seconds("cap of the intervals", policy.cap);
  if (policy.patience !== Infinity) checks.seconds("patience", policy.patience);
  return policy;
}

/** What tries wait by: how to sleep for so many seconds, a clock in seconds, and dice that fall from 0 to 1. */
export interface Pacing {
  sleep(seconds: number, signal?: AbortSignal): Promise<void>;
  clock(): number;
  random(): number;
}

/** Seconds: for a request with all its tries, and for each try. */
export interface Bounds {
  readonly total: number;
  readonly each: number;
  /** A try's connection broke after so many seconds. */
  broke?(lasted: number): void;
}

export const READ: Bounds = { total: 30, each: 10 };

/** Seconds: a connection that broke after that long worked until then, as quiet as it was. */
const QUIET_HEALTH = 1;
/** An exponent without a bound would overflow after a thousand failures. */
const DOUBLINGS = 32;

/**
 * The tries of one request, at one gateway of several.
 *
 * `patience` is spent only while nothing works. What counts as working: an answer, a message of a stream, a connection that
 * held for a while. So connections may be cut as often as it pleases a balancer.
 */
export class Tries {
  readonly #policy: RetryPolicy;
  readonly #pacing: Pacing;
  readonly #bounds: Bounds;
  readonly #turn: Turn;
  readonly #deadline: number;
  #failures = 0;
  #untried: number;
  #failingSince = Infinity;
  #began: number;
  #asked: number;

  constructor(policy: RetryPolicy, pacing: Pacing, bounds: Bounds, turn: Turn) {
    this.#policy = policy;
    this.#pacing = pacing;
    this.#bounds = bounds;
    this.#turn = turn;
    this.#began = pacing.clock();
    this.#deadline = this.#began + bounds.total;
    this.#untried = turn.others;
    this.#asked = turn.current;
  }

  /** Begin a try. Returns its timeout in seconds; Infinity: as long as it takes. */
  begin(): number {
    this.#began = this.#pacing.clock();
    this.#asked = this.#turn.current;
    return Math.max(Math.min(this.#bounds.each, this.#deadline - this.#began), 0);
  }

  /** The gateway is there, so it has not been failing until now. */
  alive(): void {
    this.#failingSince = Infinity;
    this.#untried = this.#turn.others;
  }

  /** The gateway has answered, so earlier failures no longer count. */
  progressed(): void {
    this.alive();
    this.#failures = 0;
  }

  /** Seconds to wait before the same request is sent again. Throws the error where that is useless, or too late. */
  pauseAfter(error: CallgateError): number {
    const now = this.#pacing.clock();
    this.#judge(error, now - this.#began);
    if (this.#movesOn(error) && now < this.#deadline) return 0;
    this.#failingSince = Math.min(this.#failingSince, now);
    const pause = Math.max(this.#pacing.random() * this.#interval(), error.retryAfter ?? 0);
    this.#failures += 1;
    const patience = error instanceof NoAnswer ? Infinity : this.#failingSince + this.#policy.patience;
    if (!error.retryable || now + pause >= Math.min(this.#deadline, patience)) throw error;
    return pause;
  }

  /** What a try that lasted so many seconds says of the gateway's health. */
  #judge(error: CallgateError, lasted: number): void {
    if (error instanceof ConnectionBroken || error instanceof ProxyAnswered) this.#bounds.broke?.(lasted);
    if (error instanceof ConnectionBroken && lasted >= QUIET_HEALTH) this.progressed();
    // A gateway that does not answer in time is at work on the call and has not failed: only the deadline ends the wait.
    if (error instanceof NoAnswer) this.#failingSince = Infinity;
  }

  /** Whether another gateway is to be asked at once. Each is asked once before patience is spent. */
  #movesOn(error: CallgateError): boolean {
    if (!error.retryable || !isOfThisGateway(error)) return false;
    this.#turn.leave(this.#asked);
    this.#untried -= 1;
    if (this.#untried >= 0) return true;
    this.#untried = this.#turn.others;
    return false;
  }

  /** A pause must leave patience for another try. */
  #interval(): number {
    const { cap, patience, first } = this.#policy;
    return Math.min(cap, patience / 2, first * 2 ** Math.min(this.#failures, DOUBLINGS));
  }
}

function isOfThisGateway(error: CallgateError): boolean {
  if (error instanceof BudgetExhausted || error instanceof UpstreamOpen) return false;
  return error instanceof GatewayUnavailable || error instanceof Overloaded;
}
