"""docs/reference/crate.md shows what the crate's own documentation has, which `cargo test` runs."""

import re
import tomllib

from support.cells import cells, sections
from support.pages import DOCS, ROOT, run_elsewhere

PAGE = DOCS / "reference" / "crate.md"
README = (ROOT / "README-crate.md").read_text(encoding="utf-8")
HIDDEN = re.compile(r"^# Ok::.*\n", re.MULTILINE)  # rustdoc compiles these lines, and hides them
CARGO = tomllib.loads((ROOT / "Cargo.toml").read_text(encoding="utf-8"))


def test_the_examples_are_those_that_cargo_test_runs() -> None:
    blocks = run_elsewhere(PAGE, "rust")
    assert len(blocks) == 3
    shown = HIDDEN.sub("", README)
    for block in blocks:
        assert f"```rust\n{block.code}```" in shown
    library = (ROOT / "src" / "lib.rs").read_text(encoding="utf-8")
    assert library.startswith('#![doc = include_str!("../README-crate.md")]')


def test_the_versions_are_those_of_the_manifest() -> None:
    package = CARGO["workspace"]["package"]
    (block,) = run_elsewhere(PAGE, "toml")
    asked = tomllib.loads(block.code)["dependencies"]["colstats"]
    assert package["version"].startswith(f"{asked}.")
    text = sections(PAGE)["Versions"]
    assert f"**Rust** {package['rust-version']} or newer" in text
    arrow = re.search(r"\*\*Arrow\*\* `([^`]+)`", text)
    assert arrow
    assert arrow[1] == CARGO["workspace"]["dependencies"]["arrow-array"]["version"]


def test_the_features_are_those_of_the_manifest() -> None:
    features = CARGO["features"]
    found = cells(sections(PAGE)["Features"])
    defaults = {
        row.strip("`"): cell for (row, column), cell in found.items() if column == "default"
    }
    expected = {name: "yes" if name in features["default"] else "no" for name in features}
    assert defaults == {name: of for name, of in expected.items() if name != "default"}
