// What the names of types say, the common type of two, and states of values cast to a wider type.

const DIGITS = { s: 0, ms: 3, us: 6, ns: 9 };
const MOST_DIGITS = { 32: 9, 64: 18, 128: 38, 256: 76 };
const DAY_MILLISECONDS = 86_400_000n;
const LARGEST_INTEGER = 1n << 53n; // of those that all are doubles
const NUMBER = "(0|-?[1-9]\\d*)";
const PATTERNS = {
  null: /^null$/,
  bool: /^bool$/,
  float: /^float(?<bits>16|32|64)$/,
  integer: /^(?<unsigned>u?)int(?<bits>8|16|32|64)$/,
  decimal: new RegExp(`^decimal(?<bits>32|64|128|256)\\((?<precision>${NUMBER}), (?<scale>${NUMBER})\\)$`),
  date: /^date(?<bits>32|64)$/,
  time: /^time(?<bits>32(?=\[m?s)|64(?=\[[un]s))\[(?<unit>s|ms|us|ns)\]$/,
  timestamp: /^timestamp\[(?<unit>s|ms|us|ns)(, tz=(?<zone>.+))?\]$/s,
  duration: /^duration\[(?<unit>s|ms|us|ns)\]$/,
};
const LAYOUTS = {
  string: "large_string",
  large_string: "large_string",
  string_view: "large_string",
  binary: "large_binary",
  large_binary: "large_binary",
  binary_view: "large_binary",
  "fixed-size binary": "large_binary",
  list: "list",
  "fixed-size list": "list",
};

/** What a type is to statistics, and what its name says besides. */
export function kindOf(type) {
  for (const [family, pattern] of Object.entries(PATTERNS)) {
    const groups = pattern.exec(type ?? "null")?.groups ?? (pattern.test(type ?? "null") ? {} : null);
    if (groups === null) continue;
    const [precision, scale] = [Number(groups.precision ?? 20), Number(groups.scale ?? DIGITS[groups.unit] ?? 0)];
    const bits = Number(groups.bits ?? 64);
    const isDecimal = precision >= 0 && precision <= 255 && scale >= -128 && scale <= 127;
    if (family === "decimal" && !isDecimal) break;
    return { family, bits, precision, scale, isUnsigned: groups.unsigned === "u", zone: groups.zone };
  }
  return { family: "counted", scale: 0 };
}

/** The type of values of two types together; an error if there is none. */
export function joined(one, other) {
  if (one === other || other === null || (other === "null" && one !== null)) return one;
  if (one === null || one === "null") return other;
  const [ours, theirs] = [kindOf(one), kindOf(other)];
  const has = (...families) => families.includes(ours.family) && families.includes(theirs.family);
  const wider = (by) => (ours[by] < theirs[by] ? other : one);
  if (has("counted")) return joinedLayouts(one, other);
  if (has("integer")) return joinedIntegers(ours, theirs) ?? wider("bits");
  if (has("float")) return wider("bits");
  if (has("integer", "decimal")) return joinedDecimals(ours, theirs);
  if (has("date")) return "date64";
  if (ours.family === theirs.family && ours.zone === theirs.zone) {
    if (has("time", "timestamp", "duration")) return wider("scale");
  }
  if (has("integer", "decimal", "float")) {
    const exact = joinedDecimals(ours.family === "float" ? theirs : ours, kindOf("int64"));
    if (kindOf(exact).scale === 0) return "float64";
  }
  throw new Error(`${one} and ${other} have no common type`);
}

/** The least type that has signed and unsigned integers; undefined if it is the wider one. */
function joinedIntegers(ours, theirs) {
  if (ours.isUnsigned === theirs.isUnsigned) return undefined;
  const bits = Math.max(...[ours, theirs].map((kind) => kind.bits * (kind.isUnsigned ? 2 : 1)));
  return bits <= 64 ? `int${bits}` : "decimal128(20, 0)";
}

/** The decimal type with the digits of both; any integer has 20. */
function joinedDecimals(...kinds) {
  const digits = kinds.map((kind) => (kind.family === "decimal" ? kind.precision : 20) - kind.scale);
  const scale = Math.max(...kinds.map((kind) => kind.scale));
  const precision = Math.max(...digits) + scale;
  const widths = kinds.map((kind) => (kind.family === "decimal" ? kind.bits : 0));
  const needed = [32, 64, 128, 256].find((bits) => precision <= MOST_DIGITS[bits]);
  if (needed === undefined) throw new Error("together they need more than the 76 digits of decimal256");
  return `decimal${Math.max(needed, ...widths)}(${precision}, ${scale})`;
}

/** The layout that holds values of two layouts. */
function joinedLayouts(one, other) {
  const [ours, theirs] = [decoded(one), decoded(other)];
  if (ours === theirs) return ours;
  if (!Object.hasOwn(LAYOUTS, ours) || LAYOUTS[ours] !== LAYOUTS[theirs]) {
    throw new Error(`${one} and ${other} have no common type`);
  }
  if (ours.startsWith("fixed-size")) return theirs;
  return theirs.startsWith("fixed-size") ? ours : LAYOUTS[ours];
}

/** The type of the text or bytes in a dictionary, in runs, or in runs of a dictionary. */
function decoded(type) {
  const encodings = [/^dictionary<values=(.*), indices=.*?>$/s, /^run_end_encoded<run_ends: .*?, values: (.*)>$/s];
  const valuesOf = (name) => encodings.map((pattern) => pattern.exec(name)?.[1]).find((found) => found !== undefined);
  let inner = valuesOf(type) ?? type;
  inner = valuesOf(inner) ?? inner;
  return Object.hasOwn(LAYOUTS, inner) ? inner : type;
}

/** The state of the same values, cast to a wider type. */
export function widened(state, type) {
  const [from, to] = [kindOf(state.type), kindOf(type)];
  if (state.type === type || ["null", "counted", "float"].includes(from.family)) return { ...state, type };
  const factor = from.family === "date" ? DAY_MILLISECONDS : 10n ** BigInt(to.scale - from.scale);
  const isFloat = to.family === "float";
  if (state.valid > 0n && state.min === null && (factor !== 1n || isFloat)) {
    throw new Error("values were taken away, so whether all others fit is not known");
  }
  const cast = (extreme) => {
    if (extreme === null) return null;
    const units = extreme * factor;
    const isExact = isFloat
      ? units >= -LARGEST_INTEGER && units <= LARGEST_INTEGER
      : BigInt.asIntN(to.bits, units) === units;
    if (!isExact) throw new Error(`some values do not fit ${type}`);
    return isFloat ? Number(units) : units;
  };
  const [min, max] = [cast(state.min), cast(state.max)];
  return { ...state, type, sum: state.sum * factor, squares: state.squares * factor ** 2n, min, max };
}
