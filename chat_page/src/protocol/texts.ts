// Thousands of accents on one letter take minutes to draw, and cover what stands around them.
const MOST = 8;
const HEAPED = new RegExp(`(\\p{M}{${MOST}})\\p{M}+`, "gu");
const ANY = /\p{M}{9}/u;

// The text with no more accents on a letter than any script has.
export const calmed = (text: string): string => (ANY.test(text) ? text.replace(HEAPED, "$1") : text);

const calming = (_: string, value: unknown): unknown => (typeof value === "string" ? calmed(value) : value);

// What the service sent, with all its texts calmed. Raises SyntaxError for data that is no JSON.
export const fromJson = (data: string): unknown => JSON.parse(data, calming);
export const jsonOf = async (response: Response): Promise<unknown> => fromJson(await response.text());
