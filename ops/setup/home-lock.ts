/**
 * One supervisor a home. The lock is a listening socket in Linux's abstract namespace: taking it is
 * atomic, and the kernel drops it with the process, so a crash or a power cut leaves nothing stale.
 * Whoever connects is told the holder's pid.
 */

import { createHash } from "node:crypto";
import { connect, createServer } from "node:net";

import { Failure } from "./failure.ts";
import { identify, type ProcessIdentity } from "./process-identity.ts";

const answerLimitMs = 2_000;
const askAttempts = 10;

export interface HomeLock {
  release(): void;
}

/** Undefined when another process holds it. */
export async function takeHomeLock(homeRoot: string): Promise<HomeLock | undefined> {
  const { promise, resolve, reject } = Promise.withResolvers<HomeLock | undefined>();
  const server = createServer((socket) => {
    socket.on("error", () => socket.destroy());
    socket.end(String(process.pid));
  });
  server.on("error", (error: NodeJS.ErrnoException) =>
    error.code === "EADDRINUSE" ? resolve(undefined) : reject(error),
  );
  server.listen(socketName(homeRoot), () => resolve({ release: () => void server.close() }));
  return await promise;
}

/**
 * The process that holds the lock of this home now. Throws a `Failure` when it holds it and does not say who it is:
 * a busy holder is not an absent one, or a stop would leave it behind.
 */
export async function readLockHolder(homeRoot: string): Promise<ProcessIdentity | undefined> {
  for (let attempt = 1; attempt <= askAttempts; attempt += 1) {
    const answer = await askHolder(homeRoot);
    if (answer === "nobody") return undefined;
    const pid = Number(answer);
    if (Number.isSafeInteger(pid) && pid > 0) return identify(pid);
  }
  throw new Failure("The supervisor is there and does not answer: try again, or end its process.");
}

/** A pid as text; empty when it did not come in time. */
async function askHolder(homeRoot: string): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  let text = "";
  const socket = connect(socketName(homeRoot));
  socket.setTimeout(answerLimitMs, () => socket.destroy());
  socket.on("data", (chunk) => (text += String(chunk)));
  socket.on("error", () => resolve("nobody"));
  socket.on("close", () => resolve(text));
  return await promise;
}

function socketName(homeRoot: string): string {
  return `\0exchange-${createHash("sha256").update(homeRoot).digest("hex").slice(0, 32)}`;
}
