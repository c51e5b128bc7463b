/** One call: how it is asked for, and how its end is waited for. */

import { type Duration, DurationSchema } from "@bufbuild/protobuf/wkt";
import { create, type MessageInitShape } from "@bufbuild/protobuf";

import { type Arguments, encode, plain } from "./arguments.ts";
import * as checks from "./checks.ts";
import { invocationFrom } from "./convert.ts";
import { formNumber, type SchemaForm } from "./enums.ts";
import { keptInErrors } from "./interrupted.ts";
import { newCallToken, newKey, wireKey } from "./keys.ts";
import type { Session } from "./session.ts";
import type { Invocation } from "./types.ts";
import { type InvokeRequestSchema, InvocationService } from "./v1/invocation_service_pb.js";
import { SchemaForm as SchemaForms } from "./v1/tool_pb.js";
import { SOON, Waiting } from "./waiting.ts";

export interface WaitedFor {
  /** Seconds, for the whole call: the gateway keeps them, and they outlive this process. */
  readonly timeout?: number | undefined;
  /** How many seconds to wait for the end; 0: only until the gateway has accepted the call. */
  readonly wait?: number | undefined;
  /**
   * The form of the schema by which a model made the arguments. With STRICT, a null of what may be left out means just that.
   */
  readonly schemaForm?: SchemaForm | undefined;
  /** Ends the wait, and not the call: `interruptedCall` tells of that one. */
  readonly signal?: AbortSignal | undefined;
}

export interface CallOptions extends WaitedFor {
  readonly key?: string | undefined;
  readonly runId?: string | undefined;
}

/** Where in its run a call is made, as it is told beside it. */
export interface ToldPlace {
  readonly step: string;
  readonly occurrence: number;
}

const NO_PLACE: ToldPlace = { step: "", occurrence: 0 };
/** That can be told: 32 bits. */
const MOST_OCCURRENCES = 0xffff_ffff;

/** See `Client.call`. */
export async function call(
  session: Session,
  tool: string,
  given: Arguments,
  options: CallOptions,
  place = NO_PLACE,
): Promise<Invocation> {
  const key = options.key ?? newKey();
  const timeout = checks.timeout(options.timeout);
  const waiting = new Waiting(timeout, checks.optionalSeconds("wait", options.wait), session.pacing.clock);
  const asked = {
    tool: checks.required("tool", tool),
    argsJson: encode(plain(given)),
    idempotencyKey: wireKey(key),
    runId: checks.optionalRunId(options.runId) || session.runId,
    callToken: newCallToken(),
    schemaForm: form(options.schemaForm),
    step: place.step,
    occurrence: Math.min(place.occurrence, MOST_OCCURRENCES),
    ...(timeout !== undefined && { timeout: duration(timeout) }),
  };
  const request = () => (waiting.seconds === undefined ? asked : { ...asked, wait: duration(waiting.seconds) });
  return await untilEnded(session, request, waiting, key, options.signal);
}

/** A gateway that answers early is asked again, not without end, until the call has ended or is no longer waited for. */
async function untilEnded(
  session: Session,
  request: () => MessageInitShape<typeof InvokeRequestSchema>,
  waiting: Waiting,
  key: string,
  signal: AbortSignal | undefined,
): Promise<Invocation> {
  let invocationId = "";
  return await keptInErrors(
    () => ({ idempotencyKey: key, invocationId }),
    async () => {
      for (;;) {
        const answer = await session.send(InvocationService.method.invoke, request, waiting, signal);
        const invocation = invocationFrom(answer.invocation);
        if (invocation.outcome !== undefined || waiting.over) return invocation;
        invocationId = invocation.id;
        waiting.answered();
        await session.sleep(SOON, session.signal(signal));
      }
    },
  );
}

function form(given: SchemaForm | undefined): SchemaForms {
  if (given !== undefined) checks.member(SchemaForms, "schemaForm", given);
  return formNumber(given);
}

function duration(seconds: number): Duration {
  const nanoseconds = BigInt(Math.round(seconds * 1e9));
  return create(DurationSchema, { seconds: nanoseconds / 1_000_000_000n, nanos: Number(nanoseconds % 1_000_000_000n) });
}
