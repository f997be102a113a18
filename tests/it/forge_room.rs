//! A rule about the source: only the rooms of a forge name one. What names GitHub, Gitea or Forgejo elsewhere is a word of the wire format.

use std::fs;
use std::path::{Path, PathBuf};

/// Where forges may be named: below these, and in these files.
const ROOMS: &[&str] = &[
    "forge/",
    "sim/",
    "cli/github/",
    // Trials play with the fake forge of `sim`.
    "trial/",
    // The demonstration plays with the fake forge of `sim`.
    "cli/demo/",
    // The scripts that are shipped, one line for each kind of forge and system.
    "template/scripts.rs",
    // The kinds as words of the wire format.
    "core/model/forge.rs",
];

/// Words of upstream's wire format, command line, configuration and metrics that have the name of a forge in them, and what else says that name.
const WORDS: &[&str] = &[
    "github_runner_group",
    "github-runner-group",
    "GitHubRunnerGroup",
    "GitHub Runner Group",
    "bypass_github_unauthorized",
    "garm_github_operations_total",
    "garm_github_errors_total",
    "garm_github_rate_limit_",
    // Kinds of changes in the feed.
    "\"github_credentials\"",
    "\"github_endpoint\"",
    // Paths of the API.
    "/github/endpoints",
    "/github/credentials",
    // A type of the model, and not the forge of this name.
    "ForgeJob",
    // What a weak password is made of.
    "&[\"garm\", \"github\", \"webhook\"]",
];

/// Lines of single files, by their beginning.
const LINES: &[(&str, &str)] = &[
    ("http/routes/endpoints.rs", "const FORGE: ForgeKind = ForgeKind::Github;"),
    ("http/routes/credentials.rs", "const FORGE: ForgeKind = ForgeKind::Github;"),
    ("cli/mod.rs", "mod github;"),
    ("cli/commands.rs", "Github(github::GithubCommand),"),
    ("cli/commands.rs", "Credentials(github::CredentialsShortcut),"),
    ("cli/commands.rs", "Self::Github(command)"),
    ("cli/commands.rs", "admin, completion, controller,"),
    // Which names complete for which argument of the noun.
    ("cli/complete.rs", "([\"github\", \"credentials\""),
    ("cli/complete.rs", "([\"github\", \"endpoint\""),
    // Commands of upstream that are not served yet.
    ("cli/invocation.rs", "(&[], &[\"gitea\", \"gt\""),
    // The description of the program.
    ("http/router.rs", "#[openapi(info(title = \"garm\""),
    // Where upstream has the agent.
    ("core/model/controller.rs", "pub const AGENT_RELEASES_URL"),
    // Examples of what a provider is told.
    ("kit/bootstrap.rs", "repo_url: \"https://github.com/"),
    ("kit/bootstrap.rs", "download_url: Some(format!(\"https://github.com/"),
    // The section of upstream's configuration that is not read any more.
    ("config/file.rs", "pub(super) github: Vec<toml::Value>,"),
    ("config/check.rs", "if !file.github.is_empty() {"),
    ("config/check.rs", "self.warn(\"[[github]] is not read any more"),
];

const FORGES: &[&str] = &["github", "gitea", "forgejo"];

fn rust_files(dir: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(dir).expect("the directory can be read") {
        let path = entry.expect("the entry can be read").path();
        if path.is_dir() {
            rust_files(&path, found);
        } else if path.extension().is_some_and(|ext| ext == "rs") {
            found.push(path);
        }
    }
}

/// The lines of code with their numbers: without comments, and without the module of tests that ends a file.
fn code(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let end = text.find("#[cfg(test)]\nmod tests {").unwrap_or(text.len());
    (1..).zip(text[..end].lines()).filter(|(_, line)| !line.trim_start().starts_with("//"))
}

fn names_a_forge(file: &str, line: &str) -> bool {
    if LINES.iter().any(|(of, begin)| *of == file && line.starts_with(begin)) {
        return false;
    }
    let rest = WORDS.iter().fold(line.to_owned(), |line, word| line.replace(word, "")).to_lowercase();
    FORGES.iter().any(|forge| rest.contains(forge))
}

/// The code outside of the rooms: file, number of the line, line.
fn code_outside() -> Vec<(String, usize, String)> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    rust_files(&source, &mut files);
    let mut lines = Vec::new();
    for path in files {
        let file = path.strip_prefix(&source).expect("a file of the source").to_string_lossy().into_owned();
        let is_test = file.ends_with("tests.rs") || file.contains("/tests/");
        if !is_test && !ROOMS.iter().any(|room| file.starts_with(room)) {
            let text = fs::read_to_string(&path).expect("the file can be read");
            lines.extend(code(&text).map(|(number, line)| (file.clone(), number, line.trim().to_owned())));
        }
    }
    lines
}

#[test]
fn only_the_rooms_of_a_forge_name_one() {
    let named = code_outside().into_iter().filter(|(file, _, line)| names_a_forge(file, line));
    let faults: Vec<String> = named.map(|(file, number, line)| format!("src/{file}:{number}: {line}")).collect();
    assert!(faults.is_empty(), "a forge is named outside of its rooms:\n{}", faults.join("\n"));
}

#[test]
fn every_exception_is_needed() {
    let code = code_outside();
    for (file, begin) in LINES {
        assert!(code.iter().any(|(of, _, line)| of == file && line.starts_with(begin)), "no line of {file} begins with {begin}");
    }
    for word in WORDS {
        assert!(code.iter().any(|(_, _, line)| line.contains(word)), "no line has {word} in it");
    }
}

#[test]
fn a_name_is_noticed() {
    assert!(names_a_forge("store/any.rs", "let kind = ForgeKind::Github;"));
    assert!(names_a_forge("http/any.rs", "\"https://github.com\""));
    assert!(!names_a_forge("http/any.rs", "fn show(job: ForgeJob)"));
}
