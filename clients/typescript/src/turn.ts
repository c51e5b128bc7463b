/**
 * Several addresses of gateways on one store: the one that is asked is the one that answered last, and where that fails, the
 * next.
 */
export class Turn {
  current = 0;
  readonly #count: number;

  constructor(count = 1) {
    this.#count = count;
  }

  get others(): number {
    return this.#count - 1;
  }

  /** Go on to the next address, unless another request has done so already. */
  leave(failed: number): void {
    if (this.current === failed) this.current = (failed + 1) % this.#count;
  }
}
