// Passes requests of our own pages on to OwFlex. What is passed is named; everything else stays behind.

// The addresses of the service that a chat needs. Anything else is not reachable through this site.
const ALLOWED =
  /^(?:chatkit|config\.json|feedback|attachments(?:\/[\w-]+)?|voice\/transcribe|knowledge\/[\w/-]+|static\/[\w./-]+)$/;
const MAX_BYTES = 30 * 1024 * 1024;
// No cookies, no Authorization of the browser's, no Host, no X-Forwarded-*: the service would believe them.
const REQUEST_HEADERS = [
  "accept",
  "accept-language",
  "content-type",
  "idempotency-key",
  "x-request-id",
  "x-upload-token",
];
// No Set-Cookie, no CORS permissions, and none of the headers that describe a body which fetch has already decoded.
const RESPONSE_HEADERS = [
  "cache-control",
  "content-disposition",
  "content-security-policy",
  "content-type",
  "retry-after",
  "x-accel-buffering",
  "x-content-type-options",
  "x-request-id",
];

export interface Target {
  url: string;
  token: string | undefined;
}

export async function forward(request: Request, path: string, target: Target): Promise<Response> {
  if (!ALLOWED.test(path) || path.includes("..")) return problem(404, "There is nothing at this address.");
  if (!isSameOrigin(request)) return problem(403, "Pages of other origins may not use this chat.");
  if (Number(request.headers.get("content-length") ?? 0) > MAX_BYTES)
    return problem(413, "This is too large.");
  const { search } = new URL(request.url);
  try {
    const answer = await fetch(new URL(path + search, withSlash(target.url)), {
      method: request.method,
      headers: requestHeaders(request, target),
      body: hasBody(request) ? request.body : null,
      // The browser's Stop ends the answer at the service, too.
      signal: request.signal,
      redirect: "manual",
      cache: "no-store",
      ...(hasBody(request) && { duplex: "half" }),
    });
    return new Response(answer.body, {
      status: answer.status,
      headers: copied(answer.headers, RESPONSE_HEADERS),
    });
  } catch (error) {
    if (request.signal.aborted) return new Response(null, { status: 499 });
    console.error("OwFlex cannot be reached:", error instanceof Error ? error.message : error);
    return problem(502, "The chat service cannot be reached.");
  }
}

function requestHeaders(request: Request, target: Target): Headers {
  const headers = copied(request.headers, REQUEST_HEADERS);
  if (target.token) headers.set("authorization", `Bearer ${target.token}`);
  return headers;
}

function copied(from: Headers, names: string[]): Headers {
  const headers = new Headers();
  for (const name of names) {
    const value = from.get(name);
    if (value !== null) headers.set(name, value);
  }
  return headers;
}

// The session's cookie comes with requests of any site; what other sites send must not act in the user's name.
function isSameOrigin(request: Request): boolean {
  const origin = request.headers.get("origin");
  if (origin === null) return request.headers.get("sec-fetch-site") !== "cross-site";
  return URL.canParse(origin) && new URL(origin).host === request.headers.get("host");
}

function hasBody(request: Request): boolean {
  return request.method !== "GET" && request.method !== "HEAD";
}

function withSlash(url: string): string {
  return url.endsWith("/") ? url : `${url}/`;
}

function problem(status: number, message: string): Response {
  return Response.json({ error: { message } }, { status });
}
