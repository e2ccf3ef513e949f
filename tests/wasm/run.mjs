// Runs the module that is given, and compares the hash of its corpus with the golden one. With COLSTATS_GOLDEN=file, the
// text is written there, as in tests/golden.rs.
import { readFile, writeFile } from "node:fs/promises";

const module = await WebAssembly.compile(await readFile(process.argv[2]));
const imports = WebAssembly.Module.imports(module);
if (imports.length > 0) {
  throw new Error(`the module needs ${JSON.stringify(imports)}`);
}
const { exports } = await WebAssembly.instantiate(module);
const [start, length] = [exports.start(), exports.length()];
const results = new TextDecoder().decode(new Uint8Array(exports.memory.buffer, start, length));
const [golden, computed, text] = [results.slice(0, 64), results.slice(64, 128), results.slice(128)];
if (process.env.COLSTATS_GOLDEN) {
  await writeFile(process.env.COLSTATS_GOLDEN, text);
}
console.log(`wasm32: ${computed}`);
if (computed !== golden) {
  console.error(`expected ${golden}`);
  process.exit(1);
}
