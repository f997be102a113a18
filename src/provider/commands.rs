//! The commands of the contract, each as one process of an executable.

use std::path::Path;
use std::time::{Duration, SystemTime};

use futures_util::future::{BoxFuture, FutureExt as _};
use garm_provider_protocol::{BootstrapInstance, Command, InterfaceVersion, ProviderInstance};
use serde_json::Value;

use super::external::{Answer, External, Request};
use super::{CommandCalls, CreatedInstance, Description, Error, PoolContext, Provider, SelfDescription};
use crate::model::{ControllerId, ProviderName};

/// The time limit of a question about the provider itself. A person waits for the answer, and a missing answer is no failure.
const DESCRIBE_LIMIT: Duration = Duration::from_secs(15);

/// The longest schema that is taken, in bytes.
const SCHEMA_LIMIT: usize = 256 << 10;

impl External {
    fn request<'a>(&self, command: Command, pool: &'a PoolContext) -> Request<'a> {
        let version = self.settings.interface_version;
        let controller = pool.controller_id;
        Request { command, controller, version, pool: Some(pool), instance: None, bootstrap: None, time_limit: None }
    }

    fn on_instance<'a>(&self, command: Command, pool: &'a PoolContext, instance: &'a str) -> Request<'a> {
        Request { instance: Some(instance), ..self.request(command, pool) }
    }

    async fn create(&self, pool: &PoolContext, bootstrap: &BootstrapInstance, time_limit: Duration) -> Result<CreatedInstance, Error> {
        let command = Command::CreateInstance;
        let request = Request { bootstrap: Some(bootstrap), time_limit: Some(time_limit), ..self.request(command, pool) };
        let read = |answer: Answer| {
            let stderr = answer.stderr();
            if answer.says_duplicate() {
                return Ok((None, stderr));
            }
            Ok((Some(answer.machine()?), stderr))
        };
        let (made, stderr) = self.ask(request, read).await?;
        let existing = match made {
            Some(instance) => Some(instance),
            None => self.get(pool, &bootstrap.name).await?,
        };
        let instance = existing.ok_or_else(|| Error::NotFound { command, instance: bootstrap.name.clone() })?;
        if instance.name != bootstrap.name {
            return Err(Error::OtherName { command, asked: bootstrap.name.clone() });
        }
        Ok(CreatedInstance { instance, stderr })
    }

    async fn get(&self, pool: &PoolContext, instance: &str) -> Result<Option<ProviderInstance>, Error> {
        let command = Command::GetInstance;
        let read = |answer: Answer| {
            if answer.says_absent() {
                return Ok(None);
            }
            answer.machine().map(Some)
        };
        self.ask(self.on_instance(command, pool, instance), read).await
    }

    async fn list(&self, pool: &PoolContext) -> Result<Vec<ProviderInstance>, Error> {
        self.ask(self.request(Command::ListInstances, pool), Answer::machines).await
    }

    async fn delete(&self, pool: &PoolContext, instance: &str) -> Result<(), Error> {
        let read = |answer: Answer| if answer.says_absent() { Ok(()) } else { answer.successful().map(drop) };
        self.ask(self.on_instance(Command::DeleteInstance, pool, instance), read).await
    }

    /// Removes all machines of this installation, in every pool.
    ///
    /// Several published providers do nothing here and report success; a caller that must be sure lists and deletes.
    ///
    /// # Errors
    /// When the provider fails.
    pub async fn remove_all(&self, pool: &PoolContext) -> Result<(), Error> {
        self.run(self.request(Command::RemoveAllInstances, pool)).await
    }

    async fn run(&self, request: Request<'_>) -> Result<(), Error> {
        self.ask(request, |answer| answer.successful().map(drop)).await
    }

    /// Asks a question about the provider itself; no answer, or one that `read` makes nothing of, is none.
    async fn own_word<T>(
        &self,
        command: Command,
        version: InterfaceVersion,
        controller: ControllerId,
        read: impl FnOnce(&str) -> Option<T>,
    ) -> Option<T> {
        let time_limit = Some(DESCRIBE_LIMIT);
        let request = Request { command, controller, version, pool: None, instance: None, bootstrap: None, time_limit };
        // Not among the figures: that most providers refuse is no failure.
        match self.call(request).await.and_then(|answer| Ok(answer.successful()?.text())) {
            Ok(text) => read(text.trim()),
            Err(fault) => {
                tracing::debug!(provider = %self.settings.name, %command, error = %fault, "the provider does not say");
                None
            }
        }
    }

    /// Asks again when executable or configuration changed, and when it could say nothing the last time.
    async fn self_description(&self, controller: ControllerId) -> SelfDescription {
        let changed = |path: &Path| std::fs::metadata(path).and_then(|found| found.modified()).ok();
        let files = [Some(&self.settings.executable), self.settings.config_file.as_ref()];
        let stamp: Vec<Option<SystemTime>> = files.into_iter().flatten().map(|path| changed(path)).collect();
        let mut known = self.described.lock().await;
        if let Some((_, words)) = known.as_ref().filter(|(known, words)| *known == stamp && words.version.is_some()) {
            return words.clone();
        }
        // What v0.1.1 added is asked in its words; only the version is known to both.
        let newer = InterfaceVersion::V0_1_1;
        let schema =
            |text: &str| (text.len() <= SCHEMA_LIMIT).then(|| serde_json::from_str::<Value>(text).ok()).flatten().filter(Value::is_object);
        let words = SelfDescription {
            version: self
                .own_word(Command::GetVersion, self.settings.interface_version, controller, |text| {
                    text.lines().next().filter(|line| !line.is_empty()).map(str::to_owned)
                })
                .await,
            interface_versions: self
                .own_word(Command::GetSupportedInterfaceVersions, newer, controller, |text| serde_json::from_str(text).ok())
                .await
                .unwrap_or_default(),
            config_schema: self.own_word(Command::GetConfigJSONSchema, newer, controller, schema).await,
            extra_specs_schema: self.own_word(Command::GetExtraSpecsJSONSchema, newer, controller, schema).await,
        };
        *known = Some((stamp, words.clone()));
        words
    }
}

impl Provider for External {
    fn name(&self) -> &ProviderName {
        &self.settings.name
    }

    fn parallel(&self) -> usize {
        self.settings.parallel
    }

    fn create_instance<'a>(
        &'a self,
        pool: &'a PoolContext,
        bootstrap: &'a BootstrapInstance,
        time_limit: Duration,
    ) -> BoxFuture<'a, Result<CreatedInstance, Error>> {
        self.create(pool, bootstrap, time_limit).boxed()
    }

    fn delete_instance<'a>(&'a self, pool: &'a PoolContext, instance: &'a str) -> BoxFuture<'a, Result<(), Error>> {
        self.delete(pool, instance).boxed()
    }

    fn list_instances<'a>(&'a self, pool: &'a PoolContext) -> BoxFuture<'a, Result<Vec<ProviderInstance>, Error>> {
        self.list(pool).boxed()
    }

    fn validate_pool<'a>(&'a self, pool: &'a PoolContext) -> BoxFuture<'a, Result<(), Error>> {
        self.run(Request { version: InterfaceVersion::V0_1_1, ..self.request(Command::ValidatePoolInfo, pool) }).boxed()
    }

    fn configured(&self) -> Description {
        Description {
            executable: self.settings.executable.clone(),
            config_file: self.settings.config_file.clone(),
            interface_version: self.settings.interface_version,
            time_limit: self.time_limit(Command::ListInstances, None),
            parallel: self.settings.parallel,
            own: SelfDescription::default(),
        }
    }

    fn describe(&self, controller: ControllerId) -> BoxFuture<'_, Description> {
        async move { Description { own: self.self_description(controller).await, ..self.configured() } }.boxed()
    }

    fn calls(&self) -> Vec<CommandCalls> {
        self.calls.report()
    }
}

#[cfg(test)]
mod tests;
