/** A client's tools, for an adapter: what they are, and their calls, told in words for a model. */

import type { Arguments } from "../arguments.ts";
import type { WaitedFor } from "../calls.ts";
import * as checks from "../checks.ts";
import type { Client } from "../client.ts";
import { NoAnswer, RequestRefused, ToolNotFound } from "../errors.ts";
import type { Answer } from "./answers.ts";
import { SHOWN } from "./bounds.ts";
import { describe, noSuchTool, search, unfit } from "./finding.ts";
import { DESCRIBE, innerArguments, isName, said, SEARCH } from "./inner_calls.ts";
import { metaOffers, Scope } from "./meta_tools.ts";
import { type Forms, type Offer, type OfferFilter, PLAIN, readOffers } from "./offers.ts";
import type { Place } from "./place.ts";
import { noArguments, told } from "./refusals.ts";
import { answerOf } from "./wording.ts";

export interface ToolboxOptions {
  /** In which forms schemas are shown. */
  readonly forms?: Forms | undefined;
  /** Seconds, as of the client's `call`. A call that has not ended after `wait` is told to be pending. */
  readonly timeout?: number | undefined;
  readonly wait?: number | undefined;
  /** How many characters of an answer a model is shown. */
  readonly shown?: number | undefined;
  /**
   * Offer `search_tools`, `describe_tool` and `call_tool` in the place of all others, for catalogs of more tools than a model
   * is to be shown. A call by `call_tool` has the key that a call of the tool itself has in its place.
   */
  readonly search?: boolean | undefined;
}

export class Toolbox {
  readonly #client: Client;
  readonly #forms: Forms;
  readonly #search: boolean;
  readonly #timeout: number | undefined;
  readonly #wait: number | undefined;
  readonly #shown: number;

  constructor(client: Client, { forms = PLAIN, timeout, wait, shown = SHOWN, search = false }: ToolboxOptions = {}) {
    this.#client = client;
    this.#forms = forms;
    this.#search = checks.flag("search", search);
    this.#timeout = checks.timeout(timeout);
    this.#wait = checks.optionalSeconds("wait", wait);
    this.#shown = checks.count("number of characters that are shown", shown);
  }

  /** The tools that may be called now. Throws CallgateError. */
  async offers(filter: OfferFilter = {}): Promise<Offer[]> {
    return this.#search ? metaOffers(new Scope(filter)) : await readOffers(this.#client, this.#forms, filter);
  }

  /**
   * The answer to a call of this place: made now, or found again. Throws CallUnsettled where it is open how it ended, and
   * RunEnded and RunKilled where its run is over: the agent is to stop. `signal` ends the wait, by its reason, and not the
   * call.
   */
  async call(offer: Offer, given: Arguments, place: Place, signal?: AbortSignal): Promise<Answer> {
    if (offer.scope) return await this.#ofAll(offer.name, offer.scope, given, place, signal);
    try {
      return await this.#made(offer.name, given, place, { schemaForm: offer.form, signal });
    } catch (error) {
      return told(error);
    }
  }

  /**
   * The answer of a call that was made before: its end, or, after `wait`, how it stands. Nothing runs. Throws CallgateError.
   */
  async find(invocationId: string): Promise<Answer> {
    try {
      await this.#client.invocations.handle(invocationId).wait({ timeout: this.#wait });
    } catch (error) {
      if (!(error instanceof NoAnswer)) throw error;
    }
    return answerOf(await this.#client.invocations.get(invocationId), this.#shown);
  }

  async #made(tool: string, given: Arguments, { run, ...at }: Place, how: Pick<WaitedFor, "schemaForm" | "signal">) {
    const waited = { timeout: this.#timeout, wait: this.#wait, ...how };
    return answerOf(await this.#client.run(run).call(tool, given, { ...at, ...waited }), this.#shown);
  }

  /** One of the three that stand for all tools. */
  async #ofAll(asked: string, scope: Scope, given: unknown, place: Place, signal: AbortSignal | undefined): Promise<Answer> {
    if (asked === SEARCH) return await search(this.#client, given, scope, this.#shown);
    if (asked === DESCRIBE) return await describe(this.#client, given, scope, this.#forms, this.#shown);
    const name = said(given, "name");
    if (!isName(name)) return unfit(`\`name\` must be a tool's name, as ${SEARCH} lists it`);
    try {
      return await this.#inner(name, scope, innerArguments(given), place, signal);
    } catch (error) {
      if (error instanceof SyntaxError || error instanceof RangeError) return noArguments(error.message);
      return error instanceof ToolNotFound ? noSuchTool(name) : told(error);
    }
  }

  /** The call of the tool that is named, with the key that it has in this place. */
  async #inner(name: string, scope: Scope, given: unknown, place: Place, signal: AbortSignal | undefined): Promise<Answer> {
    if (typeof given !== "object" || given === null || Array.isArray(given)) return noArguments("they are no object");
    if (!(await this.#has(scope, name))) return noSuchTool(name);
    return await this.#made(name, given as Arguments, place, { signal });
  }

  /** Whether the scope has the tool. Of one that may not be called the call itself tells why. */
  async #has(scope: Scope, name: string): Promise<boolean> {
    if (scope.toolset === undefined || !scope.hasName(name)) return scope.hasName(name);
    try {
      return scope.has(await this.#client.tools.get(name));
    } catch (error) {
      if (error instanceof RequestRefused) return true;
      throw error;
    }
  }
}
