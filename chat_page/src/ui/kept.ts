// What the browser keeps of a user on this device, until they sign out.

export const OUTBOX = "owflex-outbox:";
export const DRAFT = "owflex-draft:";

// Nothing where nothing is kept, or something else.
export function kept<T>(name: string): T | null {
  try {
    return JSON.parse(localStorage.getItem(name) ?? "null") as T | null;
  } catch {
    return null;
  }
}

// False when the browser keeps nothing, or has no room.
export function keep(name: string, value: unknown): boolean {
  try {
    if (value === null) localStorage.removeItem(name);
    else localStorage.setItem(name, JSON.stringify(value));
    return true;
  } catch {
    return false;
  }
}

// Nobody who comes after them at this device finds what they have typed.
export function forgetAll(): void {
  for (const place of [() => localStorage, () => sessionStorage]) {
    try {
      const storage = place();
      for (const name of Object.keys(storage))
        if (name.startsWith(OUTBOX) || name.startsWith(DRAFT)) storage.removeItem(name);
    } catch {
      // Storage is switched off: nothing was kept.
    }
  }
}
