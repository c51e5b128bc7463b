/**
 * Texts of others in errors and outcomes: what a terminal would obey, or a reader would not see, is written as an escape.
 *
 * The gateway does so with all that it says. A proxy in its place, or a gateway of an older release, does not.
 */

/** Of Unicode's categories Other and Separator, but for the space: what Python's `str.isprintable` calls not printable. */
const UNPRINTABLE = /[^\P{C}]|[^\P{Z} ]/u;
const UNPRINTABLE_OR_SELECTOR = /[^\P{C}]|[^\P{Z} ]|[\u{E0100}-\u{E01EF}]/gu;

export function isPrintable(text: string): boolean {
  return !UNPRINTABLE.test(text);
}

/** The text with each character that is not to be printed as JSON writes it, such as `\u001b`; but for tabs and lines. */
export function visible(text: string): string {
  return text.replace(UNPRINTABLE_OR_SELECTOR, (character) =>
    character === "\t" || character === "\n" ? character : escaped(character),
  );
}

function escaped(character: string): string {
  return character
    .split("")
    .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`)
    .join("");
}
