/** `exchange deposit`: test funds for an account, by its e-mail. */

import { randomBytes } from "node:crypto";

import type { AssetDefinition, DecimalRefusal } from "@exchange/streams/contract";
import { formatDecimal, parseDecimal } from "@exchange/streams/contract";
import type { Reply } from "@exchange/streams/runtime";
import { request, RequestError, watchMarkets } from "@exchange/streams/runtime";
import type { Deposit } from "@exchange/wallet/api";
import { deposit as depositEndpoint } from "@exchange/wallet/api";
import { createConnection } from "mysql2/promise";

import type { Exchange } from "../exchange/connect.ts";
import { withExchange } from "../exchange/connect.ts";
import { Failure } from "../setup/failure.ts";
import type { OperatorVerb } from "./effect.ts";
import { parseOptions, UsageError } from "./options.ts";

const REPLY_LIMIT_MS = 5000;
const ATTEMPTS_MAX = 10;

const badAmounts = {
  NOT_A_DECIMAL: "is not a decimal like 1.25",
  TOO_PRECISE: "has too many decimals",
  TOO_LONG: "is too long",
} as const satisfies Record<DecimalRefusal, string>;

export const deposit: OperatorVerb = {
  effects: "changes",
  summary: "give an account test funds",
  help: `Usage: bun run exchange deposit EMAIL ASSET AMOUNT [--key KEY] [--json]

AMOUNT is a decimal of the asset, at most as fine as its scale.

  --key KEY   repeating a deposit with the same key deposits once (default: a new key)`,
  run: async (args) => {
    const options = parseOptions(args, { key: "string" }, ["EMAIL", "ASSET", "AMOUNT"]);
    const [email = "", asset = "", amount = ""] = options.positionals;
    const key = options.text("key") ?? randomBytes(16).toString("hex");
    await withExchange(async (exchange) => {
      const definition = await readAsset(exchange, asset);
      const units = parseDecimal(amount, definition.scale);
      if (typeof units === "string") {
        throw new UsageError(
          `${amount} ${badAmounts[units]} (${asset} has ${definition.scale} decimals).`,
        );
      }
      const accountId = await findAccount(exchange, email);
      const made = await depositOnce(exchange, {
        accountId,
        asset,
        amount: String(units),
        idempotencyKey: key,
      });
      const shown = formatDecimal(BigInt(made.amount), definition.scale);
      console.log(
        options.flag("json")
          ? JSON.stringify({ depositId: made.depositId, accountId, asset, amount: shown })
          : `Deposited ${shown} ${asset} to account ${accountId} (deposit ${made.depositId}).`,
      );
    });
    return 0;
  },
};

/** An unknown outcome is asked again under the same key. */
async function depositOnce(
  { connection }: Exchange,
  body: { accountId: number; asset: string; amount: string; idempotencyKey: string },
): Promise<Deposit> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      const call = { endpoint: depositEndpoint, body, timeoutMs: REPLY_LIMIT_MS };
      const reply: Reply<Deposit> = await request(connection, call);
      if (reply.kind === "ok") return reply.value;
      throw new Failure(`The wallet refused: ${reply.code}`);
    } catch (error) {
      if (!(error instanceof RequestError) || attempt === ATTEMPTS_MAX) throw error;
      await Bun.sleep(100 * attempt);
    }
  }
}

async function readAsset({ connection }: Exchange, asset: string): Promise<AssetDefinition> {
  const directory = await watchMarkets(connection);
  directory.stop();
  const found = directory.asset(asset);
  if (found !== undefined) return found;
  const listed = directory.assets().map((one) => one.asset);
  throw new Failure(`There is no asset ${asset}. Listed: ${listed.join(", ")}`);
}

async function findAccount({ running }: Exchange, email: string): Promise<number> {
  const db = await createConnection({ uri: running.mysqlUrl, bigNumberStrings: true });
  try {
    const [rows] = await db.execute(
      `select a.account_id from exchange_identity.accounts a
       join exchange_identity.users u on u.user_id = a.user_id where u.email = ?`,
      [email.trim().toLowerCase()],
    );
    const [row] = Array.isArray(rows) ? rows : [];
    if (row !== undefined && "account_id" in row) return Number(row["account_id"]);
    throw new Failure(`Nobody signed up as ${email}.`);
  } finally {
    await db.end();
  }
}
