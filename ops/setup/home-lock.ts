/**
 * One supervisor a home. The lock is a listening socket in Linux's abstract namespace: taking it is
 * atomic, and the kernel drops it with the process, so a crash or a power cut leaves nothing stale.
 * Whoever connects is told the holder's pid.
 */

import { createHash } from "node:crypto";
import { connect, createServer } from "node:net";

import { identify, type ProcessIdentity } from "./process-identity.ts";

const answerLimitMs = 2_000;

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

/** The process that holds the lock of this home now. */
export async function readLockHolder(homeRoot: string): Promise<ProcessIdentity | undefined> {
  const { promise, resolve } = Promise.withResolvers<string>();
  let text = "";
  const socket = connect(socketName(homeRoot));
  socket.setTimeout(answerLimitMs, () => socket.destroy());
  socket.on("data", (chunk) => (text += String(chunk)));
  socket.on("error", () => resolve(""));
  socket.on("close", () => resolve(text));
  const pid = Number(await promise);
  return Number.isSafeInteger(pid) && pid > 0 ? identify(pid) : undefined;
}

function socketName(homeRoot: string): string {
  return `\0exchange-${createHash("sha256").update(homeRoot).digest("hex").slice(0, 32)}`;
}
