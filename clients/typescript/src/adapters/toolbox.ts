/** A client's tools, for an adapter: what they are, and their calls, told in words for a model. */

import type { Arguments } from "../arguments.ts";
import * as checks from "../checks.ts";
import type { Client } from "../client.ts";
import { NoAnswer } from "../errors.ts";
import type { Answer } from "./answers.ts";
import { SHOWN } from "./bounds.ts";
import { type Forms, type Offer, type OfferFilter, PLAIN, readOffers } from "./offers.ts";
import type { Place } from "./place.ts";
import { told } from "./refusals.ts";
import { answerOf } from "./wording.ts";

export interface ToolboxOptions {
  /** In which forms schemas are shown. */
  readonly forms?: Forms | undefined;
  /** Seconds, as of the client's `call`. A call that has not ended after `wait` is told to be pending. */
  readonly timeout?: number | undefined;
  readonly wait?: number | undefined;
  /** How many characters of an answer a model is shown. */
  readonly shown?: number | undefined;
}

export class Toolbox {
  readonly client: Client;
  readonly forms: Forms;
  readonly #timeout: number | undefined;
  readonly #wait: number | undefined;
  readonly #shown: number;

  constructor(client: Client, { forms = PLAIN, timeout, wait, shown = SHOWN }: ToolboxOptions = {}) {
    this.client = client;
    this.forms = forms;
    this.#timeout = checks.timeout(timeout);
    this.#wait = checks.optionalSeconds("wait", wait);
    this.#shown = checks.count("number of characters that are shown", shown);
  }

  /** The tools that may be called now. Throws CallgateError. */
  async offers(filter: OfferFilter = {}): Promise<Offer[]> {
    return await readOffers(this.client, this.forms, filter);
  }

  /**
   * The answer to a call of this place: made now, or found again. Throws CallUnsettled where it is open how it ended, and
   * RunEnded and RunKilled where its run is over: the agent is to stop. `signal` ends the wait, by its reason, and not the
   * call.
   */
  async call(offer: Offer, given: Arguments, place: Place, signal?: AbortSignal): Promise<Answer> {
    const { run, ...at } = place;
    const waited = { timeout: this.#timeout, wait: this.#wait, schemaForm: offer.form, signal };
    try {
      return answerOf(await this.client.run(run).call(offer.name, given, { ...at, ...waited }), this.#shown);
    } catch (error) {
      return told(error);
    }
  }

  /**
   * The answer of a call that was made before: its end, or, after `wait`, how it stands. Nothing runs. Throws CallgateError.
   */
  async find(invocationId: string): Promise<Answer> {
    try {
      await this.client.invocations.handle(invocationId).wait({ timeout: this.#wait });
    } catch (error) {
      if (!(error instanceof NoAnswer)) throw error;
    }
    return answerOf(await this.client.invocations.get(invocationId), this.#shown);
  }
}
