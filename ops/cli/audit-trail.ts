/** `exchange audit-trail`: what operators and users did that matters, who, when, from where and why. */

import { withExchange } from "../exchange/connect.ts";
import { defaultHome } from "../setup/home.ts";
import type { Deed } from "../trail/read-trail.ts";
import { readTrail } from "../trail/read-trail.ts";
import { handOver } from "../trail/record-use.ts";
import type { OperatorVerb } from "./effect.ts";
import { findUser } from "./find-user.ts";
import { parseOptions, UsageError } from "./options.ts";

const unitMs: Readonly<Record<string, number>> = {
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

export const auditTrail: OperatorVerb = {
  effects: "reads",
  summary: "show what operators and users did, who, when, from where and why",
  help: `Usage: bun run exchange audit-trail [--user USER] [--since TIME] [--json]

Prints the operators' commands that change something, also those that failed or were refused, and the security events of
users (logins, passwords, second factors, keys), the oldest first. A command is noted before it begins and when it
ended: one without an end runs still, or died. Nobody can change or delete a note, and each has the hash of all before
it, which "exchange audit" checks. An operator is who --operator or EXCHANGE_OPERATOR names, or else the machine's user; that user, the host
and the terminal with its SSH connection are kept beside. Secrets in arguments are not kept.

While MySQL is away notes wait in the folder data/operator-trail of EXCHANGE_HOME: a market can be halted all the same.

  --user USER    an e-mail or a user's id: what they did, and commands that name them
  --since TIME   2026-11-23T08:00:00Z, or 30m, 12h, 7d ago
  --json         one JSON object a line`,
  run: async (args) => {
    const options = parseOptions(args, { user: "string", since: "string" }, []);
    const sinceMs = parseSince(options.text("since") ?? "1970-01-01T00:00:00Z");
    await withExchange(async (exchange) => {
      const { mysqlUrl } = exchange.running;
      const name = options.text("user");
      const user = name === undefined ? undefined : await findUser(exchange, name);
      await handOver(mysqlUrl, defaultHome(), []);
      for await (const deed of readTrail(mysqlUrl, { user, sinceMs })) {
        console.log(options.flag("json") ? JSON.stringify(deed) : formatDeed(deed));
      }
    });
    return 0;
  },
};

function parseSince(text: string): number {
  const { count, unit = "" } = /^(?<count>\d{1,6})(?<unit>[mhd])$/.exec(text)?.groups ?? {};
  const ms =
    count === undefined ? Date.parse(text) : Date.now() - Number(count) * (unitMs[unit] ?? 0);
  if (Number.isNaN(ms))
    throw new UsageError(`${text} is no time. Like this: 2026-11-23T08:00:00Z or 12h`);
  return ms;
}

function formatDeed(deed: Deed): string {
  const time = new Date(deed.timeMs).toISOString();
  if (deed.kind === "security") {
    const { email, deed: done, subject, network } = deed;
    const from = network === "" ? "" : `  from ${network}`;
    return `${time}  ${email}  ${`${done} ${subject}`.trimEnd()}${from}`;
  }
  const { operator, osUser, host, origin, reason } = deed;
  const words = [deed.verb, ...deed.arguments.map(quoted)].join(" ");
  const from = `${osUser}@${host}${origin === "" ? "" : ` ${origin}`}`;
  const why = reason === "" ? "" : `: ${reason}`;
  return `${time}  operator ${operator}  ${words}  from ${from}  ${formatEnd(deed)}${why}`;
}

function formatEnd({ exitCode, detail = "" }: Extract<Deed, { kind: "operator" }>): string {
  if (exitCode === undefined) return "has not ended";
  if (exitCode === 0) return "done";
  return detail === "" ? `exit ${exitCode}` : `exit ${exitCode} (${detail})`;
}

function quoted(word: string): string {
  return /^[\w@.,:=/+-]+$/.test(word) ? word : JSON.stringify(word);
}
