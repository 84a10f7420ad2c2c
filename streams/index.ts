/** Names, declarations and encodings of everything on NATS. */

export type { ChainHash } from "./chain.ts";
export { ChainLink, formatHash, genesisHash, parseHash } from "./chain.ts";
export {
  decodeFrame,
  decodeJson,
  decodeRecord,
  encodeFrame,
  encodeJson,
  encodeRecord,
} from "./codec.ts";
export { bucket, stream, subject } from "./subjects.ts";
export { COMMAND_LOG_BYTES_MAX, COMMAND_LOG_PLACING_SHARE, LEASE_TTL_MS } from "./topology.ts";
export { commandLog, eventLog, sharedStreams } from "./topology.ts";
