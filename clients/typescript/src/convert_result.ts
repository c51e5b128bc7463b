/** An upstream's answer, of the message that tells it. */

import { timestampDate } from "@bufbuild/protobuf/wkt";

import { exactJson } from "./exact_json.ts";
import { Headers } from "./headers.ts";
import { type Artifact, type Pages, Result, type ShownPart } from "./results.ts";
import type * as pb from "./v1/invocation_pb.js";

export function resultFrom(message: pb.ToolResult): Result {
  return new Result({
    httpStatus: message.httpStatus,
    contentType: message.contentType,
    body: message.body,
    matchesSchema: message.matchesSchema,
    links: Object.fromEntries(message.links.map(({ relation, target }) => [relation, target])),
    headers: new Headers(message.headers.map(({ name, value }) => [name, value] as const)),
    headersLeftOut: message.headersLeftOut,
    shown: message.shown && shownFrom(message.shown),
    pages: message.pages && pagesFrom(message.pages),
    artifact: message.artifact && artifactFrom(message.artifact),
  });
}

function shownFrom(message: pb.ShownPart): ShownPart {
  return {
    projection: message.projection,
    matchedNothing: message.matchedNothing,
    wholeBytes: Number(message.wholeBytes),
    itemsLeftOut: Number(message.itemsLeftOut),
    bytesLeftOut: Number(message.bytesLeftOut),
    message: message.message,
    unmatched: message.unmatched,
  };
}

function pagesFrom(message: pb.ResultPages): Pages {
  const further = message.nextArgumentsJson.length ? exactJson(new TextDecoder().decode(message.nextArgumentsJson)) : {};
  return {
    fetched: message.fetched,
    items: Number(message.items),
    more: message.more,
    nextArguments: further as Readonly<Record<string, unknown>>,
    stopped: message.stopped,
    message: message.message,
  };
}

function artifactFrom(message: pb.ResultArtifact): Artifact {
  return {
    id: message.id,
    mediaType: message.mediaType,
    size: Number(message.size),
    sha256: message.sha256,
    expires: message.expireTime ? timestampDate(message.expireTime) : new Date(0),
  };
}
