/**
 * Asking until there is an answer. A lost reply, a 5xx or "too many" says nothing about what happened, so
 * the same request goes out again; its idempotency key makes that safe.
 */

import { Failure } from "../setup/failure.ts";
import type { HttpClient, HttpRequest } from "./client.ts";
import type { HttpReply } from "./reply.ts";

export interface PersistentOptions {
  readonly client: HttpClient;
  /** One question gives up after this long. */
  readonly limitMs: number;
  /** Called before each repeat, with why. */
  readonly onRepeat?: (reason: string) => void;
}

export interface Question {
  /** Called for each attempt, since a token may have changed. */
  readonly build: () => HttpRequest;
  /** Whether a reply below 500 that is not 429 answers it. */
  readonly isAnswer?: (reply: HttpReply) => boolean;
}

export type Ask = (question: Question) => Promise<HttpReply>;

const DELAY_MS = { first: 10, last: 500 } as const;

export function createPersistentAsk({ client, limitMs, onRepeat }: PersistentOptions): Ask {
  return async ({ build, isAnswer }) => {
    const giveUpAtMs = performance.now() + limitMs;
    for (let attempt = 0; ; attempt += 1) {
      const outcome = await attemptOnce(client, build());
      if (typeof outcome !== "string") {
        if (isDefinite(outcome) && (isAnswer?.(outcome) ?? true)) return outcome;
      }
      const reason = typeof outcome === "string" ? outcome : describe(outcome);
      if (performance.now() > giveUpAtMs) {
        throw new Failure(`No answer after ${Math.round(limitMs / 1000)} s: ${reason}`);
      }
      onRepeat?.(reason);
      const delayMs = Math.min(DELAY_MS.first * 2 ** attempt, DELAY_MS.last);
      await Bun.sleep(delayMs * (0.5 + Math.random() / 2));
    }
  };
}

/** `409 ORDER_DONE`, for messages. */
export function describe(reply: HttpReply): string {
  const code = readCode(reply);
  return code === undefined ? String(reply.status) : `${reply.status} ${code}`;
}

/** The stable code of a problem document. */
export function readCode(reply: HttpReply): string | undefined {
  const [, code] = /"code":"([A-Z0-9_]+)"/.exec(reply.body) ?? [];
  return code;
}

async function attemptOnce(client: HttpClient, request: HttpRequest): Promise<HttpReply | string> {
  try {
    return await client.request(request);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function isDefinite({ status }: HttpReply): boolean {
  return status < 500 && status !== 429;
}
