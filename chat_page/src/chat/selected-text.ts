// What the user has selected in an answer, to ask about it.
const MAX_CHARACTERS = 2000;

interface OldRoot {
  getSelection?(): Selection | null;
}

// The text of the selection when all of it lies in one answer; an empty text otherwise.
export function selectedText(root: ShadowRoot): string {
  // Only some browsers see into a shadow root; the others name its ranges when asked for that root.
  const selection = (root as OldRoot).getSelection?.() ?? document.getSelection();
  const node = selection?.anchorNode;
  const parent = node instanceof Element ? node : node?.parentElement;
  const prose = parent?.closest(".answer > .prose");
  if (!selection || !prose?.contains(selection.focusNode) || !root.contains(prose)) return "";
  return selection.toString().trim().slice(0, MAX_CHARACTERS);
}
