// The parts of the ChatKit protocol that the page reads.

export interface Source {
  type: "entity" | "file" | "url";
  title: string;
  id?: string;
  description?: string | null;
  label?: string | null;
  inline_label?: string | null;
  filename?: string;
  url?: string;
  data?: Record<string, unknown>;
}

export interface Annotation {
  type: "annotation";
  source: Source;
  index?: number | null;
}

export interface AssistantContent {
  type: "output_text";
  text: string;
  annotations: Annotation[];
}

export interface UserContent {
  type: "input_text" | "input_tag";
  text: string;
}

export interface Vote {
  kind: "positive" | "negative";
  reason: string | null;
}

// Which of its versions, from 1 on, a message of the user is shown in.
export interface ShownVersion {
  number: number;
  count: number;
}

export interface ThreadExtras {
  votes: (Vote & { item_id: string })[];
  versions: (ShownVersion & { item_id: string })[];
}

export interface Question {
  id: string;
  type: string;
  question: string;
  description?: string | null;
  options?: { value: string }[];
  multiple?: boolean;
  answer?: { values: string[]; skipped: boolean } | null;
}

export interface Submission {
  status: "answered" | "skipped";
  answers: Record<string, { values: string[]; skipped: boolean }>;
}

export interface WorkflowTask {
  type: string;
  icon?: string | null;
  title_query?: string | null;
  queries?: string[];
  sources?: Source[];
  title?: string | null;
  content?: string | null;
  status_indicator?: "none" | "loading" | "complete";
}

export interface Workflow {
  type: string;
  tasks: WorkflowTask[];
  summary?: { title?: string; duration?: number } | null;
  expanded?: boolean;
}

export interface Action {
  type: string;
  payload?: unknown;
  handler?: "server" | "client";
  streaming?: boolean;
}

type Size = number | string | null;
type Paint = string | { light: string; dark: string } | null;

export interface Choice {
  value: string;
  label: string;
  disabled?: boolean;
}

export interface Widget {
  type: string;
  id?: string | null;
  key?: string | null;
  children?: Widget | Widget[] | null;
  value?: string;
  label?: string | null;
  name?: string;
  fieldName?: string;
  weight?: string | null;
  size?: Size;
  color?: Paint;
  background?: Paint;
  style?: string | null;
  variant?: string | null;
  italic?: boolean | null;
  lineThrough?: boolean | null;
  truncate?: boolean | null;
  textAlign?: string | null;
  maxLines?: number | null;
  editable?: false | { name: string; placeholder?: string; required?: boolean } | null;
  align?: string | null;
  justify?: string | null;
  direction?: string | null;
  wrap?: string | null;
  gap?: Size;
  padding?: unknown;
  flex?: Size;
  width?: Size;
  height?: Size;
  submit?: boolean | null;
  block?: boolean | null;
  disabled?: boolean | null;
  required?: boolean | null;
  placeholder?: string | null;
  ariaLabel?: string | null;
  inputType?: string | null;
  pattern?: string | null;
  rows?: number | null;
  min?: string | null;
  max?: string | null;
  defaultValue?: string | null;
  defaultChecked?: boolean | null;
  clearable?: boolean | null;
  options?: Choice[] | null;
  src?: string;
  href?: string;
  alt?: string | null;
  iconStart?: string | null;
  iconEnd?: string | null;
  status?: { text: string } | null;
  collapsed?: boolean | null;
  asForm?: boolean | null;
  limit?: number | "auto" | null;
  confirm?: { label: string; action: Action } | null;
  cancel?: { label: string; action: Action } | null;
  data?: Record<string, string | number>[];
  series?: { type: string; label?: string | null; dataKey: string }[];
  xAxis?: string | { dataKey: string; labels?: Record<string, string> };
  onClickAction?: Action | null;
  onChangeAction?: Action | null;
  onSubmitAction?: Action | null;
}

export interface ThreadItem {
  id: string;
  thread_id: string;
  created_at: string;
  type: string;
  content?: AssistantContent[] | UserContent[];
  workflow?: Workflow;
  task?: WorkflowTask;
  copy_text?: string | null;
  widget?: Widget;
  status?: string;
  inputs?: Question[];
  image?: { id: string; url: string } | null;
  name?: string;
  quoted_text?: string | null;
  attachments?: unknown[];
}

export interface AssistantItem extends ThreadItem {
  type: "assistant_message";
  content: AssistantContent[];
}

export interface Thread {
  id: string;
  title?: string | null;
  created_at: string;
  status?: { type: string; reason?: string | null };
  items?: Page<ThreadItem>;
}

export interface Page<T> {
  data: T[];
  has_more: boolean;
  after?: string | null;
}

export interface ItemUpdate {
  type: string;
  content_index?: number;
  content?: AssistantContent;
  delta?: string;
  annotation_index?: number;
  annotation?: Annotation;
  task?: WorkflowTask;
  task_index?: number;
  component_id?: string;
  component?: Widget;
  widget?: Widget;
  image?: { id: string; url: string };
}

export interface StreamEvent {
  type: string;
  thread?: Thread;
  item?: ThreadItem;
  item_id?: string;
  update?: ItemUpdate;
  text?: string;
  code?: string;
  message?: string | null;
  name?: string;
  data?: Record<string, unknown>;
  allow_retry?: boolean;
  level?: "info" | "warning" | "danger";
  title?: string | null;
}

export interface Prompt {
  label: string;
  prompt: string;
}

export interface FileLimits {
  max_bytes: number;
  max_count: number;
  accept: string[];
  // Of the files that are accepted: `.pdf` and the like, and how people call the formats.
  endings: string[];
  kinds: string[];
}

export interface Config {
  // The service has a view for administrators.
  administration?: boolean;
  title: string;
  greeting: string;
  prompts: Prompt[];
  model: { name: string; extractive: boolean };
  models?: string[];
  tools?: { id: string; label: string }[];
  dictation?: boolean;
  attachments?: FileLimits;
  knowledge?: boolean;
  connections?: boolean;
  greetings?: Record<string, string>;
  locales?: string[];
  tracing?: boolean;
  login?: string;
  keys?: boolean;
  tasks?: boolean;
  branches?: boolean;
}

export const isAssistant = (item: ThreadItem): item is AssistantItem => item.type === "assistant_message";
