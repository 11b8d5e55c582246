import { forward } from "../../../../lib/proxy";
import { sessionOf } from "../../../../lib/session";

// Answers are streams: nothing of them is made in advance or kept.
export const dynamic = "force-dynamic";
export const runtime = "nodejs";

interface Context {
  params: Promise<{ path: string[] }>;
}

async function handle(request: Request, { params }: Context): Promise<Response> {
  const session = await sessionOf();
  if (!session) return Response.json({ error: { message: "Please log in." } }, { status: 401 });
  const { path } = await params;
  return forward(request, path.join("/"), {
    url: process.env["OWFLEX_URL"] ?? "http://127.0.0.1:8000",
    ...session,
  });
}

export { handle as DELETE, handle as GET, handle as POST, handle as PUT };
