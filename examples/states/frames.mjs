// States of tables, of groups and of columns together in JavaScript: read and written.
//
// It follows docs/reference/states-of-tables.md. Bytes that it would not write are refused, but it does not look for what
// no data has, does not take the keys of groups out of their Arrow buffers, and merges nothing but tables. As a program
// it reads from each line of its input a JSON list of one state in hexadecimal, or of two tables, and prints the state of
// all of them:
//
//     echo '["43535454..."]' | node frames.mjs

import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import * as column from "./decode.mjs";

const MAX_DEGREE = 32;
const MAX_PLACES = 76;

class Frame extends column.Reader {
  constructor(bytes, versions) {
    const content = bytes.subarray(5, Math.max(bytes.length - 8, 5));
    if (!versions.includes(bytes[4])) throw new Error("the version is not known");
    const written = column.littleEndian(column.checksum(bytes.subarray(0, -8)), 8);
    if (Buffer.compare(Buffer.from(written), bytes.subarray(-8)) !== 0) throw new Error("the state is damaged");
    super(content);
  }

  count() {
    return Number(this.number(8));
  }

  bytes() {
    return this.take(this.count());
  }

  text(length = this.count()) {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(this.take(length));
  }

  list(length, item) {
    // Each item has a byte at least.
    if (length > this.rest.length) throw new Error("a field is malformed");
    return Array.from({ length }, () => item());
  }
}

const count = (number) => column.littleEndian(BigInt(number), 8);
const sized = (bytes) => [...count(bytes.length), ...bytes];
const utf8 = (text) => new TextEncoder().encode(text);

function sealed(magic, version, fields) {
  const bytes = [...utf8(magic), version, ...fields.flat()];
  return Uint8Array.from([...bytes, ...column.littleEndian(column.checksum(bytes), 8)]);
}

// Tables: a map of the states of the columns, by name.

export function encodeTable(columns) {
  const fields = [...columns].map(([name, state]) => [...sized(utf8(name)), ...sized(column.encode(state))]);
  return sealed("CSTT", 1, [count(columns.size), ...fields]);
}

export function decodeTable(bytes) {
  const frame = new Frame(bytes, [1]);
  return new Map(frame.list(frame.count(), () => [frame.text(), column.decode(frame.bytes())]));
}

export function mergeTables(one, other) {
  const hasRows = (part) => [...part.values()].some((state) => state.valid + state.nulls > 0n);
  for (const [part, whole] of [[one, other], [other, one]]) {
    const isMissing = [...whole.keys()].some((name) => !part.has(name));
    if (isMissing && hasRows(part)) throw new Error("a column is missing from one of the parts");
  }
  const merged = new Map(one);
  for (const [name, state] of other) merged.set(name, column.merge(one.get(name) ?? column.empty(), state));
  return merged;
}

// Groups: the keys as buffers, and the states of each column.

export function encodeGroups({ length, keys, columns }) {
  const fields = [count(length), count(keys.length)];
  for (const { name, type, width, validity, buffers } of keys) {
    fields.push(sized(utf8(name)), sized(utf8(type)), sized(column.littleEndian(BigInt(width), 4)));
    fields.push(count(validity === null ? 0 : 1), validity === null ? [] : sized(validity));
    fields.push(count(buffers.length), ...buffers.map(sized));
  }
  fields.push(count(columns.length));
  for (const { name, type, states } of columns) {
    const empty = { ...column.empty(), type };
    fields.push(sized(utf8(name)), ...[empty, ...states].map((state) => sized(column.encode(state))));
  }
  return sealed("CSTG", 1, fields);
}

export function decodeGroups(bytes) {
  const frame = new Frame(bytes, [1]);
  const length = frame.count();
  const keys = frame.list(frame.count(), () => {
    const [name, type] = [frame.text(), frame.text()];
    const width = new DataView(frame.bytes().slice().buffer).getInt32(0, true);
    const validity = frame.count() > 0 ? frame.bytes() : null;
    return { name, type, width, validity, buffers: frame.list(frame.count(), () => frame.bytes()) };
  });
  const columns = frame.list(frame.count(), () => {
    const [name, empty] = [frame.text(), column.decode(frame.bytes())];
    return { name, type: empty.type, states: frame.list(length, () => column.decode(frame.bytes())) };
  });
  return { length, keys, columns };
}

// Columns together: sums are integers in units of 2^-1088 to the power of the number of factors and one more.

/** What is summed: each column, then products of powers of one or two columns. */
export function products(columns, degree) {
  const found = Array.from({ length: columns }, (_, at) => [at]);
  for (let one = 0; one < columns; one += 1) {
    for (let power = 2; power <= 2 * degree; power += 1) found.push(Array(power).fill(one));
    for (let other = one + 1; other < columns; other += 1) {
      for (let power = 1; power <= degree; power += 1) {
        for (let ofOther = 1; ofOther <= degree; ofOther += 1) {
          found.push([...Array(power).fill(one), ...Array(ofOther).fill(other)]);
        }
      }
    }
  }
  return found;
}

export function encodeTogether({ columns, degree, places, weights, rows, sums }) {
  const text = (string) => [...column.littleEndian(BigInt(utf8(string).length), 4), ...utf8(string)];
  const fields = [column.littleEndian(BigInt(columns.length), 4), ...columns.flat().map(text)];
  const version = degree > 1 || places !== null ? 2 : 1;
  if (version === 2) fields.push([degree, places === null ? 0 : 1]);
  if (places !== null) fields.push([places], ...weights.map((weight) => column.writeInteger(weight, 1)));
  fields.push(...rows.map(count));
  products(columns.length, degree).forEach((factors, at) => {
    fields.push(column.writeInteger(sums[at], factors.length + 1));
  });
  return sealed("CSTC", version, fields);
}

export function decodeTogether(bytes) {
  const frame = new Frame(bytes, [1, 2]);
  const text = () => frame.text(Number(frame.number(4)));
  const columns = frame.list(Number(frame.number(4)), () => [text(), text()]);
  const [degree, isWeighted] = bytes[4] === 2 ? frame.take(2) : [1, 0];
  const places = isWeighted ? Number(frame.number(1)) : null;
  if (degree < 1 || degree > MAX_DEGREE || places > MAX_PLACES) throw new Error("a field is malformed");
  const weights = isWeighted ? frame.list(3, () => frame.integer(1)) : [];
  const rows = frame.list(4, () => frame.number(8));
  const sums = products(columns.length, degree).map((factors) => frame.integer(factors.length + 1));
  return { columns, degree, places, weights, rows, sums };
}

const FORMATS = {
  CSTT: [decodeTable, encodeTable],
  CSTG: [decodeGroups, encodeGroups],
  CSTC: [decodeTogether, encodeTogether],
};

/** What is in the bytes of a state, and the bytes that are written for it; an error if they differ. */
export function decode(bytes) {
  const magic = Buffer.from(bytes.subarray(0, 4)).toString("latin1");
  if (!Object.hasOwn(FORMATS, magic)) throw new Error("these bytes are not a state");
  const [read, write] = FORMATS[magic];
  const state = read(bytes);
  const written = write(state);
  if (Buffer.compare(written, bytes) !== 0) throw new Error("the state is not in canonical form");
  return { state, written };
}

function answerLine(line) {
  try {
    const parts = JSON.parse(line).map((text) => decode(Uint8Array.from(Buffer.from(text, "hex"))));
    const whole = parts.length === 1 ? parts[0].written : encodeTable(mergeTables(...parts.map((part) => part.state)));
    return { state: Buffer.from(whole).toString("hex") };
  } catch (refused) {
    return { refused: refused.message };
  }
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const lines = readFileSync(0, "utf-8").split("\n").filter(Boolean);
  console.log(lines.map((line) => JSON.stringify(answerLine(line))).join("\n"));
}
