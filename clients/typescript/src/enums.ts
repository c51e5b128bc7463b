/** The enums of the API by their names. A number that only a newer gateway knows is UNSPECIFIED. */

import * as fault from "./v1/fault_code_pb.js";
import * as invocation from "./v1/invocation_pb.js";
import * as run from "./v1/run_service_pb.js";
import * as tool from "./v1/tool_pb.js";

/** What may happen upstream when a call is repeated. */
export type Effect = keyof typeof tool.Effect;
/** Whether a tool version may be called: ACTIVE and DEPRECATED ones may. */
export type VersionState = keyof typeof tool.VersionState;
/** How an input schema is written for a model; see the Python SDK's `SchemaForm`. */
export type SchemaForm = Exclude<keyof typeof tool.SchemaForm, "UNSPECIFIED">;
/** Where an invocation stands. */
export type State = keyof typeof invocation.InvocationState;
/** What is known to have left the box in an attempt. */
export type Evidence = keyof typeof invocation.Evidence;
/** Where a run stands. All but RUNNING are ends; KILLED: it was stopped from outside. */
export type RunStatus = keyof typeof run.RunStatus;
/** Why a call did not succeed: fault_code.proto says what to do about each. UNRECOGNIZED: one of another release. */
export type FaultCode = Exclude<keyof typeof fault.FaultCode, "UNSPECIFIED"> | "UNRECOGNIZED";

/** The name of an enum's number. */
export function named<Name extends string>(names: Readonly<Record<Name, number | string>>, value: number): Name {
  const numbers = names as Readonly<Record<string, unknown>>; // the generator writes them both ways
  return (numbers[value] ?? numbers[0]) as Name;
}

/** The word of an enum's number, in lower case. Empty for UNSPECIFIED, and for what only a newer gateway knows. */
export function word(names: Readonly<Record<string, number | string>>, value: number): string {
  const name = named(names, value);
  return name === "UNSPECIFIED" ? "" : name.toLowerCase();
}

export function faultCode(value: number): FaultCode {
  const name = named(fault.FaultCode, value);
  return name === "UNSPECIFIED" ? "UNRECOGNIZED" : name;
}

/** The number of a schema form; of none, the tool's own. */
export function formNumber(form: SchemaForm | undefined): tool.SchemaForm {
  return form === undefined ? tool.SchemaForm.UNSPECIFIED : tool.SchemaForm[form];
}
