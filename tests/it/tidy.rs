//! Rules about the source itself: which module may use which, no circles, a doc at the head of every file, no word that must not stay, what a release
//! checks.

mod source;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use self::source::{File, Source};

/// Who may use whom: the module on the left may use those on the right and nothing else of this crate.
const IMPORTS: &[(&str, &[&str])] = &[
    ("model", &["time"]),
    ("time", &[]),
    ("clock", &["time"]),
    ("proxies", &[]),
    ("engine", &["model", "time"]),
    ("api", &["model", "time"]),
    ("config", &["model", "crypto", "time"]),
    ("crypto", &["model", "time"]),
    ("telemetry", &["model", "time", "clock"]),
    ("template", &["model", "time"]),
    ("store", &["model", "crypto", "time", "clock"]),
    ("forge", &["model", "crypto", "telemetry", "proxies", "time", "clock"]),
    ("provider", &["model", "telemetry", "time", "clock"]),
    ("kit", &["provider", "model", "crypto", "time"]),
    ("control", &["engine", "store", "forge", "provider", "template", "crypto", "telemetry", "model", "time", "clock"]),
    ("http", &["control", "store", "provider", "forge", "api", "crypto", "template", "telemetry", "model", "time", "clock"]),
    ("client", &["api", "proxies", "model", "time"]),
    ("sim", &["model", "time", "clock"]),
    ("trial", &["control", "engine", "store", "forge", "provider", "sim", "crypto", "model", "time", "clock"]),
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
            "proxies",
            "replay",
            "sim",
            "store",
            "telemetry",
            "template",
            "trial",
            "model",
            "time",
            "clock",
        ],
    ),
];

/// Modules of pure values and functions.
const PURE: &[&str] = &["engine", "model", "api"];
/// What a pure module must not use: everything that waits, asks or draws lots.
const IMPURE: &[&str] = &[
    "axum",
    "diesel",
    "rand",
    "reqwest",
    "tokio",
    "tracing",
    "std::env",
    "std::fs",
    "std::net",
    "std::process",
    "std::thread",
    "std::time::Instant",
    "std::time::SystemTime",
];

/// Only these modules may use the crate.
const DOORS: &[(&str, &[&str])] = &[("diesel", &["store"]), ("axum", &["http", "sim"])];

const BANNED: &[&str] = &["todo!", "unimplemented!", "dbg!", "TODO", "FIXME", "XXX"];

/// The roots of all crates of the workspace, and of the one example that is more than a file.
const ROOTS: &[&str] = &[
    "src/lib.rs",
    "providers/guest/src/lib.rs",
    "providers/lxd/src/main.rs",
    "providers/openstack/src/main.rs",
    "providers/openstack/examples/fake-openstack/main.rs",
    "providers/protocol/src/lib.rs",
];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn garm() -> Source {
    Source::read(&[&root().join("src/lib.rs"), &root().join("src/core/lib.rs")])
}

fn rust_files(dir: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut dirs = vec![dir.to_owned()];
    while let Some(dir) = dirs.pop() {
        for entry in fs::read_dir(&dir).expect("the directory can be read") {
            let path = entry.expect("the entry can be read").path();
            if path.is_dir() && path.file_name().is_some_and(|name| name != "target") {
                dirs.push(path);
            } else if path.extension().is_some_and(|ext| ext == "rs") {
                files.push(path);
            }
        }
    }
    files.sort();
    files
}

/// The top-level module that a file belongs to; empty for the root of the crate.
fn room(file: &File) -> &str {
    file.module.first().map_or("", String::as_str)
}

fn name(path: &Path) -> String {
    path.strip_prefix(root()).unwrap_or(path).display().to_string()
}

#[test]
fn modules_use_only_what_the_table_allows() {
    let source = garm();
    let mut faults = Vec::new();
    for file in source.files().iter().filter(|file| !room(file).is_empty() && !file.is_test) {
        let module = room(file);
        let Some((_, allowed)) = IMPORTS.iter().find(|(name, _)| *name == module) else {
            panic!("module {module} is missing in the table of imports");
        };
        let used: BTreeSet<&str> = source.used_by(file).into_iter().map(|used| room(&source.files()[used])).collect();
        faults.extend(
            used.iter()
                .filter(|used| **used != module && !allowed.contains(used))
                .map(|used| format!("{}: {module} must not use {used}", name(&file.path))),
        );
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// The map is the documentation of the crate: from the top down, each module uses only those below it.
#[test]
fn the_map_lists_every_module_above_those_it_uses() {
    let text = fs::read_to_string(root().join("src/lib.rs")).expect("the root can be read");
    let rows: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("//! | [`")?.split('`').next()).collect();
    let modules: BTreeSet<&str> = IMPORTS.iter().map(|(module, _)| *module).collect();
    assert_eq!(rows.iter().copied().collect::<BTreeSet<_>>(), modules);
    let place = |module: &str| rows.iter().position(|row| *row == module);
    for (module, used) in IMPORTS {
        let above: Vec<_> = used.iter().filter(|used| place(used) <= place(module)).collect();
        assert!(above.is_empty(), "{module} stands below {above:?}, which it uses");
    }
}

#[test]
fn no_files_use_each_other_in_a_circle() {
    let mut faults = Vec::new();
    for crate_root in ROOTS {
        let source = if *crate_root == "src/lib.rs" { garm() } else { Source::read(&[&root().join(crate_root)]) };
        for circle in source.circles() {
            faults.push(circle.iter().map(|path| name(path)).collect::<Vec<_>>().join("\n  "));
        }
    }
    assert!(faults.is_empty(), "circles:\n  {}", faults.join("\ncircle:\n  "));
}

#[test]
fn pure_modules_use_nothing_impure() {
    let source = garm();
    let mut faults = Vec::new();
    for file in source.files().iter().filter(|file| PURE.contains(&room(file)) && !file.is_test) {
        let used = file.externals.iter().filter(|used| IMPURE.iter().any(|word| used.starts_with(word)));
        faults.extend(used.map(|used| format!("{}: {used}", name(&file.path))));
        if file.is_async {
            faults.push(format!("{}: async", name(&file.path)));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn each_crate_comes_in_through_its_door() {
    let source = garm();
    let mut faults = Vec::new();
    for file in source.files().iter().filter(|file| !file.is_test) {
        for (door, modules) in DOORS {
            if !modules.contains(&room(file)) {
                let used = file.externals.iter().filter(|used| used.split("::").next() == Some(door));
                faults.extend(used.map(|used| format!("{}: {used}", name(&file.path))));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn every_file_is_part_of_its_crate_and_begins_with_what_it_is_for() {
    let read: BTreeSet<PathBuf> = garm().files().iter().map(|file| file.path.clone()).collect();
    let mut faults = Vec::new();
    for path in rust_files(&root().join("src")) {
        if !read.contains(&path) && !path.ends_with("src/main.rs") {
            faults.push(format!("{}: no module declares it", name(&path)));
        }
        if !fs::read_to_string(&path).expect("the file can be read").starts_with("//!") {
            faults.push(format!("{}: no doc at its head", name(&path)));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// A number that wraps round would be a limit that is none: a release ends the request instead.
#[test]
fn a_release_notices_numbers_that_overflow() {
    let manifest: toml::Table = fs::read_to_string(root().join("Cargo.toml")).expect("it can be read").parse().expect("TOML");
    assert_eq!(manifest["profile"]["release"].get("overflow-checks"), Some(&toml::Value::Boolean(true)));
}

#[test]
fn no_word_is_left_that_must_not_stay() {
    let mut faults = Vec::new();
    for path in ["src", "providers"].iter().flat_map(|dir| rust_files(&root().join(dir))) {
        let text = fs::read_to_string(&path).expect("the file can be read");
        faults.extend(BANNED.iter().filter(|word| text.contains(**word)).map(|word| format!("{}: {word}", name(&path))));
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// The reader itself: what it must see that a search of the text does not.
#[test]
fn the_reader_sees_through_parents_macros_attributes_and_tests() {
    let dir = tempfile::tempdir().expect("a directory");
    let write = |name: &str, text: &str| {
        let path = dir.path().join(name);
        fs::create_dir_all(path.parent().expect("a directory")).expect("it can be made");
        fs::write(path, text).expect("it can be written");
    };
    write("lib.rs", "mod a;\nmod b;\nmod c;\n");
    write("a/mod.rs", "mod x;\nmod y;\npub use x::X;\n");
    write("a/x.rs", "#[cfg(test)]\nmod tests { use crate::c::C; }\npub struct X;\nfn after_the_tests() { super::super::b::f(); }\n");
    write("a/y.rs", "use super::X;\nfn f() { println!(\"{}\", crate::b::f()); }\n");
    write("b.rs", "#[serde(with = \"crate::a::y\")]\npub struct B;\npub fn f() -> usize { 1 }\n");
    write("c.rs", "use std::fs;\nuse crate::a::X as Other;\npub struct C;\nasync fn f() { let _ = fs::read(\"\"); }\n");
    let source = Source::read(&[&dir.path().join("lib.rs")]);
    let used = |module: &str| -> Vec<String> {
        let file = source.files().iter().find(|file| file.module.join("::") == module).expect("it is read");
        source.used_by(file).into_iter().map(|used| source.files()[used].module.join("::")).collect()
    };
    assert_eq!(used("a::x"), ["b"], "through two parents, behind the tests; not by the tests");
    assert_eq!(used("a::y"), ["a::x", "b"], "the sibling that its parent makes known; in a macro");
    assert_eq!(used("b"), ["a::y"], "in an attribute");
    assert_eq!(used("c"), ["a::x"]);
    assert_eq!(used("a"), [""; 0], "to make children known is no use of them");
    let c = source.files().iter().find(|file| file.module == ["c"]).expect("it is read");
    assert!(c.is_async && c.externals.contains("std::fs"));
    let circles: Vec<Vec<String>> = source
        .circles()
        .iter()
        .map(|circle| circle.iter().map(|path| path.file_stem().expect("a name").to_string_lossy().into_owned()).collect())
        .collect();
    assert_eq!(circles, [["x", "y", "b"]]);
}
