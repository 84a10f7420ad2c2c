/** What a refused command says. */

import type { EngineRejectCode, PlaceOrder } from "@exchange/streams/contract";

import type { CommandInput } from "./book.ts";
import { ownerOf, placementsOf } from "./naive-place.ts";
import type { NaiveState } from "./naive-state.ts";

export function refuse(
  { events }: Pick<NaiveState, "events">,
  { command, position }: CommandInput,
  code: EngineRejectCode,
): void {
  if (command.kind === "PlaceOrder") {
    const owner = ownerOf({ ...command, orderId: position });
    events.write({ kind: "OrderRejected", ...owner, code, ...heldBeside(command) });
    return;
  }
  if (command.kind === "PlaceOrderPair") {
    const [first, second] = placementsOf(command, position);
    const { heldUnits } = command;
    const toSecond = { linkedOrderId: second.orderId, heldUnits };
    const toFirst = { linkedOrderId: first.orderId, sharesHold: true } as const;
    events.write({ kind: "OrderRejected", ...ownerOf(first), code, ...toSecond });
    events.write({ kind: "OrderRejected", ...ownerOf(second), code, ...toFirst });
    return;
  }
  const holdId = command.kind === "AmendOrder" ? command.holdId : undefined;
  events.write({
    kind: "CommandRejected",
    commandKind: command.kind,
    ...("accountId" in command && { accountId: command.accountId }),
    ...("orderId" in command && { orderId: command.orderId }),
    ...(holdId !== undefined && { holdId }),
    code,
  });
}

/** What its hold has, where that is not all it may spend. */
function heldBeside({ heldUnits, terms }: PlaceOrder): Pick<PlaceOrder, "heldUnits"> {
  return heldUnits === undefined || heldUnits === terms.spendMax ? {} : { heldUnits };
}
