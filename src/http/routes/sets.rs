//! What pools and scale sets share: checks of their settings, and what is shown of both.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use serde_json::value::RawValue;

use crate::http::{App, Error};
use crate::model::values::{self, InvalidValue};
use crate::model::{Endpoint, Entity, EntityId, ForgeKind, OsType, PoolMemory, RunnerVersions, Template, TemplateId};
use crate::time::Timestamp;

/// Checks the rules that concern a runner set as a whole.
pub(super) fn check(image: &str, flavor: &str, min_idle_runners: u32, max_runners: u32) -> Result<(), String> {
    let rules = [
        (image.is_empty(), "image: it must not be empty".to_owned()),
        (flavor.is_empty(), "flavor: it must not be empty".to_owned()),
        (max_runners == 0, "max_runners: it must be at least 1".to_owned()),
        (min_idle_runners > max_runners, format!("min_idle_runners: {min_idle_runners} is more than max_runners, which is {max_runners}")),
    ];
    rules.into_iter().find(|(broken, _)| *broken).map_or(Ok(()), |(_, text)| Err(text))
}

/// A word that may be left out.
pub(super) fn given<T>(word: &str, door: impl FnOnce(&str) -> Result<T, InvalidValue>) -> Result<Option<T>, InvalidValue> {
    (!values::trim(word).is_empty()).then(|| door(word)).transpose()
}

/// The longest time in minutes that a runner may take to start: a week. The tokens of machines are valid as long. A longer time is a typing error.
const BOOTSTRAP_MINUTES_MAX: u64 = 7 * 24 * 60;

pub(super) fn bootstrap_timeout(minutes: u64) -> Result<Duration, Error> {
    if (1..=BOOTSTRAP_MINUTES_MAX).contains(&minutes) {
        return Ok(Duration::from_mins(minutes));
    }
    Err(Error::bad_request(format!("runner_bootstrap_timeout: {minutes} is not between 1 and {BOOTSTRAP_MINUTES_MAX} (minutes)")))
}

/// The longest time in seconds that a failed machine is held for a look: a week. It costs all the while, and takes a place of its pool or scale set.
const KEEP_FAILED_MAX: u64 = 7 * 24 * 3600;

pub(super) fn keep_failed(seconds: u64) -> Result<Duration, Error> {
    if seconds <= KEEP_FAILED_MAX {
        return Ok(Duration::from_secs(seconds));
    }
    Err(Error::bad_request(format!("keep_failed_seconds: {seconds} is more than a week ({KEEP_FAILED_MAX})")))
}

/// Refuses a proxy: a pool or scale set made without it would not do as the administrator asked.
pub(super) fn check_proxy(id: Option<u64>) -> Result<(), Error> {
    match id {
        None | Some(0) => Ok(()),
        Some(id) => Err(Error::bad_request(format!("proxy_id: {id} cannot be used: this version has no proxies; leave it out"))),
    }
}

pub(super) fn object(specs: Box<RawValue>) -> Result<Box<RawValue>, Error> {
    let is_good =
        matches!(serde_json::from_str::<serde_json::Value>(specs.get()), Ok(serde_json::Value::Object(_) | serde_json::Value::Null));
    if is_good { Ok(specs) } else { Err(Error::bad_request("extra_specs: it must be a JSON object")) }
}

pub(super) async fn template(app: &App, id: i64, os_type: OsType) -> Result<TemplateId, Error> {
    let found = app
        .store()
        .find_template(TemplateId(id))
        .await?
        .ok_or_else(|| Error::bad_request(format!("template_id: there is no template {id}")))?;
    if found.os_type != os_type {
        return Err(Error::bad_request(format!("template_id: template {} is for {}, not for {os_type}", found.name, found.os_type)));
    }
    Ok(found.id)
}

/// Until when a runner set pauses, because of what it remembers of its machines.
pub(super) fn paused_until(app: &App, memory: &PoolMemory) -> Option<Timestamp> {
    let of_streak = memory.paused_for().and_then(|streak| app.services.policy.paused_until(streak));
    of_streak.max(memory.ignored.as_ref().map(|ignored| ignored.until))
}

/// The install template of a runner set: its own, or the shipped one.
pub(super) async fn install_template(
    app: &App,
    own: Option<TemplateId>,
    os_type: OsType,
    endpoint: &Endpoint,
) -> Result<Option<Template>, Error> {
    Ok(match own {
        Some(id) => app.store().find_template(id).await?,
        None => app.store().find_system_template(os_type, endpoint.kind).await?,
    })
}

/// The entity of a runner set, and where that is.
pub(super) async fn place(app: &App, id: EntityId) -> Result<(Entity, Endpoint), Error> {
    let entity = app.store().find_entity(id).await?.ok_or_else(|| Error::not_found("entity", id))?;
    let endpoint = app.store().find_endpoint(&entity.endpoint).await?.ok_or_else(|| Error::not_found("endpoint", &entity.endpoint))?;
    Ok((entity, endpoint))
}

/// What the runner sets of a list share, read once.
#[derive(Default)]
pub(super) struct Places {
    entities: HashMap<EntityId, Arc<(Entity, Endpoint, RunnerVersions)>>,
    shipped: HashMap<(OsType, ForgeKind), i64>,
}

impl Places {
    /// The entity of a runner set, where that is, and the versions of its runners.
    pub(super) async fn of(&mut self, app: &App, id: EntityId) -> Result<Arc<(Entity, Endpoint, RunnerVersions)>, Error> {
        if let Some(known) = self.entities.get(&id) {
            return Ok(Arc::clone(known));
        }
        let (entity, endpoint) = place(app, id).await?;
        let found = Arc::new((entity, endpoint, app.store().runner_versions(id).await?));
        self.entities.insert(id, Arc::clone(&found));
        Ok(found)
    }

    /// The number of the shipped template; 0 = there is none.
    pub(super) async fn shipped(&mut self, app: &App, os_type: OsType, forge: ForgeKind) -> Result<i64, Error> {
        if let Some(known) = self.shipped.get(&(os_type, forge)) {
            return Ok(*known);
        }
        let number = app.store().find_system_template(os_type, forge).await?.map_or(0, |template| template.id.0);
        self.shipped.insert((os_type, forge), number);
        Ok(number)
    }
}
