// What the routes below /knowledge answer.

export interface Collection {
  name: string;
  // What the user may do there; other servers do not say it.
  right?: "read" | "add" | "manage";
  language: string;
  documents: number;
  chunks: number;
  changed_at: string | null;
}

export interface DocumentEntry {
  document_id: number;
  title: string;
  source: string;
  collection: string;
  media_type: string;
  chunks: number;
  updated_at: string;
}

export interface DocumentPage {
  documents: DocumentEntry[];
  next_cursor: string | null;
}

export interface DocumentText {
  document_id: number;
  title: string;
  source: string;
  collection: string;
  metadata: Record<string, unknown>;
  metadata_left_out: number;
  notes: string[];
  text_marker: string;
  content: string;
  next_position: number | null;
}

export interface Passage {
  chunk_id: number;
  position: number;
  heading_path: string[];
  page: number | null;
  content: string;
}

export interface Passages {
  document_id: number;
  title: string;
  source: string;
  text_marker: string;
  chunks: Passage[];
  previous: number | null;
  next: number | null;
}

export interface Why {
  similarity: number;
  keyword_score: number;
  matched_terms: string[];
  rank_vector: number | null;
  rank_keyword: number | null;
}

export interface Hit extends Passage {
  document_id: number;
  title: string;
  source: string;
  similarity: number;
  score: number;
  why?: Why | null;
}

export interface SearchAnswer {
  results: Hit[];
  text_marker: string;
  searched: { chunks: number; mode: string };
  below_threshold: { count: number; best_similarity: number | null; threshold: number };
  confidence: number;
  hint: string | null;
}

export interface Upload {
  upload_id: number;
  status: "waiting" | "working" | "done" | "failed";
  outcome: string | null;
  collection: string;
  source: string;
  document_ids: number[];
  chunks: number;
  reason: string | null;
  hint: string | null;
}

export interface Rights {
  uploads: boolean;
  max_bytes: number;
  // Whether there is a collection that only the user sees, for what has no other place.
  own_collection?: boolean;
}

export interface Interval {
  value: number | null;
  low: number | null;
  high: number | null;
}

export interface CurvePoint {
  threshold: number;
  precision: number;
  recall: number;
  f1: number;
}

export interface Detection {
  average_precision: number;
  roc_auc: number;
  threshold: Interval;
  best_f1: number;
  precision: number;
  recall: number;
  curve: CurvePoint[];
}

export interface Histogram {
  edges: number[];
  answerable: number[];
  unanswerable: number[];
}

export interface ReportHead {
  name: string;
  measured_at?: string | null;
  mode?: string | null;
  model?: string | null;
  collection?: string | null;
  test_set?: string | null;
  questions?: number | null;
  answerable?: number | null;
  metrics?: Record<string, Interval> | null;
}

export interface Report extends ReportHead {
  in_documents?: { by_confidence: Detection | null; by_similarity: Detection | null } | null;
  histograms?: { confidence?: Histogram | null; similarity?: Histogram | null } | null;
}
