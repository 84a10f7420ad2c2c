/** The feed as an AsyncAPI 3.0 document. */

import { z } from "zod";

import { clientMessages } from "./client-message.ts";
import { serverMessages } from "./server-message.ts";

type Messages = readonly (readonly [name: string, schema: z.ZodType])[];

const CHANNEL = "#/channels/feed";

export function asyncApiDocument(): object {
  const [asked, told] = [named("ask", clientMessages), named("tell", serverMessages)];
  const all = { ...asked, ...told };
  return {
    asyncapi: "3.0.0",
    info: {
      title: "Exchange feed",
      version: "1.0.0",
      description:
        "Live data over one WebSocket. Both sides send JSON objects, one a text message; decimals are strings. " +
        "`gateway/feed/README.md` says what they mean.",
      license: { name: "Apache-2.0" },
    },
    defaultContentType: "application/json",
    channels: {
      feed: {
        address: "/v1/ws",
        messages: Object.fromEntries(
          Object.keys(all).map((name) => [name, { $ref: `#/components/messages/${name}` }]),
        ),
        bindings: { ws: {} },
      },
    },
    operations: {
      ask: operation("receive", "What a client may say.", asked),
      tell: operation("send", "What the exchange says.", told),
    },
    components: { messages: all },
  };
}

function named(prefix: string, messages: Messages): Record<string, object> {
  return Object.fromEntries(
    messages.map(([name, schema]) => [
      `${prefix}.${name}`,
      { name, payload: z.toJSONSchema(schema, { io: "input" }) },
    ]),
  );
}

/** As the exchange sees it: it receives what clients send. */
function operation(action: "send" | "receive", summary: string, messages: object): object {
  return {
    action,
    summary,
    channel: { $ref: CHANNEL },
    messages: Object.keys(messages).map((name) => ({ $ref: `${CHANNEL}/messages/${name}` })),
  };
}
