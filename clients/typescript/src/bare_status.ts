/**
 * What a status means that carries no ErrorDetail. A gateway sends one with each refusal, so such a status is not its word: the
 * connection broke, or a proxy, or another server, answered in the gateway's place.
 *
 * gRPC keeps the HTTP status of such an answer in its text alone.
 */

import { status } from "@grpc/grpc-js";

import * as errors from "./errors.ts";

export type ErrorClass = new (message: string, parts: errors.ErrorParts) => errors.CallgateError;

export interface Row {
  readonly kind: ErrorClass;
  readonly cure: string;
  readonly retryable: boolean;
}

const again = (kind: ErrorClass, cure: string): Row => ({ kind, cure, retryable: true });
const never = (kind: ErrorClass, cure: string): Row => ({ kind, cure, retryable: false });

const AGAIN = "Send the same request again, a call with the same idempotency key.";
export const NO_GATEWAY = again(errors.GatewayUnavailable, "Start the gateway with `callgate up`, or check CALLGATE_ADDRESS.");
const NOT_ALLOWED = again(
  errors.GatewayUnavailable,
  "Run this as a user who may open the socket that CALLGATE_ADDRESS names, or let the operator give you the right to: the" +
    " gateway's socket is its user's.",
);
const NO_SUCH_HOST = again(
  errors.GatewayUnavailable,
  "Check the name in CALLGATE_ADDRESS, and that this machine can look it up.",
);
const NOT_TRUSTED = again(
  errors.GatewayUnavailable,
  "Check CALLGATE_ROOT_CERTIFICATES and CALLGATE_ADDRESS: the server must speak TLS, with a certificate of that authority for" +
    " exactly this name.",
);
const NOT_HTTP2 = again(
  errors.GatewayUnavailable,
  "Check CALLGATE_ADDRESS: the server there does not speak HTTP/2. A proxy must do so on both sides (nginx: `listen … http2`" +
    " and `grpc_pass`; HAProxy: `proto h2`).",
);
const BROKEN = again(
  errors.ConnectionBroken,
  "If it happens again and again, look at the proxy or balancer between this client and the gateway: its limits for idle and" +
    ` long streams, and its own log. ${AGAIN}`,
);
const IN_ITS_PLACE = again(
  errors.ProxyAnswered,
  `See whether the proxy between this client and the gateway reaches the gateway, and whether the gateway runs. ${AGAIN}`,
);
const NOT_OURS = never(
  errors.RefusedOnTheWay,
  "Check CALLGATE_ADDRESS: the server there is no Callgate gateway, or one of another version, or a proxy that does not know" +
    " the gateway's paths.",
);
const ON_THE_WAY = never(
  errors.RefusedOnTheWay,
  "Ask the operator of the proxy between this client and the gateway, and check CALLGATE_ADDRESS: it was not the gateway that" +
    " refused.",
);
const TOO_LARGE = never(
  errors.MessageTooLarge,
  "Send less, or have the limit raised on the proxy between this client and the gateway (nginx: `client_max_body_size`); the" +
    " gateway itself takes messages of 4 MiB.",
);
export const UNREADABLE = never(errors.GatewayDefect, "Use an SDK of the gateway's release; report it to the operator.");
const BUSY = again(errors.Overloaded, "Send less, or try again later.");

const BY_HTTP_STATUS = new Map<number, Row>([
  [404, NOT_OURS],
  [408, IN_ITS_PLACE],
  [413, TOO_LARGE],
  [425, IN_ITS_PLACE],
  [429, BUSY],
  [431, TOO_LARGE],
  // A proxy that reaches the gateway, and ends the request for being silent: it cuts the connection, and says so.
  [504, BROKEN],
]);

const BY_STATUS = new Map<status, Row>([
  [status.DEADLINE_EXCEEDED, again(errors.NoAnswer, AGAIN)],
  [status.RESOURCE_EXHAUSTED, BUSY],
  [status.INVALID_ARGUMENT, ON_THE_WAY],
  [status.UNAUTHENTICATED, ON_THE_WAY],
  [status.PERMISSION_DENIED, ON_THE_WAY],
  [status.NOT_FOUND, NOT_OURS],
  [status.FAILED_PRECONDITION, ON_THE_WAY],
  [status.UNIMPLEMENTED, NOT_OURS],
]);

/** What @grpc/grpc-js says of itself, and not a peer: the first that fits. */
const BY_TEXT: readonly (readonly [code: status, told: RegExp, row: Row])[] = [
  [status.UNAVAILABLE, /^Name resolution failed/, NO_SUCH_HOST],
  [status.UNAVAILABLE, /^No connection established.{0,1000}\b(EACCES|EPERM)\b/, NOT_ALLOWED],
  [status.UNAVAILABLE, /^No connection established.{0,1000}(certificate|SSL|TLS|altnames)/, NOT_TRUSTED],
  [status.UNAVAILABLE, /^No connection established.{0,1000}(HTTP2|HTTP\/1|Protocol error)/, NOT_HTTP2],
  [status.UNAVAILABLE, /^No connection established/, NO_GATEWAY],
  [status.DEADLINE_EXCEEDED, /Waiting for LB pick/, NO_GATEWAY],
  [status.RESOURCE_EXHAUSTED, /(message|size) larger than/, TOO_LARGE],
];

const HTTP_STATUS = /^Received HTTP status code (\d{3})/;

/** What the status means, and a name for it, such as UNAVAILABLE or HTTP_502. */
export function describe(code: status, text: string): readonly [row: Row, reason: string] {
  const found = HTTP_STATUS.exec(text);
  if (found) return [ofHttp(Number(found[1])), `HTTP_${found[1]}`];
  const told = BY_TEXT.find(([of, pattern]) => of === code && pattern.test(text));
  return [told?.[2] ?? BY_STATUS.get(code) ?? BROKEN, status[code]];
}

/** A refusal will come again, and so will a redirection; with what the server could not do, that is open. */
function ofHttp(code: number): Row {
  return BY_HTTP_STATUS.get(code) ?? (code >= 500 ? IN_ITS_PLACE : ON_THE_WAY);
}
