/**
 * Reads the lines of output and the errors out of a trace message of BuildKit: a StatusResponse of
 * moby/buildkit/api/services/control/control.proto, of which Vertex.error and VertexLog.msg matter here.
 * @param base64 the `aux` of an event whose `id` is "moby.buildkit.trace".
 */
export function traceLines(base64: string): readonly string[] {
  const response = fieldsOf(Buffer.from(base64, 'base64'));
  const inside = (message: number, field: number): readonly string[] =>
    response
      .filter(({ number }) => number === message)
      .flatMap(({ bytes }) => fieldsOf(bytes).filter(({ number }) => number === field))
      .flatMap(({ bytes }) => bytes.toString().split('\n'))
      .filter((line) => line.trim() !== '');
  return [...inside(logs, message), ...inside(vertexes, error)];
}

const vertexes = 1;
const logs = 3;
const error = 7;
const message = 4;

type Field = { readonly number: number; readonly bytes: Buffer };

/** The length-delimited fields of a protobuf message; the others are stepped over. */
function fieldsOf(encoded: Buffer): readonly Field[] {
  const fields: Field[] = [];
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let factor = 1; at < encoded.length; factor *= 128) {
      const byte = encoded[at++] ?? 0;
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) break;
    }
    return value;
  };
  while (at < encoded.length) {
    const key = varint();
    const wireType = key % 8;
    if (wireType === 2) {
      const length = varint();
      fields.push({ number: Math.floor(key / 8), bytes: encoded.subarray(at, at + length) });
      at += length;
    } else if (wireType === 0) varint();
    else if (wireType === 1) at += 8;
    else if (wireType === 5) at += 4;
    else return fields;
  }
  return fields;
}
