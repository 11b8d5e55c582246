// Every word of the apps in English; other languages are files in locales/, built into each app.
import { pick, use, words } from "../i18n/translation.ts";
import de from "./locales/de.json";
import es from "./locales/es.json";
import fr from "./locales/fr.json";

const LOCALES: Record<string, Record<string, unknown>> = { de, es, fr };

export const strings = words({
  waiting: "Waiting for the answer …",
  cancelled: "The call was cancelled.",
  unreadable: "The answer could not be read here. The conversation has it as text.",
  refused: "That did not work: {reason}",
  noReason: "the client did not allow it",
  linkRefused: "Your client does not open links. The address is {url}",
  results: "Search results",
  found: "{count} passages",
  foundOne: "1 passage",
  nothingFound: "Nothing was found. The documents probably do not answer this.",
  doubtful: "These passages probably do not answer the question.",
  incomplete: "Not everything could be searched by meaning yet. The same search may find more in a minute.",
  corrected: "Searched for “{used}” instead of “{asked}”.",
  missing: "None of these passages speaks of {words}.",
  openPassage: "Open passage",
  openPassageOf: "Open passage {number}: {title}",
  loading: "Loading …",
  back: "Back to the results",
  page: "page {page}",
  pageHead: "Page {page}",
  citedPassage: "The cited passage",
  previous: "Previous passage",
  next: "Next passage",
  begins: "The document begins here.",
  ends: "The document ends here.",
  toCited: "To the cited passage",
  openSource: "Open the original",
  textOnly: "This is the text that OwFlex read. The original file is not kept.",
  fill: "Full screen",
  unfill: "Leave full screen",
  tasks: "Tasks",
  taskCount: "{shown} of {total} tasks",
  noTasks: "There are no tasks here.",
  complete: "Complete",
  reopen: "Reopen",
  completeTask: "Complete: {title}",
  reopenTask: "Reopen: {title}",
  completed: "“{title}” is done.",
  reopened: "“{title}” is open again.",
  undo: "Undo",
  undone: "Undone.",
  done: "done",
  overdue: "overdue, {day}",
  due: "due {day}",
  today: "due today",
  high: "high priority",
  low: "low priority",
  notes: "Notes",
  more: "More tasks",
  readOnly: "Your client lets this list be read, not changed. Ask in the conversation to change a task.",
});

export function useLocale(locale: string | undefined): void {
  const code = pick(locale ? [locale] : navigator.languages, Object.keys(LOCALES));
  use(code, LOCALES[code] ?? {});
  document.documentElement.lang = code;
}
