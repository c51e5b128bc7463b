/** The headers of an answer, by name, in whatever case. Values of one name are joined by a comma (RFC 9110 §5.3). */
export class Headers implements Iterable<[name: string, value: string]> {
  readonly #values = new Map<string, string>();

  constructor(given: Iterable<readonly [name: string, value: string]> = []) {
    for (const [name, value] of given) {
      const key = name.toLowerCase();
      const before = this.#values.get(key);
      this.#values.set(key, before === undefined ? value : `${before}, ${value}`);
    }
  }

  get(name: string): string | undefined {
    return this.#values.get(name.toLowerCase());
  }

  has(name: string): boolean {
    return this.#values.has(name.toLowerCase());
  }

  /** The names are in lower case. */
  [Symbol.iterator](): Iterator<[name: string, value: string]> {
    return this.#values.entries();
  }
}
