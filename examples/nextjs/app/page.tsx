// OwFlex's own element, loaded and used through this site's proxy: the browser knows no other host.
const SERVICE = "/api/owflex";

export default function Page() {
  return (
    <main>
      <h1>Handbook</h1>
      <p>Your site&rsquo;s own content.</p>
      <script type="module" src={`${SERVICE}/static/owflex-chat.js`} async />
      <owflex-chat url={SERVICE} mode="panel" className="chat" />
    </main>
  );
}
