import { checkCrowd } from "./testing/check-crowd.ts";

checkCrowd({ users: 64, seconds: 60 });
