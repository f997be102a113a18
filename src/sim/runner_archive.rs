//! The archive that machines download: the fake actions runner, built in memory from the shell scripts in `runner/`.
//!
//! It looks like GitHub's archive to an install script: the same names at the same places, some hundred kilobytes that do not compress. Its
//! content is always the same, so its digest is too.

use std::io;

use axum::body::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use sha2::{Digest, Sha256};
use tar::{Builder, EntryType, Header};

/// The version that the fake runner says it has, unless another one is offered.
pub const RUNNER_VERSION: &str = "2.330.0";

/// Architectures the archive is offered for. Shell scripts run everywhere, so it is the same archive each time.
pub(super) const ARCHITECTURES: [&str; 3] = ["x64", "arm64", "arm"];

const SCRIPTS: [(&str, &str); 6] = [
    ("config.sh", include_str!("runner/config.sh")),
    ("env.sh", include_str!("runner/env.sh")),
    ("run.sh", include_str!("runner/run.sh")),
    ("svc.sh", include_str!("runner/svc.sh")),
    ("bin/installdependencies.sh", include_str!("runner/installdependencies.sh")),
    ("bin/runsvc.sh", include_str!("runner/runsvc.sh")),
];

/// Size of the file that gives the archive the weight of a small real one.
const FILLER_BYTES: usize = 100 * 1024;

/// A runner archive as it is served.
#[derive(Clone, Debug)]
pub struct RunnerArchive {
    /// The gzipped tar file.
    pub bytes: Bytes,
    /// SHA-256 of those bytes, lower-case hex.
    pub sha256: String,
}

impl RunnerArchive {
    /// Builds the archive of a version.
    ///
    /// # Errors
    /// When a header cannot be written, which the names and sizes here do not cause.
    pub fn build(version: &str) -> io::Result<Self> {
        let mut archive = Builder::new(GzEncoder::new(Vec::new(), Compression::default()));
        for directory in ["./", "./bin/", "./externals/"] {
            append(&mut archive, directory, EntryType::Directory, 0o755, &[])?;
        }
        for (name, text) in SCRIPTS {
            append(&mut archive, &format!("./{name}"), EntryType::Regular, 0o755, text.as_bytes())?;
        }
        append(&mut archive, "./bin/version", EntryType::Regular, 0o644, format!("{version}\n").as_bytes())?;
        append(&mut archive, "./externals/filler.bin", EntryType::Regular, 0o644, &filler())?;
        let bytes = Bytes::from(archive.into_inner()?.finish()?);
        let sha256 = hex::encode(Sha256::digest(&bytes));
        Ok(Self { bytes, sha256 })
    }

    /// The file name for an architecture, as GitHub names its archives.
    #[must_use]
    pub fn filename(architecture: &str, version: &str) -> String {
        format!("actions-runner-linux-{architecture}-{version}.tar.gz")
    }

    /// The file name of the archive for Windows.
    pub(super) fn filename_for_windows(version: &str) -> String {
        format!("actions-runner-win-x64-{version}.zip")
    }
}

fn append(archive: &mut Builder<GzEncoder<Vec<u8>>>, path: &str, kind: EntryType, mode: u32, content: &[u8]) -> io::Result<()> {
    let mut header = Header::new_gnu();
    header.set_entry_type(kind);
    header.set_mode(mode);
    header.set_mtime(0);
    header.set_size(content.len() as u64);
    archive.append_data(&mut header, path, content)
}

/// Bytes that do not compress: digests of a counter.
fn filler() -> Vec<u8> {
    (0_u32..).flat_map(|counter| Sha256::digest(counter.to_be_bytes())).take(FILLER_BYTES).collect()
}
