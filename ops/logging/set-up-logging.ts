/** The users, the index template and the dashboard that the logs need, made over HTTP. */

import { join } from "node:path";

import { z } from "zod";

import { Failure } from "../setup/failure.ts";

export interface LoggingServers {
  readonly elasticsearch: string;
  readonly kibana: string;
  readonly passwords: Readonly<Record<"elastic" | "kibana" | "logstash", string>>;
  /** How long the servers may take to answer. */
  readonly limitMs: number;
}

interface Request {
  readonly method: "GET" | "POST" | "PUT";
  readonly url: string;
  readonly body?: string | FormData;
}

const pauseMs = 1000;
const callLimitMs = 30_000;

const Imported = z.object({ success: z.literal(true) });
const Status = z.object({
  status: z.object({ overall: z.object({ level: z.literal("available") }) }),
});

/** It may write lines and no more: neither read nor change any. */
const writerRole = {
  cluster: ["monitor"],
  indices: [{ names: ["logs-exchange-*"], privileges: ["auto_configure", "create_doc"] }],
};

export async function setUpLogging(servers: LoggingServers): Promise<void> {
  const { elasticsearch, kibana, passwords } = servers;
  const ask = createAsk(servers);
  const security = `${elasticsearch}/_security`;
  await ask(post(`${security}/user/kibana_system/_password`, { password: passwords.kibana }));
  await ask(put(`${security}/role/logstash_writer`, writerRole));
  const writer = { password: passwords.logstash, roles: ["logstash_writer"] };
  await ask(put(`${security}/user/logstash_writer`, writer));
  const template: unknown = await Bun.file(join(import.meta.dir, "index-template.json")).json();
  await ask(put(`${elasticsearch}/_index_template/logs-exchange`, template));

  await ask(
    { method: "GET", url: `${kibana}/api/status` },
    (json) => Status.safeParse(json).success,
  );
  const objects = new FormData();
  const text = await Bun.file(join(import.meta.dir, "kibana.ndjson")).text();
  objects.append("file", new File([text], "exchange.ndjson"));
  const url = `${kibana}/api/saved_objects/_import?overwrite=true`;
  const imported = await ask({ method: "POST", url, body: objects });
  if (!Imported.safeParse(imported).success) {
    throw new Failure(`Kibana did not take the saved objects: ${JSON.stringify(imported)}`);
  }
}

function post(url: string, body: unknown): Request {
  return { method: "POST", url, body: JSON.stringify(body) };
}

function put(url: string, body: unknown): Request {
  return { method: "PUT", url, body: JSON.stringify(body) };
}

/** Asks again while a server is not there yet; what is refused stays refused. */
function createAsk({ passwords, limitMs }: LoggingServers) {
  const untilMs = performance.now() + limitMs;
  const authorization = `Basic ${btoa(`elastic:${passwords.elastic}`)}`;
  return async (
    request: Request,
    isReady: (json: unknown) => boolean = () => true,
  ): Promise<unknown> => {
    for (;;) {
      const json = await send(request, authorization);
      if (json !== undefined && isReady(json)) return json;
      if (performance.now() > untilMs) throw new Failure(`${request.url} is not ready`);
      await Bun.sleep(pauseMs);
    }
  };
}

/** Undefined while there is no answer, or one that says to wait. */
async function send({ method, url, body }: Request, authorization: string): Promise<unknown> {
  const type = typeof body === "string" ? { "content-type": "application/json" } : {};
  const response = await fetch(url, {
    method,
    headers: { authorization, "kbn-xsrf": "true", ...type },
    ...(body === undefined ? {} : { body }),
    signal: AbortSignal.timeout(callLimitMs),
  }).catch(() => undefined);
  if (response === undefined || response.status >= 500 || response.status === 429) return undefined;
  const text = await response.text();
  if (!response.ok) throw new Failure(`${method} ${url}: ${response.status} ${text}`);
  return JSON.parse(text);
}
