//! Rules about the source itself: who may import whom, a doc at the head of every file, no word that must not stay.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Who may use whom: the module on the left may use those on the right and nothing else of this crate.
const IMPORTS: &[(&str, &[&str])] = &[
    ("model", &["time"]),
    ("time", &[]),
    ("engine", &["model", "time"]),
    ("api", &["model", "time"]),
    ("config", &["model", "crypto", "time"]),
    ("crypto", &["model", "time"]),
    ("telemetry", &["model", "time"]),
    ("template", &["model", "time"]),
    ("store", &["model", "crypto", "time"]),
    ("forge", &["model", "crypto", "telemetry", "time"]),
    ("provider", &["model", "telemetry", "time"]),
    ("kit", &["provider", "model", "crypto", "time"]),
    ("control", &["engine", "store", "forge", "provider", "template", "crypto", "telemetry", "model", "time"]),
    ("http", &["control", "store", "provider", "forge", "api", "crypto", "template", "telemetry", "model", "time"]),
    ("client", &["api", "model", "time"]),
    ("sim", &["model", "time"]),
    ("trial", &["control", "engine", "store", "forge", "provider", "sim", "crypto", "model", "time"]),
    ("replay", &["trial", "engine", "model", "time"]),
    (
        "cli",
        &[
            "client",
            "api",
            "config",
            "control",
            "crypto",
            "engine",
            "forge",
            "http",
            "kit",
            "provider",
            "replay",
            "sim",
            "store",
            "telemetry",
            "template",
            "trial",
            "model",
            "time",
        ],
    ),
];

/// Modules of pure values and functions, and what they must not name.
const PURE: &[&str] = &["engine", "model", "api"];
const IMPURE: &[&str] = &["async fn", "tokio::", "diesel::", "reqwest::", "axum::", "Clock", "rand::", "std::fs", "std::net"];

/// Only this module may name the crate.
const DOORS: &[(&str, &[&str])] = &[("diesel::", &["store"]), ("axum::", &["http", "sim"])];

const BANNED: &[&str] = &["todo!", "unimplemented!", "dbg!", "TODO", "FIXME", "XXX"];

fn source() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

fn rust_files(dir: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut dirs = vec![dir.to_owned()];
    while let Some(dir) = dirs.pop() {
        for entry in fs::read_dir(&dir).expect("the directory can be read") {
            let path = entry.expect("the entry can be read").path();
            if path.is_dir() {
                dirs.push(path);
            } else if path.extension().is_some_and(|ext| ext == "rs") {
                files.push(path);
            }
        }
    }
    files.sort();
    files
}

/// The top-level module a file belongs to: `src/store/pools.rs` and `src/store.rs` both belong to `store`.
fn module_of(path: &Path) -> String {
    let relative = path.strip_prefix(source()).expect("a file of the source");
    let first = relative.components().next().expect("a name").as_os_str().to_string_lossy().into_owned();
    first.trim_end_matches(".rs").to_owned()
}

/// The code of a file without comments and without its tests, which may reach further.
fn code_of(text: &str) -> String {
    let text = text.split("#[cfg(test)]").next().unwrap_or_default();
    text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

/// Every `crate::x` of the code, also those in a `use crate::{a, b::c}` list.
fn modules_used(code: &str) -> BTreeSet<String> {
    let mut used = BTreeSet::new();
    for (at, _) in code.match_indices("crate::") {
        let rest = &code[at + "crate::".len()..];
        if let Some(list) = rest.strip_prefix('{') {
            let mut depth = 0_i32;
            let mut word = String::new();
            for c in list.chars() {
                match c {
                    '{' => depth += 1,
                    '}' if depth == 0 => break,
                    '}' => depth -= 1,
                    ',' if depth == 0 => drop(used.insert(std::mem::take(&mut word))),
                    c if depth == 0 => word.push(c),
                    _ => {}
                }
            }
            used.insert(word);
        } else {
            used.insert(rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect());
        }
    }
    used.into_iter().map(|path| path.trim().split("::").next().unwrap_or_default().to_owned()).filter(|name| !name.is_empty()).collect()
}

#[test]
fn modules_use_only_what_the_table_allows() {
    let mut faults = Vec::new();
    for path in rust_files(&source()) {
        let module = module_of(&path);
        let Some((_, allowed)) = IMPORTS.iter().find(|(name, _)| *name == module) else {
            assert!(["lib", "main"].contains(&module.as_str()), "module {module} is missing in the table of imports");
            continue;
        };
        let code = code_of(&fs::read_to_string(&path).expect("the file can be read"));
        for used in modules_used(&code) {
            let known = IMPORTS.iter().any(|(name, _)| *name == used);
            if known && used != module && !allowed.contains(&used.as_str()) {
                faults.push(format!("{}: {module} must not use {used}", path.display()));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn pure_modules_name_nothing_impure() {
    let mut faults = Vec::new();
    for path in rust_files(&source()).into_iter().filter(|path| PURE.contains(&module_of(path).as_str())) {
        let code = code_of(&fs::read_to_string(&path).expect("the file can be read"));
        faults.extend(IMPURE.iter().filter(|word| code.contains(**word)).map(|word| format!("{}: {word}", path.display())));
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn each_crate_comes_in_through_its_door() {
    let mut faults = Vec::new();
    for path in rust_files(&source()) {
        let code = code_of(&fs::read_to_string(&path).expect("the file can be read"));
        for (word, modules) in DOORS {
            if code.contains(word) && !modules.contains(&module_of(&path).as_str()) {
                faults.push(format!("{}: {word}", path.display()));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn every_file_begins_with_what_it_is_for() {
    let faults: Vec<_> = rust_files(&source())
        .into_iter()
        .filter(|path| !fs::read_to_string(path).expect("the file can be read").starts_with("//!"))
        .map(|path| path.display().to_string())
        .collect();
    assert!(faults.is_empty(), "no doc at the head of\n{}", faults.join("\n"));
}

#[test]
fn no_word_is_left_that_must_not_stay() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut faults = Vec::new();
    for dir in ["src", "providers"] {
        for path in rust_files(&root.join(dir)).into_iter().filter(|path| !path.components().any(|part| part.as_os_str() == "target")) {
            let text = fs::read_to_string(&path).expect("the file can be read");
            faults.extend(BANNED.iter().filter(|word| text.contains(**word)).map(|word| format!("{}: {word}", path.display())));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn every_test_module_is_reached() {
    for path in rust_files(&source()).into_iter().filter(|path| path.file_name().is_some_and(|name| name == "tests.rs")) {
        let parent = path.parent().expect("a directory");
        let candidates = [parent.join("mod.rs"), parent.with_extension("rs")];
        let mentioned = candidates.iter().filter_map(|file| fs::read_to_string(file).ok()).any(|text| text.contains("mod tests;"));
        assert!(mentioned, "{} is not part of its module", path.display());
    }
}
