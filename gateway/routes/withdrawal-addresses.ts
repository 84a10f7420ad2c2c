/** Where an account's money may go. */

import type { Address } from "@exchange/wallet/guards";
import { z } from "@hono/zod-openapi";

import { answerWith, problem, success } from "../http/answer.ts";
import type { Router } from "../http/mount.ts";
import { mountAccount } from "../http/mount.ts";
import { createReader, noBody, noHeaders, noPath, noQuery } from "../http/reader.ts";
import { AddressesView, AddressView, NewAddressBody } from "../schemas/account.ts";

const path = "/v1/withdrawal-addresses";
const plain = {
  tag: "money",
  accounts: "main",
  limit: "reads",
  pathFields: noPath,
  query: noQuery,
  headers: noHeaders,
} as const;
const serviceProblems = ["OVERLOADED", "UNAVAILABLE", "OUTCOME_UNKNOWN"] as const;

export function mountWithdrawalAddresses(router: Router): void {
  mountList(router);
  mountChanges(router);
}

function mountList(router: Router): void {
  const { services } = router.deps;
  mountAccount(
    router,
    {
      ...plain,
      scope: "read",
      method: "get",
      path,
      summary: "The account's address book",
      body: noBody,
      successes: { 200: { description: "Newest first.", schema: AddressesView } },
      problems: ["UNAVAILABLE"],
    },
    async ({ identity: { accountId }, traceparent }) =>
      answerWith(await services.listAddresses({ accountId }, traceparent), "read", (addresses) =>
        success(200, { addresses: addresses.map(viewAddress) }),
      ),
  );
}

function mountChanges(router: Router): void {
  const { services, markets } = router.deps;
  mountAccount(
    router,
    {
      ...plain,
      scope: "session",
      method: "post",
      path,
      summary: "Add an address",
      description:
        "Money may go there from `usableMs` on. One that is there already is answered as it is.",
      body: createReader("body", NewAddressBody),
      successes: { 201: { description: "In the book, now or before.", schema: AddressView } },
      problems: ["UNKNOWN_ASSET", "TOO_MANY_ADDRESSES", ...serviceProblems],
    },
    async ({ identity: { accountId }, body, network, traceparent }) => {
      if (markets.asset(body.asset) === undefined) return problem("UNKNOWN_ASSET");
      const request = { accountId, ...body, network: network() };
      return answerWith(await services.addAddress(request, traceparent), "write", (address) =>
        success(201, viewAddress(address)),
      );
    },
  );
  mountAccount(
    router,
    {
      ...plain,
      scope: "session",
      method: "delete",
      path: `${path}/{id}`,
      summary: "Remove an address",
      description: "Repeating it changes nothing. Added again, it waits again.",
      pathFields: createReader(
        "path",
        z.strictObject({ id: z.string().regex(/^[1-9][0-9]{0,15}$/) }),
      ),
      body: noBody,
      successes: { 204: { description: "Removed." } },
      problems: ["UNKNOWN_ADDRESS", ...serviceProblems],
    },
    async ({ identity: { accountId }, path: { id: addressId }, traceparent }) =>
      answerWith(await services.removeAddress({ accountId, addressId }, traceparent), "write", () =>
        success(204),
      ),
  );
}

function viewAddress({ addressId, asset, destination, label, addedMs, usableMs }: Address) {
  return { id: addressId, asset, destination, label, addedMs, usableMs };
}
