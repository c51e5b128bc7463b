/** Patterns of names as the gateway and the Python SDK take them (`fnmatch`): `*`, `?`, `[abc]` and `[!a-z]`. */

/** Whether the name fits. In steps that are at most the product of both lengths, whatever the pattern. */
export function fits(name: string, pattern: string): boolean {
  const parts = partsOf(pattern);
  let [at, part] = [0, 0];
  let [star, from] = [-1, 0]; // the last star, and where what it stands for ends
  while (at < name.length) {
    const asked = parts[part];
    if (asked === "*") [star, from, part] = [part, at, part + 1];
    else if (typeof asked === "function" && asked(name[at] as string)) [at, part] = [at + 1, part + 1];
    else if (star >= 0) [from, at, part] = [from + 1, from + 1, star + 1];
    else return false;
  }
  return parts.slice(part).every((one) => one === "*");
}

type Part = "*" | ((character: string) => boolean);

function partsOf(pattern: string): Part[] {
  const parts: Part[] = [];
  for (let at = 0; at < pattern.length; at += 1) {
    const character = pattern[at] as string;
    const end = character === "[" ? pattern.indexOf("]", pattern[at + 1] === "!" ? at + 3 : at + 2) : -1;
    if (end > 0) parts.push(oneOf(pattern.slice(at + 1, end)));
    else parts.push(character === "*" ? "*" : (one) => character === "?" || one === character);
    if (end > 0) at = end;
  }
  return parts;
}

function oneOf(members: string): Part {
  const negated = members.startsWith("!");
  const listed = negated ? members.slice(1) : members;
  return (character) => isListed(character, listed) !== negated;
}

function isListed(character: string, listed: string): boolean {
  for (let at = 0; at < listed.length; at += 1) {
    const isRange = listed[at + 1] === "-" && at + 2 < listed.length;
    const [first, last] = [listed[at] as string, (isRange ? listed[at + 2] : listed[at]) as string];
    if (first <= character && character <= last) return true;
    if (isRange) at += 2;
  }
  return false;
}
