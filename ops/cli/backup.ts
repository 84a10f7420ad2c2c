/** `exchange backup`: everything but the secrets, to one point, while the exchange runs. */

import { resolve } from "node:path";

import { takeBackup } from "../backup/take-backup.ts";
import {
  listMarkets,
  readRootMysqlUrl,
  withExchange,
  withProvisioning,
} from "../exchange/connect.ts";
import type { OperatorVerb } from "./effect.ts";
import { parseOptions } from "./options.ts";

export const backup: OperatorVerb = {
  effects: "changes",
  summary: "write streams and databases to a folder, to one point, while the exchange runs",
  help: `Usage: bun run exchange backup --to DIR [--json]

Writes every stream as the server has it, and every database, so that together they are the exchange at one moment.
Orders go on; settlement and the order rows wait while the open logs are copied. ops/backup/README.md describes the
files. The folder's own secrets are not in it: keep them elsewhere, a restore needs those that encrypt.

  --to DIR   a folder for this backup alone; one that is there is made anew`,
  run: async (args) => {
    const options = parseOptions(args, { to: "string" }, []);
    const folder = resolve(options.required("to"));
    const mysqlUrl = readRootMysqlUrl();
    const { manifest, heldMs } = await withExchange(
      async (exchange) =>
        await withProvisioning(
          async (connection) =>
            await takeBackup({
              connection,
              mysqlUrl,
              folder,
              listMarkets: async () => await listMarkets(exchange),
            }),
        ),
    );
    const { streams, tables } = manifest;
    const said = {
      folder,
      streams: streams.length,
      tables: tables.length,
      rows: tables.reduce((sum, { rows }) => sum + rows, 0),
      bytes: [...streams, ...tables].reduce((sum, { bytes }) => sum + bytes, 0),
      settlementWaitedMs: Math.round(heldMs),
    };
    console.log(
      options.flag("json")
        ? JSON.stringify(said)
        : `${folder}: ${said.streams} streams and ${said.tables} tables with ${said.rows} rows, ${said.bytes} bytes; settlement waited ${said.settlementWaitedMs} ms.`,
    );
    return 0;
  },
};
