// Every command that has a key.

export type Command = "undo" | "redo" | "none" | "variety" | { choose: number };

const PLAIN: Readonly<Record<string, Command>> = { u: "undo", r: "redo", "0": "none", n: "none", v: "variety" };

/** Returns what a key press asks for; undefined if nothing. */
export function commandOf(event: KeyboardEvent): Command | undefined {
  // A key held down is one press.
  if (event.repeat || event.altKey) return undefined;
  const key = event.key.toLowerCase();
  if (event.ctrlKey || event.metaKey) {
    if (key === "z") return event.shiftKey ? "redo" : "undo";
    return key === "y" ? "redo" : undefined;
  }
  if (/^[1-8]$/.test(key)) return { choose: Number(key) - 1 };
  return PLAIN[key];
}
