//! Skeletons of providers, to start from.

/// The language of a skeleton.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Language {
    /// A script for bash, with jq.
    Bash,
    /// A script for Python 3.9 or later, with nothing but its standard library.
    Python,
    /// A Rust package, with `serde_json`.
    Rust,
}

/// One file of a skeleton.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SkeletonFile {
    /// The path, relative to the skeleton's directory.
    pub path: String,
    /// The content.
    pub text: String,
    /// Whether the file is executable.
    pub executable: bool,
}

/// A provider to start from. It works, with files as machines, and its comments show where the calls to your cloud belong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Skeleton {
    /// Its files.
    pub files: Vec<SkeletonFile>,
    /// The executable once it is built, relative to the skeleton's directory.
    pub executable: String,
}

/// The placeholder for the provider's name in the files.
const NAME: &str = "@NAME@";

impl Skeleton {
    /// The skeleton in a language. `name` becomes part of file names and of shell words: letters, digits and hyphens, see [`Skeleton::is_name`].
    #[must_use]
    pub fn new(language: Language, name: &str) -> Self {
        let file = |path: &str, text: &str, executable: bool| SkeletonFile {
            path: path.replace(NAME, name),
            text: text.replace(NAME, name),
            executable,
        };
        let script = |text| file("@NAME@", text, true);
        let config = file("@NAME@.conf.example", include_str!("skeletons/config.example"), false);
        let readme = |language: &str| {
            let text = include_str!("skeletons/README.md").replace("@LANGUAGE@", language.trim_end());
            file("README.md", &text, false)
        };
        let test = |build: &str, executable: &str| {
            let text = include_str!("skeletons/check.sh").replace("@BUILD@", build).replace("@EXECUTABLE@", executable);
            file("check.sh", &text, true)
        };
        let (files, executable) = match language {
            Language::Bash => (
                vec![
                    script(include_str!("skeletons/bash/provider")),
                    config,
                    readme(include_str!("skeletons/bash/README.part.md")),
                    test("", NAME),
                ],
                NAME,
            ),
            Language::Python => (
                vec![
                    script(include_str!("skeletons/python/provider")),
                    config,
                    readme(include_str!("skeletons/python/README.part.md")),
                    test("", NAME),
                ],
                NAME,
            ),
            Language::Rust => (
                vec![
                    file("Cargo.toml", include_str!("skeletons/rust/Cargo.toml.skeleton"), false),
                    file("src/main.rs", include_str!("skeletons/rust/main.rs.skeleton"), false),
                    file("src/contract.rs", include_str!("skeletons/rust/contract.rs.skeleton"), false),
                    file("src/cloud.rs", include_str!("skeletons/rust/cloud.rs.skeleton"), false),
                    file(".gitignore", "/target\n", false),
                    config,
                    readme(include_str!("skeletons/rust/README.part.md")),
                    test("\ncargo build --quiet", "target/debug/@NAME@"),
                ],
                "target/debug/@NAME@",
            ),
        };
        Self { files, executable: executable.replace(NAME, name) }
    }

    /// Whether a provider can have this name.
    #[must_use]
    pub fn is_name(name: &str) -> bool {
        let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        name.len() <= 64 && name.starts_with(|c: char| c.is_ascii_lowercase()) && !name.ends_with('-') && name.chars().all(allowed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_fit_for_files_and_shells() {
        assert!(Skeleton::is_name("garm-provider-acme2"));
        for name in ["", "Acme", "2acme", "acme-", "a b", "../acme", "-acme", "acmé"] {
            assert!(!Skeleton::is_name(name), "{name}");
        }
    }

    #[test]
    fn no_placeholder_is_left() {
        for language in [Language::Bash, Language::Python, Language::Rust] {
            let skeleton = Skeleton::new(language, "acme");
            for file in &skeleton.files {
                for placeholder in ["@NAME@", "@LANGUAGE@", "@BUILD@", "@EXECUTABLE@"] {
                    assert!(!file.text.contains(placeholder) && !file.path.contains(placeholder), "{}: {placeholder}", file.path);
                }
            }
            assert!(skeleton.files.iter().any(|file| file.path == "check.sh" && file.executable));
        }
    }
}
