// Text of documents as answers carry it, and the words of it that matched a question; no DOM in here.

// Document text comes between tags that tell a model where it ends.
export function unfenced(content: string, marker: string): string {
  const [start, end] = [`<${marker}>\n`, `\n</${marker}>`];
  const bare =
    content.startsWith(start) && content.endsWith(end) ? content.slice(start.length, -end.length) : content;
  // These two would become marks of citations.
  return bare.replace(/[\uE000\uE001]/g, "");
}

export interface Piece {
  text: string;
  hit: boolean;
}

// The text in pieces; `hit` are the words that begin with one of the stems that matched.
export function pieces(text: string, stems: string[]): Piece[] {
  const wanted = stems.map(plain).filter((stem) => stem.length > 1);
  const found: Piece[] = [];
  let rest = "";
  for (const word of text.split(/([\p{L}\p{N}]+)/u)) {
    if (!wanted.some((stem) => fits(plain(word), stem))) rest += word;
    else {
      if (rest) found.push({ text: rest, hit: false });
      found.push({ text: word, hit: true });
      rest = "";
    }
  }
  return rest ? [...found, { text: rest, hit: false }] : found;
}

const plain = (word: string): string => word.toLowerCase().normalize("NFD").replace(/\p{M}/gu, "");

// Stems are shortened words; a final y is written i in them ("policy", "polici").
function fits(word: string, stem: string): boolean {
  if (word.length > stem.length + 5) return false;
  return (
    word.startsWith(stem) ||
    (stem.endsWith("i") && stem.length > 3 && word.startsWith(`${stem.slice(0, -1)}y`))
  );
}
