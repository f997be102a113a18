//! Files that others on this machine may read or change, although that gives them power over the server.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use super::check::Config;

/// Others may read.
const READ: u32 = 0o004;
/// Others may write.
const WRITE: u32 = 0o002;
/// In a directory with this bit others remove only what is theirs.
const STICKY: u32 = 0o1000;

/// The remarks about the configuration file, which has secrets, and about the files that it names. Files that cannot be looked at are told of elsewhere.
pub(super) fn loose(file: &Path, config: &Config) -> Vec<String> {
    let mut told = Vec::new();
    let key = config.tls.as_ref().map(|tls| tls.key.as_path());
    let of_providers = config.providers.iter().filter_map(|provider| provider.config_file.as_deref());
    for secret in [file].into_iter().chain(key).chain(of_providers) {
        told.extend(remark(secret, READ | WRITE, "its secrets are everybody's"));
    }
    for provider in &config.providers {
        told.extend(remark(&provider.executable, WRITE, "it runs with the rights of the server"));
        told.extend(provider.executable.parent().and_then(|directory| remark(directory, WRITE, "programs in it can be replaced")));
    }
    told.sort();
    told.dedup();
    told
}

fn remark(path: &Path, forbidden: u32, why: &str) -> Option<String> {
    let mode = fs::metadata(path).ok()?.permissions().mode() & 0o7777;
    let found = mode & forbidden;
    let is_sticky_directory = mode & STICKY != 0 && path.is_dir();
    if found == 0 || is_sticky_directory {
        return None;
    }
    let (deed, letters) = match (found & READ != 0, found & WRITE != 0) {
        (true, false) => ("read", "r"),
        (false, _) => ("change", "w"),
        (true, true) => ("read and change", "rw"),
    };
    let shown = path.display();
    Some(format!("every account of this machine may {deed} {shown} (mode {mode:03o}): {why}; `chmod o-{letters} {shown}` ends that"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_others_may_read_or_change_is_told_with_the_way_out() {
        let dir = tempfile::tempdir().expect("a directory");
        let at = |name: &str, mode: u32| {
            let path = dir.path().join(name);
            fs::write(&path, "").expect("written");
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).expect("set");
            path
        };
        let told = |name: &str, mode, forbidden| remark(&at(name, mode), forbidden, "why").unwrap_or_default();
        for (mode, forbidden) in [(0o600, READ | WRITE), (0o660, READ | WRITE), (0o755, WRITE), (0o771, READ | WRITE)] {
            assert_eq!(told("good", mode, forbidden), "", "{mode:o}");
        }
        assert!(told("read", 0o644, READ | WRITE).contains("may read /"));
        assert!(
            told("read", 0o644, READ | WRITE)
                .ends_with(&format!("(mode 644): why; `chmod o-r {}` ends that", dir.path().join("read").display()))
        );
        assert!(
            told("both", 0o666, READ | WRITE).contains("may read and change /")
                && told("both", 0o666, READ | WRITE).contains("chmod o-rw ")
        );
        assert!(told("program", 0o777, WRITE).contains("may change /"));
        fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o1777)).expect("set");
        assert_eq!(remark(dir.path(), WRITE, ""), None, "as /tmp is");
        fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o777)).expect("set");
        assert!(remark(dir.path(), WRITE, "").is_some());
        assert_eq!(remark(Path::new("/nowhere"), READ | WRITE, ""), None);
    }
}
