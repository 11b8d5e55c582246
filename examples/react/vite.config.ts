import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

const service = process.env["OWFLEX_URL"] ?? "http://127.0.0.1:8000";
// The browser sees one origin, so that the service needs no CORS settings during development. Host and Origin stay
// those of this server: the service compares them.
const proxied = ["/chatkit", "/config.json", "/attachments", "/voice", "/feedback", "/knowledge", "/static"];

export default defineConfig({
  plugins: [react()],
  server: {
    proxy: Object.fromEntries(proxied.map((path) => [path, { target: service, changeOrigin: false }])),
  },
});
