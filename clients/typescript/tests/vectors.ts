/** The vectors of `clients/vectors`, by which all SDKs are held to the same. Integers beyond 2^53 are bigints. */

import { readFileSync } from "node:fs";

import { exactJson } from "../src/exact_json.ts";

export type Case = Readonly<Record<string, any>>;

export function vectors(name: string): Readonly<Record<string, readonly Case[]>> {
  const file = new URL(`../../vectors/${name}.json`, import.meta.url);
  return exactJson(readFileSync(file, "utf8")) as Readonly<Record<string, readonly Case[]>>;
}
