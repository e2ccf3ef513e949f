// States of colstats in JavaScript, with BigInt and nothing else: read, merged, written and asked.
//
// It follows docs/reference/states.md and shows that the page is enough; what types have to do with each other is in
// joining.mjs. It refuses what is damaged or not in canonical form, and does not look for what no data has. As a program
// it reads from each line of its input a JSON list of states in hexadecimal, and prints the state of all of them with its
// statistics:
//
//     echo '["4353544d01..."]' | node decode.mjs

import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { joined, kindOf, widened } from "./joining.mjs";

const LIMB = 64n;
/** Sums are integers in units of 2^-1088, and sums of squares in units of the square of that: both are whole limbs. */
const UNIT_LIMBS = 17n;
const UNIT = 1n << (LIMB * UNIT_LIMBS);
const [TYPED, FLAGGED] = [1, 2];
const [NO_VALUE, FLOAT, INTEGER] = [0, 1, 2];
const COUNTS = ["valid", "nulls", "nans", "positive", "negative"];
const MAX_ROWS = 1n << 53n;
const DAY_SECONDS = 86_400n;

/** The state of no data. */
export function empty() {
  const state = { type: null, isFlagged: false, sum: 0n, squares: 0n, min: null, max: null };
  return Object.assign(state, Object.fromEntries(COUNTS.map((name) => [name, 0n])));
}

// Integers.

const abs = (value) => (value < 0n ? -value : value);
const bitLength = (value) => (value === 0n ? 0 : value.toString(2).length);
/** Whether one value precedes another; -0 is less than 0. */
const precedes = (one, other) => one < other || (one === other && Object.is(one, -0) && Object.is(other, 0));

function squareRoot(value) {
  if (value < 2n) return value;
  let root = 1n << BigInt((bitLength(value) + 1) >> 1); // not less than the root
  for (;;) {
    const next = (root + value / root) >> 1n;
    if (next >= root) return root;
    root = next;
  }
}

/** A quotient as an integer, rounded half to even; the denominator is positive. */
function toInteger(numerator, denominator) {
  let [floor, rest] = [numerator / denominator, numerator % denominator];
  if (rest < 0n) [floor, rest] = [floor - 1n, rest + denominator];
  const isUp = 2n * rest > denominator || (2n * rest === denominator && floor % 2n !== 0n);
  return floor + (isUp ? 1n : 0n);
}

/** A quotient as the nearest double: an integer of at most 53 bits, times a power of two. */
function nearest(numerator, denominator) {
  const magnitude = abs(numerator);
  if (magnitude === 0n) return 0;
  // The quotient has one bit more than this difference, or as many; subnormal numbers have fewer than 53.
  let exponent = Math.max(bitLength(magnitude) - bitLength(denominator) - 53, -1074);
  const scaled = () => {
    const [up, down] = exponent < 0 ? [BigInt(-exponent), 0n] : [0n, BigInt(exponent)];
    return toInteger(magnitude << up, denominator << down);
  };
  if (bitLength(scaled()) > 53) exponent += 1;
  const significand = Number(scaled());
  if (exponent > 971) return numerator < 0n ? -Infinity : Infinity;
  // In two steps, as 2^-1074 times 2^1022 or less: both are exact.
  const half = exponent >> 1;
  const value = significand * 2 ** half * 2 ** (exponent - half);
  return numerator < 0n ? -value : value;
}

/** The root of a quotient as the nearest double, from 64 bits or more of it, and whether there are others. */
function nearestRoot(numerator, denominator) {
  const shift = BigInt(64 + Math.max(0, bitLength(denominator) - bitLength(numerator)));
  const scaled = (numerator << (2n * shift)) / denominator;
  const root = squareRoot(scaled);
  const isExact = root * root * denominator === numerator << (2n * shift);
  return nearest(2n * root + (isExact ? 0n : 1n), 2n << shift);
}

/** The root of a quotient as an integer, rounded half to even. */
function integerRoot(numerator, denominator) {
  const twice = squareRoot((4n * numerator) / denominator);
  const [root, half] = [twice >> 1n, twice & 1n];
  const isTie = twice * twice * denominator === 4n * numerator;
  return root + (half === 1n && (!isTie || root % 2n === 1n) ? 1n : 0n);
}

// Bytes.

export function checksum(bytes) {
  let hash = 0xcbf29ce484222325n;
  for (const byte of bytes) hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100000001b3n);
  return hash;
}

export function littleEndian(value, length) {
  return Array.from({ length }, (_, at) => Number(BigInt.asUintN(8, value >> BigInt(8 * at))));
}

function fromLittleEndian(bytes) {
  return bytes.reduceRight((value, byte) => (value << 8n) | BigInt(byte), 0n);
}

export function writeInteger(value, power) {
  let [rest, position] = [abs(value), -Number(UNIT_LIMBS) * power];
  while (rest !== 0n && BigInt.asUintN(64, rest) === 0n) [rest, position] = [rest >> LIMB, position + 1];
  const limbs = Math.ceil(bitLength(rest) / 64);
  const head = littleEndian(BigInt(rest === 0n ? 0 : position), 2);
  return [value < 0n ? 1 : 0, ...head, ...littleEndian(BigInt(limbs), 2), ...littleEndian(rest, 8 * limbs)];
}

function writeValue(value) {
  if (value === null) return [NO_VALUE, 0];
  if (typeof value === "number") return [FLOAT, 8, ...new Uint8Array(new Float64Array([value]).buffer)];
  const length = Math.floor(bitLength(value < 0n ? ~value : value) / 8) + 1;
  return [INTEGER, length, ...littleEndian(value, length)];
}

export function encode(state) {
  const name = new TextEncoder().encode(state.type ?? "");
  const flags = (state.type === null ? 0 : TYPED) | (state.isFlagged ? FLAGGED : 0);
  const bytes = [...Buffer.from("CSTM"), 1, flags, ...littleEndian(BigInt(name.length), 4), ...name];
  for (const count of COUNTS) bytes.push(...littleEndian(state[count], 8));
  bytes.push(...writeInteger(state.sum, 1), ...writeInteger(state.squares, 2));
  bytes.push(...writeValue(state.min), ...writeValue(state.max));
  return Uint8Array.from([...bytes, ...littleEndian(checksum(bytes), 8)]);
}

export class Reader {
  constructor(bytes) {
    this.rest = bytes;
  }

  take(length) {
    if (length > this.rest.length) throw new Error("a field is malformed");
    const taken = this.rest.subarray(0, length);
    this.rest = this.rest.subarray(length);
    return taken;
  }

  number(length) {
    return fromLittleEndian(this.take(length));
  }

  integer(power) {
    const isNegative = this.number(1) === 1n;
    const position = BigInt.asIntN(16, this.number(2)) + UNIT_LIMBS * BigInt(power);
    const magnitude = this.number(8 * Number(this.number(2)));
    if (position < 0n) throw new Error("a sum has digits that no double has");
    return (isNegative ? -magnitude : magnitude) << (LIMB * position);
  }

  value() {
    const [kind, length] = this.take(2);
    const bytes = this.take(length);
    if (kind === FLOAT) return new DataView(bytes.slice().buffer).getFloat64(0, true);
    return kind === INTEGER ? BigInt.asIntN(8 * length, fromLittleEndian(bytes)) : null;
  }
}

/** The state of bytes; an error if they are damaged, or not what `encode` writes. */
export function decode(bytes) {
  if (Buffer.from(bytes.subarray(0, 4)).toString("latin1") !== "CSTM") throw new Error("these bytes are not a state");
  if (bytes[4] !== 1) throw new Error("the version is not known");
  const content = bytes.subarray(0, Math.max(bytes.length - 8, 0));
  if (fromLittleEndian(bytes.subarray(content.length)) !== checksum(content)) throw new Error("the state is damaged");
  const [reader, state] = [new Reader(content.subarray(5)), empty()];
  const [flags] = reader.take(1);
  const name = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(reader.take(Number(reader.number(4))));
  state.type = flags & TYPED ? name : null;
  state.isFlagged = (flags & FLAGGED) !== 0;
  for (const count of COUNTS) state[count] = reader.number(8);
  [state.sum, state.squares] = [reader.integer(1), reader.integer(2)];
  [state.min, state.max] = [reader.value(), reader.value()];
  if (Buffer.compare(encode(state), bytes) !== 0) throw new Error("the state is not in canonical form");
  return state;
}

/** The state of two parts together; an error if that cannot be exact. */
export function merge(...both) {
  const type = joined(both[0].type, both[1].type);
  const [one, other] = both.map((part) => widened(part, type));
  const whole = { ...empty(), type, isFlagged: one.isFlagged || other.isFlagged };
  for (const field of [...COUNTS, "sum", "squares"]) whole[field] = one[field] + other[field];
  if (whole.valid + whole.nulls > MAX_ROWS) throw new Error("a state counts at most 2^53 rows");
  const parts = [one, other].filter((part) => part.valid > part.nans);
  if (parts.length > 0 && parts.every((part) => part.min !== null)) {
    whole.min = parts.map((part) => part.min).reduce((a, b) => (precedes(b, a) ? b : a));
    whole.max = parts.map((part) => part.max).reduce((a, b) => (precedes(a, b) ? b : a));
  }
  return whole;
}

// Answers.

const POINTS = ["date", "time", "timestamp"];
const isTime = ({ family }) => POINTS.includes(family) || family === "duration";

function exact(state, kind, statistic, { ddof, skipNans }) {
  const count = skipNans ? state.valid - state.nans : state.valid;
  if (statistic === "count") return count;
  if (statistic === "sum" && kind.family !== "float") return state.sum / UNIT;
  const isExtreme = statistic === "min" || statistic === "max";
  if (isExtreme && state.valid > state.nans && state.min === null) return "unknown";
  if (statistic !== "sum" && count <= ddof) return null;
  if (state.nans > 0n && !skipNans) return NaN;
  if (isExtreme) return state[statistic];
  const ticks = state.type === "date32" ? DAY_SECONDS : 1n;
  const digits = kind.family === "decimal" ? kind.scale : 0;
  const [up, down] = [10n ** BigInt(Math.max(-digits, 0)), 10n ** BigInt(Math.max(digits, 0))];
  if (statistic === "sum" || statistic === "mean") {
    if (state.positive > 0n) return state.negative > 0n ? NaN : Infinity;
    if (state.negative > 0n) return -Infinity;
    if (state.valid > state.nans && !state.isFlagged) return -0;
    const divisor = UNIT * (statistic === "mean" ? count : 1n);
    return isTime(kind) ? toInteger(state.sum * ticks, divisor) : nearest(state.sum * up, divisor * down);
  }
  if (state.positive + state.negative > 0n) return NaN;
  const numerator = (count * state.squares - state.sum ** 2n) * ticks ** 2n * up ** 2n;
  const denominator = count * (count - ddof) * UNIT ** 2n * down ** 2n;
  if (isTime(kind)) return integerRoot(numerator, denominator);
  return statistic === "variance" ? nearest(numerator, denominator) : nearestRoot(numerator, denominator);
}

/** A statistic: a number, a BigInt (a count, units of a decimal, ticks of time), null, or why there is none. */
export function ask(state, statistic, options) {
  const kind = kindOf(state.type);
  const value = exact(state, kind, statistic, { ddof: 0n, skipNans: false, ...options });
  return isTime(kind) && typeof value === "bigint" && BigInt.asIntN(64, value) !== value ? "out of range" : value;
}

/** A double in hexadecimal, as Python writes it. */
function hexadecimal(value) {
  if (Number.isNaN(value)) return "nan";
  const sign = value < 0 || Object.is(value, -0) ? "-" : "";
  if (!Number.isFinite(value)) return `${sign}inf`;
  const bits = new BigUint64Array(new Float64Array([value]).buffer)[0];
  const [exponent, fraction] = [Number((bits >> 52n) & 0x7ffn), bits & ((1n << 52n) - 1n)];
  if (value === 0) return `${sign}0x0.0p+0`;
  const power = Math.max(exponent, 1) - 1023;
  const digits = fraction.toString(16).padStart(13, "0");
  return `${sign}0x${exponent === 0 ? 0 : 1}.${digits}p${power < 0 ? "" : "+"}${power}`;
}

/** All statistics that a type has, as the vectors have them. */
export function answers(state) {
  const { family } = kindOf(state.type);
  const without = { duration: ["variance"] };
  for (const point of POINTS) without[point] = ["sum", "variance"];
  without.counted = ["sum", "mean", "variance", "stddev", "min", "max"];
  const shown = {};
  for (const statistic of ["count", "sum", "mean", "variance", "stddev", "min", "max"]) {
    if (without[family]?.includes(statistic)) continue;
    for (const ddof of statistic === "variance" || statistic === "stddev" ? [0n, 1n, 3n] : [0n]) {
      for (const skipNans of state.nans > 0n ? [false, true] : [false]) {
        const value = ask(state, statistic, { ddof, skipNans });
        const name = statistic + (ddof > 0n ? `, ddof=${ddof}` : "") + (skipNans ? ", skip_nans" : "");
        shown[name] = typeof value === "number" ? hexadecimal(value) : (value?.toString() ?? null);
      }
    }
  }
  return shown;
}

function answerLine(line) {
  try {
    const states = JSON.parse(line).map((text) => decode(Uint8Array.from(Buffer.from(text, "hex"))));
    const whole = states.reduce(merge, empty());
    return { state: Buffer.from(encode(whole)).toString("hex"), answers: answers(whole) };
  } catch (refused) {
    return { refused: refused.message };
  }
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const lines = readFileSync(0, "utf-8").split("\n").filter(Boolean);
  console.log(lines.map((line) => JSON.stringify(answerLine(line))).join("\n"));
}
