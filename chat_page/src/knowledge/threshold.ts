// Which passages pass a threshold, and where their dots lie in the plot.
import type { Hit } from "./types.ts";

export interface Judged extends Hit {
  passes: boolean;
  byWords: boolean;
}

// Which passages a threshold lets through: near enough by meaning, or by their words. How many words are
// enough is not ours to say: it is what those have that pass even when no similarity would do.
export function judged(all: Hit[], passAlways: Hit[], threshold: number): Judged[] {
  const enough = Math.min(...passAlways.map((hit) => hit.why?.keyword_score ?? Infinity));
  return all.map((hit) => {
    const near = hit.similarity >= threshold;
    const byWords = !near && (hit.why?.keyword_score ?? -1) >= enough;
    return { ...hit, byWords, passes: near || byWords };
  });
}

// Dots that would lie on each other are stacked: the row of each value, from 0.
export function rows(values: number[], width: number): number[] {
  const taken: number[][] = [];
  return values.map((value) => {
    let row = 0;
    while (taken[row]?.some((other) => Math.abs(other - value) < width)) row += 1;
    (taken[row] ??= []).push(value);
    return row;
  });
}
