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

export interface WorkflowTask {
  type: string;
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
}

export interface Widget {
  type: string;
  children?: Widget | Widget[] | null;
  value?: string;
  label?: string;
  name?: string;
  fieldName?: string;
  weight?: string | null;
  color?: string | null;
  style?: string | null;
  variant?: string | null;
  submit?: boolean | null;
  disabled?: boolean | null;
  required?: boolean | null;
  placeholder?: string | null;
  inputType?: string | null;
  defaultValue?: string | null;
  defaultChecked?: boolean | null;
  options?: { value: string; label: string }[];
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
  inputs?: { question: string }[];
}

export interface AssistantItem extends ThreadItem {
  type: "assistant_message";
  content: AssistantContent[];
}

export interface Thread {
  id: string;
  title?: string | null;
  created_at: string;
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
  allow_retry?: boolean;
  level?: "info" | "warning" | "danger";
  title?: string | null;
}

export interface Prompt {
  label: string;
  prompt: string;
}

export interface Config {
  title: string;
  greeting: string;
  prompts: Prompt[];
  model: { name: string; extractive: boolean };
}

export const isAssistant = (item: ThreadItem): item is AssistantItem => item.type === "assistant_message";
