/** JSON whose integers stay what they are: beyond 2^53 they are bigints, and not the nearest double. */

/** What V8 tells a reviver since ECMAScript's proposal of JSON.parse source text access. */
interface Source {
  readonly source?: string;
}

type Reviver = (this: unknown, name: string, value: unknown, context: Source) => unknown;

/** The value of a JSON text. Throws SyntaxError. */
export function exactJson(text: string): unknown {
  const exact: Reviver = (_, value, context) => (isRounded(value, context.source) ? BigInt(context.source as string) : value);
  return JSON.parse(text, exact as (this: unknown, name: string, value: unknown) => unknown);
}

function isRounded(value: unknown, source: string | undefined): boolean {
  return typeof value === "number" && !Number.isSafeInteger(value) && source !== undefined && /^-?\d+$/.test(source);
}
