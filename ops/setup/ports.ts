/**
 * Ports on loopback. They are drawn from below the kernel's range for outgoing connections, so that
 * nobody's connection takes a server's port in the moment in which the server is being restarted.
 */

import { createServer } from "node:net";

const portMin = 20_000;
const portMax = 31_999;
const attemptsMax = 200;

export async function isPortFree(port: number, host = "127.0.0.1"): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const server = createServer();
  server.on("error", () => resolve(false));
  server.listen({ port, host, exclusive: true }, () => server.close(() => resolve(true)));
  return await promise;
}

/** A free port for each name; the one it had before, where that is still free. */
export async function choosePorts<Name extends string>(
  names: readonly Name[],
  previous: Readonly<Partial<Record<string, number>>> = {},
): Promise<Record<Name, number>> {
  const taken = new Set<number>();
  const chosen: Partial<Record<Name, number>> = {};
  for (const name of names) {
    const port = await chooseOne(previous[name], taken);
    taken.add(port);
    chosen[name] = port;
  }
  if (!hasEvery(names, chosen)) throw new Error("a port is missing");
  return chosen;
}

function hasEvery<Name extends string>(
  names: readonly Name[],
  chosen: Partial<Record<Name, number>>,
): chosen is Record<Name, number> {
  return names.every((name) => chosen[name] !== undefined);
}

async function chooseOne(wanted: number | undefined, taken: Set<number>): Promise<number> {
  if (wanted !== undefined && !taken.has(wanted) && (await isPortFree(wanted))) return wanted;
  for (let attempt = 0; attempt < attemptsMax; attempt += 1) {
    const port = portMin + Math.floor(Math.random() * (portMax - portMin + 1));
    if (!taken.has(port) && (await isPortFree(port))) return port;
  }
  throw new Error(`no free port between ${portMin} and ${portMax}`);
}
