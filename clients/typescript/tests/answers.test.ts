/** What a model is told is told in the words of the Python SDK. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { fromJson } from "@bufbuild/protobuf";
import { Metadata, status } from "@grpc/grpc-js";
import { toBinary } from "@bufbuild/protobuf";

import { type Answer, isError, recordOf } from "../src/adapters/answers.ts";
import { notOffered, told } from "../src/adapters/refusals.ts";
import { answerOf } from "../src/adapters/wording.ts";
import { invocationFrom } from "../src/convert.ts";
import { CallgateError } from "../src/errors.ts";
import { DETAIL_KEY, translate } from "../src/status.ts";
import { ErrorDetailSchema, ErrorReasonSchema } from "../src/v1/error_pb.js";
import { InvocationSchema } from "../src/v1/invocation_pb.js";
import { BY_REASON } from "../src/status.ts";
import { type Case, vectors } from "./vectors.ts";

const VECTORS = vectors("answers");

const plain = (answer: Answer): Case => ({ text: answer.text, is_error: isError(answer), ...recordOf(answer) });

test("what is told of an invocation is told as by the Python SDK", () => {
  for (const { invocation, shown, answer } of VECTORS["invocations"] ?? []) {
    const found = answerOf(invocationFrom(fromJson(InvocationSchema, invocation)), shown);
    assert.deepEqual(plain(found), answer, JSON.stringify(invocation));
  }
});

test("what is told of a refusal is told, or raised, as by the Python SDK", () => {
  for (const one of VECTORS["refusals"] ?? []) {
    const error = refusal(one);
    assert.equal(error.name, one["kind"]);
    assert.deepEqual(outcome(error), expected(one), JSON.stringify(one["detail"]));
  }
});

test("a call of a tool that was not offered is answered as by the Python SDK", () => {
  for (const { name, answer } of VECTORS["not_offered"] ?? []) assert.deepEqual(plain(notOffered(name)), answer);
});

test("each reason of the API has an error of its own", () => {
  const reasons = ErrorReasonSchema.values.map(({ number }) => number).filter((number) => number !== 0);
  const kinds = reasons.map((reason) => BY_REASON[reason as keyof typeof BY_REASON]);
  assert.equal(new Set(kinds).size, reasons.length);
  assert.ok(!kinds.includes(undefined as never));
});

function refusal({ code, detail }: Case): CallgateError {
  const metadata = new Metadata();
  metadata.set(DETAIL_KEY, Buffer.from(toBinary(ErrorDetailSchema, fromJson(ErrorDetailSchema, detail))));
  return translate({ code: status[code as keyof typeof status], details: "said", metadata });
}

function outcome(error: CallgateError): Case {
  try {
    return plain(told(error));
  } catch (raised) {
    assert.ok(raised instanceof CallgateError);
    return { raised: raised.name, message: raised.message, cure: raised.cure };
  }
}

function expected({ answer, raised, message, cure }: Case): Case {
  return answer ?? { raised, message, cure };
}
