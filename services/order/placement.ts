/** The order that a place in a record is about. */

import type {
  AccountId,
  Command,
  CommandPosition,
  PlaceOrder,
  PlaceOrderPair,
} from "@exchange/streams/contract";
import { commandAt, indexOf } from "@exchange/streams/contract";

import type { Placement } from "./order-record.ts";

/** Undefined where the place is a command that makes no order. */
export function placementAt(
  commands: readonly Command[],
  orderId: CommandPosition,
): Placement | undefined {
  const index = indexOf(orderId);
  const command = commandAt(commands, index);
  if (command?.kind === "PlaceOrderPair") {
    const isSecond = index > 0 && commandAt(commands, index - 1) === command;
    return placementsOfPair(command, isSecond ? orderId - 1 : orderId)[isSecond ? 1 : 0];
  }
  if (command?.kind !== "PlaceOrder") return undefined;
  const { accountId, clientOrderId, terms, replaces } = command;
  const links = replaces === undefined ? {} : { replaces };
  return { orderId, accountId, clientOrderId, terms, links };
}

/** What a command says of its order's user: nothing where the account is the main one. */
export function userOf({ mainAccountId }: Pick<PlaceOrder, "mainAccountId">): {
  readonly mainAccountId?: AccountId;
} {
  return mainAccountId === undefined ? {} : { mainAccountId };
}

/** Both legs of the pair at this place, each with the other's id. */
export function placementsOfPair(
  { accountId, legs }: Pick<PlaceOrderPair, "accountId" | "legs">,
  first: CommandPosition,
): readonly [Placement, Placement] {
  const second = first + 1;
  return [
    { orderId: first, accountId, ...legs[0], links: { linkedOrderId: second } },
    { orderId: second, accountId, ...legs[1], links: { linkedOrderId: first } },
  ];
}
