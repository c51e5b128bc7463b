/** The address of a gateway, and the token and the certificates that a client needs there. */

import { readFileSync } from "node:fs";
import { isIP } from "node:net";
import { homedir } from "node:os";
import { join } from "node:path";

import { EndpointInvalid } from "./errors.ts";
import { inQuotes } from "./wording.ts";

export const DEFAULT_ADDRESS = "127.0.0.1:7443";
const TOKEN_CURE = "Set CALLGATE_TOKEN or CALLGATE_TOKEN_FILE, or run `callgate up`, which writes a token.";
const ADDRESS_CURE = "Give `host:port` or `unix:PATH`, or several of them with commas between, such as gw1:7443,gw2:7443.";

const WELL_FORMED = /^(?:unix:\S+|dns:\S+|(?:[^\s:/[\]]+|\[[^\s[\]]+\]):(?<port>\d{1,5}))$/;
const TOKEN = /^[!-~]+$/;
const LAST_PORT = 65_535;

export type Environment = Readonly<Record<string, string | undefined>>;

export interface EndpointOptions {
  /** `host:port` or `unix:PATH`, or several with commas between, for gateways on one store. */
  readonly address?: string | undefined;
  readonly token?: string | undefined;
  /** The path of a PEM file. All but loopback and Unix sockets need it. */
  readonly rootCertificates?: string | undefined;
}

/** Throws EndpointInvalid for an address that is malformed, or would show the token to a network. */
export class Endpoint {
  readonly addresses: readonly string[];
  readonly token: string | undefined;
  /** In PEM, undefined for plaintext. */
  readonly certificates: Buffer | undefined;

  constructor({ address = DEFAULT_ADDRESS, token, rootCertificates }: EndpointOptions = {}) {
    if (typeof address !== "string" || !address.isWellFormed()) {
      throw new EndpointInvalid("the address of a gateway must be a text in UTF-8", { cure: ADDRESS_CURE });
    }
    this.addresses = address.split(",").map((one) => one.trim());
    for (const one of this.addresses) check(one, address, Boolean(rootCertificates));
    if (new Set(this.addresses).size < this.addresses.length) {
      throw new EndpointInvalid(`${inQuotes(address)} names an address twice`, { cure: ADDRESS_CURE });
    }
    if (token !== undefined && !(typeof token === "string" && TOKEN.test(token))) {
      throw new EndpointInvalid("the token is empty or has characters that no header can carry", { cure: TOKEN_CURE });
    }
    this.token = token;
    this.certificates = rootCertificates ? read(rootCertificates, "Check CALLGATE_ROOT_CERTIFICATES.") : undefined;
  }

  /**
   * CALLGATE_ADDRESS, CALLGATE_ROOT_CERTIFICATES, and the token of CALLGATE_TOKEN, or else of a file.
   *
   * The file is CALLGATE_TOKEN_FILE, or else `token` in the home of `callgate up`: CALLGATE_HOME, or else
   * ~/.local/state/callgate. Where the token is the home's, so is the address, unless CALLGATE_ADDRESS says another.
   */
  static fromEnvironment(environment: Environment): Endpoint {
    const elsewhere = environment["CALLGATE_TOKEN"] || environment["CALLGATE_TOKEN_FILE"];
    const atHome = elsewhere ? undefined : addressAtHome(environment); // a token is for its own gateway
    return new Endpoint({
      address: environment["CALLGATE_ADDRESS"] || atHome || DEFAULT_ADDRESS,
      token: environment["CALLGATE_TOKEN"] || read(tokenFile(environment), TOKEN_CURE).toString("utf8").trim(),
      rootCertificates: environment["CALLGATE_ROOT_CERTIFICATES"] || undefined,
    });
  }
}

function check(address: string, whole: string, tls: boolean): void {
  const port = WELL_FORMED.exec(address)?.groups?.["port"];
  if (!WELL_FORMED.test(address) || (port !== undefined && !isPort(port))) {
    const what = address ? `has ${inQuotes(address)}, which is not` : "has an empty entry, not";
    throw new EndpointInvalid(`the address ${inQuotes(whole)} ${what} the address of a gateway`, { cure: cureOf(address) });
  }
  if (tls || isLocal(address)) return;
  throw new EndpointInvalid(
    `${address} is neither loopback nor a Unix socket, and TLS is off: a network could read the token`,
    {
      cure: "Give `rootCertificates` (or set CALLGATE_ROOT_CERTIFICATES): a PEM file with the CA of the gateway.",
    },
  );
}

function isPort(port: string): boolean {
  return Number(port) >= 1 && Number(port) <= LAST_PORT;
}

/** With what was most likely meant: a URL for a place, a host without its port, or a port without its host. */
function cureOf(address: string): string {
  let meant = address.replace(/^\w+:\/\//, "").replace(/\/$/, "");
  if (/^(?:[^\s:/]+|\[[^\s[\]]+\])$/.test(meant)) {
    meant = /^\d+$/.test(meant) ? `127.0.0.1:${meant}` : `${meant}:${DEFAULT_ADDRESS.split(":")[1]}`;
  }
  const formed = WELL_FORMED.exec(meant);
  const port = formed?.groups?.["port"];
  return formed && (port === undefined || isPort(port)) ? `Write ${meant}. ${ADDRESS_CURE}` : ADDRESS_CURE;
}

/** Whether packets to this address stay on the machine. */
export function isLocal(address: string): boolean {
  if (address.startsWith("unix:")) return true;
  const host = address.slice(0, address.lastIndexOf(":")).replace(/^\[|\]$/g, "");
  return host === "localhost" || host === "::1" || (isIP(host) === 4 && host.startsWith("127."));
}

/** Undefined where no gateway was started there, and where this user may not read: then the token's file says so. */
function addressAtHome(environment: Environment): string | undefined {
  try {
    return readFileSync(join(homeOf(environment), "address"), "utf8");
  } catch {
    return undefined;
  }
}

function homeOf(environment: Environment): string {
  return environment["CALLGATE_HOME"] || join(homedir(), ".local", "state", "callgate");
}

function tokenFile(environment: Environment): string {
  return environment["CALLGATE_TOKEN_FILE"] || join(homeOf(environment), "token");
}

function read(path: string, cure: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    throw new EndpointInvalid(`${path} cannot be read: ${(error as NodeJS.ErrnoException).code}`, { cure, cause: error });
  }
}
