//! Versions of the runner software: which one the forge offers, and until when it gives jobs to runners of it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{OsArch, OsType};
use crate::time::Timestamp;

/// A version of the runner software: three numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RunnerVersion([u32; 3]);

impl RunnerVersion {
    /// Reads three numbers with dots between them. Other texts are no version that anything can be said about.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut numbers = [0; 3];
        let mut parts = text.split('.');
        for number in &mut numbers {
            let part = parts.next().filter(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()))?;
            *number = part.parse().ok()?;
        }
        parts.next().is_none().then_some(Self(numbers))
    }

    /// The version that the name of a download tells, as in `actions-runner-linux-x64-2.330.0.tar.gz`.
    #[must_use]
    pub fn in_file_name(name: &str) -> Option<Self> {
        name.split('-').find_map(|part| {
            let end = part.find(|letter: char| !letter.is_ascii_digit() && letter != '.').unwrap_or(part.len());
            Self::parse(part[..end].trim_end_matches('.'))
        })
    }
}

impl fmt::Display for RunnerVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [major, minor, patch] = self.0;
        write!(f, "{major}.{minor}.{patch}")
    }
}

impl TryFrom<String> for RunnerVersion {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        Self::parse(&text).ok_or_else(|| format!("{text:?} is no version of the runner software"))
    }
}

impl From<RunnerVersion> for String {
    fn from(version: RunnerVersion) -> Self {
        version.to_string()
    }
}

/// The version that a new machine of a system installs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OfferedVersion {
    /// The operating system.
    pub os_type: OsType,
    /// The architecture.
    pub os_arch: OsArch,
    /// The version that the forge offers for it.
    pub version: RunnerVersion,
}

/// How near the end of a version is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RetirementStage {
    /// Less than [`Retirement::WARNED_BEFORE`] is left.
    Near,
    /// The forge gives no job to runners of it any more.
    Over,
}

/// What the forge has said about the end of a version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Retirement {
    /// When it was asked.
    pub asked_at: Timestamp,
    /// From when on runners of the version are of no use; `None` = no date is set, or the forge cannot say.
    pub retires_at: Option<Timestamp>,
    /// What people were told of so far.
    pub told: Option<RetirementStage>,
}

impl Retirement {
    /// How long before the end people are warned.
    pub const WARNED_BEFORE: Duration = Duration::from_hours(7 * 24);
    /// How often the forge is asked about a version. Dates are set weeks ahead.
    pub const ASKED_EVERY: Duration = Duration::from_hours(6);

    /// How near the end is.
    #[must_use]
    pub fn stage(&self, now: Timestamp) -> Option<RetirementStage> {
        let at = self.retires_at?;
        match () {
            () if at <= now => Some(RetirementStage::Over),
            () if at <= now.after(Self::WARNED_BEFORE) => Some(RetirementStage::Near),
            () => None,
        }
    }
}

/// The versions that concern an entity. They are as few as its pools have systems, and its runners have versions.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct RunnerVersions {
    /// What new machines install.
    pub offered: Vec<OfferedVersion>,
    /// What the forge has said about versions in use.
    pub asked: BTreeMap<RunnerVersion, Retirement>,
}

impl RunnerVersions {
    /// The version that a new machine of this system installs; `None` = not known.
    #[must_use]
    pub fn offered_for(&self, os_type: OsType, os_arch: OsArch) -> Option<RunnerVersion> {
        self.offered.iter().find(|offered| (offered.os_type, offered.os_arch) == (os_type, os_arch)).map(|offered| offered.version)
    }

    /// From when on runners of the version are of no use, if the forge has set a date.
    #[must_use]
    pub fn retires_at(&self, version: RunnerVersion) -> Option<Timestamp> {
        self.asked.get(&version)?.retires_at
    }

    /// The versions of these that the forge is to be asked about; those that are not in use any more are forgotten.
    pub fn due(&mut self, in_use: &BTreeSet<RunnerVersion>, now: Timestamp) -> Vec<RunnerVersion> {
        self.asked.retain(|version, _| in_use.contains(version));
        let is_due =
            |version: &&RunnerVersion| self.asked.get(version).is_none_or(|known| known.asked_at.after(Retirement::ASKED_EVERY) <= now);
        in_use.iter().filter(is_due).copied().collect()
    }

    /// Takes in what the forge says about a version.
    pub fn answered(&mut self, version: RunnerVersion, asked_at: Timestamp, retires_at: Option<Timestamp>) {
        let told = self.asked.get(&version).filter(|known| known.retires_at == retires_at).and_then(|known| known.told);
        self.asked.insert(version, Retirement { asked_at, retires_at, told });
    }

    /// The versions whose end is nearer than people were told so far. From now on they were told.
    pub fn to_tell(&mut self, now: Timestamp) -> Vec<(RunnerVersion, RetirementStage, Timestamp)> {
        let mut to_tell = Vec::new();
        for (version, known) in &mut self.asked {
            let stage = known.stage(now);
            if let (Some(stage), Some(at)) = (stage.filter(|_| stage > known.told), known.retires_at) {
                known.told = Some(stage);
                to_tell.push((*version, stage, at));
            }
        }
        to_tell
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_three_numbers_and_file_names_have_it() {
        let version = RunnerVersion::parse("2.330.0").expect("a version");
        assert_eq!((version.to_string().as_str(), version > RunnerVersion::parse("2.99.9").expect("a version")), ("2.330.0", true));
        for text in ["", "2", "2.330", "2.330.0.1", "2..0", "v2.330.0", "2.330.0-rc1", "+2.3.0", "99999999999.0.0"] {
            assert_eq!(RunnerVersion::parse(text), None, "{text}");
        }
        for name in ["actions-runner-linux-x64-2.330.0.tar.gz", "actions-runner-win-x64-2.330.0.zip", "act_runner-2.330.0-linux-amd64"] {
            assert_eq!(RunnerVersion::in_file_name(name), Some(version), "{name}");
        }
        assert_eq!(RunnerVersion::in_file_name("runner-linux-x64-nightly.tar.gz"), None);
    }

    #[test]
    fn people_are_told_a_week_before_the_end_and_at_the_end_once_each_and_again_when_the_date_changes() {
        let version = RunnerVersion::parse("2.330.0").expect("a version");
        let day = |number: u64| Timestamp::EPOCH.after(Duration::from_hours(24 * number));
        let mut versions = RunnerVersions::default();
        let in_use = BTreeSet::from([version]);
        assert_eq!(versions.due(&in_use, day(1)), [version]);
        versions.answered(version, day(1), Some(day(20)));
        assert_eq!((versions.due(&in_use, day(1)), versions.to_tell(day(12))), (vec![], vec![]));
        assert_eq!(versions.to_tell(day(13)), [(version, RetirementStage::Near, day(20))]);
        assert_eq!(versions.to_tell(day(14)), []);
        versions.answered(version, day(14), Some(day(20)));
        assert_eq!(versions.to_tell(day(14)), [], "the same date is no news");
        let read = serde_json::to_string(&versions).expect("JSON");
        assert_eq!(serde_json::from_str::<RunnerVersions>(&read).expect("the same"), versions);
        assert_eq!(versions.to_tell(day(20)), [(version, RetirementStage::Over, day(20))]);
        versions.answered(version, day(20), Some(day(40)));
        assert_eq!(versions.to_tell(day(34)), [(version, RetirementStage::Near, day(40))]);
        assert_eq!(versions.due(&BTreeSet::new(), day(34)), []);
        assert_eq!(versions.asked.len(), 0, "a version that is not in use is forgotten");
    }
}
