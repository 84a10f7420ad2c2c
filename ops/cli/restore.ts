/** `exchange restore`: a backup into empty servers. */

import { resolve } from "node:path";

import { connectNats } from "@exchange/streams/runtime";

import { restoreBackup } from "../backup/restore-backup.ts";
import { readServersOnly } from "../setup/running.ts";
import type { OperatorVerb } from "./effect.ts";
import { parseOptions } from "./options.ts";

export const restore: OperatorVerb = {
  effects: "changes",
  summary: "put a backup into empty servers",
  help: `Usage: EXCHANGE_HOME=EMPTY ops/up --only servers --detach
       EXCHANGE_HOME=EMPTY bun run exchange restore --from DIR [--json]
       EXCHANGE_HOME=EMPTY ops/down && EXCHANGE_HOME=EMPTY ops/up --detach

Checks the whole backup first, then writes its databases and streams. Servers that have anything of an exchange are
left alone; what a restore that was cut off has left has to be thrown away with its folder.

  --from DIR   what "exchange backup" wrote`,
  run: async (args) => {
    const options = parseOptions(args, { from: "string" }, []);
    const folder = resolve(options.required("from"));
    const { nats, mysqlUrl } = readServersOnly();
    const connection = await connectNats({
      url: nats.NATS_URL,
      user: nats.NATS_USER,
      password: nats.NATS_PASSWORD,
      name: nats.NATS_USER,
    });
    try {
      const { takenAt, streams, tables } = await restoreBackup({ connection, mysqlUrl, folder });
      const said = { takenAt, streams: streams.length, tables: tables.length };
      console.log(
        options.flag("json")
          ? JSON.stringify(said)
          : `The exchange as it was at ${takenAt}: ${said.streams} streams, ${said.tables} tables. Now: ops/down && ops/up`,
      );
      return 0;
    } finally {
      await connection.close();
    }
  },
};
