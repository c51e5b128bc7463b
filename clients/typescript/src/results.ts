/** What an upstream has answered. The meaning of each field is in invocation.proto. */

import { Headers } from "./headers.ts";
import { visible } from "./visible.ts";
import { ascii, grouped, inQuotes, minute, spacedJson } from "./wording.ts";

/** A large answer that the gateway keeps until it `expires`. `size` in bytes, `sha256` of them, in hex. */
export interface Artifact {
  readonly id: string;
  readonly mediaType: string;
  readonly size: number;
  readonly sha256: string;
  readonly expires: Date;
}

/** What a tool's view has left of an answer; see the Python SDK's `ShownPart`. */
export interface ShownPart {
  readonly projection: string;
  readonly matchedNothing: boolean;
  readonly wholeBytes: number;
  readonly itemsLeftOut: number;
  readonly bytesLeftOut: number;
  readonly message: string;
  readonly unmatched: readonly string[];
}

/**
 * Of how many pages of a list an answer was made. `more`: it goes on; `nextArguments` are those by which the same call gets
 * what comes next. `stopped`: why no further page was fetched, although there was room for one.
 */
export interface Pages {
  readonly fetched: number;
  readonly items: number;
  readonly more: boolean;
  readonly nextArguments: Readonly<Record<string, unknown>>;
  readonly stopped: string;
  readonly message: string;
}

export interface ResultParts {
  readonly httpStatus: number;
  readonly contentType: string;
  readonly body: Uint8Array;
  readonly matchesSchema?: boolean | undefined;
  readonly links?: Readonly<Record<string, string>>;
  readonly headers?: Headers;
  readonly headersLeftOut?: number;
  readonly shown?: ShownPart | undefined;
  readonly pages?: Pages | undefined;
  readonly artifact?: Artifact | undefined;
}

/**
 * The upstream's answer, or, with an `httpStatus` of 0, a program's result.
 *
 * `matchesSchema` is undefined where the tool has no output schema for this status. `links` are those of the answer's headers
 * (RFC 8288), by their relation. `shown`: what the tool's view has left of the answer, undefined where the body is all of it;
 * `pages`: of how many pages of a list it was made. `artifact` has the whole where it is over the tool's bound: the body here
 * is the beginning of a text, or empty, or what the view shows. Show `forModel` to a model.
 */
export class Result {
  readonly httpStatus: number;
  readonly contentType: string;
  readonly body: Uint8Array;
  readonly matchesSchema: boolean | undefined;
  readonly links: Readonly<Record<string, string>>;
  readonly headers: Headers;
  readonly headersLeftOut: number;
  readonly shown: ShownPart | undefined;
  readonly pages: Pages | undefined;
  readonly artifact: Artifact | undefined;

  constructor(parts: ResultParts) {
    this.httpStatus = parts.httpStatus;
    this.contentType = parts.contentType;
    this.body = parts.body;
    this.matchesSchema = parts.matchesSchema;
    this.links = parts.links ?? {};
    this.headers = parts.headers ?? new Headers();
    this.headersLeftOut = parts.headersLeftOut ?? 0;
    this.shown = parts.shown;
    this.pages = parts.pages;
    this.artifact = parts.artifact;
  }

  /** The body as text. The gateway has made UTF-8 of other charsets; what is none becomes U+FFFD. */
  get text(): string {
    return new TextDecoder("utf-8", { ignoreBOM: true }).decode(this.body);
  }

  /** What is left out of the body and how to get more, in brackets; empty where nothing is. */
  get notes(): string {
    const { pages, shown, artifact } = this;
    const said = [pages && toldOfPages(pages), shown && toldOfView(shown), artifact && toldOfArtifact(artifact)];
    const notes = said.filter((one) => one !== undefined);
    return notes.length ? `[${notes.join(" ")}]` : "";
  }

  /** The body as text, and behind it, in a paragraph in brackets, what is left out of it and how to get more. */
  get forModel(): string {
    return this.notes ? `${this.text}\n\n${this.notes}` : this.text;
  }
}

function toldOfArtifact(one: Artifact): string {
  const kind = one.mediaType ? ` of ${visible(one.mediaType)}` : "";
  const kept = `it is the artifact ${one.id}, kept until ${minute(one.expires)} UTC.`;
  return `The whole answer has ${grouped(one.size)} bytes${kind} and is not shown here: ${kept}`;
}

function toldOfView(one: ShownPart): string {
  const said = one.message ? [visible(one.message)] : [];
  if (one.projection && !one.message) {
    const found = one.matchedNothing ? "has found nothing in" : "has made this of";
    said.push(`The view ${inQuotes(visible(one.projection))} ${found} an answer of ${grouped(one.wholeBytes)} bytes.`);
  }
  if (one.unmatched.length) {
    const names = one.unmatched.map((name) => inQuotes(visible(name))).join(", ");
    said.push(`Nothing in which it looks has ${names}: the view may misspell that.`);
  }
  if (one.bytesLeftOut) {
    const items = one.itemsLeftOut ? `, ${grouped(one.itemsLeftOut)} items among them` : "";
    said.push(`${grouped(one.bytesLeftOut)} bytes are left out${items}.`);
  }
  return said.join(" ");
}

function toldOfPages(one: Pages): string {
  const said = [`These are ${grouped(one.items)} items of ${grouped(one.fetched)} pages.`];
  if (one.stopped) said.push(`It stopped (${one.stopped}): ${visible(one.message)}.`);
  if (one.more && Object.keys(one.nextArguments).length) {
    said.push(`There is more: call again with ${spacedJson(one.nextArguments, ascii)}.`);
  } else if (one.more) {
    said.push(`There is more${one.message && !one.stopped ? `, but ${visible(one.message)}` : ""}.`);
  }
  return said.join(" ");
}
