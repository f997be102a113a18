//! A rule about the source: only the functions of a runner's life change a runner.
//!
//! The compiler holds the most of it, because the fields of a runner are read-only outside of `src/core/model/runner`. What it cannot see is a record
//! that is built anew. So only the store, which reads rows, and tests may build one.

use std::fs;
use std::path::{Path, PathBuf};

/// The files outside of `src/core/model/runner` that may build a runner from a record.
const BUILDERS: &[&str] =
    &["src/core/model/mod.rs", "src/store/runners.rs", "src/store/tests.rs", "src/core/engine/properties/arbitrary.rs"];

/// What a file that builds a record must name.
const NAMES: &[&str] = &["RunnerRecord", "Runner::stored"];

#[test]
fn only_the_store_builds_a_runner_from_a_record() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut dirs = vec![root.join("src")];
    let mut builders = Vec::new();
    while let Some(dir) = dirs.pop() {
        for entry in fs::read_dir(&dir).expect("the directory can be read") {
            let path = entry.expect("the entry can be read").path();
            if path.is_dir() {
                dirs.push(path);
            } else if names_a_record(&path) {
                builders.push(path.strip_prefix(root).expect("a file of the source").to_owned());
            }
        }
    }
    let home = Path::new("src/core/model/runner");
    builders.retain(|path| !path.starts_with(home));
    builders.sort();
    let mut allowed: Vec<PathBuf> = BUILDERS.iter().map(PathBuf::from).collect();
    allowed.sort();
    assert_eq!(builders, allowed, "a runner changes by the functions of {}", home.join("life.rs").display());
}

fn names_a_record(path: &Path) -> bool {
    let is_rust = path.extension().is_some_and(|extension| extension == "rs");
    is_rust && fs::read_to_string(path).is_ok_and(|text| NAMES.iter().any(|name| text.contains(name)))
}
