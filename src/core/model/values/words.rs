//! Words of small vocabularies, with the other spellings that people and tools have for them.

use super::super::{OsArch, OsType};
use super::text::{InvalidValue, trim};

/// The operating system of a pool or template.
///
/// # Errors
/// When it is neither Linux nor Windows.
pub fn os_type(text: &str) -> Result<OsType, InvalidValue> {
    match trim(text).to_lowercase().as_str() {
        "linux" => Ok(OsType::Linux),
        "windows" | "win" => Ok(OsType::Windows),
        _ => Err(InvalidValue::of(text, "is neither \"linux\" nor \"windows\"")),
    }
}

/// The architecture of a pool. The words of `uname` and of runner downloads are understood, too.
///
/// # Errors
/// When it is none that machines are made for.
pub fn os_arch(text: &str) -> Result<OsArch, InvalidValue> {
    match trim(text).to_lowercase().as_str() {
        "amd64" | "x86_64" | "x64" => Ok(OsArch::Amd64),
        "arm64" | "aarch64" => Ok(OsArch::Arm64),
        "arm" | "armv7l" | "armhf" => Ok(OsArch::Arm),
        _ => Err(InvalidValue::of(text, "is none of \"amd64\", \"arm64\" and \"arm\"")),
    }
}

/// A version of the agent to pin; empty = the newest, which is also called `latest`.
///
/// # Errors
/// When it is no semantic version, with or without a `v`.
pub fn agent_version(text: &str) -> Result<String, InvalidValue> {
    let version = trim(text);
    if version.is_empty() || version == "latest" {
        return Ok(String::new());
    }
    let core = version.strip_prefix('v').unwrap_or(version).split(['-', '+']).next().unwrap_or_default();
    let numbers: Vec<_> = core.split('.').map(str::parse::<u32>).collect();
    let is_good = numbers.len() == 3 && numbers.iter().all(Result::is_ok) && version.chars().all(|c| c.is_ascii_graphic());
    if is_good { Ok(version.to_owned()) } else { Err(InvalidValue::of(version, "is neither \"latest\" nor a version like v1.2.3")) }
}
