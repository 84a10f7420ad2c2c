/** `exchange market epochs|export|delete-epoch`: an epoch that is over, put away and then removed from the server. */

import { resolve } from "node:path";

import { openSnapshotStore } from "@exchange/engine/replay";

import type { DeletionStep } from "../../epochs/delete-epoch.ts";
import { deleteEpoch } from "../../epochs/delete-epoch.ts";
import { exportEpoch } from "../../epochs/export-epoch.ts";
import type { ListedEpoch } from "../../epochs/list-epochs.ts";
import { listEpochs } from "../../epochs/list-epochs.ts";
import type { EpochCopy } from "../../epochs/read-copy.ts";
import { readMarket, withExchange, withProvisioning } from "../../exchange/connect.ts";
import { parseOptions, UsageError } from "../options.ts";

export const epochHelp = `epochs lists the market's epochs: what their logs have, and who deleted which, when and why.

export writes an epoch that is over to DIR/MARKET/EPOCH: both logs, message by message, the checkpoints before and
behind them, and a manifest with counts, hashes and sequences (ops/epochs/README.md). A copy that is whole stays as it is,
any other is made anew, so it may be interrupted and repeated.

delete-epoch deletes the logs of the oldest epoch from the server, for good, and gives back the 4 GB that they reserve. It
reads the copy below DIR back from the disk, compares each message with the server's, plays the commands from the checkpoint
before to the one behind, and sees that settlement, order rows and market views have left the epoch. Then it asks; --yes
answers. Who did it, when and why is kept, and told by whoever finds the logs gone. Run it again if it was interrupted.
Keep the copy, and backups of MySQL that are younger than the rotation: older ones cannot read on without the logs.
  --copy DIR --operator NAME --reason TEXT [--yes]`;

export async function epochsVerb(args: readonly string[]): Promise<number> {
  const options = parseOptions(args, {}, ["MARKET"]);
  const [id = ""] = options.positionals;
  const listed = await withExchange(async (exchange) =>
    listEpochs(exchange.connection, await readMarket(exchange, id)),
  );
  for (const one of listed) {
    console.log(options.flag("json") ? JSON.stringify({ market: id, ...one }) : formatEpoch(one));
  }
  return 0;
}

function formatEpoch({ epoch, state, logs, notes }: ListedEpoch): string {
  const { commands, events } = logs;
  const parts = [
    ...(commands === undefined ? [] : [`${commands.messages} records, ${megabytes(commands)}`]),
    ...(events === undefined ? [] : [`${events.messages} frames, ${megabytes(events)}`]),
    ...(notes === undefined
      ? []
      : [
          `at ${notes["time"]} by ${notes["operator"]} (${notes["reason"]}), copy ${notes["folder"]}`,
        ]),
  ];
  return `${epoch}  ${state}  ${parts.join("; ")}`;
}

function megabytes({ bytes }: { readonly bytes: number }): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

export async function exportVerb(args: readonly string[]): Promise<number> {
  const options = parseOptions(args, { to: "string" }, ["MARKET", "EPOCH"]);
  const [id = "", epochText = ""] = options.positionals;
  const [epoch, copies] = [parseEpoch(epochText), resolve(options.required("to"))];
  const { folder, manifest, wasThere } = await withExchange(async (exchange) => {
    const { connection } = exchange;
    const [market, snapshots] = [
      await readMarket(exchange, id),
      await openSnapshotStore(connection),
    ];
    return await exportEpoch({ connection, snapshots, market, epoch, copies });
  });
  if (options.flag("json")) {
    console.log(JSON.stringify({ folder, wasThere, ...manifest }));
    return 0;
  }
  const { commands, events } = manifest;
  const said = wasThere ? "is there already, and whole" : "written";
  console.log(`${folder}: ${commands.records} records and ${events.records} frames, ${said}`);
  return 0;
}

export async function deleteEpochVerb(args: readonly string[]): Promise<number> {
  const options = parseOptions(
    args,
    { copy: "string", operator: "string", reason: "string", yes: "boolean" },
    ["MARKET", "EPOCH"],
  );
  const [id = "", epochText = ""] = options.positionals;
  const isJson = options.flag("json");
  const asked = {
    epoch: parseEpoch(epochText),
    copies: resolve(options.required("copy")),
    operator: options.required("operator"),
    reason: options.required("reason"),
    confirm: async (copy: EpochCopy): Promise<boolean> =>
      options.flag("yes") || (await confirm(copy)),
    onStep(step: DeletionStep): void {
      if (!isJson) console.log(`${id}: ${step} ...`);
    },
  };
  if (!options.flag("yes") && !process.stdin.isTTY) {
    throw new UsageError("There is nobody to ask: --yes is missing.");
  }
  const result = await withExchange(async (exchange) => {
    const market = await readMarket(exchange, id);
    return await withProvisioning(async (provision) => {
      const snapshots = await openSnapshotStore(provision);
      return await deleteEpoch({ exchange, provision, snapshots, market, ...asked });
    });
  });
  const { epoch } = asked;
  const told = `epoch ${epoch} of ${id} ${said[result]}`;
  console.log(isJson ? JSON.stringify({ market: id, epoch, result }) : told);
  return result === "not confirmed" ? 1 : 0;
}

const said = {
  deleted: "is deleted",
  "was deleted": "was deleted before",
  "not confirmed": "stays: it was not confirmed",
} as const;

async function confirm({ folder, manifest }: EpochCopy): Promise<boolean> {
  const { market, epoch, commands, events } = manifest;
  const wanted = `${market} ${epoch}`;
  console.error(
    `${folder} is whole and right: ${commands.records} records, ${events.records} frames, SHA-256 ${commands.sha256} and ${events.sha256}.`,
  );
  process.stderr.write(`Type "${wanted}" to delete these logs from the server for good: `);
  for await (const line of console) return line.trim() === wanted;
  return false;
}

function parseEpoch(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new UsageError(`${text} is not the number of an epoch.`);
  return Number(text);
}
