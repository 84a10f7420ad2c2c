/** The environment of an identity process. */

import { runtimeEnvShape, withFiles } from "@exchange/streams/runtime";
import { z } from "zod";

const DOMAIN = /^[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?$/;

const Env = z.object({
  ...runtimeEnvShape,
  /** With the database: `mysql://user:password@host:port/exchange_identity`. */
  MYSQL_URL: z.string().min(1),
  MYSQL_CONNECTIONS_MAX: z.coerce.number().int().min(1).max(100).default(8),
  REDIS_URL: z.string().min(1),
  /** What secrets of API keys are encrypted with in the database. Losing it ends those keys. */
  API_KEY_SEALING_SECRET: z.string().min(32),
  /** A file with a private Ed25519 JWK, or a set of them of which the first one signs. Read again when it changes. */
  JWT_SIGNING_KEY_FILE: z.string().min(1),
  /** The domain that passkeys are for, such as `example.org`; without it there are none. */
  PASSKEY_SITE: z.string().regex(DOMAIN).optional(),
  /** Where its pages are, such as `https://trade.example.org`, separated by commas. */
  PASSKEY_ORIGINS: z.string().optional().transform(listOf),
});

const CheckedEnv = Env.superRefine(({ PASSKEY_SITE: site, PASSKEY_ORIGINS: origins }, context) => {
  const wrong = site === undefined ? [] : origins.filter((origin) => !isOriginOf(site, origin));
  const problems = wrong.map((origin) => `${origin} is no origin of ${site}`);
  if (site !== undefined && origins.length === 0) problems.push(`${site} has no pages`);
  for (const message of problems) {
    context.addIssue({ code: "custom", path: ["PASSKEY_ORIGINS"], message });
  }
});

function listOf(text = ""): readonly string[] {
  const parts = text.split(",").map((part) => part.trim());
  return parts.filter((part) => part !== "");
}

/** As a browser writes it. */
function isOriginOf(site: string, origin: string): boolean {
  if (!URL.canParse(origin)) return false;
  const url = new URL(origin);
  return url.origin === origin && (url.hostname === site || url.hostname.endsWith(`.${site}`));
}

export type Env = Readonly<z.infer<typeof CheckedEnv>>;

export function readEnv(source: Record<string, string | undefined> = process.env): Env {
  const parsed = CheckedEnv.safeParse(withFiles(Env.shape, source));
  if (!parsed.success) throw new Error(`invalid environment\n${z.prettifyError(parsed.error)}`);
  return Object.freeze(parsed.data);
}

export function passkeySiteOf({ PASSKEY_SITE: id, PASSKEY_ORIGINS: origins }: Env) {
  return id === undefined ? undefined : { id, origins };
}
