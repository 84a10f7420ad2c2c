/** The accounts of a user, and money between them, as clients write and read them. */

import { z } from "@hono/zod-openapi";

import { AssetName, Decimal, Label, TimeMs } from "./common.ts";

export const AccountNumber = z
  .int()
  .positive()
  .openapi({ description: "An account's id.", example: 4_503_599_627_370_496 });

const label = Label.openapi({
  description: "Unique among the user's accounts.",
  example: "market maker",
});

export const NewAccountBody = z.strictObject({ label }).openapi("NewAccount");

export const AccountView = z
  .strictObject({
    id: AccountNumber,
    label,
    main: z.boolean().openapi({ description: "The one that the user began with." }),
    createdMs: TimeMs,
  })
  .openapi("Account");

export const AccountsView = z.strictObject({ accounts: z.array(AccountView) }).openapi("Accounts");

export const TransferBody = z
  .strictObject({
    from: AccountNumber.optional().openapi({ description: "The main account when absent." }),
    to: AccountNumber,
    asset: AssetName,
    amount: Decimal,
  })
  .openapi("NewTransfer", {
    example: { to: 4_503_599_627_370_496, asset: "USD", amount: "12.25" },
  });

export const TransferView = z
  .strictObject({
    id: z.string(),
    from: AccountNumber,
    to: AccountNumber,
    asset: AssetName,
    amount: Decimal,
    createdMs: TimeMs,
  })
  .openapi("Transfer");
