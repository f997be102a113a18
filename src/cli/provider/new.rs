//! `garm provider new`: writes a provider to begin with.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use clap::Args;

use crate::cli::output::line;
use crate::cli::{Context, Error};
use crate::kit::{Language, Skeleton, SkeletonFile};

/// Writes a provider to begin with: its machines are directories on disk, and it keeps the whole contract.
#[derive(Debug, Args)]
pub(in crate::cli) struct NewArgs {
    /// Name of the provider and of its executable: small letters, digits and hyphens
    #[arg(value_parser = name)]
    name: String,
    /// The language of the provider
    #[arg(long, value_enum)]
    lang: Language,
    /// The directory to write to [default: the name of the provider]
    #[arg(long, value_hint = clap::ValueHint::DirPath)]
    dir: Option<PathBuf>,
}

fn name(text: &str) -> Result<String, String> {
    if Skeleton::is_name(text) {
        Ok(text.to_owned())
    } else {
        Err("a name begins with a small letter and has small letters, digits and hyphens, at most 64".to_owned())
    }
}

impl NewArgs {
    pub(super) fn run(self, context: &Context) -> Result<(), Error> {
        let dir = self.dir.unwrap_or_else(|| PathBuf::from(&self.name));
        let skeleton = Skeleton::new(self.lang, &self.name);
        // All files or none: no file of the user is overwritten, and no half of a provider is left.
        if let Some(existing) = skeleton.files.iter().map(|file| dir.join(&file.path)).find(|path| path.symlink_metadata().is_ok()) {
            return Err(Error::new(format!("{} exists already; nothing was written", existing.display())).hint("choose another --dir"));
        }
        for file in &skeleton.files {
            write(&dir, file)?;
        }
        for file in &skeleton.files {
            context.out.said(&dir.join(&file.path).display().to_string())?;
        }
        let check = dir.join("check.sh");
        context.out.said(&format!("\nIt works already: its machines are directories on disk. {} checks it,\nand what is marked YOUR CLOUD is yours to write. README.md has the rest.", check.display()))?;
        if context.out.format == crate::cli::output::Format::Json {
            let files: Vec<_> = skeleton.files.iter().map(|file| dir.join(&file.path)).collect();
            let told = serde_json::json!({ "directory": dir, "files": files, "executable": dir.join(&skeleton.executable) });
            line(&told.to_string())?;
        }
        Ok(())
    }
}

fn write(dir: &Path, file: &SkeletonFile) -> Result<(), Error> {
    let path = dir.join(&file.path);
    let failed = |fault: std::io::Error| Error::from_fault(&format!("cannot write {}", path.display()), &fault);
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent).map_err(failed)?;
    }
    let mode = if file.executable { 0o755 } else { 0o644 };
    let mut target = OpenOptions::new().write(true).create_new(true).mode(mode).open(&path).map_err(failed)?;
    target.write_all(file.text.as_bytes()).map_err(failed)
}
