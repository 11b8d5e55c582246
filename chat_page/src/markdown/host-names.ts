// Names of hosts in foreign letters; stands in for the package `punycode.js`. They are shown as they are
// sent, so that a name cannot look like another one.
const toUnicode = (name: string): string => name;

function toASCII(name: string): string {
  try {
    return new URL(`http://${name}`).hostname;
  } catch {
    return name; // no name of a host: the address leads nowhere either way
  }
}

export default { toASCII, toUnicode };
