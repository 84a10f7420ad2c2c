/** A standby takes over within two seconds, whatever became of the active engine, and the log does not notice. */

import { testTakeovers } from "./testing/takeover-tests.ts";

testTakeovers(50);
