/** How long a call is waited for, and how long each of its requests may be silent. Seconds. */

import type { Bounds } from "./retry.ts";

/** For a call without a timeout. */
const CALL_SECONDS = 120;
/** What a call with a timeout gets in addition, for the gateway to answer in. */
const MARGIN_SECONDS = 10;
/** Without an answer after that, a call is sent again, to attach to the one under way. */
const TRY_SECONDS = 60;
/** The client does not ask again after a call under way when less than that is left. */
export const SOON = 1;
/** A connection that breaks earlier was not ended for being silent. */
const SHORTEST_SILENCE = 0.5;
/** By how much longer the next request may be silent, once one was answered in time. */
const GROWTH = 1.5;

/**
 * How long a call is waited for: `wait` seconds, or, without that, as long as it may take.
 *
 * The bounds of each of its requests, too. A request is silent until the call has ended, and a proxy may end it for that. Then
 * the next one asks for an answer in half the time, and what is answered in time lets the next be silent for longer.
 */
export class Waiting implements Bounds {
  readonly each = TRY_SECONDS;
  readonly #clock: () => number;
  readonly #asked: boolean;
  readonly #end: number;
  #silence = TRY_SECONDS;

  constructor(timeout: number | undefined, wait: number | undefined, clock: () => number) {
    const longest = timeout === undefined ? CALL_SECONDS : timeout + MARGIN_SECONDS;
    this.#clock = clock;
    this.#asked = wait !== undefined;
    this.#end = clock() + (wait ?? longest);
  }

  get left(): number {
    return Math.max(0, this.#end - this.#clock());
  }

  get over(): boolean {
    return this.left < SOON;
  }

  /** How long the gateway is to wait. Undefined: the gateway takes it from the RPC's deadline. */
  get seconds(): number | undefined {
    if (this.#silence >= TRY_SECONDS) return this.#asked ? this.left : undefined;
    return Math.min(this.left, this.#silence);
  }

  get total(): number {
    return this.#asked ? this.left + MARGIN_SECONDS : this.left;
  }

  broke(lasted: number): void {
    if (lasted >= SHORTEST_SILENCE) this.#silence = Math.max(SHORTEST_SILENCE, Math.min(lasted, this.#silence) / 2);
  }

  /** The gateway has said in time that the call is under way. */
  answered(): void {
    this.#silence = Math.min(TRY_SECONDS, this.#silence * GROWTH);
  }
}
