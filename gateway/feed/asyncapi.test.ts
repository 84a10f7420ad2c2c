import { expect, test } from "bun:test";

import { asyncApiDocument } from "./asyncapi.ts";
import { channelNames, clientMessages } from "./client-message.ts";
import { feedErrorCodes } from "./error-codes.ts";

const text = JSON.stringify(asyncApiDocument());

function lookUp(pointer: string): unknown {
  let found: unknown = JSON.parse(text);
  for (const name of pointer.slice(2).split("/")) {
    if (typeof found !== "object" || found === null) return undefined;
    found = new Map<string, unknown>(Object.entries(found)).get(name);
  }
  return found;
}

test("the document says what a client may ask, every channel and every error", () => {
  const { operations, asyncapi } = JSON.parse(text);
  expect(asyncapi).toBe("3.0.0");
  expect(operations.ask.messages).toHaveLength(clientMessages.length);
  expect(clientMessages.map(([name]) => name)).toContain("resume");
  for (const channel of channelNames) {
    for (const kind of ["Snapshot", "Update"]) {
      expect(lookUp(`#/components/messages/tell.${channel}${kind}`)).toBeObject();
    }
  }
  for (const code of feedErrorCodes) expect(text).toContain(`"${code}"`);
});

test("every reference of the document leads somewhere", () => {
  const references = [...text.matchAll(/"\$ref":"([^"]+)"/g)].map(([, pointer = ""]) => pointer);
  expect(references.length).toBeGreaterThan(20);
  expect(references.filter((pointer) => lookUp(pointer) === undefined)).toEqual([]);
});
