// Pages of the service itself, which answers link to by their place in it.
// The chat may stand in another site.
const OWN = /^help\/[a-z-]+$/;

let service = "";

export function setService(base: string): void {
  service = base;
}

// The whole address of such a page; undefined for every other address.
export function ownPage(address: string): string | undefined {
  return service && OWN.test(address) ? new URL(address, service).href : undefined;
}

// Whether a whole address is that of such a page.
export const isOwn = (address: string): boolean =>
  service !== "" && address.startsWith(service) && OWN.test(address.slice(service.length));
