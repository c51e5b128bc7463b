/** That the package's types are there: each line below a mark is one that the compiler must refuse. */

import { Client, type Invocation, KeyReused, NotPermitted } from "callgate";
import { tools } from "callgate/ai";
import { tools as chatTools } from "callgate/langchain";

export async function wrong(client: Client, invocation: Invocation, error: unknown): Promise<void> {
  // @ts-expect-error a step is needed
  await client.run("r").call("t", {});
  // @ts-expect-error tools of the AI SDK belong to a run
  await tools(client, {});
  // @ts-expect-error no such form
  await chatTools(client, { forms: ["LOOSE"] });
  // @ts-expect-error an outcome may not be there yet
  invocation.outcome.kind;
  if (error instanceof KeyReused) return;
  if (error instanceof NotPermitted) error.cure satisfies string;
}
