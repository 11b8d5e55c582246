// What the tools answer, as far as the apps show it.

export interface Hit {
  chunk_id: number;
  title: string;
  source: string;
  heading_path: string[];
  page: number | null;
  content: string;
}

export interface SearchResult {
  results: Hit[];
  text_marker: string;
  searched: { waits_for?: string; corrected?: Record<string, string>; missing?: string[] };
  confidence: number;
}

export interface Neighbour {
  chunk_id: number;
  position: number;
  heading_path: string[];
  page: number | null;
  content: string;
}

export interface Neighbours {
  title: string;
  source: string;
  text_marker: string;
  chunks: Neighbour[];
  previous: number | null;
  next: number | null;
}

export interface Task {
  task_id: number;
  title: string;
  notes: string;
  priority: "low" | "normal" | "high";
  due_on: string | null;
  tags: string[];
  status: "open" | "done";
}

export interface TaskList {
  tasks: Task[];
  total: number;
  today: string;
  next_cursor: string | null;
}

export interface Undone {
  tasks: Task[];
  removed: { task_id: number; title: string }[];
}
