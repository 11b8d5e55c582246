import { cookies } from "next/headers";

export interface Session {
  token: string | undefined;
}

// Who is logged in here. Put your own check in its place: it decides in whose name OwFlex is asked. The token is a JWT
// of your identity provider (AGENT_SERVICE_AUTH=jwt, see docs/users.md); it never reaches the browser's scripts.
export async function sessionOf(): Promise<Session | null> {
  if (process.env["OWFLEX_AUTH"] !== "jwt") return { token: undefined };
  const token = (await cookies()).get("session")?.value;
  return token ? { token } : null;
}
