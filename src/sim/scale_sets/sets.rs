//! Making, changing and removing scale sets.

use std::collections::VecDeque;

use serde::Deserialize;

use super::error::Exception;
use super::nouns::{RunnerSetting, ScaleSet, ScaleSetLabel};
use crate::sim::nouns::{DEFAULT_GROUP, Scope};
use crate::sim::state::State;

/// A scale set as a client wants it; what it does not name stays as it is.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct ScaleSetChange {
    pub(crate) name: Option<String>,
    pub(crate) runner_group_id: Option<i64>,
    pub(crate) labels: Option<Vec<LabelChange>>,
    #[serde(rename = "RunnerSetting")]
    pub(crate) runner_setting: SettingChange,
}

/// A label as a client sends it.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct LabelChange {
    #[serde(rename = "type", default)]
    pub(crate) kind: String,
    pub(crate) name: String,
}

/// The part of [`RunnerSetting`] that a client sends.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct SettingChange {
    pub(crate) ephemeral: Option<bool>,
    pub(crate) is_elastic: Option<bool>,
    pub(crate) disable_update: Option<bool>,
}

impl State {
    /// All scale sets, oldest first.
    pub fn scale_sets(&self) -> impl Iterator<Item = &ScaleSet> {
        self.scale_sets.sets.values()
    }

    /// A scale set by its number.
    #[must_use]
    pub fn find_scale_set(&self, id: i64) -> Option<&ScaleSet> {
        self.scale_sets.sets.get(&id)
    }

    /// A scale set of an entity.
    pub(crate) fn scale_set_of(&self, scope: &Scope, id: i64) -> Result<&ScaleSet, Exception> {
        self.find_scale_set(id).filter(|set| set.scope == *scope).ok_or(Exception::NoScaleSet(id))
    }

    pub(crate) fn create_scale_set(&mut self, scope: &Scope, wanted: ScaleSetChange) -> Result<i64, Exception> {
        if wanted.name.as_ref().is_none_or(String::is_empty) {
            return Err(Exception::BadRequest("A runner scale set needs a name.".into()));
        }
        let id = self.scale_sets.next_id();
        let set = ScaleSet {
            id,
            name: String::new(),
            scope: scope.clone(),
            group_id: DEFAULT_GROUP,
            labels: Vec::new(),
            setting: RunnerSetting::default(),
            status: None,
            created_at: self.now(),
            session: None,
            sessions: 0,
            poll: None,
            news: VecDeque::new(),
            message: None,
            last_message: 0,
        };
        let set = self.changed(set, wanted)?;
        self.scale_sets.sets.insert(id, set);
        Ok(id)
    }

    pub(crate) fn update_scale_set(&mut self, scope: &Scope, id: i64, wanted: ScaleSetChange) -> Result<(), Exception> {
        let set = self.scale_set_of(scope, id)?.clone();
        let set = self.changed(set, wanted)?;
        self.scale_sets.sets.insert(id, set);
        self.fill_scale_set(id);
        Ok(())
    }

    fn changed(&self, mut set: ScaleSet, wanted: ScaleSetChange) -> Result<ScaleSet, Exception> {
        set.name = wanted.name.filter(|name| !name.is_empty()).unwrap_or(set.name);
        set.group_id = wanted.runner_group_id.unwrap_or(set.group_id);
        if self.find_group(&set.scope, set.group_id).is_none() {
            return Err(Exception::NoGroup(set.group_id.to_string()));
        }
        let is_same = |other: &ScaleSet| {
            other.id != set.id && other.scope == set.scope && other.group_id == set.group_id && other.name.eq_ignore_ascii_case(&set.name)
        };
        if self.scale_sets().any(is_same) {
            return Err(Exception::ScaleSetExists(set.name));
        }
        if let Some(labels) = wanted.labels {
            let kind = |kind: String| if kind.is_empty() { "System".to_owned() } else { kind };
            set.labels = labels.into_iter().map(|label| ScaleSetLabel { kind: kind(label.kind), name: label.name }).collect();
        }
        if set.labels.is_empty() {
            set.labels = vec![ScaleSetLabel { kind: "System".to_owned(), name: set.name.clone() }];
        }
        let SettingChange { ephemeral, is_elastic, disable_update } = wanted.runner_setting;
        set.setting = RunnerSetting {
            ephemeral: ephemeral.unwrap_or(set.setting.ephemeral),
            is_elastic: is_elastic.unwrap_or(set.setting.is_elastic),
            disable_update: disable_update.unwrap_or(set.setting.disable_update),
        };
        Ok(set)
    }

    /// Removes a scale set with its session. Jobs that no runner has begun may go to others; its runners stay, and get no more jobs.
    pub(crate) fn remove_scale_set(&mut self, id: i64) {
        let Some(set) = self.scale_sets.sets.remove(&id) else { return };
        if let Some(poll) = set.poll {
            poll.bell.notify_one();
        }
        self.scale_sets.claims.retain(|_, claim| claim.scale_set != id);
        let waiting: Vec<i64> = self.waiting_jobs().map(|job| job.id).collect();
        for job in waiting {
            self.assign_job(job);
        }
    }
}
