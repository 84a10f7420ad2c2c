/** The path of a request as the router reads it. */

import { getPath } from "hono/utils/url";

/** Without a Host header, as health checks over HTTP/1.0 ask, the server tells the target alone. */
export function requestPath(request: Request): string {
  const { url } = request;
  return url.startsWith("/") ? getPath(new Request(`http://host${url}`)) : getPath(request);
}
