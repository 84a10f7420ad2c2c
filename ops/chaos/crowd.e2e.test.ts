import { checkCrowd } from "./testing/check-crowd.ts";

checkCrowd({ users: 16, seconds: 4 });
