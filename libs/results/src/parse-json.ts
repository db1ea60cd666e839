/**
 * JSON of a file, not yet validated.
 * @param path of the file, for messages.
 * @throws Error, one line that tells an empty and a truncated file from one that is not JSON.
 */
export function parseJson(text: string, path: string): unknown {
  if (text.trim() === '') throw new Error(`${path}: is empty, expected JSON`);
  try {
    return JSON.parse(text);
  } catch (cause) {
    if (endsInside(text)) {
      throw new Error(
        `${path}: ends after ${text.length} characters in the middle of the JSON: the file is not whole`,
        { cause },
      );
    }
    const reason = cause instanceof Error ? cause.message.replaceAll(/\s+/g, ' ') : String(cause);
    throw new Error(`${path}: is not JSON: ${reason}`, { cause });
  }
}

/** Whether an object, an array or a string is still open at the end of the text. */
function endsInside(text: string): boolean {
  let depth = 0;
  let inString = false;
  for (let place = 0; place < text.length; place += 1) {
    const character = text.charAt(place);
    if (inString && character === '\\') place += 1;
    else if (character === '"') inString = !inString;
    else if (!inString && (character === '{' || character === '[')) depth += 1;
    else if (!inString && (character === '}' || character === ']')) depth -= 1;
  }
  return inString || depth > 0;
}
